"""Stars, texts, products and authors keep arriving with the reviews of every channel."""

from expectations.patterns import filled

SUITE = filled(
    "raw.reviews",
    "评价字段完整",
    # a star without a word is common, a review without a star is not
    {"rating_raw": 0.9, "text_sha256": 0.3, "product_ref": 0.5, "author_ref": 0.5},
)
