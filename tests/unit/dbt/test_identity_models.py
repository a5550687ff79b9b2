"""Who is who, after any nights of links that come, go, are cut and freed: against a calculation and a full build."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

import duckdb
import pytest

from tests.unit.dbt.building import Build
from tests.unit.dbt.identity_world import MODELS, STANDING, World, read_rules

NIGHTS = 8


@pytest.fixture(params=[1, 2])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield World.create(connection, request.param)


def found(world: World, query: str) -> Counter[tuple[object, ...]]:
    """The rows of a query, as a bag."""
    return Counter(world.connection.execute(query).fetchall())


def members(identities: dict[str, str]) -> dict[str, set[str]]:
    """The nodes of every customer."""
    groups: dict[str, set[str]] = defaultdict(set)
    for node, key in identities.items():
        groups[key].add(node)
    return groups


def test_every_night_gives_the_customers_of_a_full_build_and_names_whoever_changed(
    world: World,
) -> None:
    build = Build(world.connection)
    before: dict[str, set[str]] = {}
    cuts: list[set[tuple[str, str, str]]] = []
    moved_count = 0
    for night in range(NIGHTS):
        world.night()
        build.run(*MODELS, incremental=night > 0)
        expected = world.identities()
        got = dict(
            world.connection.execute(
                "select node, customer_key from int_customer_identities"
            ).fetchall()
        )
        assert got == expected
        assert (
            set(found(world, "select node, identity_kind, cut_code from int_identity_cuts"))
            == world.cuts()
        )
        after = members(expected)
        moved = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        changed = {
            key
            for (key,) in found(
                world, "select customer_key from int_changed_customers where has_changed_links"
            )
        }
        # who came or went without a link is a record that changed, and the facts find it by that
        alone = {key for key in moved if len(before.get(key, set()) | after.get(key, set())) == 1}
        assert moved - alone <= changed
        moved_count += len(moved - alone)
        cuts.append(world.cuts())
        before = after
        world.built()
    assert max(map(len, cuts)) > 1
    assert any(earlier - later for earlier, later in pairwise(cuts)), "nothing was freed"
    assert moved_count > 10
    standing = {table: found(world, f"select * from {table}") for table in STANDING}
    build.run(*MODELS)
    assert {table: found(world, f"select * from {table}") for table in STANDING} == standing


def test_a_device_that_the_whole_town_uses_moves_only_who_joins_it() -> None:
    with duckdb.connect(config={"threads": 1}) as connection:
        world = World.create(connection, 0)
        build = Build(connection)
        world.load_id = 1
        for number in range(50):
            land_device(world, f"m:{number}")
        build.run(*MODELS)
        world.built()
        world.load_id = 2
        land_device(world, "m:50")
        build.run(*MODELS, incremental=True)
        assert set(found(world, "select node from int_relinked_nodes")) == {
            ("device_id:0",),
            ("m:50",),
        }
        [(count,)] = connection.execute("select link_count from int_identity_cuts").fetchall()
        assert count == 51


def land_device(world: World, member: str) -> None:
    """A membership on the town's device."""
    world.land(
        "identities", "crm", f"device_id:0|{member}", identity_kind="device_id",
        identity_value="device_id:0", customer_ref=member,
    )  # fmt: skip


def test_the_packaged_rules_cover_every_kind_and_never_cut_a_pair_of_memberships_on_one_phone() -> (
    None
):
    rules = {row["identity_kind"]: row for row in read_rules()}
    assert "*" in rules
    assert int(rules["phone"]["maximum_customers"]) >= 2
    assert all(int(row["maximum_customers"]) >= 1 for row in rules.values())
