"""No identifier that the export files hold stands in any table or file of the home."""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path

import duckdb
import pytest

from ingestion.contracts.feeds import load_feeds
from ingestion.contracts.load import load_contracts
from ingestion.files.deliveries import scan
from ingestion.files.readers import SOURCE_TABLE, read_source
from tests.integration.home import Home

pytestmark = pytest.mark.integration

# long enough that it is found nowhere by chance: short names and numbers would be found everywhere
FEWEST_CHARACTERS = 6
# what an identifier is made of; everything else separates
TOKEN = re.compile(rb"[A-Za-z0-9@._+-]{%d,64}" % FEWEST_CHARACTERS)
OWN = {"exports", "hash.key"}


@cache
def delivered_identifiers(exports: Path, work: Path) -> frozenset[str]:
    """Every value of a column that identifies people, as the files of the channels write it."""
    feeds = load_feeds()
    work.mkdir(exist_ok=True)
    found: set[str] = set()
    answers: set[str] = set()
    with duckdb.connect() as db:
        for delivery in scan(str(exports), load_contracts()).deliveries:
            headers = {
                header
                for feed, mapping in delivery.export.feeds.items()
                for header, targets in mapping.columns.items()
                if any(feeds[feed].columns[target.to].identifier for target in targets)
            }
            # visitors and answers are numbered alike, and an answer's number identifies no customer
            numbers = {
                header
                for mapping in delivery.export.feeds.values()
                for header, targets in mapping.columns.items()
                if any(target.to == "survey_ref" for target in targets)
            }
            if not headers:
                continue
            source = read_source(
                db, Path(delivery.url.removeprefix("file://")), delivery.export, work, "contract"
            )
            for index, header in enumerate(source.headers):
                if header in headers | numbers:
                    rows = db.execute(f"select distinct trim(c{index}) from {SOURCE_TABLE}")
                    values = {str(value) for (value,) in rows.fetchall() if value}
                    (found if header in headers else answers).update(values)
    return frozenset(found - answers)


@pytest.fixture(scope="module")
def identifiers(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """Those that are long enough, masked ones left out."""
    found = delivered_identifiers(demo_home.exports, tmp_path_factory.mktemp("work") / "work")
    kept = {each for each in found if len(each) >= FEWEST_CHARACTERS and "*" not in each}
    kinds = (r"1[3-9]\d{9}", r".+@.+", r"M\d+", r"jd_.+", r"wm_.+|wm.+", r".*[0-9a-f]{6}")
    for kind in kinds:
        assert [each for each in kept if re.fullmatch(kind, each)], kind
    return frozenset(kept)


@pytest.mark.parametrize("which", ["build", "published"])
def test_no_text_column_of_any_table_holds_one(
    which: str, demo_home: Home, identifiers: frozenset[str]
) -> None:
    file = (
        demo_home.path / "build" / "warehouse.duckdb"
        if which == "build"
        else demo_home.current / "koubei.duckdb"
    )
    with duckdb.connect(str(file), read_only=True) as db:
        db.execute("create temp table identifiers (word varchar)")
        db.execute("insert into identifiers select unnest($all)", {"all": sorted(identifiers)})
        columns = db.execute(
            "select schema_name, table_name, list(column_name) from duckdb_columns() "
            "join duckdb_tables() using (database_name, schema_name, table_name) "
            "where database_name = current_database() "
            "and (contains(data_type, 'VARCHAR') or data_type = 'JSON') group by all order by all"
        ).fetchall()
        assert len(columns) > 80
        for schema, table, names in columns:
            words = " union all ".join(
                f"select distinct '{name}' as place, unnest(regexp_extract_all("
                f"cast(\"{name}\" as varchar), '[A-Za-z0-9@._+-]{{{FEWEST_CHARACTERS},64}}')) "
                f'as word from "{schema}"."{table}"'
                for name in names
            )
            found = db.execute(
                f"select distinct place from ({words}) semi join identifiers using (word)"
            ).fetchall()
            assert found == [], f"{schema}.{table}"


def test_no_file_of_the_home_holds_one(demo_home: Home, identifiers: frozenset[str]) -> None:
    wanted = {each.encode() for each in identifiers if len(each) >= 8}
    assert len(wanted) > 500
    for path in sorted(demo_home.path.rglob("*")):
        if path.is_file() and not OWN & set(path.relative_to(demo_home.path).parts):
            found = wanted & set(TOKEN.findall(path.read_bytes()))
            assert not found, path


def test_the_key_stands_in_no_other_form_either(demo_home: Home) -> None:
    key = (demo_home.path / "hash.key").read_bytes().strip()
    raw = bytes.fromhex(key.decode())
    forms = [key, raw, key.upper(), base64.b64encode(raw), base64.b64encode(key), key[:32]]
    for path in demo_home.path.rglob("*"):
        if path.is_file() and path.name != "hash.key":
            content = path.read_bytes()
            assert not [form for form in forms if form in content], path
