"""Files of rows: by key as the publication saw them, whatever has landed since."""

from __future__ import annotations

import json
from datetime import date as D
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from orchestration.explain.periods import starting
from orchestration.explain.source_files import feeds_behind, files_of
from orchestration.home.settings import Settings

RAW = """
create schema raw; create schema meta;
create table meta.publications as select '2026-10-31-001' as publication_id, 5 as load_id;
create table raw.files (
    file_id varchar, load_id integer, file_name varchar, channel_code varchar, export_date date
);
insert into raw.files values
    ('a', 1, 'jd_reviews_01.csv', 'jd', '2026-10-01'),
    ('b', 4, 'jd_reviews_02.csv', 'jd', '2026-10-02'),
    ('c', 6, 'jd_reviews_01_r2.csv', 'jd', '2026-10-01'),
    ('d', 2, 'jd_orders_01.csv', 'jd', '2026-10-01');
create table raw.reviews (
    record_key varchar, file_id varchar, load_id integer, superseded_load_id integer,
    export_date date, delivery_seq integer, row_number integer
);
insert into raw.reviews values
    -- the first file was corrected only after the publication
    ('jd:R1', 'a', 1, 6, '2026-10-01', 1, 1), ('jd:R1', 'c', 6, null, '2026-10-01', 2, 1),
    -- edited the next day
    ('jd:R2', 'a', 1, 6, '2026-10-01', 1, 2), ('jd:R2', 'b', 4, null, '2026-10-02', 1, 1);
create table raw.orders as
    select 'jd:R1' as record_key, 'd' as file_id, 2 as load_id, null::integer as superseded_load_id,
        date '2026-10-01' as export_date, 1 as delivery_seq, 1 as row_number;
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose build has landed more than was published."""
    published = tmp_path / "published" / "2026-10-31-001"
    published.mkdir(parents=True)
    manifest = {"publication_id": "2026-10-31-001", "load_id": 5}
    (published / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "published" / "current").symlink_to(published.name)
    (tmp_path / "build").mkdir()
    with duckdb.connect(str(tmp_path / "build" / "warehouse.duckdb")) as connection:
        connection.execute(RAW)
    return Settings(_env_file=None, home=tmp_path)


def keys(*rows: tuple[str, str, str]) -> pa.Table:
    """Rows of (table, key, kind), each once in numerator and denominator."""
    tables, names, kinds = zip(*rows, strict=True)
    ones = [1] * len(rows)
    return pa.table(
        {
            "row_table": tables, "row_key": names, "kind": kinds,
            "channel_code": ["jd"] * len(rows), "numerator_rows": ones, "denominator_rows": ones,
        }
    )  # fmt: skip


def found(settings: Settings, table: pa.Table) -> list[str]:
    with duckdb.connect() as connection:
        answer = files_of(settings, connection, table, starting("month", D(2026, 10, 1)))
    assert answer.is_exact
    return [each["file_name"] for each in answer.files]


def test_a_row_came_from_the_version_that_won_when_it_was_published(settings: Settings) -> None:
    voices = [("reviews.fct_voices", f"review:jd:{ref}", "review") for ref in ("R1", "R2")]
    assert found(settings, keys(voices[0])) == ["jd_reviews_01.csv"]
    assert found(settings, keys(voices[1])) == ["jd_reviews_02.csv"]


def test_the_key_says_which_feed_it_is_of_and_else_its_table(settings: Settings) -> None:
    # a review and an order of one number
    assert found(
        settings, keys(("attribution.fct_conversions", "voice:review:jd:R1", "review"))
    ) == ["jd_reviews_01.csv"]
    assert found(settings, keys(("attribution.fct_conversions", "acquisition:jd:R1", ""))) == [
        "jd_orders_01.csv"
    ]
    assert found(settings, keys(("attribution.fct_conversions", "sale:jd:R1|ads:T1", ""))) == [
        "jd_orders_01.csv"
    ]


def test_a_row_whose_record_is_gone_is_counted(settings: Settings) -> None:
    table = keys(
        ("reviews.fct_voices", "review:jd:R1", "review"),
        ("reviews.fct_voices", "review:jd:R9", "review"),
    )
    with duckdb.connect() as connection:
        answer = files_of(settings, connection, table, starting("month", D(2026, 10, 1)))
    assert answer.unknown_rows == 1


def test_the_feeds_behind_a_table_are_those_that_its_models_read() -> None:
    manifest = {
        "sources": {"source.orders": {"name": "orders"}, "source.spend": {"name": "spend"}},
        "nodes": {
            "stg": {"schema": "staging", "name": "stg_orders",
                    "depends_on": {"nodes": ["source.orders"]}},
            "mart": {"schema": "attribution", "name": "wom_windows",
                     "depends_on": {"nodes": ["stg"]}},
        },
    }  # fmt: skip
    assert feeds_behind(manifest, {"attribution.wom_windows"}) == {"orders"}
