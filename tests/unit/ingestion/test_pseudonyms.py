"""The same person matches, strangers do not, and no identifier can be read back."""

from __future__ import annotations

import hashlib
import hmac

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.contracts.parsers import clean, create_macros
from ingestion.contracts.sql_steps import SqlSteps, column
from ingestion.privacy.pseudonyms import (
    KeyTooShortError,
    check_key,
    hash_parameters,
    hmac_sql,
    identify,
    key_fingerprint,
    node,
)

KEY = b"a key for tests, long enough"
CONNECTION = duckdb.connect()
create_macros(CONNECTION)


def nodes(
    values: list[str | None], identifier: str, owner: str = "jd", kind: str | None = None
) -> list[str | None]:
    steps = SqlSteps()
    kind_cell = steps.add(f"'{kind}'") if kind else None
    cell = identify(steps, column("value"), identifier, owner, kind_cell)
    base = (
        f"select position, {clean('raw')} as value from (select unnest($texts::varchar[]) as raw, "
        "unnest(range(len($texts))) as position)"
    )
    rows = CONNECTION.execute(
        f"select {cell} from ({steps.render(base)}) order by position",
        {"texts": values, **hash_parameters(KEY)},
    )
    return [row[0] for row in rows.fetchall()]


@pytest.mark.parametrize("size", [16, 63, 64, 65, 200])
def test_sql_hashes_as_python_does(size: int) -> None:
    key = bytes(range(256))[:size].ljust(size, b"x")

    @settings(max_examples=20, deadline=None)
    @given(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",))))
    def check(message: str) -> None:
        row = CONNECTION.execute(
            f"select {hmac_sql('$message::varchar')}", {"message": message, **hash_parameters(key)}
        ).fetchone()
        assert row == (hmac.new(key, message.encode(), hashlib.sha256).hexdigest(),)

    check()


def test_one_phone_in_many_dresses_is_one_node() -> None:
    dresses = [
        "13800001234", "+86 138 0000 1234", "0086-138-0000-1234", "86 13800001234", "(86)13800001234",
        "１３８００００１２３４", "138-0000-1234", " 138 0000 1234　",
    ]  # fmt: skip
    assert set(nodes(dresses, "phone")) == {node(KEY, "phone", "13800001234")}


@pytest.mark.parametrize(
    "phone",
    [
        "138****1234", "138xxxx1234", "13800001234转567", "13800001234-5678", "17000000000001234",
        "138000012345", "12345", "无", "-", "",
    ],
)  # fmt: skip
def test_a_masked_or_shared_number_belongs_to_no_person(phone: str) -> None:
    assert nodes([phone], "phone") == [None]


def test_landlines_and_foreign_numbers_are_kept_apart() -> None:
    found = nodes(["010-12345678", "0571 8888 6666", "+852 9123 4567"], "phone")
    assert found == [node(KEY, "phone", n) for n in ("01012345678", "057188886666", "85291234567")]


def test_an_email_is_compared_without_case_and_a_masked_one_is_null() -> None:
    found = nodes(["Wang@Example.com", " wang@example.COM ", "w***@example.com", "wang"], "email")
    assert found == [node(KEY, "email", "wang@example.com")] * 2 + [None, None]


def test_names_that_many_share_are_null() -> None:
    found = nodes(["王 小明", "王小明", "王**", "匿名用户", "王先生", "王某某"], "name")
    assert found == [node(KEY, "name", "王小明")] * 2 + [None] * 4


def test_an_account_is_its_owners_and_a_masked_one_is_null() -> None:
    assert nodes(["jd_5f3a", "j***a", "匿名用户"], "customer") == [
        node(KEY, "jd_customer", "jd_5f3a"),
        None,
        None,
    ]
    assert nodes(["jd_5f3a"], "author") != nodes(["jd_5f3a"], "customer")
    assert nodes(["jd_5f3a"], "customer", owner="tmall") != nodes(["jd_5f3a"], "customer")


def test_an_identity_meets_the_column_that_it_names() -> None:
    phone = nodes(["13800001234"], "phone")
    assert nodes(["+86 138 0000 1234"], "identity_kind", kind="phone") == phone
    account = nodes(["jd_5f3a"], "customer")
    assert nodes(["jd_5f3a"], "identity_kind", owner="crm", kind="jd_customer") == account
    assert nodes(["138****1234"], "identity_kind", kind="phone") == [None]


def test_the_fingerprint_tells_keys_apart_and_holds_no_key() -> None:
    assert key_fingerprint(KEY) != key_fingerprint(KEY + b"!")
    assert len(key_fingerprint(KEY)) == 16


def test_a_key_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(KeyTooShortError, match="at least 16"):
        check_key(b"secret")
