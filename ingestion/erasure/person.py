"""Which identifiers are one person's, asked of what has landed: the scope of an erasure.

The same rules as the warehouse's identity (dbt's int_customer_links and int_identity_cuts), because
a request is acted on before the next build: links as they stand, none through an identifier that
too many share, none through a membership that is crowded with one kind of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from ingestion.contracts.parsers import literal
from ingestion.raw.queries import one_count
from ingestion.raw.winning_row import winning_rows


def make_links(connection: duckdb.DuckDBPyConnection, rules: Path) -> None:
    """Make temp table `person_links` (node, other): the links that count.

    `rules` is the seed of identity rules, a CSV with identity_kind, maximum_customers,
    maximum_identifiers and is_exclusive.
    """
    identities, customers, creators = (
        winning_rows(f"raw.{feed}") for feed in ("identities", "customers", "creators")
    )
    connection.execute(
        f"create or replace temp table person_rules as from read_csv({literal(str(rules))})"
    )
    connection.execute(
        f"""
        create or replace temp table person_links as
        with bound as (
            select identity_value as node, customer_ref as other, row_number() over (
                partition by channel_code, identity_value
                order by coalesce(linked_at, cast(export_date as timestamp)) desc, customer_ref
            ) > 1 as is_rebound
            from {identities} where identity_value is not null
        ),
        stated as (
            from bound
            union all select phone, customer_ref, false from {customers} where phone is not null
            union all select email, customer_ref, false from {customers} where email is not null
            union all select author_ref, customer_ref, false from {creators}
            where author_ref is not null
        ),
        kinds as (
            select *, split_part(node, ':', 1) as identity_kind from stated
            where other is not null and node <> other
        ),
        links as (
            select node, other, kinds.identity_kind,
                any_value(coalesce(rules.maximum_customers, others.maximum_customers))
                    as most_others,
                any_value(coalesce(rules.maximum_identifiers, others.maximum_identifiers))
                    as most_nodes
            from kinds
            left join person_rules as rules on kinds.identity_kind = rules.identity_kind
            left join person_rules as others on others.identity_kind = '*'
            group by node, other, kinds.identity_kind
            having not bool_and(is_rebound and coalesce(rules.is_exclusive, others.is_exclusive))
        )
        select node, other from links
        qualify (count(*) over (partition by node) <= most_others
                or node in (select other from links))
            and count(*) over (partition by other, identity_kind) <= most_nodes
        """
    )


def person_of(connection: duckdb.DuckDBPyConnection, nodes: Iterable[str]) -> list[str]:
    """All nodes of the persons that `nodes` belong to, these included; needs `make_links`."""
    connection.execute("create or replace temp table person (node varchar)")
    connection.executemany("insert into person values (?)", [[node] for node in nodes])
    while one_count(
        connection,
        """
        insert into person
        select distinct near.node from (
            select links.other as node from person_links as links semi join person using (node)
            union select links.node from person_links as links
            semi join person on links.other = person.node
        ) as near anti join person using (node)
        """,
    ):
        pass
    return [row[0] for row in connection.execute("from person order by node").fetchall()]
