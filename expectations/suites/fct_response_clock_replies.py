"""Landed replies stop clocks, and people need longer than a robot."""

from expectations.suite import Suite, gxe
from expectations.windows import MINIMUM_ROWS

SUITE = Suite(
    table="reviews.fct_response_clock",
    stage="marts",
    title_zh="回复时钟",
    key=("channel_code", "target_count", "replied_count"),
    query=f"""
        with answered as (
            select channel_code, count(distinct target_ref) as target_count
            from raw.responses
            where superseded_load_id is null and not coalesce(is_automated, false)
            group by all
        ),

        clocks as (
            select
                channel_code,
                count(first_reply_at) as replied_count,
                count(*) filter (where first_reply_minutes * 60 < 10)
                    / nullif(count(first_reply_at), 0) as instant_share,
                median(first_reply_minutes) as median_minutes
            from reviews.fct_response_clock
            group by all
        )

        select
            channel_code, target_count,
            coalesce(replied_count, 0) as replied_count,
            coalesce(replied_count, 0) / target_count as matched_share,
            sum(replied_count) over () / sum(target_count) over () as matched_share_of_all,
            instant_share, median_minutes
        from answered
        left join clocks using (channel_code)
        where target_count >= {MINIMUM_ROWS}
    """,
    expectations=[
        gxe.ExpectColumnValuesToBeBetween(
            column="matched_share_of_all",
            min_value=0.1,
            severity="critical",
            description="落地的回复几乎都没有停下时钟；"
            "hardly a landed reply stopped a clock: compare target_ref with the voices' ids",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="matched_share",
            min_value=0.5,
            severity="warning",
            description="渠道过半回复找不到对象；most replies of a channel answer nothing here",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="instant_share",
            max_value=0.5,
            severity="warning",
            description="多数首次人工回复在 10 秒内，可能把自动回复当人工；"
            "most first human replies came within ten seconds: robots may be marked as people",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="median_minutes",
            max_value=7 * 24 * 60,
            severity="warning",
            description="首次回复的中位数超过一周；the median first reply takes more than a week",
        ),
    ],
)
