"""A person is erased by command and by request, and comes back by no way that files can come."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.files.originals import Originals
from ingestion.privacy.keyring import unseal
from ingestion.privacy.pseudonyms import node
from orchestration.home.settings import Settings
from orchestration.publication.traces import Traces, count_traces
from tests.integration.home import Home, copied
from tests.integration.killing import kill_when

pytestmark = pytest.mark.integration

COUNTED = {
    "orders": "select count(*), sum(net_cny) from segments.fct_orders",
    # a sum of doubles depends on the order of its rows
    "voices": "select count(*), round(sum(rating_share), 6) from reviews.fct_voices",
    # what is read as a touch from somebody's message or answer is one of somebody only
    "touches": "select count(*), null from attribution.fct_touchpoints where touch_key like 'ads:%'",
    "surveys": "select count(*), round(sum(score), 6) from segments.fct_surveys",
}


@dataclass
class Erased:
    """A home from which a member was erased by command, and what stood there before."""

    home: Home
    member: str
    customer_key: str
    clear: list[str]
    traces: Traces
    before: dict[str, tuple[Any, ...]]
    said: str
    another: tuple[str, str]
    """A second member, and their customer_key."""


def counted(home: Home) -> dict[str, tuple[Any, ...]]:
    with duckdb.connect(str(home.current / "koubei.duckdb"), read_only=True) as db:
        return {name: db.execute(sql).fetchall()[0] for name, sql in COUNTED.items()}


def unpacked(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode("utf-8")


def member_lines(home: Home, member: str) -> list[str]:
    """Every line of the member file and of the links that names a member."""
    lines: list[str] = []
    for path in sorted(home.exports.rglob("crm_customers_*.csv.gz")):
        lines += unpacked(path).splitlines()
    for path in sorted(home.exports.rglob("crm_identities_*.csv")):
        lines += path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if member in line.split(",")]


def identifiers(lines: list[str]) -> list[str]:
    """Telephones, addresses and devices as the files write them.

    Accounts are left out: the CRM links a buyer's, and the same account as an author's is, to the
    rules of identity, somebody else.
    """
    words = {word.strip('"') for line in lines for word in line.split(",")}
    shape = re.compile(r"1[3-9]\d{9}|[^@\s*]+@\S+|(?:ck_|oX|ou_|wm_)[0-9a-f]{6,}")
    return sorted(word for word in words if shape.fullmatch(word))


def busy_members(home: Home) -> list[tuple[str, str]]:
    """Members with orders and voices, who have not asked: number and customer_key."""
    asked = {request["member"] for request in home.truth["erasures"]}
    keys = home.query(
        "select customer_key from segments.dim_customers "
        "inner join (select distinct customer_key from reviews.fct_voices) using (customer_key) "
        "where order_count > 0"
    )
    nodes = {
        each: key
        for each, key in home.build(
            "select node, customer_key from intermediate.int_customer_identities "
            "where node like 'crm_customer:%'"
        )
    }
    wanted = {row["customer_key"] for row in keys}
    data_key = unseal(home.path / "keyring.json", (home.path / "hash.key").read_bytes().strip())
    path = max(home.exports.rglob("crm_customers_*.csv.gz"))
    found = {}
    for line in unpacked(path).splitlines()[1:]:
        member = line.split(",")[0]
        key = nodes.get(node(data_key, "crm_customer", member))
        if key in wanted and member not in asked:
            # a person may have two memberships
            found.setdefault(str(key), member)
    assert len(found) > 1, "two members have bought and spoken"
    return [(member, key) for key, member in found.items()]


def traces_of(home: Home, customer_key: str) -> Traces:
    """What would give a customer away."""
    nodes = home.build(
        "select node from intermediate.int_customer_identities "
        f"where customer_key = '{customer_key}'"
    )
    return Traces((*(str(each) for (each,) in nodes), customer_key))


def assert_gone(home: Home, traces: Traces) -> None:
    """No table of the build file or of a publication names the customer."""
    for path in [
        home.path / "build/warehouse.duckdb",
        *home.path.glob("published/*/koubei.duckdb"),
    ]:
        with duckdb.connect(str(path), read_only=True) as db:
            left = count_traces(db, traces, left_out=frozenset({"raw.suppressions"}))
        assert left == {}, path


@pytest.fixture(scope="module")
def erased(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Erased:
    home = copied(demo_home, tmp_path_factory.mktemp("erased") / "home")
    (member, customer_key), another = busy_members(home)[:2]
    traces, before = traces_of(home, customer_key), counted(home)
    done = home.run("erase", f"crm_customer:{member}", "--yes")
    return Erased(
        home=home,
        member=member,
        customer_key=customer_key,
        clear=[member, *identifiers(member_lines(home, member))],
        traces=traces,
        before=before,
        said=done.stdout + done.stderr,
        another=another,
    )


def test_the_command_proves_it_and_repeats_no_identifier(erased: Erased) -> None:
    assert "proven" in erased.said
    assert len(erased.clear) > 1
    assert not [value for value in erased.clear if value in erased.said]
    assert erased.customer_key not in erased.said


def test_nobody_is_named_in_any_table_and_counts_and_money_stay(erased: Erased) -> None:
    home = erased.home
    assert_gone(home, erased.traces)
    assert counted(home) == erased.before
    assert home.one("select count(*) from segments.fct_orders where customer_key is null") > 0, (
        "what they bought has no customer now"
    )
    book = home.query("select * from segments.mart_erasures where source_code = 'command'")
    assert {row["feed_code"] for row in book} >= {"customers", "identities", "orders"}


def test_no_file_of_the_home_holds_the_person(erased: Erased) -> None:
    home = erased.home
    settings = Settings(home=home.path)
    wanted = [value.encode() for value in [*erased.clear, erased.customer_key]]
    for path in home.path.rglob("*"):
        is_ours = not {"exports", "hash.key"} & set(path.relative_to(home.path).parts)
        if path.is_file() and is_ours:
            content = path.read_bytes()
            assert not [value for value in wanted if len(value) > 6 and value in content], path
    originals = Originals(settings.originals_path, settings.key_bytes)
    plain = home.path / "plain"
    editions = 0
    for path in settings.originals_path.glob("??/*"):
        editions += originals.restore(path.name, plain)
        content = plain.read_bytes()
        content = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        assert not [v for v in erased.clear if len(v) > 6 and v.encode() in content], path.name
    plain.unlink()
    assert editions > 3


def test_requests_that_were_delivered_are_acted_on_and_an_unknown_one_is_kept(
    demo_home: Home,
) -> None:
    planted = demo_home.truth["erasures"]
    found = demo_home.query("select * from segments.mart_erasures where source_code = 'feed'")
    known = {request["request_ref"]: request["is_known"] for request in planted}
    assert {row["request_key"].split(":")[1]: row["is_known"] for row in found} == known
    for request in planted:
        rows = {
            row["feed_code"]: row["anonymised_count"]
            for row in found
            if row["request_key"].endswith(request["request_ref"])
        }
        assert rows.get("surveys", 0) >= request["surveys"], "every version of a row is counted"
        assert rows.get("orders", 0) >= request["orders"]
    assert demo_home.build(
        "select count(*) from raw.erasure_requests where customer_ref is not null"
    ) == [(0,)]


def test_cut_short_it_is_ended_by_the_next_refresh_and_old_files_bring_nobody_back(
    erased: Erased,
) -> None:
    """The last test of this home: a second member is erased, killed, and everything comes again."""
    home, (member, customer_key) = erased.home, erased.another
    publications = sorted(path.name for path in home.path.glob("published/2*"))
    traces = traces_of(home, customer_key)
    begun = home.path / "suppressions.json"
    stamp = begun.stat().st_mtime_ns
    kill_when(
        home.start("erase", f"crm_customer:{member}", "--yes"),
        lambda: begun.stat().st_mtime_ns != stamp,
    )
    assert '"is_done": false' in begun.read_text(encoding="utf-8")

    newest = max(home.exports.rglob("crm_customers_*.csv.gz"))
    # corrected: the same members, and one more
    text = unpacked(newest)
    assert {erased.member, member} <= set(re.findall(r"^[^,]+", text, flags=re.MULTILINE))
    stem, _, _ = newest.name.partition(".")
    again = newest.with_name(f"{re.sub('_r[0-9]+$', '', stem)}_r9.csv.gz")
    again.write_bytes(gzip.compress(text.encode()))
    orders = max(home.exports.rglob("jd_orders_*.csv"))
    orders.with_name(f"{orders.stem}_r9.csv").write_bytes(orders.read_bytes() + b"\r\n")
    home.run("refresh")
    assert '"is_done": false' not in begun.read_text(encoding="utf-8")
    for each in (erased.traces, traces):
        assert_gone(home, each)
    assert counted(home) == erased.before
    home.run("rollback", publications[0])
    for key in (erased.customer_key, customer_key):
        found = f"select customer_key from segments.dim_customers where customer_key = '{key}'"
        assert home.query(found) == []
