"""Which part of a KPI is asked for: a channel, a brand, a product, a segment, or all of ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from orchestration.explain.errors import ExplainError
from orchestration.explain.kpis import Kpi
from orchestration.publication.content_hash import literal

ALL = "all"
# whose voices say that a brand is ours, for no published table lists the brands
_OWN_BRANDS = """
select distinct brand_code from reviews.fct_voices where is_own_brand and brand_code is not null
order by all
"""


@dataclass(frozen=True)
class Scope:
    """What stands in the columns of `kpis.kpi_history`; `own` is our brands together."""

    channel_code: str = ALL
    brand_code: str = "own"
    product_key: str = ALL
    segment_kind: str = ALL
    segment_code: str = ALL

    def describe(self) -> str:
        """In words, without what is not narrowed."""
        parts = {
            "品牌 brand": self.brand_code,
            "渠道 channel": self.channel_code,
            "商品 product": self.product_key,
            self.segment_kind: self.segment_code,
        }
        named = [f"{name} {code}" for name, code in parts.items() if code not in (ALL, "own")]
        ours = {"own": ["自有品牌合计 our brands together"], ALL: ["全部品牌 all brands"]}
        return ", ".join([*ours.get(self.brand_code, []), *named])

    def in_history(self) -> str:
        """The condition on a row of `kpi_history`."""
        return " and ".join(
            f"{column} = {literal(code)}"
            for column, code in (
                ("channel_code", self.channel_code),
                ("brand_code", self.brand_code),
                ("product_key", self.product_key),
                ("segment_kind", self.segment_kind),
                ("segment_code", self.segment_code),
            )
        )

    def in_rows(self, columns: Sequence[str], own_brands: Sequence[str]) -> list[str]:
        """The conditions on rows at the finest grain, which have no totals."""
        conditions = []
        if self.brand_code == "own":
            names = ", ".join(map(literal, dict.fromkeys(["own", *own_brands])))
            conditions.append(f"brand_code in ({names})")
        elif self.brand_code != ALL:
            conditions.append(f"brand_code = {literal(self.brand_code)}")
        for column in ("channel_code", "product_key", "segment_kind", "segment_code"):
            code = getattr(self, column)
            if code != ALL and column in columns:
                conditions.append(f"{column} = {literal(code)}")
        return conditions


def own_brands(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The brands that are ours."""
    return [row[0] for row in connection.execute(_OWN_BRANDS).fetchall()]


def scope_of(
    connection: duckdb.DuckDBPyConnection,
    kpi: Kpi,
    *,
    channel: str | None,
    brand: str | None,
    product: str | None,
    segment: str | None,
) -> Scope:
    """The scope of what was typed; a segment is `koc` or `strategy=koc`.

    Raises:
        ExplainError: The KPI has no such member; the message names those that it has.
    """
    kind, _, code = (segment or ALL).rpartition("=")
    members = {
        "channel_code": channel or ALL,
        "brand_code": brand or "own",
        "product_key": product or ALL,
        "segment_code": code,
    }
    for column, wanted in members.items():
        if wanted != ALL and not (column == "brand_code" and wanted == "own"):
            _require(connection, kpi, column, wanted)
    if code != ALL and not kind:
        kind = _segment_kind(connection, kpi, code)
    return Scope(**members, segment_kind=kind or ALL)


def _require(connection: duckdb.DuckDBPyConnection, kpi: Kpi, column: str, wanted: str) -> None:
    rows = connection.execute(
        f"select distinct {column} from kpis.kpi_history where kpi_code = ? order by all",
        [kpi.code],
    ).fetchall()
    known = [row[0] for row in rows if row[0] not in (ALL, "own")]
    if wanted in known:
        return
    said = f"it has: {', '.join(known)}" if known else "it is not split that way"
    word = column.removesuffix("_code").removesuffix("_key")
    raise ExplainError(f"{kpi.code}: no {word} {wanted}; {said}")


def _segment_kind(connection: duckdb.DuckDBPyConnection, kpi: Kpi, code: str) -> str:
    rows = connection.execute(
        "select distinct segment_kind from kpis.kpi_history "
        "where kpi_code = ? and segment_code = ? order by all",
        [kpi.code, code],
    ).fetchall()
    if len(rows) > 1:
        kinds = ", ".join(f"{kind}={code}" for (kind,) in rows)
        raise ExplainError(f"{kpi.code}: --segment {code} may be one of {kinds}: write it so")
    return str(rows[0][0])
