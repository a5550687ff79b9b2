"""Which delivered files the rows behind a KPI came from.

Exactly, where the key of a row leads to a raw record: the version of it that the publication saw,
so also while a later night has landed more. Otherwise by channel and day: the files of these
channels from the first day of the period up to the first delivery on or after its last one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.contracts.feeds import ContractError
from ingestion.contracts.load import load_contracts
from ingestion.raw.winning_row import winning_rows
from orchestration.explain.periods import Period
from orchestration.home.settings import Settings
from orchestration.publication import store
from orchestration.publication.connections import ReadError, open_build
from orchestration.publication.content_hash import literal, quoted
from orchestration.publication.tables import rows_of

# a key names its kind, or its table does: `review:jd:123`, `acquisition:jd:456`
_FEED_OF_KIND = {"review": "reviews", "mention": "mentions", "case": "cases", "content": "content"}
_FEED_OF_TABLE = {
    "reviews.fct_responses": "responses",
    "reviews.fct_engagement": "engagement",
    "reviews.fct_crises": "crises",
    "reviews.fct_actions": "actions",
    "reviews.mart_action_effects": "actions",
    "reviews.mart_topic_exposure_days": "topics",
    "attribution.fct_touchpoints": "touchpoints",
    "attribution.fct_conversions": "orders",
    "attribution.fct_referrals": "referrals",
    "segments.fct_orders": "orders",
    "segments.fct_order_items": "order_items",
    "segments.fct_refunds": "refunds",
    "segments.fct_surveys": "surveys",
    "segments.fct_warranty_claims": "warranty_claims",
    "segments.fct_ideas": "ideas",
    "segments.fct_points": "points",
    "segments.fct_service_contacts": "service_contacts",
    "segments.dim_products": "products",
    "segments.mart_certifications": "brand_programmes",
}
_GOALS = ("voice", "acquisition", "retention", "sale")

_TRACED = f"""
create or replace temp table koubei_traced as
with
parts as (
    select *, regexp_replace(row_key, '^({"|".join(_GOALS)}):', '') as subject from koubei_keys
)
select
    parts.*,
    case when kind <> '' then subject[length(kind) + 2:] else subject end as record_key,
    -- a row of a record and something else: `order|touch|model`
    split_part(record_key, '|', 1) as record_head,
    coalesce(of_kind.feed, of_table.feed) as feed
from parts
left join koubei_kinds as of_kind on parts.kind = of_kind.name
left join koubei_tables as of_table on parts.row_table = of_table.name
"""
KIND_OF_KEY = f"^(?:(?:{'|'.join(_GOALS)}):)?({'|'.join(_FEED_OF_KIND)}):"
"""Takes the kind of a record out of a row's key: `review` of `voice:review:jd:123`."""


@dataclass(frozen=True)
class SourceFiles:
    """The files, largest first.

    Attributes:
        files: file_name, channel_code, export_date, numerator_rows, denominator_rows; the counts
            are None by channel and day.
        is_exact: Whether they were found by the keys of the rows.
        unknown_rows: Rows whose key leads to no record that the home still holds.
        note: Why it is not exact; empty where it is.
    """

    files: Sequence[dict[str, Any]]
    is_exact: bool
    unknown_rows: int = 0
    note: str = ""


def files_of(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    keys: pa.Table,
    period: Period,
) -> SourceFiles:
    """The files that the rows of `keys` came from (see `evidence.keys_counted`)."""
    note = "行的主键不对应单条原始记录 the rows' keys name no single record"
    try:
        found = _by_key(settings, keys)
    except ReadError:
        found, note = None, "构建库暂不可读 the build file cannot be read now"
    if found is not None and found.files:
        return found
    return SourceFiles(_by_day(settings, connection, keys, period), False, note=note)


def _by_key(settings: Settings, keys: pa.Table) -> SourceFiles | None:
    """Ask the build file; None where it has not seen this publication."""
    published = store.current(settings.published_path)
    with open_build(settings) as build:
        ((known,),) = build.execute(
            "select count(*) from meta.publications where publication_id = ? and load_id = ?",
            [published and published.publication_id, published and published.manifest["load_id"]],
        ).fetchall()
        if published is None or not known:
            raise ReadError("the build file is not the one that was published")
        build.register("koubei_keys", keys)
        for name, feeds in (("koubei_kinds", _FEED_OF_KIND), ("koubei_tables", _FEED_OF_TABLE)):
            build.register(name, pa.table({"name": list(feeds), "feed": list(feeds.values())}))
        build.execute(_TRACED)
        feeds_asked = build.execute(
            "select distinct feed from koubei_traced where feed is not null order by all"
        ).fetchall()
        if not feeds_asked:
            return None
        load_id = int(published.manifest["load_id"])
        return _counted(build, [feed for (feed,) in feeds_asked], load_id)


