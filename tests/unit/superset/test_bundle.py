"""The bundle: stable ids, the same bytes, nothing dangling, and no password."""

import io
from pathlib import Path
from uuid import UUID
from zipfile import ZipFile

import duckdb
import pytest
import yaml

from orchestration.superset.board_specs import BoardError, Text
from orchestration.superset.bundle import Sources, bundle_files, zipped
from orchestration.superset.databases import MASK, duckdb_uri, postgres_uri
from orchestration.superset.names import stable_id

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@pytest.fixture(scope="module")
def files(sources: Sources) -> dict[str, str]:
    return bundle_files("duckdb", sources)


@pytest.fixture(scope="module")
def read(files: dict[str, str]) -> dict[str, dict]:
    return {path.removeprefix("koubei/"): yaml.load(text, LOADER) for path, text in files.items()}


def test_ids_never_change() -> None:
    # a changed id would make a second dashboard beside everybody's first one
    assert stable_id("duckdb", "database", "koubei") == "b3faadf4-0bad-5cf3-bd11-60b3e1383548"
    assert stable_id("postgres", "dashboard", "overview") == "d863bd67-0e88-57ac-930f-c8132fa4bc37"


def test_the_same_publication_gives_the_same_bytes(files: dict[str, str], sources: Sources) -> None:
    again = bundle_files("duckdb", sources)
    backwards = dict(reversed(again.items()))
    assert zipped(files) == zipped(backwards)


def test_the_zip_has_one_folder_and_no_time_of_its_own(files: dict[str, str]) -> None:
    with ZipFile(io.BytesIO(zipped(files))) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {name.split("/")[0] for name in archive.namelist()} == {"koubei"}


def test_everything_that_is_pointed_at_is_in_the_bundle(read: dict[str, dict]) -> None:
    def ids(folder: str) -> set[str]:
        found = [each["uuid"] for path, each in read.items() if path.startswith(f"{folder}/")]
        assert len(set(found)) == len(found)
        assert all(UUID(each).version == 5 for each in found)
        return set(found)

    databases, datasets, charts = ids("databases"), ids("datasets"), ids("charts")
    ids("dashboards")
    placed = set()
    for path, each in read.items():
        if path.startswith("datasets/"):
            assert each["database_uuid"] in databases
        elif path.startswith("charts/"):
            assert each["dataset_uuid"] in datasets
        elif path.startswith("dashboards/"):
            nodes = [node for node in each["position"].values() if isinstance(node, dict)]
            for node in nodes:
                assert set(node.get("children") or []) <= set(each["position"])
            here = {node["meta"]["chartId"] for node in nodes if node["type"] == "CHART"}
            placed |= {node["meta"]["uuid"] for node in nodes if node["type"] == "CHART"}
            for native in each["metadata"]["native_filter_configuration"]:
                assert native["targets"][0]["datasetUuid"] in datasets
                assert set(native["scope"]["excluded"]) < here
    assert placed == charts


def test_the_two_stores_can_stand_in_one_superset(sources: Sources, read: dict[str, dict]) -> None:
    other = bundle_files("postgres", sources)
    mine = {each["uuid"] for each in read.values() if "uuid" in each}
    slugs = {each["slug"] for each in read.values() if "slug" in each}
    for text in other.values():
        said = yaml.load(text, LOADER)
        assert said.get("uuid") not in mine
        assert said.get("slug") is None or said["slug"] not in slugs


def test_columns_are_named_in_chinese_with_english_beside(read: dict[str, dict]) -> None:
    columns = {
        each["column_name"]: each for each in read["datasets/koubei/kpi_scorecard.yaml"]["columns"]
    }
    assert columns["value"]["verbose_name"] == "值 Value"
    assert columns["value"]["description"] == "值；Value."
    assert columns["as_of"]["is_dttm"]


@pytest.mark.parametrize(
    ("dsn", "uri"),
    [
        ("postgresql://bi@db:5433/koubei", "postgresql+psycopg2://bi@db:5433/koubei"),
        ("postgresql://bi:s3cret@db/koubei", f"postgresql+psycopg2://bi:{MASK}@db/koubei"),
        (
            "host=/run/pg dbname=koubei user=bi password='a b'",
            f"postgresql+psycopg2://bi:{MASK}@/koubei?host=%2Frun%2Fpg",
        ),
        (
            "postgresql://b%40i:x@db/koubei?sslmode=require",
            f"postgresql+psycopg2://b%40i:{MASK}@db/koubei?sslmode=require",
        ),
    ],
)
def test_a_server_is_named_without_its_password(dsn: str, uri: str) -> None:
    assert postgres_uri(dsn) == uri


def test_a_dsn_that_cannot_be_read_is_not_repeated() -> None:
    with pytest.raises(BoardError) as refused:
        postgres_uri("postgresql://bi:s3cret@db:port/koubei?nonsense=1")
    assert "s3cret" not in str(refused.value)


def test_the_file_is_opened_to_be_read_only(tmp_path: Path) -> None:
    uri = duckdb_uri(tmp_path / "published/current/koubei.duckdb")
    assert uri == f"duckdb:///{tmp_path}/published/current/koubei.duckdb?access_mode=read_only"
    with pytest.raises(BoardError, match="move the home"):
        duckdb_uri(tmp_path / "what?" / "koubei.duckdb")


@pytest.mark.parametrize(
    ("unit", "number", "said", "change"),
    [
        ("share", 0.22349, "22.35%", "+22.35 pp"),
        ("nps", 12.65, "12.7", "+12.7"),
        ("count", 2237.0, "2,237", "+2,237"),
        ("count", -477234.0, "-477,234", "-477,234"),
        ("count", 12345678.0, "12,345,678", "+12,345,678"),
        ("multiple", 4.163, "4.16×", "+4.16×"),
        ("percent", 0.1587, "15.9%", "+15.9%"),
        ("score", 4.084416, "4.08", "+4.08"),
        ("cny", 113.19, "¥113", "+¥113"),
        ("cny", -1500.4, "-¥1,500", "-¥1,500"),
        ("score", -0.004, "0.00", "0.00"),
        ("share", None, "–", "–"),
    ],
)
def test_numbers_are_written_by_their_unit(
    published: duckdb.DuckDBPyConnection, unit: str, number: float | None, said: str, change: str
) -> None:
    from orchestration.superset.datasets import written

    asked = "select {} from (select cast(? as double) as n, ? as u)"
    for is_change, expected in ((False, said), (True, change)):
        sql = written(Text(label="", number="n", unit="u", is_change=is_change))
        assert published.execute(asked.format(sql), [number, unit]).fetchone() == (expected,)
