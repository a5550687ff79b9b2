"""Stars stay on the scale that their contract states."""

from expectations.suite import Suite, gxe
from expectations.windows import LANDED

SUITE = Suite(
    table="raw.reviews",
    stage="landed",
    title_zh="评分在量表内",
    key=("record_key", "file_id", "row_number"),
    query=f"""
        select record_key, file_id, row_number, rating_raw, rating_max
        from raw.reviews
        where {LANDED}
    """,
    expectations=[
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="rating_max",
            column_B="rating_raw",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
            severity="critical",
            description="评分高于满分；above its scale: correct rating_max in the contract",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="rating_raw",
            min_value=0,
            severity="critical",
            description="评分为负；a rating below zero",
        ),
    ],
)
