"""Rules over the dbt project's SQL that no linter knows: feeds in full, engines in one place."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from ingestion.contracts.feeds import Feed, load_feeds

PROJECT = Path(__file__).parents[3] / "dbt_project"
FEEDS = load_feeds()
LINEAGE = {"record_key", "channel_code", "export_date", "delivery_seq", "row_number", "file_id"}


def _sql(name: str) -> str:
    return (PROJECT / f"models/staging/stg_{name}.sql").read_text("utf-8")


def _selected(sql: str) -> set[str]:
    """Names of the columns that the model's renaming and conversion give."""
    plain = re.findall(r"^        (?:\w+\.)?(\w+),?$", sql, re.MULTILINE)
    aliased = re.findall(r" as (\w+),?$", sql, re.MULTILINE)
    return {*plain, *aliased}


def _faults_of_staging(feed: Feed, sql: str) -> list[str]:
    """What a staging model lacks of its feed: columns, live rows, the latest of each, a grain."""
    wanted = set(LINEAGE)
    for name in feed.columns:
        if name.endswith("_text"):
            wanted.add("text_sha256")
        elif name.endswith("_cny"):
            wanted |= {name, f"{name.removesuffix('_cny')}_amount", "currency_code"}
        else:
            wanted.add(name)
    faults = [f"column {name}" for name in sorted(wanted - _selected(sql))]
    parts = (
        f"source('raw', '{feed.name}')",
        "where superseded_load_id is null",
        "latest_wins(",
    )
    faults += [part for part in parts if part not in sql]
    return faults if sql.startswith("-- Grain: one row per ") else [*faults, "-- Grain:"]


def test_staging_gives_every_column_of_its_feed_and_the_latest_of_its_live_rows() -> None:
    faults = {name: _faults_of_staging(feed, _sql(name)) for name, feed in FEEDS.items()}
    assert {name: found for name, found in faults.items() if found} == {}


def test_each_fault_of_a_staging_model_is_seen() -> None:
    feed, sql = FEEDS["reviews"], _sql("reviews")
    for part, fault in {
        "        review_ref,\n": "column review_ref",
        "source('raw', 'reviews')": "source('raw', 'reviews')",
        "where superseded_load_id is null": "where superseded_load_id is null",
        "latest_wins(": "latest_wins(",
        "-- Grain: one row per ": "-- Grain:",
    }.items():
        assert part in sql
        assert _faults_of_staging(feed, sql.replace(part, "")) == [fault]


def test_the_test_of_rates_looks_at_every_amount_of_every_feed() -> None:
    sql = (PROJECT / "tests/every_day_of_money_has_a_rate.sql").read_text("utf-8")
    for feed in FEEDS.values():
        amounts = {name for name in feed.columns if name.endswith("_cny")}
        assert amounts <= set(re.findall(r"\w+_cny", sql)), feed.name
        assert not amounts or f"'{feed.name}'" in sql, feed.name


def test_engines_differ_in_one_folder_only() -> None:
    elsewhere = [
        str(path.relative_to(PROJECT))
        for path in [*PROJECT.glob("models/**/*.sql"), *PROJECT.glob("macros/*.sql")]
        if re.search(r"target\.type|(duckdb|spark|postgres)__", path.read_text("utf-8"))
    ]
    assert not elsewhere


def _is_one_dispatched_macro(name: str, sql: str) -> bool:
    """Whether a dialect file holds the macro of its name with its dialects, and nothing else."""
    if name.startswith("materialization_"):
        # dispatched by dbt itself, to the adapter that it names
        found = re.findall(r"{% materialization (\w+), adapter='\w+'", sql)
        return found == [name.removeprefix("materialization_")]
    macros = re.findall(r"{%-? macro (\w+)\(", sql)
    return (
        re.findall(r"adapter\.dispatch\('(\w+)'\)", sql) == [name]
        and macros[:1] == [name]
        and f"default__{name}" in macros
        and all(macro == name or macro.endswith(f"__{name}") for macro in macros)
    )


def test_every_dialect_file_holds_one_dispatched_macro_of_its_name() -> None:
    paths = sorted(PROJECT.glob("macros/dialect/*.sql"))
    assert len(paths) > 10
    others = [p.stem for p in paths if not _is_one_dispatched_macro(p.stem, p.read_text("utf-8"))]
    assert others == []


def test_each_fault_of_a_dialect_file_is_seen() -> None:
    head = "{% macro a(x) %}{{ adapter.dispatch('a')(x) }}{% endmacro %}"
    sql = head + "{% macro default__a(x) %}{% endmacro %}"
    assert _is_one_dispatched_macro("a", sql)
    assert _is_one_dispatched_macro("a", sql + "{% macro spark__a(x) %}{% endmacro %}")
    for wrong in (head, sql.replace("('a')", "('b')"), sql + "{% macro b() %}", ""):
        assert not _is_one_dispatched_macro("a", wrong)
    view = "{% materialization view, adapter='duckdb' %}"
    assert _is_one_dispatched_macro("materialization_view", view)
    assert not _is_one_dispatched_macro("materialization_table", view)


def test_every_rate_says_where_it_comes_from() -> None:
    with (PROJECT / "seeds/currency_rates.csv").open(encoding="utf-8") as lines:
        rates = list(csv.DictReader(lines))
    assert all(rate["source"] for rate in rates)
    assert [float(rate["cny_per_unit"]) for rate in rates if rate["currency_code"] == "CNY"] == [1]
