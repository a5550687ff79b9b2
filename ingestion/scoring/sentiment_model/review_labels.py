"""The brand's own labelled texts: reviews whose stars say what the words mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import numpy.typing as npt

from ingestion.raw.winning_row import winning_rows
from ingestion.scoring.sentiment_model.corpus import Labelled

NEGATIVE_AT_MOST = 0.4
POSITIVE_FROM = 0.8
"""Shares of the highest rating; what lies between, three of five stars, is neutral."""

_STARRED = f"""
with winning as (
    select channel_code, text_sha256, rating_raw / nullif(rating_max, 0) as rating_share
    from {winning_rows("raw.reviews")}
)

select
    text_content,
    channel_code,
    cast(
        case
            when rating_share <= {NEGATIVE_AT_MOST} then -1
            when rating_share >= {POSITIVE_FROM} then 1
            else 0
        end as tinyint
    ) as label
from winning
inner join raw.texts as texts using (text_sha256)
where rating_share between 0 and 1
order by all
"""


@dataclass(frozen=True)
class Starred:
    """Reviews with words and stars: one row each, and the channel where it was posted."""

    rows: Labelled
    channels: npt.NDArray[np.object_]
    as_of: date | None


def read_starred(connection: duckdb.DuckDBPyConnection) -> Starred:
    """The winning version of every starred review that landed; texts are redacted by then."""
    texts, channels, labels = (
        column.to_numpy(zero_copy_only=False)
        for column in connection.sql(_STARRED).to_arrow_table().itercolumns()
    )
    ((as_of,),) = connection.execute(
        "select max(export_date) from raw.files where outcome = 'landed'"
    ).fetchall()
    return Starred(Labelled(tuple(texts.tolist()), labels.astype(np.int8)), channels, as_of)


def no_reviews() -> Starred:
    """A home in which nothing has landed."""
    return Starred(Labelled((), np.zeros(0, np.int8)), np.zeros(0, object), None)
