"""Every landed review and mention becomes a voice, and a week brings about as many as usual."""

from expectations.suite import Suite, gxe
from expectations.windows import AS_OF

SUITE = Suite(
    table="reviews.fct_voices",
    stage="marts",
    title_zh="声音数量",
    key=("feed", "landed_count", "voice_count", "week_count", "usual_week_count"),
    query=f"""
        with landed as (
            select 'reviews' as feed, count(distinct record_key) as landed_count
            from raw.reviews
            where superseded_load_id is null
            union all
            select 'mentions', count(distinct record_key)
            from raw.mentions
            where superseded_load_id is null
        ),

        voices as (
            select
                case when voice_kind = 'review' then 'reviews' else 'mentions' end as feed,
                count(*) as voice_count,
                count(*) filter (where date_diff('day', posted_at, {AS_OF}) between 0 and 6)
                    as week_count,
                -- of the four weeks before
                count(*) filter (where date_diff('day', posted_at, {AS_OF}) between 7 and 34) / 4.0
                    as usual_week_count
            from reviews.fct_voices
            where voice_kind <> 'case'
            group by all
        )

        select
            feed, landed_count,
            coalesce(voice_count, 0) as voice_count, week_count, usual_week_count,
            coalesce(voice_count, 0) / landed_count as kept_share,
            case when usual_week_count >= 50 then week_count / usual_week_count end
                as share_of_usual_week
        from landed
        left join voices using (feed)
        where landed_count > 0
    """,
    expectations=[
        gxe.ExpectColumnValuesToBeBetween(
            column="kept_share",
            min_value=0.95,
            max_value=1.0,
            severity="critical",
            description="落地的评价与提及未进入声音表，或被放大；"
            "landed rows are lost on the way to the mart, or multiplied by a join",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="share_of_usual_week",
            min_value=0.3,
            max_value=3,
            severity="warning",
            description="最近一周声量异常；the last seven days hold far fewer or more than usual",
        ),
    ],
)
