"""Stars, texts, products and authors keep arriving with the reviews that had them."""

from expectations.patterns import filled

SUITE = filled(
    "raw.reviews", "评价字段完整", ("rating_raw", "text_sha256", "product_ref", "author_ref")
)
