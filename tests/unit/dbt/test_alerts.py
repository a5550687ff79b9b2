"""When a day is an alert: worked cases through the models that judge it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb
import numpy as np
import pytest
from scipy import special, stats

from tests.unit.dbt.alert_chain import World, alerts, judged, macros, run_chain

FIRST = dt.date(2026, 1, 5)
PRODUCTS = ["P1", "P2", "P3"]
CHANNELS = ["weibo", "jd"]


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def steady(days: int, praise: int = 20, complaints: int = 6) -> World:
    """Every product and channel says the same every day, complaining of service."""
    return {
        (product, channel, "service", number): [praise, complaints]
        for product in PRODUCTS
        for channel in CHANNELS
        for number in range(days)
    }


@pytest.mark.parametrize("engine", ["duckdb", "default"])
def test_the_logarithm_of_gamma_is_right_with_and_without_the_engines_own(engine: str) -> None:

    values = [1e-6, 0.3, 1.0, 2.0, 7.7, 150.0, 1e6]
    expression = macros(engine).log_gamma("x")
    found = duckdb.execute(f"select {expression} from (select unnest($1) as x)", [values])
    assert [row[0] for row in found.fetchall()] == pytest.approx(
        list(special.gammaln(values)), abs=1e-10, rel=1e-13
    )


def tails(expression: str, columns: str, cases: list[tuple[float, ...]]) -> list[float]:

    listed = ", ".join(f"({', '.join(str(float(value)) for value in case)})" for case in cases)
    found = duckdb.execute(
        f"select {expression} from (select {columns} from (values {listed}) as v ({columns}))"
    )
    return [row[0] for row in found.fetchall()]


def test_the_negative_binomial_tail_is_scipys() -> None:
    cases = [
        (x, mean, dispersion)
        for mean in (0.02, 0.5, 3.0, 40.0, 900.0)
        for dispersion in (0.0, 0.02, 0.3, 2.0)
        for x in (0, 1, 5, 12, 60, 1_000)
    ]
    found = tails(macros().negative_binomial_tail("x", "mu", "a"), "x, mu, a", cases)
    for (x, mean, dispersion), value in zip(cases, found, strict=True):
        size = 1 / max(dispersion, 1e-6)
        exact = float(stats.nbinom.sf(x - 1, size, size / (size + mean)))
        if exact > 1e-8:
            assert value == pytest.approx(exact, rel=1e-6, abs=1e-9), (x, mean, dispersion)
        elif exact > 1e-290:
            # far out it is a bound from above, close enough to put tails in order
            assert exact * (1 - 1e-6) <= value <= 1.3 * exact + 1e-12, (x, mean, dispersion)


def test_without_dispersion_the_tail_is_poissons() -> None:
    (found,) = tails(macros().negative_binomial_tail("x", "mu", "a"), "x, mu, a", [(15, 6.0, 0.0)])
    assert found == pytest.approx(float(stats.poisson.sf(14, 6.0)), rel=1e-3)


def test_the_beta_binomial_tail_is_scipys() -> None:
    cases = [
        (x, n, share, size)
        for n in (5, 80, 600)
        for share in (0.02, 0.35, 0.9)
        for size in (20.0, 3_000.0)
        for x in (0, 1, 4, n // 2, n)
    ]
    found = tails(macros().beta_binomial_tail("x", "n", "s", "m"), "x, n, s, m", cases)
    for (x, n, share, size), value in zip(cases, found, strict=True):
        exact = float(stats.betabinom.sf(x - 1, n, share * size, (1 - share) * size))
        assert value == pytest.approx(exact, rel=1e-6, abs=1e-11), (x, n, share, size)


def by_chance(seed: int, days: int, complaints: float = 6) -> World:
    """Every day is drawn anew, from Poisson's distribution."""
    random = np.random.default_rng(seed)
    return {key: [int(random.poisson(20)), int(random.poisson(complaints))] for key in steady(days)}


