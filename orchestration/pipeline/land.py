"""Landing: pending deliveries of one export become rows of `raw`."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from ingestion.files.originals import Originals
from ingestion.landing import LandedFile, Lander
from ingestion.privacy.pseudonyms import key_fingerprint
from orchestration.pipeline.state import RunState
from orchestration.privacy.keys import node_key

_REJECTION_REASONS = """
select channel_code, feed, coalesce(column_name, ''), reason,
    min(file_name || ':' || coalesce(cast(line_number as varchar), '?')), count(*)
from raw.rejected_rows where load_id = ?
group by channel_code, feed, column_name, reason
order by count(*) desc, channel_code, feed, column_name, reason limit ?
"""


def land(state: RunState, channel: str, export: str) -> list[LandedFile]:
    """Land what is pending of one export. A file that is refused does not stop the others."""
    pending = [
        delivery
        for delivery in state.pending
        if (delivery.contract.channel, delivery.export.name) == (channel, export)
    ]
    if not pending:
        return []
    settings, landed = state.settings, []
    with state.step("land"), state.connect() as connection:
        lander = Lander(
            connection,
            feeds=state.feeds,
            hash_key=node_key(settings),
            fingerprint=key_fingerprint(settings.key_bytes),
            business_zone=settings.timezone,
            originals=Originals(settings.originals_path, settings.key_bytes),
            work_dir=settings.work_path,
            load_id=state.load_id,
        )
        for delivery in pending:
            name = delivery.file_name
            state.progress.update("land", len(state.landed), len(state.pending), name)
            landed.append(lander.land(delivery, accept=name in state.accept))
            state.landed.append(landed[-1])
    state.progress.update("land", len(state.landed), len(state.pending))
    return landed


def raw_row_counts(state: RunState, tables: Sequence[str]) -> dict[str, int]:
    """Rows of these raw tables, by name."""
    with state.connect() as connection:
        counts = connection.execute(
            " union all ".join(
                f"select '{table}', count(*) from raw.\"{table}\"" for table in tables
            )
        ).fetchall()
    return dict(counts)


def rejection_reasons(
    connection: duckdb.DuckDBPyConnection, load_id: int, limit: int
) -> list[tuple[str, str, str, str, str, int]]:
    """The commonest reasons of one load: channel, feed, column, reason, an example, rows."""
    return connection.execute(_REJECTION_REASONS, [load_id, limit]).fetchall()
