"""Erasing people from a home: who, from where, in which order; run by a refresh that holds it.

The order makes it safe to kill and run again: the list of who is to go is written first and says
"done" last, publications and originals are rewritten while `raw` still knows what to look for, and
`raw` changes in one transaction. The build file is then written anew without any mart, because a
deleted row's bytes stay in a DuckDB file, and the next build makes the marts again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb

from ingestion.contracts.feeds import Feed
from ingestion.contracts.models import Contract
from ingestion.erasure.originals import RewriteResult, rewrite_originals
from ingestion.erasure.person import make_links, person_of
from ingestion.erasure.suppression_filter import erase_rows
from ingestion.erasure.suppression_list import Request, SuppressionList
from ingestion.files.originals import Originals
from ingestion.privacy.pseudonyms import hash_parameters
from orchestration.home.settings import Settings
from orchestration.privacy.keys import node_key
from orchestration.publication import store
from orchestration.publication.connections import open_file
from orchestration.publication.content_hash import literal, quoted
from orchestration.publication.ledger import transaction
from orchestration.publication.rewriting import rewrite
from orchestration.publication.traces import Traces, keys_of
from orchestration.report.front_page import rewrite_front_page

# what is kept as it is; everything else is built from it
_KEPT_SCHEMAS = ("raw", "meta")


@dataclass
class Erasure:
    """The people that one run has erased: for the proof and for the summary.

    `rewritten` has the rows that named them, by publication id.
    """

    requests: list[Request] = field(default_factory=list)
    traces: Traces = field(default_factory=lambda: Traces(()))
    rewritten: dict[str, int] = field(default_factory=dict)
    originals: RewriteResult = field(default_factory=RewriteResult)


def rules_path(dbt_project: Path) -> Path:
    """The seed with the rules of identity."""
    return dbt_project / "seeds" / "identity_rules.csv"


def load_suppression_list(path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """Copy the home's suppression list to `raw.suppressions`, which every landing filters by."""
    SuppressionList.read(path).copy_to(connection)


def process_erasure_requests(
    settings: Settings,
    contracts: Mapping[str, Contract],
    feeds: Mapping[str, Feed],
    asked: Sequence[Request] = (),
) -> Erasure | None:
    """Act on every request that is not done: those `asked` for, delivered, or cut short.

    `asked` requests name identifiers; the rest of their person is found here.

    Returns:
        What was erased; None where there was nothing to do.
    """
    listed = SuppressionList.read(settings.suppressions_path)
    erasure = Erasure()
    with open_file(settings.warehouse_path) as connection:
        listed.merge(connection)
        _record_new(connection, listed, asked, settings.dbt_project_path)
        is_left = _is_named_in_raw(connection, feeds, listed)
        if not listed.pending and not is_left:
            return None
        listed.copy_to(connection)
        erasure.requests = listed.pending or listed.requests
        nodes = sorted({node for request in erasure.requests for node in request.nodes})
        erasure.traces = traces_of(connection, feeds, nodes)
        erasure.originals = rewrite_originals(
            connection,
            Originals(settings.originals_path, settings.key_bytes),
            contracts=contracts,
            feeds=feeds,
            hash_key=node_key(settings),
            business_zone=settings.timezone,
            work_dir=settings.work_path,
        )
    for published in store.kept(settings.published_path):
        if rows := rewrite(published, erasure.traces):
            erasure.rewritten[published.publication_id] = rows
    with open_file(settings.warehouse_path) as connection, transaction(connection):
        erase_rows(connection, feeds, hash_parameters(node_key(settings)))
        _scrub_ledger(connection, erasure.traces)
        # incremental models ask what has landed since; what has gone only a full build notices
        connection.execute("update raw.builds set fingerprint = 'erased'")
        rewrite_front_page(settings, connection)
    compact(settings.warehouse_path)
    for request in erasure.requests:
        listed.put(replace(request, is_done=True))
    return erasure


def _record_new(
    connection: duckdb.DuckDBPyConnection,
    listed: SuppressionList,
    asked: Sequence[Request],
    dbt_project: Path,
) -> None:
    """Write new requests to the list, each with all that is its person's."""
    known = {request.request_ref for request in listed.requests}
    delivered: list[tuple[str, date, str | None]] = connection.execute(
        "select request_ref, cast(min(requested_at) as date), any_value(customer_ref) "
        "from raw.erasure_requests group by request_ref order by request_ref"
    ).fetchall()
    new = [request for request in asked if request.request_ref not in known] + [
        Request(request_ref, requested_on, "feed", (node,) if node else ())
        for request_ref, requested_on, node in delivered
        if request_ref not in known
    ]
    if not new:
        return
    make_links(connection, rules_path(dbt_project))
    for request in new:
        nodes = tuple(person_of(connection, request.nodes)) if request.nodes else ()
        listed.put(replace(request, nodes=nodes))
    listed.copy_to(connection)