def with_days(world: World, product: str, aspect: str, days: dict[int, int]) -> World:
    """So many complaints on some days, on JD alone, and two voices of praise."""
    return world | {(product, "jd", aspect, number): [2, count] for number, count in days.items()}


def worlds() -> Iterator[tuple[str, World]]:
    """One brand a case."""
    random = np.random.default_rng(2)
    yield "quiet", by_chance(1, 56)

    burst = with_days(steady(50), "P2", "battery", {45: 15})
    yield "burst", burst | {("P2", "weibo", "battery", 45): [2, 25]}

    sunday = steady(63)
    for key in sunday:
        sunday[key] = [20, int(random.poisson(12 if key[3] % 7 == 6 else 6))]
    yield "sunday", sunday

    yield "even", {key: [20, int(random.poisson(6))] for key in steady(29)}
    yield "today", with_days(steady(40), "P1", "service", {35: 60})

    after_crisis = {35: 90, 36: 70, 37: 50, 38: 30, 50: 40}
    yield "after_crisis", with_days(steady(52), "P1", "service", after_crisis)

    is_sale = {40, 41, 42}
    yield "sale", {key: [80, 24] if key[3] in is_sale else [20, 6] for key in steady(50)}

    for complaints in (8, 30):
        launch = {("P9", "jd", "service", 38): [32 - complaints, complaints]}
        yield f"launch_{complaints}", steady(40) | launch

    silent: World = {("P1", "jd", "service", number): [3, 0] for number in range(36)}
    for complaints in (4, 9):
        yield f"silent_{complaints}", with_days(silent, "P1", "service", {35: complaints})

    for number in (5, 7):
        yield f"young_{number}", with_days(steady(12), "P1", "battery", {number: 60})

    # two complaints a day, from day 60 on one more every fifth day
    burn: World = {
        ("P3", "weibo", "battery", number): [3, 2 + max(0, number - 60) // 5]
        for number in range(90)
    }
    yield "burn", steady(90) | burn

    yield "one_day", with_days(steady(70), "P1", "battery", {60: 80})
    yield "episodes", with_days(steady(62), "P2", "battery", {40: 40, 41: 40, 43: 40, 60: 40})

    for seed in range(4):
        # days differ by more than Poisson, for all alike and for each product
        moods = random.gamma(20, 1 / 20, 60)
        products = {product: moods * random.gamma(20, 1 / 20, 60) for product in PRODUCTS}
        yield (
            f"chance_{seed}",
            {
                key: [int(random.poisson(mean * products[key[0]][key[3]])) for mean in (12, 5)]
                for key in steady(60)
            },
        )


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    return judged(dict(worlds()))


def level_of(database: duckdb.DuckDBPyConnection, series: str, number: int) -> float:
    """What was usual in the series before that day."""
    ((level,),) = database.execute(
        "select daily_level from int_alert_tests "
        "where series_key = ? and posted_on = ? and alert_kind = 'burst'",
        [series, day(number)],
    ).fetchall()
    return float(level)


def test_quiet_days_of_chance_alone_raise_no_alert(database: duckdb.DuckDBPyConnection) -> None:
    assert alerts(database, "quiet") == []


def test_a_burst_is_an_alert_on_its_day_and_names_product_and_aspect(
    database: duckdb.DuckDBPyConnection,
) -> None:
    columns = "alert_date, alert_kind, product_key, channel_code, aspect_code, observed_count"
    expected = [(day(45), "burst", "P2", None, "battery", 40)]
    assert alerts(database, "burst", columns) == expected


def test_a_sunday_that_is_always_twice_as_bad_is_no_alert(
    database: duckdb.DuckDBPyConnection,
) -> None:
    # two Sundays must have been heard before the third can be known for one
    assert [date for (date,) in alerts(database, "sunday") if date >= day(20)] == []
    ((factor,),) = database.execute(
        "select factor from int_alert_weekday_factors where weekday = 6 "
        "and brand_code = 'sunday' and channel_code is null order by day_number desc limit 1"
    ).fetchall()
    # twice the other six days is 2 / (8 / 7) = 1.75 times the week's mean
    assert factor == pytest.approx(1.75, abs=0.15)


def test_four_sundays_that_differ_by_chance_give_no_weekday_pattern(
    database: duckdb.DuckDBPyConnection,
) -> None:
    ((lowest, highest),) = database.execute(
        "select min(factor), max(factor) from int_alert_weekday_factors "
        "where brand_code = 'even' and channel_code is null group by day_number "
        "order by day_number desc limit 1"
    ).fetchall()
    assert 0.9 < lowest <= 1 <= highest < 1.1


def test_a_day_is_no_part_of_the_level_that_it_is_judged_by(
    database: duckdb.DuckDBPyConnection,
) -> None:
    # half a voice is the prior's
    assert level_of(database, "today|P1|jd|*", 35) == pytest.approx((28 * 6 + 0.5) / 28)


def test_a_crisis_in_the_window_does_not_become_what_is_usual(
    database: duckdb.DuckDBPyConnection,
) -> None:
    assert 6 < level_of(database, "after_crisis|P1|jd|*", 50) < 8
    assert day(50) in [date for (date,) in alerts(database, "after_crisis")]


def test_a_sale_that_multiplies_all_voices_is_no_crisis(
    database: duckdb.DuckDBPyConnection,
) -> None:
    assert alerts(database, "sale") == []


def test_a_new_product_is_judged_by_its_brands_share(database: duckdb.DuckDBPyConnection) -> None:
    assert alerts(database, "launch_8") == []
    assert alerts(database, "launch_30", "alert_date, product_key") == [(day(38), "P9")]


def test_fewer_voices_than_the_minimum_are_never_an_alert(
    database: duckdb.DuckDBPyConnection,
) -> None:
    assert alerts(database, "silent_4") == []
    assert alerts(database, "silent_9") == [(day(35),)]


def test_a_week_of_history_is_enough_and_less_is_not(database: duckdb.DuckDBPyConnection) -> None:
    assert alerts(database, "young_7") == [(day(7),)]
    assert alerts(database, "young_5") == []


def test_a_slow_burn_that_no_day_betrays_is_found_as_growth(
    database: duckdb.DuckDBPyConnection,
) -> None:
    found = alerts(database, "burn", "alert_date, alert_kind, product_key, aspect_code")
    assert {row[1:] for row in found} == {("growth", "P3", "battery")}
    assert day(60) < found[0][0] <= day(85)


def test_one_day_alone_is_never_growth(database: duckdb.DuckDBPyConnection) -> None:
    assert alerts(database, "one_day", "alert_date, alert_kind") == [(day(60), "burst")]


def test_days_of_alerts_that_follow_each_other_are_one_episode(
    database: duckdb.DuckDBPyConnection,
) -> None:
    found = dict(alerts(database, "episodes", "alert_date, episode_key"))
    first = f"episodes|P2|{day(40)}"
    assert {day(number): first for number in (40, 41, 43)}.items() <= found.items()
    assert found[day(60)] == f"episodes|P2|{day(60)}"


def test_chance_alone_raises_less_than_one_alert_in_60_days(
    database: duckdb.DuckDBPyConnection,
) -> None:
    assert sum(len(alerts(database, f"chance_{seed}")) for seed in range(4)) <= 4


def test_an_alert_rests_on_nothing_that_came_after_its_day() -> None:
    world = with_days(by_chance(5, 44), "P2", "battery", {40: 30, 41: 60})
    database = judged({"own": world})
    columns = "alert_kind, series_key, posted_on, round(q_value, 9), round(expected_count, 9)"
    query = f"select {columns} from int_alert_tests where posted_on <= ? order by 3, 1, 2"
    with_the_rest = database.execute(query, [day(40)]).fetchall()
    database.execute("delete from fct_voices where posted_at::date > ?", [day(40)])
    database.execute(
        "delete from fct_voice_aspects where voice_key not in (select voice_key from fct_voices)"
    )
    run_chain(database)
    assert database.execute(query, [day(40)]).fetchall() == with_the_rest
