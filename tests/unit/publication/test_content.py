from __future__ import annotations

from itertools import pairwise

import duckdb
import pytest

from orchestration.publication.content_hash import (
    Content,
    combine_hashes,
    hash_table,
    literal,
    quoted,
)


def hashed(rows: str, columns: str = "a, b") -> Content:
    with duckdb.connect() as connection:
        return hash_table(connection, f"(select * from (values {rows}) as t({columns}))")


def test_the_order_of_rows_is_not_content() -> None:
    assert hashed("(1, 'x'), (2, 'y'), (3, null)") == hashed("(3, null), (1, 'x'), (2, 'y')")
    assert hashed("(1, 'x'), (2, 'y')").rows == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(1, 'x')", "(1, 'y')"),
        ("(1, 'x')", "(1, null)"),
        ("(1, 'x')", "(1, 'x'), (1, 'x')"),
        # as many rows, as many distinct ones, and nothing left of either pair under exclusive or
        ("(1, 'x'), (1, 'x'), (2, 'y'), (2, 'y')", "(3, 'z'), (3, 'z'), (4, 'q'), (4, 'q')"),
        ("(1, 'x'), (1, 'x'), (2, 'y')", "(1, 'x'), (2, 'y'), (2, 'y')"),
        # the same values in other rows
        ("(1, 'x'), (2, 'y')", "(1, 'y'), (2, 'x')"),
    ],
)
def test_other_rows_are_other_content(one: str, other: str) -> None:
    assert hashed(one).content_hash != hashed(other).content_hash


def test_a_renamed_or_retyped_column_is_other_content() -> None:
    hashes = [
        hashed("(1, 'x')").content_hash,
        hashed("(1, 'x')", "a, c").content_hash,
        hashed("(1::bigint, 'x')").content_hash,
    ]
    assert len(set(hashes)) == 3


def test_a_double_counts_to_seven_digits_and_money_to_the_cent() -> None:
    assert hashed("(0.1::double + 0.2::double, 1)") == hashed("(0.3::double, 1)")
    assert hashed("(0.3000001::double, 1)") != hashed("(0.3::double, 1)")
    cent = "(123456789012.3{}::decimal(18, 2), 1)"
    assert hashed(cent.format(4)) != hashed(cent.format(5))


def test_a_publication_hashes_as_its_parts_do_whatever_their_order() -> None:
    ways = [{"a": "1", "b": "2"}, {"b": "2", "a": "1"}]
    assert all(combine_hashes(one) == combine_hashes(other) for one, other in pairwise(ways))
    assert combine_hashes({"a": "1", "b": "2"}) != combine_hashes({"a": "2", "b": "1"})


def test_names_and_texts_are_quoted() -> None:
    name, text = 'a"b', "it's"
    with duckdb.connect() as connection:
        connection.execute(f"create table {quoted(name)} as select {literal(text)} as c")
        assert connection.execute(f"from {quoted(name)}").fetchall() == [(text,)]
