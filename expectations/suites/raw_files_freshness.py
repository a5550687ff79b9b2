"""Every export that has a rhythm keeps to it."""

from expectations.suite import Suite, gxe
from expectations.windows import AS_OF

SUITE = Suite(
    table="raw.files",
    stage="landed",
    title_zh="导出按时到达",
    key=("channel_code", "export_name", "newest_export_date", "usual_days_between"),
    query=f"""
        with days as (
            select distinct channel_code, export_name, export_date
            from raw.files
            where outcome = 'landed'
        ),

        gaps as (
            select
                *,
                date_diff('day', lag(export_date) over (
                    partition by channel_code, export_name order by export_date
                ), export_date) as days_between
            from days
        )

        select
            channel_code, export_name,
            max(export_date) as newest_export_date,
            median(days_between) as usual_days_between,
            date_diff('day', max(export_date), {AS_OF}) / median(days_between) as missed_deliveries
        from gaps
        group by all
        -- two deliveries are no rhythm yet
        having count(days_between) >= 3
    """,
    expectations=[
        gxe.ExpectColumnValuesToBeBetween(
            column="missed_deliveries",
            max_value=2,
            severity="warning",
            description="连续两期以上未到；more than two deliveries missed",
        ),
    ],
)
