"""The newest file of every export holds about as many rows as its last four weeks, few rejected."""

from expectations.suite import Suite, gxe

# landing refuses a file under a tenth of its usual rows; this reports what is odd, not absurd
SUITE = Suite(
    table="raw.file_feeds",
    stage="landed",
    title_zh="交付量与往常相当",
    key=("channel_code", "export_name", "feed", "file_name", "landed_count", "usual_count"),
    query="""
        with counted as (
            select
                files.channel_code, files.export_name, counts.feed, files.file_name,
                files.load_id, counts.landed_count,
                counts.rejected_count / nullif(counts.delivered_count, 0) as rejected_share,
                median(counts.landed_count) over earlier as usual_count,
                count(*) over earlier as earlier_count,
                row_number() over (
                    partition by files.channel_code, files.export_name, counts.feed
                    order by files.export_date desc, files.delivery_seq desc, files.part desc
                ) as newest_first
            from raw.file_feeds as counts
            join raw.files as files
                on counts.file_id = files.file_id and counts.load_id = files.load_id
            where files.outcome = 'landed' and files.superseded_load_id is null
            window earlier as (
                partition by files.channel_code, files.export_name, counts.feed
                order by files.export_date, files.delivery_seq, files.part
                rows between 28 preceding and 1 preceding
            )
        )

        select
            channel_code, export_name, feed, file_name, landed_count, usual_count, rejected_share,
            -- a handful of rows is never unlike another handful
            case when earlier_count >= 5 and usual_count >= 20
                then landed_count / usual_count
            end as share_of_usual
        from counted
        where newest_first = 1
            and load_id > (select coalesce(max(builds.load_id), -1) from raw.builds as builds)
    """,
    expectations=[
        gxe.ExpectColumnValuesToBeBetween(
            column="share_of_usual",
            min_value=0.3,
            max_value=3,
            severity="warning",
            description="与近四周相比行数异常；far fewer or far more rows than usual",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="rejected_share",
            max_value=0.02,
            severity="warning",
            description="被拒行偏多；more than 2 % of the rows were rejected, see koubei rejects",
        ),
    ],
)
