"""Texts, brands and authors keep arriving with the mentions of every channel."""

from expectations.patterns import filled

SUITE = filled(
    "raw.mentions",
    "提及字段完整",
    {"text_sha256": 0.7, "brand_code": 0.5, "author_ref": 0.8, "mention_kind": 0.9},
)