def _is_named_in_raw(
    connection: duckdb.DuckDBPyConnection, feeds: Mapping[str, Feed], listed: SuppressionList
) -> bool:
    """Whether a row still names somebody who was erased, as in a build that was restored."""
    if not listed.nodes:
        return False
    named = " union all ".join(
        f'select 1 from raw."{feed.name}" semi join raw.suppressions on "{column}" = node'
        for feed in feeds.values()
        for column in feed.identifiers
    )
    return bool(connection.execute(f"select 1 from ({named}) limit 1").fetchall())


def traces_of(
    connection: duckdb.DuckDBPyConnection, feeds: Mapping[str, Feed], nodes: Sequence[str]
) -> Traces:
    """What identifies people: nodes, every customer key of theirs, texts that are theirs alone."""
    connection.execute("create or replace temp table traced (node varchar)")
    if nodes:
        connection.executemany("insert into traced values (?)", [[node] for node in nodes])
    keys = set(keys_of(nodes))
    if _has_identities(connection):
        keys |= {
            row[0]
            for row in connection.execute(
                "select distinct customer_key from intermediate.int_customer_identities "
                "semi join traced using (node)"
            ).fetchall()
        }
    written = " union all ".join(
        f"select text_sha256, {_is_theirs(feed)} as is_theirs from raw.{quoted(feed.name)}"
        for feed in feeds.values()
        if feed.text_column
    )
    texts = connection.execute(
        f"select text_sha256, any_value(text_content) from ({written}) "
        "join raw.texts using (text_sha256) group by text_sha256 having bool_and(is_theirs) "
        "order by text_sha256"
    ).fetchall()
    values = [*nodes, *sorted(keys), *(text_sha256 for text_sha256, _ in texts)]
    return Traces(tuple(values), tuple(text for _, text in texts))


def nodes_of_key(connection: duckdb.DuckDBPyConnection, customer_key: str) -> list[str]:
    """The nodes of a customer as last built; none where there is no such customer."""
    if not _has_identities(connection):
        return []
    found = connection.execute(
        "select node from intermediate.int_customer_identities where customer_key = ?",
        [customer_key],
    )
    return [row[0] for row in found.fetchall()]


def _has_identities(connection: duckdb.DuckDBPyConnection) -> bool:
    return bool(
        connection.execute(
            "select 1 from duckdb_tables() where schema_name = 'intermediate' "
            "and table_name = 'int_customer_identities'"
        ).fetchall()
    )


def _is_theirs(feed: Feed) -> str:
    named = [f"coalesce({quoted(name)} in (from traced), false)" for name in feed.identifiers]
    return " or ".join(named) or "false"


def _scrub_ledger(connection: duckdb.DuckDBPyConnection, traces: Traces) -> None:
    """Take traces out of what checks and restatements have quoted."""
    if not traces.values:
        return
    named = {"pattern": traces.pattern}
    connection.execute(
        "update meta.checks set sample_rows = null, message = null where "
        "regexp_matches(cast(sample_rows as varchar), $pattern) "
        "or regexp_matches(message, $pattern)",
        named,
    )
    connection.execute(
        "delete from meta.restatements where regexp_matches(row_key, $pattern) "
        "or regexp_matches(old_value, $pattern) or regexp_matches(new_value, $pattern)",
        named,
    )


def compact(warehouse: Path) -> None:
    """Write `raw` and `meta` of a build file anew and drop all that is built; kill-safe."""
    folder = warehouse.parent / ".compacting"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    fresh = folder / warehouse.name
    with duckdb.connect(str(fresh)) as connection:
        connection.execute(f"attach {literal(str(warehouse))} as koubei_old (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where database_name = 'koubei_old' and schema_name in (select unnest($schemas)) "
            "order by all",
            {"schemas": list(_KEPT_SCHEMAS)},
        ).fetchall()
        for schema in _KEPT_SCHEMAS:
            connection.execute(f"create schema if not exists {quoted(schema)}")
        for schema, name in tables:
            connection.execute(
                f"create table {quoted(schema, name)} as from {quoted('koubei_old', schema, name)}"
            )
        connection.execute("detach koubei_old")
        connection.execute("checkpoint")
    store.sync_tree(folder)
    warehouse.with_name(warehouse.name + ".wal").unlink(missing_ok=True)
    os.replace(fresh, warehouse)
    shutil.rmtree(folder)
