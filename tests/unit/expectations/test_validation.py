from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from duckdb import DuckDBPyConnection as Connection

from expectations.data_docs import write_data_docs
from expectations.suite import Suite, SuiteError, discover, gxe
from expectations.validation import validate


@pytest.fixture
def connection() -> Iterator[Connection]:
    with duckdb.connect() as made:
        made.execute("create schema shop")
        made.execute(
            "create table shop.stars (star_key varchar, stars bigint, posted_at timestamp)"
        )
        yield made


def stars_suite(**changes: object) -> Suite:
    return Suite(
        **{
            "table": "shop.stars",
            "stage": "landed",
            "title_zh": "星级",
            "name": "stars",
            "key": ["star_key"],
            "expectations": [
                gxe.ExpectColumnValuesToBeBetween(
                    column="stars", min_value=1, max_value=5, description="在量表内；on the scale"
                ),
                gxe.ExpectColumnMeanToBeBetween(column="stars", max_value=4, severity="warning"),
            ],
            **changes,
        }
    )


def test_rows_that_break_a_critical_expectation_fail_the_verdict_and_are_shown(
    connection: Connection,
) -> None:
    connection.execute("insert into shop.stars values ('a', 3, null), ('b', 9, null)")
    verdict = validate(stars_suite(), connection)
    assert not verdict.is_passed
    (broken, *_) = verdict.failures
    assert (broken.column, broken.failing_count, broken.severity) == ("stars", 1, "critical")
    assert broken.sample_rows == [{"stars": 9, "star_key": "b"}]
    assert broken.message == "在量表内；on the scale (stars): 1 of 2 rows"


def test_a_broken_warning_is_reported_and_does_not_block(connection: Connection) -> None:
    connection.execute("insert into shop.stars values ('a', 5, null), ('b', 5, null)")
    verdict = validate(stars_suite(), connection)
    assert verdict.is_passed
    assert [(o.severity, o.observed) for o in verdict.failures] == [("warning", "5")]


def test_outcomes_keep_the_order_of_the_suite(connection: Connection) -> None:
    connection.execute("insert into shop.stars values ('a', 9, null)")
    kinds = [o.expectation for o in validate(stars_suite(), connection).results]
    assert kinds == ["expect_column_values_to_be_between", "expect_column_mean_to_be_between"]


def test_a_table_without_a_row_has_nothing_to_say_and_passes(connection: Connection) -> None:
    verdict = validate(stars_suite(), connection)
    assert (verdict.is_passed, verdict.row_count, verdict.results) == (True, 0, [])


def test_only_the_columns_that_a_suite_names_are_read(connection: Connection) -> None:
    assert stars_suite().sql == "select star_key, stars from shop.stars"


def test_only_the_rows_that_the_query_gives_are_looked_at(connection: Connection) -> None:
    connection.execute("insert into shop.stars values ('old', 9, null), ('new', 3, null)")
    query = "select star_key, stars from shop.stars where star_key = 'new'"
    verdict = validate(stars_suite(query=query), connection)
    assert (verdict.is_passed, verdict.row_count) == (True, 1)


def test_a_suite_that_cannot_be_read_blocks_and_says_why(connection: Connection) -> None:
    verdict = validate(stars_suite(table="shop.gone"), connection)
    assert not verdict.is_passed
    assert "gone" in verdict.failures[0].observed
    assert "\n" not in verdict.failures[0].observed


def test_an_expectation_that_cannot_be_evaluated_is_not_a_pass(connection: Connection) -> None:
    connection.execute("insert into shop.stars values ('a', 3, null)")
    suite = stars_suite(
        query="select star_key from shop.stars",
        expectations=[gxe.ExpectColumnMeanToBeBetween(column="stars", min_value=1)],
    )
    verdict = validate(suite, connection)
    assert not verdict.is_passed
    assert "could not be evaluated" in verdict.failures[0].observed


def test_a_misspelt_expectation_blocks_and_the_others_are_still_held(
    connection: Connection,
) -> None:
    connection.execute("insert into shop.stars values ('a', 3, null)")
    misspelt = gxe.ExpectColumnValuesToBeFine(column="stars", severity="warning")
    unknown = gxe.ExpectColumnMeanToBeBetween(column="stars", least=1)
    suite = stars_suite(expectations=[misspelt, unknown, *stars_suite().expectations])
    verdict = validate(suite, connection)
    assert [outcome.is_passed for outcome in verdict.results] == [False, False, True, True]
    assert not verdict.is_passed
    assert "ExpectColumnValuesToBeFine" in verdict.failures[0].observed


def test_validating_writes_nothing_to_the_database(connection: Connection) -> None:
    connection.execute("insert into shop.stars values ('a', 3, null)")
    before = connection.execute("select count(*) from duckdb_tables()").fetchone()
    validate(stars_suite(), connection)
    assert connection.execute("select count(*) from duckdb_tables()").fetchone() == before


def test_timestamps_and_nulls_in_the_sample_are_plain_json(
    connection: Connection, tmp_path: Path
) -> None:
    connection.execute("insert into shop.stars values (null, 9, timestamp '2026-10-31 08:00:00')")
    verdict = validate(stars_suite(key=["star_key", "posted_at"]), connection)
    assert verdict.failures[0].sample_rows == [
        {"stars": 9, "star_key": None, "posted_at": "2026-10-31T08:00:00"}
    ]
    write_data_docs([verdict], tmp_path)
    assert (tmp_path / "verdicts.json").read_text(encoding="utf-8")


def test_a_suite_is_found_by_being_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "found_here"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "stars_scale.py").write_text(
        '"""Stars stay on the scale."""\n'
        "from expectations.suite import Suite, gxe\n"
        "SUITE = Suite(table='shop.stars', stage='marts', title_zh='星级', expectations=[])\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    (suite,) = discover("found_here")
    assert (suite.name, suite.summary) == ("stars_scale", "Stars stay on the scale.")


def test_a_file_without_a_suite_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "empty_here"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "nothing.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SuiteError, match=r"nothing\.py: no SUITE"):
        discover("empty_here")


def test_the_page_asks_nothing_of_the_network_and_escapes_what_it_shows(
    connection: Connection, tmp_path: Path
) -> None:
    connection.execute("insert into shop.stars values ('<script>alert(1)</script>', 9, null)")
    index = write_data_docs([validate(stars_suite(), connection)], tmp_path, as_of="2026-10-31")
    page = index.read_text(encoding="utf-8")
    assert "阻断 blocked" in page
    assert "2026-10-31" in page
    assert "&lt;script&gt;alert(1)" in page
    for outside in ("http:", "https:", "//", "<script", "<link", "<img", "url(", "@import"):
        assert outside not in page


def test_the_same_verdicts_give_the_same_page(connection: Connection, tmp_path: Path) -> None:
    connection.execute("insert into shop.stars values ('a', 9, null)")
    first = write_data_docs([validate(stars_suite(), connection)], tmp_path / "1").read_bytes()
    second = write_data_docs([validate(stars_suite(), connection)], tmp_path / "2").read_bytes()
    assert first == second
