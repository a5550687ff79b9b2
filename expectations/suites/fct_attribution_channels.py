"""Conversions find touches, and no single channel takes them all."""

from expectations.suite import Suite, gxe
from expectations.windows import MINIMUM_ROWS

SUITE = Suite(
    table="attribution.fct_attribution",
    stage="marts",
    title_zh="归因分布",
    key=("goal_code", "model_code", "conversion_count"),
    query=f"""
        with channels as (
            select
                goal_code, model_code, marketing_channel_code,
                sum(weight) as credited
            from attribution.fct_attribution
            group by all
        ),

        touches as (
            select count(*) as touch_count from attribution.fct_touchpoints
        )

        select
            goal_code, model_code,
            cast(round(sum(credited)) as bigint) as conversion_count,
            coalesce(
                sum(credited) filter (where marketing_channel_code = 'unattributed'), 0
            ) / sum(credited) as unattributed_share,
            max(credited) filter (where marketing_channel_code <> 'unattributed')
                / sum(credited) filter (where marketing_channel_code <> 'unattributed')
                as largest_channel_share,
            -- over all goals and models: one goal alone may well have had no touch yet
            coalesce(
                sum(sum(credited) filter (where marketing_channel_code = 'unattributed')) over (), 0
            ) / sum(sum(credited)) over () as unattributed_share_of_all
        from channels
        cross join touches
        where touch_count >= {MINIMUM_ROWS}
        group by all
        having sum(credited) >= {MINIMUM_ROWS}
    """,
    expectations=[
        gxe.ExpectColumnValuesToBeBetween(
            column="unattributed_share_of_all",
            max_value=1,
            strict_max=True,
            severity="critical",
            description="有触点却没有一个转化归到触点，身份或时间没有连上；"
            "touches exist and no conversion has one: identities or times do not meet",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="unattributed_share",
            max_value=0.95,
            severity="warning",
            description="绝大多数转化没有触点；almost all conversions are without a touch",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="largest_channel_share",
            max_value=0.98,
            severity="warning",
            description="单一渠道几乎拿走全部功劳；one channel takes nearly all the credit",
        ),
    ],
)
