"""Every channel that spoke last month still speaks."""

from expectations.suite import Suite, gxe
from expectations.windows import AS_OF, MINIMUM_ROWS

SUITE = Suite(
    table="reviews.fct_voices",
    stage="marts",
    title_zh="声音新鲜度",
    key=("channel_code", "newest_posted_at", "voice_count"),
    query=f"""
        select
            channel_code,
            max(posted_at) as newest_posted_at,
            count(*) as voice_count,
            date_diff('day', max(posted_at), {AS_OF}) as days_behind
        from reviews.fct_voices
        where date_diff('day', posted_at, {AS_OF}) <= 60
        group by all
        having count(*) >= {MINIMUM_ROWS}
    """,
    expectations=[
        gxe.ExpectColumnValuesToBeBetween(
            column="days_behind",
            max_value=7,
            severity="warning",
            description="渠道一周没有新声音；no new voice for a week on a channel that had many",
        ),
    ],
)
