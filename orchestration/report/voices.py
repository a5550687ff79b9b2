"""What people complain about and what they praise, in numbers and in their own words.

Quotes are clauses of redacted texts that the warehouse took as evidence of an aspect.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import duckdb

from orchestration.publication.tables import rows_of
from orchestration.report.bilingual import Bilingual, amount
from orchestration.report.charts import BLUE, ORANGE, Bar, Figure, bars, numbers
from orchestration.report.crises import OWN
from orchestration.report.names import Names

_PAINS = "reviews.mart_pain_points"
_VOICE_ASPECTS = "reviews.fct_voice_aspects"
_SHOWN = 6
_DRAWN = 8
_DAYS = 28

_PAIN_ROWS = f"""
select aspect_code, negative_count, negative_share, previous_negative_count,
    example_evidence_text as quote, example_voice_key as voice_key
from {_PAINS}
where product_key = 'all' and brand_code in {OWN}
order by negative_count desc, aspect_code
limit {_SHOWN}
"""

# of what is said freely and in public; a clause that says something and is quickly read
_PRAISE_ROWS = f"""
with spoken as (
    select aspects.aspect_code, aspects.evidence_text, aspects.voice_key,
        coalesce(voices.helpful_count, 0) as helpful_count
    from {_VOICE_ASPECTS} as aspects
    inner join reviews.fct_voices as voices on voices.voice_key = aspects.voice_key
    where aspects.polarity = 1 and voices.is_own_brand and voices.is_public and voices.is_original
        and coalesce(voices.is_earned, true) and not coalesce(voices.is_praise_required, false)
        and cast(voices.posted_at as date) > ? and cast(voices.posted_at as date) <= ?
)
select aspect_code, count(*) as positive_count,
    arg_max(evidence_text, (helpful_count, length(evidence_text), voice_key))
        filter (where length(evidence_text) between 8 and 40) as quote,
    arg_max(voice_key, (helpful_count, length(evidence_text), voice_key))
        filter (where length(evidence_text) between 8 and 40) as voice_key
from spoken
group by aspect_code
order by positive_count desc, aspect_code
limit {_SHOWN}
"""

_BALANCE = f"""
select aspects.aspect_code,
    count(*) filter (where aspects.polarity = 1) as positive_count,
    count(*) filter (where aspects.polarity = -1) as negative_count
from {_VOICE_ASPECTS} as aspects
inner join reviews.fct_voices as voices on voices.voice_key = aspects.voice_key
where voices.is_own_brand and voices.is_original
    and cast(voices.posted_at as date) > ? and cast(voices.posted_at as date) <= ?
group by aspects.aspect_code
having positive_count + negative_count > 0
order by positive_count + negative_count desc, aspects.aspect_code
limit {_DRAWN}
"""


def read_voices(
    connection: duckdb.DuckDBPyConnection, published: Collection[str], names: Names, as_of: date
) -> dict[str, Any]:
    """The parts of the section: `pains` and `praises` (rows, None where missing), `figure`."""
    span = [as_of - timedelta(_DAYS), as_of]
    found: dict[str, Any] = {"pains": None, "praises": None, "figure": None, "days": _DAYS}
    if _PAINS in published:
        found["pains"] = _named(rows_of(connection, _PAIN_ROWS), names)
    if _VOICE_ASPECTS in published:
        found["praises"] = _named(rows_of(connection, _PRAISE_ROWS, span), names)
        found["figure"] = _figure(_named(rows_of(connection, _BALANCE, span), names))
    return found


def _named(rows: Sequence[Mapping[str, Any]], names: Names) -> list[dict[str, Any]]:
    return [{**row, "name": names.of("aspects", row["aspect_code"])} for row in rows]


def _figure(rows: Sequence[Mapping[str, Any]]) -> Figure | None:
    if not rows:
        return None
    sides = [
        Bar(row["name"], sign * row[column], amount(row[column], "count"), colour)
        for row in rows
        for column, sign, colour in (("positive_count", 1, BLUE), ("negative_count", -1, ORANGE))
        if row[column]
    ]
    return Figure(
        svg=bars(sides),
        title=Bilingual("各方面的好评与差评", "Praise and complaints by aspect"),
        caption=Bilingual(
            f"近 {_DAYS} 天自有品牌的声音；向右为称赞，向左为抱怨。",
            f"Voices about our brands in the last {_DAYS} days; praise to the right, "
            "complaints to the left.",
        ),
        key=[
            (BLUE, Bilingual("称赞（右）", "praise (right)")),
            (ORANGE, Bilingual("抱怨（左）", "complaints (left)")),
        ],
        head=[Bilingual("方面", "aspect"), Bilingual("称赞", "praise"),
              Bilingual("抱怨", "complaints")],
        rows=[
            numbers(
                row["name"], amount(row["positive_count"], "count"),
                amount(row["negative_count"], "count"),
            )
            for row in rows
        ],
    )  # fmt: skip
