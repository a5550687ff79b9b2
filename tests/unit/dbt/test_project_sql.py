"""Rules over the dbt project's SQL that no linter knows: feeds in full, engines in one place."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from ingestion.contracts.feeds import load_feeds

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


@pytest.mark.parametrize("feed", FEEDS)
def test_staging_gives_every_column_of_its_feed(feed: str) -> None:
    wanted = set(LINEAGE)
    for name in FEEDS[feed].columns:
        if name.endswith("_text"):
            wanted.add("text_sha256")
        elif name.endswith("_cny"):
            wanted |= {name, f"{name.removesuffix('_cny')}_amount", "currency_code"}
        else:
            wanted.add(name)
    assert wanted <= _selected(_sql(feed))


@pytest.mark.parametrize("feed", FEEDS)
def test_staging_reads_live_rows_and_lets_the_latest_win(feed: str) -> None:
    sql = _sql(feed)
    assert f"source('raw', '{feed}')" in sql
    assert "where superseded_load_id is null" in sql
    assert "latest_wins(" in sql
    assert sql.startswith("-- Grain: one row per ")


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


@pytest.mark.parametrize("path", sorted(PROJECT.glob("macros/dialect/*.sql")), ids=lambda p: p.stem)
def test_a_dialect_file_holds_one_dispatched_macro_of_its_name(path: Path) -> None:
    sql = path.read_text("utf-8")
    if path.stem.startswith("materialization_"):
        # dispatched by dbt itself, to the adapter that it names
        name = path.stem.removeprefix("materialization_")
        assert re.findall(r"{% materialization (\w+), adapter='\w+'", sql) == [name]
        return
    assert re.findall(r"adapter\.dispatch\('(\w+)'\)", sql) == [path.stem]
    macros = re.findall(r"{%-? macro (\w+)\(", sql)
    assert macros[0] == path.stem
    assert f"default__{path.stem}" in macros
    assert all(name == path.stem or name.endswith(f"__{path.stem}") for name in macros)


def test_every_rate_says_where_it_comes_from() -> None:
    with (PROJECT / "seeds/currency_rates.csv").open(encoding="utf-8") as lines:
        rates = list(csv.DictReader(lines))
    assert all(rate["source"] for rate in rates)
    assert [float(rate["cny_per_unit"]) for rate in rates if rate["currency_code"] == "CNY"] == [1]
