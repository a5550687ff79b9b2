"""Which version of a record wins, for every query of `raw` that dbt does not write.

Not superseded, then the latest export, its latest delivery, its last row; `file_id` breaks the tie
of two parts of one export. The time of landing has no say, so that any order of arrival gives the
same warehouse. dbt's macro `winning_order` says the same, and a test compares the two.
"""

from __future__ import annotations

WINNING_ORDER = "export_date desc, delivery_seq desc, row_number desc, file_id desc"

IS_LIVE = "superseded_load_id is null"


def winning_rows(table: str, *, columns: str = "*", where: str = IS_LIVE) -> str:
    """Return SQL of a subquery: the winning row of each record of `table` among those `where`."""
    return f"""(
        select {columns} from {table} where {where}
        qualify row_number() over (partition by record_key order by {WINNING_ORDER}) = 1
    )"""
