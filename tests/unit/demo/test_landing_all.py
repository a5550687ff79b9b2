"""Everything lands: the rows planted as bad are rejected where they stand, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion.contracts.feeds import load_feeds
from ingestion.demo import write_demo
from ingestion.files.deliveries import scan
from ingestion.files.originals import Originals
from ingestion.landing import Lander
from ingestion.raw.schema import create_raw_schema
from tests.unit.demo.reading import Exports, contracts

KEY = b"a key for tests, long enough"


@pytest.mark.integration
def test_a_whole_demo_lands_with_its_planted_rejections_alone(tmp_path: Path) -> None:
    write_demo(tmp_path, days=10, customers=1_200, seed=5)
    demo = Exports(tmp_path)
    feeds = load_feeds()
    with duckdb.connect() as connection:
        create_raw_schema(connection, feeds)
        lander = Lander(
            connection,
            feeds=feeds,
            hash_key=KEY,
            business_zone="Asia/Shanghai",
            originals=Originals(tmp_path / "originals", KEY),
            work_dir=tmp_path / "work",
            load_id=1,
        )
        found = scan(str(tmp_path / "exports"), contracts())
        landed = [lander.land(delivery) for delivery in found.deliveries]
        rejected = connection.execute(
            "select file_name, feed, line_number, row_number, column_name from raw.rejected_rows"
        ).fetchall()
        texts = connection.execute("select text_content from raw.texts").fetchall()
    assert {(f.file_name, f.reason) for f in landed if f.outcome == "refused"} == set()
    assert [f.unmapped_columns for f in landed if f.unmapped_columns] == []
    assert {f.file_name for f in landed if f.outcome == "duplicate"} == {
        f["file"] for f in demo.truth["duplicate_files"]
    }
    planted = {
        (b["file"], b["feed"], b["line"], b["row"], b["header"]) for b in demo.truth["bad_rows"]
    }
    assert len(planted) > 10
    assert set(rejected) == planted
    repeated = {
        file.file_name: sum(counts.duplicate for counts in file.feeds.values())
        for file in landed
        if file.outcome == "landed" and any(counts.duplicate for counts in file.feeds.values())
    }
    assert repeated == {f["file"]: f["rows"] for f in demo.truth["duplicate_rows"]}
    everything = "\n".join(text for (text,) in texts)
    for plant in demo.truth["personal_data"]:
        assert not any(value in everything for value in plant["values"]), plant
