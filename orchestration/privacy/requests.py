"""Whom a person at the command line means: a customer key, or an identifier hashed at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import duckdb

from ingestion.contracts.feeds import load_feeds
from ingestion.contracts.parsers import create_macros
from ingestion.erasure.person import make_links, person_of
from ingestion.erasure.suppression_list import Request, SuppressionList
from ingestion.privacy.pseudonyms import node_of
from orchestration.home.errors import KoubeiError
from orchestration.home.settings import Settings
from orchestration.privacy.erase import nodes_of_key, rules_path, traces_of
from orchestration.privacy.keys import node_key
from orchestration.publication.connections import open_build
from orchestration.publication.traces import Traces, keys_of


class UnknownCustomerError(KoubeiError):
    """There is no such customer; what was typed is not repeated."""


@dataclass(frozen=True)
class Person:
    """Who is to be erased, and what identifies them. `is_known`: whether any row names them."""

    nodes: tuple[str, ...]
    traces: Traces
    requests: tuple[Request, ...]
    is_known: bool


def person_asked_for(settings: Settings, customer: str, today: date) -> Person:
    """Find the person that a customer_key or `kind:value` means.

    Raises:
        UnknownCustomerError: It is neither, or no customer has that key.
    """
    listed = SuppressionList.read(settings.suppressions_path)
    feeds = load_feeds()
    with open_build(settings) as connection:
        start = _start(connection, settings, customer.strip(), listed)
        make_links(connection, rules_path(settings.dbt_project_path))
        nodes = person_of(connection, start)
        done = [each for each in listed.requests if set(each.nodes) & set(nodes)]
        nodes = sorted({*nodes, *(node for each in done for node in each.nodes)})
        traces = traces_of(connection, feeds, nodes)
    # a request that was cut short, or is done, is not made a second time
    asked = () if done else (Request(_new_ref(listed, today), today, "command", tuple(start)),)
    return Person(tuple(nodes), traces, asked, is_known=len(nodes) > 1 or bool(traces.texts))


def _start(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    customer: str,
    listed: SuppressionList,
) -> list[str]:
    if re.fullmatch(r"[0-9a-f]{16}", customer):
        nodes = nodes_of_key(connection, customer) or [
            node
            for request in listed.requests
            if customer in keys_of(request.nodes)
            for node in request.nodes
        ]
        if not nodes:
            raise UnknownCustomerError(
                "no customer has that customer_key now; take it from segments.dim_customers, or "
                "give an identifier such as phone:13800001234"
            )
        return nodes
    kind, separator, value = customer.partition(":")
    if not separator or not re.fullmatch(r"[a-z][a-z0-9_]*", kind) or not value.strip():
        raise UnknownCustomerError(
            "CUSTOMER is a customer_key of 16 digits, or kind:value such as phone:13800001234, "
            "email:x@example.com or crm_customer:M0001"
        )
    # the build file is open to be read only
    with duckdb.connect() as scratch:
        create_macros(scratch)
        node = node_of(scratch, node_key(settings), kind, value)
    if node is None:
        raise UnknownCustomerError(
            f"that {kind} is masked or none: give the whole identifier, as the channel writes it"
        )
    return [node]


def _new_ref(listed: SuppressionList, today: date) -> str:
    start = f"command:{today.isoformat()}-"
    taken = {request.request_ref for request in listed.requests}
    number = 1
    while f"{start}{number}" in taken:
        number += 1
    return f"{start}{number}"
