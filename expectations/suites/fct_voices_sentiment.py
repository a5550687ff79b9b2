"""Texts are scored, sentiment spreads over its classes, and stars and sentiment agree."""

from expectations.suite import Suite, gxe
from expectations.windows import AS_OF, MINIMUM_ROWS

SUITE = Suite(
    table="reviews.fct_voices",
    stage="marts",
    title_zh="情感分布",
    key=("channel_code", "text_count"),
    query=f"""
        select
            channel_code,
            count(*) as text_count,
            count(sentiment_score) / count(*) as scored_share,
            sum(count(sentiment_score)) over () / sum(count(*)) over () as scored_share_of_all,
            -- a case is a complaint by nature
            count(*) filter (where sentiment_code = 'negative' and voice_kind <> 'case')
                / nullif(count(sentiment_code) filter (where voice_kind <> 'case'), 0)
                as negative_share,
            case
                when count(*) filter (where rating_share >= 0.8) >= {MINIMUM_ROWS}
                    and count(*) filter (where rating_share <= 0.4) >= {MINIMUM_ROWS}
                    then avg(sentiment_score) filter (where rating_share >= 0.8)
                        - avg(sentiment_score) filter (where rating_share <= 0.4)
            end as score_gap
        from reviews.fct_voices
        where text_sha256 is not null and date_diff('day', posted_at, {AS_OF}) between 0 and 27
        group by all
        having count(*) >= {MINIMUM_ROWS}
    """,
    expectations=[
        gxe.ExpectColumnValuesToBeBetween(
            column="scored_share_of_all",
            min_value=0.5,
            severity="critical",
            description="近四周文本过半未评分；most texts of the last four weeks have no score: "
            "run the refresh again, the scorer resumes where it stopped",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="scored_share",
            min_value=0.95,
            severity="warning",
            description="部分文本未评分；some texts have no score",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="negative_share",
            min_value=0.005,
            max_value=0.7,
            severity="warning",
            description="负面占比不合常理；the share of negative texts is hard to believe",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="score_gap",
            min_value=0,
            strict_min=True,
            severity="critical",
            description="高星文本的情感不高于低星，评分或极性可能反了；"
            "many stars score no better than few: the scorer or a scale is upside down",
        ),
    ],
)
