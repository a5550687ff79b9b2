"""Texts, brands, kinds and authors keep arriving with the mentions that had them."""

from expectations.patterns import filled

SUITE = filled(
    "raw.mentions", "提及字段完整", ("text_sha256", "brand_code", "mention_kind", "author_ref")
)