def _counted(build: duckdb.DuckDBPyConnection, feeds: Iterable[str], load_id: int) -> SourceFiles:
    # the version that won when the publication was built: what landed later says nothing of it
    winners = " union all ".join(
        f"""
        select traced.*, coalesce(own.file_id, head.file_id) as file_id,
            coalesce(own.load_id, head.load_id) as load_id
        from koubei_traced as traced
        left join {_winning(feed, load_id)} as own on traced.record_key = own.record_key
        left join {_winning(feed, load_id)} as head
            on own.record_key is null and traced.record_head = head.record_key
        where traced.feed = {literal(feed)}
        """
        for feed in feeds
    )
    build.execute(f"create or replace temp table koubei_winners as {winners}")
    files = rows_of(
        build,
        "select files.file_name, files.channel_code, files.export_date, "
        "cast(sum(numerator_rows) as bigint) as numerator_rows, "
        "cast(sum(denominator_rows) as bigint) as denominator_rows "
        "from koubei_winners as winners inner join raw.files as files "
        "on winners.file_id = files.file_id and winners.load_id = files.load_id group by all "
        "order by greatest(sum(numerator_rows), sum(denominator_rows)) desc, "
        "export_date desc, file_name",
    )
    ((lost,),) = build.execute(
        "select count(*) from koubei_traced as traced where not exists (from koubei_winners as w "
        "where w.row_key = traced.row_key and w.file_id is not null)"
    ).fetchall()
    return SourceFiles(files, True, unknown_rows=lost)


def _winning(feed: str, load_id: int) -> str:
    """The records of a feed as a build up to that load saw them."""
    return winning_rows(
        f"raw.{quoted(feed)}",
        columns="record_key, file_id, load_id",
        where=f"load_id <= {load_id} and coalesce(superseded_load_id > {load_id}, true) "
        "and record_key in "
        "(select record_key from koubei_traced union select record_head from koubei_traced)",
    )


def _by_day(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    keys: pa.Table,
    period: Period,
) -> list[dict[str, Any]]:
    channels = [code for code in keys["channel_code"].unique().to_pylist() if code]
    of_channel = "" if "all" in channels else "and list_contains($channels, channel_code)"
    exports = _exports(settings, keys)
    of_export = "and list_contains($exports, export_name)" if exports else ""
    parameters: dict[str, object] = {"start": period.start, "until": period.until}
    if of_channel:
        parameters["channels"] = channels
    if of_export:
        parameters["exports"] = exports
    return rows_of_named(
        connection,
        f"""
        with landed as (
            select *, min(export_date) filter (where export_date >= $until)
                over (partition by channel_code, export_name) as last_on
            from meta.files where outcome = 'landed' and not is_superseded {of_channel} {of_export}
        )
        select
            file_name, channel_code, export_date, null as numerator_rows,
            null as denominator_rows
        from landed
        where export_date between $start and coalesce(last_on, $until)
        order by export_date desc, channel_code, file_name
        """,
        parameters,
    )


def rows_of_named(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, object]
) -> list[dict[str, Any]]:
    """As `rows_of`, with named parameters."""
    cursor = connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _exports(settings: Settings, keys: pa.Table) -> list[str]:
    """Names of the exports that fill the feeds behind these rows; none where nothing says."""
    kinds = keys.group_by(["row_table", "kind"]).aggregate([]).to_pylist()
    named = [
        _FEED_OF_KIND.get(each["kind"]) or _FEED_OF_TABLE.get(each["row_table"]) for each in kinds
    ]
    feeds = {feed for feed in named if feed}
    tables = {each["row_table"] for each, feed in zip(kinds, named, strict=True) if not feed}
    with suppress(OSError, ValueError, KeyError, ContractError):
        if tables:
            changed_at = settings.manifest_path.stat().st_mtime_ns
            feeds |= feeds_behind(_manifest(settings.manifest_path, changed_at), tables)
        fed = _feeds_of_exports(settings.channels)
        return sorted({name for name, filled in fed if feeds & filled})
    return []


@lru_cache(maxsize=1)
def _manifest(path: Path, _changed_at: int) -> dict[str, Any]:
    # eight megabytes, and whoever explains all KPIs asks for most of them
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


@cache
def _feeds_of_exports(channels: Path | None) -> list[tuple[str, frozenset[str]]]:
    # reading the contracts takes a second
    return [
        (export.name, frozenset(export.feeds))
        for contract in load_contracts(channels).values()
        for export in contract.exports
    ]


def feeds_behind(manifest: Mapping[str, Any], tables: set[str]) -> set[str]:
    """The raw tables from which dbt's `manifest` makes `tables` (schema.table)."""
    nodes = manifest["nodes"]
    found = [key for key, node in nodes.items() if f"{node['schema']}.{node['name']}" in tables]
    seen: set[str] = set()
    feeds = set()
    while found:
        key = found.pop()
        if key in seen:
            continue
        seen.add(key)
        if key in manifest["sources"]:
            feeds.add(str(manifest["sources"][key]["name"]))
        found += nodes.get(key, {}).get("depends_on", {}).get("nodes", [])
    return feeds
