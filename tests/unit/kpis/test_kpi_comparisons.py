"""What a period is compared with, and what a leader sees of it: rows of KPIs through to the scorecard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date as D
from typing import Any

import duckdb
import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from tests.unit.dbt.building import Build

INPUTS = """
create table stg_as_of as select date '{as_of}' as as_of;
create table fct_voices as select timestamp '{first} 08:00:00' as posted_at;
create table fct_orders as select null::timestamp as ordered_at;
create table fct_touchpoints as select null::timestamp as touched_at;
create table fct_surveys as select null::timestamp as answered_at;
create table fct_cases as select null::timestamp as opened_at;
create table int_brands as select 'own' as brand_code, true as is_own_brand;
create table kpi_grounds as
    select 'ground' as ground_code, '立足点' as label_zh, 'a ground' as label_en,
        0.1::double as maximum_share, 3::bigint as fewest_violations;
create table int_ground_violations as
    select 'ground' as ground_code, 'month' as period_kind, date '2026-02-01' as period_start,
        'all' as channel_code, 'own' as brand_code, 'all' as product_key, 9::bigint as violation_count;
create table kpi_targets (
    kpi_code varchar, period_kind varchar, channel_code varchar, brand_code varchar,
    product_key varchar, target double, target_low double, target_high double,
    near_tolerance double, valid_from date, valid_to date
);
create table kpi_catalogue (
    kpi_code varchar, label_zh varchar default '甲', label_en varchar default 'A', owner varchar,
    unit varchar default 'share', higher_is_better boolean default true, version integer default 3,
    additivity varchar default 'sum', interval_code varchar default 'none',
    period_kinds varchar default 'day,week,month,quarter', scale double default 1,
    minimum_sample bigint default 1, maturity_days integer default 0,
    is_monthly boolean default false, is_census boolean default false, begins_with varchar,
    grounds varchar default '',
    status_code varchar default 'published', withheld_reason varchar
);
create table kpi_rows (
    kpi_code varchar, period_kind varchar default 'day', period_date date,
    is_cut boolean default false, channel_code varchar default 'all',
    brand_code varchar default 'own', product_key varchar default 'all',
    segment_kind varchar default 'all', segment_code varchar default 'all',
    numerator double, denominator double, sum_of_squares double, value_low double,
    value_high double, sample_count bigint
);
"""
# 5 of 10 on every day, whatever the target
BANDED = {
    "met": "true, 0.4, null, null",
    "equalled": "true, 0.5, null, null",
    "near": "true, 0.55, null, null",
    "missed": "true, 0.56, null, null",
    "less_met": "false, 0.6, null, null",
    "less_near": "false, 0.45, null, null",
    "less_missed": "false, 0.44, null, null",
    "within": "true, 0.5, 0.45, 0.5",
    "above": "true, 0.4, 0.3, 0.4",
    "just_above": "true, 0.4, 0.3, 0.45",
    "below": "false, 0.7, 0.6, 0.8",
    "open_above": "true, 0.4, 0.4, null",
}


class House:
    """Rows of KPIs, and the scorecard that they make."""

    def __init__(self, first: str, as_of: str) -> None:
        """Take the first and the last day of the data."""
        self.connection = duckdb.connect()
        self.connection.execute(INPUTS.format(first=first, as_of=as_of))
        self.first, self.as_of = first, as_of

    def daily(self, code: str, per_day: str, *, first: str | None = None, **catalogue: Any) -> None:
        """A KPI with a row a day: `per_day` gives its numerator, denominator and sample of `day`."""
        names = ", ".join(["kpi_code", *catalogue])
        marks = ", ".join("?" * (len(catalogue) + 1))
        self.connection.execute(
            f"insert into kpi_catalogue ({names}) values ({marks})", [code, *catalogue.values()]
        )
        self.connection.execute(
            f"""
            insert into kpi_rows (kpi_code, period_date, numerator, denominator, sample_count)
            select '{code}', day, {per_day} from (
                select cast(unnest(generate_series(
                    date '{first or self.first}', date '{self.as_of}', interval 1 day
                )) as date) as day
            )
            """
        )

    def built(self) -> House:
        """The scorecard, built."""
        build = Build(self.connection)
        build.run("kpi_windows", "kpi_periods", "kpi_history", "kpi_scorecard")
        return self

    def card(self, code: str, kind: str, comparison: str, *columns: str) -> tuple[Any, ...]:
        """Columns of one row of the scorecard."""
        (row,) = self.connection.execute(
            f"select {', '.join(columns)} from kpi_scorecard "
            "where (kpi_code, period_kind, comparison_code) = (?, ?, ?)",
            [code, kind, comparison],
        ).fetchall()
        return row


@pytest.fixture(scope="module")
def spring() -> Iterator[House]:
    """Data from 1 October 2025 to Monday, 30 March 2026."""
    house = House("2025-10-01", "2026-03-30")
    # a day adds one, so that a value is the number of days counted
    house.daily("kpi_days", "1, null, 1", unit="count")
    house.daily("kpi_rate", "if(day < date '2026-03-01', 2, 5), 10, 10", interval_code="wilson")
    house.daily("kpi_mature", "1, 2, 2", maturity_days=7)
    house.daily("kpi_late", "1, 2, 2", first="2026-02-10")
    house.daily("kpi_rare", "1, 2, 2", first="2026-02-10", begins_with="kpi_days")
    house.daily("kpi_shy", "1, 2, 2", minimum_sample=60)
    house.daily("kpi_stopped", "1, 2, 2", status_code="withheld", withheld_reason="停用")
    house.daily("kpi_broken", "1, 2, 2", grounds="ground")
    house.daily("kpi_rising", "if(day < date '2026-03-01', 0, 1), null, 1", unit="count")
    house.daily("kpi_quiet", "1, null, 1", unit="count")
    house.connection.execute(
        "delete from kpi_rows where kpi_code = 'kpi_quiet' and period_date >= date '2026-03-16'"
    )
    house.daily("kpi_whole", "1, 2, 2", is_monthly=True)
    house.daily("kpi_cost", "if(day < date '2026-03-01', 40, 50), 1, 1", unit="cny")
    house.daily("kpi_few", "1, 1, 1", interval_code="wilson")
    house.daily("kpi_everything", "1, 1, 1", is_census=True)
    house.daily("kpi_baseless", "1, 0, 5")
    for code, band in BANDED.items():
        higher, target = band.split(", ", 1)
        house.daily(code, "5, 10, 10", higher_is_better=higher == "true")
        house.connection.execute(
            f"insert into kpi_targets select '{code}', 'all', 'all', 'own', 'all', {target}, 0.05, "
            "date '2020-01-01', null"
        )
    yield house.built()
    house.connection.close()


@pytest.fixture(scope="module")
def new_year() -> Iterator[House]:
    """Data from 1 October 2026 to Wednesday, 6 January 2027."""
    house = House("2026-10-01", "2027-01-06")
    house.daily("kpi_days", "1, null, 1", unit="count")
    yield house.built()
    house.connection.close()


COMPARED = ("period_start", "until_on", "value", "previous_period_start", "previous_until_on",
            "previous_value")  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("week", (D(2026, 3, 30), D(2026, 3, 30), 1, D(2026, 3, 23), D(2026, 3, 23), 1)),
        # thirty days of March against the whole of February, which has no more
        ("month", (D(2026, 3, 1), D(2026, 3, 30), 30, D(2026, 2, 1), D(2026, 2, 28), 28)),
        ("quarter", (D(2026, 1, 1), D(2026, 3, 30), 89, D(2025, 10, 1), D(2025, 12, 28), 89)),
    ],
)
def test_a_period_to_date_is_compared_with_as_many_days(
    spring: House, kind: str, expected: tuple[Any, ...]
) -> None:
    assert spring.card("kpi_days", kind, "to_date", *COMPARED) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("day", (D(2026, 3, 30), D(2026, 3, 30), 1, D(2026, 3, 29), D(2026, 3, 29), 1)),
        ("week", (D(2026, 3, 23), D(2026, 3, 29), 7, D(2026, 3, 16), D(2026, 3, 22), 7)),
        ("month", (D(2026, 2, 1), D(2026, 2, 28), 28, D(2026, 1, 1), D(2026, 1, 31), 31)),
        ("quarter", (D(2025, 10, 1), D(2025, 12, 31), 92, None, None, None)),
    ],
)
def test_a_whole_period_is_compared_with_the_whole_one_before(
    spring: House, kind: str, expected: tuple[Any, ...]
) -> None:
    assert spring.card("kpi_days", kind, "complete", *COMPARED) == expected


@pytest.mark.parametrize(
    ("kind", "comparison", "expected"),
    [
        ("week", "complete", (D(2026, 12, 28), D(2027, 1, 3), 7, D(2026, 12, 21), D(2026, 12, 27), 7)),
        ("week", "to_date", (D(2027, 1, 4), D(2027, 1, 6), 3, D(2026, 12, 28), D(2026, 12, 30), 3)),
        ("month", "to_date", (D(2027, 1, 1), D(2027, 1, 6), 6, D(2026, 12, 1), D(2026, 12, 6), 6)),
        ("quarter", "to_date", (D(2027, 1, 1), D(2027, 1, 6), 6, D(2026, 10, 1), D(2026, 10, 6), 6)),
    ],
)  # fmt: skip
def test_a_year_ends_in_the_middle_of_a_week(
    new_year: House, kind: str, comparison: str, expected: tuple[Any, ...]
) -> None:
    assert new_year.card("kpi_days", kind, comparison, *COMPARED) == expected


def test_a_day_has_no_row_to_date(spring: House) -> None:
    kinds = spring.connection.execute(
        "select distinct period_kind from kpi_scorecard where comparison_code = 'to_date' order by 1"
    ).fetchall()
    assert kinds == [("month",), ("quarter",), ("week",)]


def test_what_is_known_late_is_cut_short_on_both_sides(spring: House) -> None:
    assert spring.card(
        "kpi_mature", "month", "to_date", "until_on", "denominator", "previous_until_on",
        "previous_denominator",
    ) == (D(2026, 3, 23), 46, D(2026, 2, 23), 46)  # fmt: skip
    assert spring.card("kpi_mature", "week", "complete", "period_start", "previous_value") == (
        D(2026, 3, 16), 0.5,
    )  # fmt: skip


def test_what_is_known_of_whole_months_alone_is_not_cut(spring: House) -> None:
    assert spring.card("kpi_whole", "month", "to_date", "value", "previous_value") == (0.5, None)
    assert spring.card("kpi_whole", "month", "complete", "previous_value") == (0.5,)


def test_a_period_too_young_to_be_known_says_so(spring: House) -> None:
    card = spring.card("kpi_mature", "week", "to_date", "value", "status_code", "status_reason")
    assert card == (None, "hidden", "周期才 1 天，7 天后方知；1 days so far, known after 7")
    waiting = spring.connection.execute(
        "select status_code, status_reason from kpi_history where kpi_code = 'kpi_mature' "
        "and period_kind = 'week' and period_start = date '2026-03-23' and brand_code = 'own'"
    ).fetchone()
    assert waiting == ("running", "尚未成熟，7 天后方知；known 7 days after its end")


def test_a_period_in_which_the_data_begin_is_neither_whole_nor_compared(spring: House) -> None:
    assert spring.card("kpi_late", "month", "complete", "value", "status_code", "status_reason") == (
        None, "hidden", "尚无完整周期 no whole period yet",
    )  # fmt: skip
    assert spring.card("kpi_late", "month", "to_date", *COMPARED, "delta") == (
        D(2026, 3, 1), D(2026, 3, 30), 0.5, None, None, None, None,
    )  # fmt: skip
    # nor is the quarter that runs, of which the beginning is missing
    reason = spring.card("kpi_late", "quarter", "to_date", "status_reason")[0]
    assert reason.startswith("数据自 2026-02-10 起")


def test_a_rare_event_is_no_beginning_of_the_data(spring: House) -> None:
    # nothing happened before 10 February, and everything was being counted
    assert spring.card("kpi_rare", "month", "complete", "period_start", "status_code") == (
        D(2026, 2, 1), "no_target",
    )  # fmt: skip
    assert spring.card("kpi_late", "month", "complete", "period_start") == (None,)


def test_a_rate_moves_in_points_and_a_volume_or_a_sum_of_money_in_percent(spring: House) -> None:
    def delta(code: str) -> tuple[Any, ...]:
        return spring.card(code, "month", "to_date", "delta", "delta_kind")

    assert delta("kpi_rate") == (pytest.approx(0.3), "points")
    assert delta("kpi_days") == (pytest.approx(30 / 28 - 1), "percent")
    assert delta("kpi_cost") == (pytest.approx(0.25), "percent")


def test_nothing_before_is_no_percentage(spring: House) -> None:
    card = spring.card("kpi_rising", "month", "to_date", "value", "previous_value", "delta")
    assert card == (30, 0, None)


def test_a_count_of_nothing_is_zero_and_a_rate_of_nothing_is_none(spring: House) -> None:
    shown = ("period_start", "value", "previous_value", "delta", "status_code")
    assert spring.card("kpi_quiet", "week", "complete", *shown) == (
        D(2026, 3, 23), 0, 0, None, "no_target",
    )  # fmt: skip
    assert spring.card("kpi_quiet", "week", "to_date", *shown) == (
        D(2026, 3, 30), 0, 0, None, "running",
    )  # fmt: skip
    # nothing was counted before there were data
    (days,) = spring.connection.execute(
        "select count(*) from kpi_history where kpi_code = 'kpi_quiet' and period_kind = 'day' "
        "and brand_code = 'own'"
    ).fetchone() or (None,)
    assert days == 181
    assert spring.card("kpi_late", "quarter", "complete", "value") == (None,)


def test_what_is_hidden_or_withheld_is_compared_with_nothing(spring: House) -> None:
    # 56 answers of February are under the 60 that March passes by none
    shown = ("value", "previous_value", "delta", "status_code", "status_reason")
    assert spring.card("kpi_shy", "month", "to_date", *shown) == (
        0.5, None, None, "running", "进行中，计至 2026-03-30；running, counted through 2026-03-30",
    )  # fmt: skip
    assert spring.card("kpi_shy", "month", "complete", *shown)[0::3] == (None, "hidden")
    assert spring.card("kpi_shy", "month", "complete", "status_reason") == ("样本不足 n < 60",)
    assert spring.card("kpi_stopped", "month", "to_date", *shown) == (
        None, None, None, "withheld", "停用",
    )  # fmt: skip
    # 9 of 56 are more than the tenth that it bears, and its first days are no better
    assert spring.card("kpi_broken", "month", "complete", "status_code", "value") == (
        "withheld", None,
    )  # fmt: skip
    assert spring.card("kpi_broken", "month", "to_date", *shown)[:3] == (0.5, None, None)


def test_nothing_to_divide_by_is_no_rate(spring: House) -> None:
    assert spring.card("kpi_baseless", "month", "complete", "value", "status_reason") == (
        None, "无可除之数；nothing to divide by",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("met", "on_target"),
        ("equalled", "on_target"),
        ("near", "near_target"),
        ("missed", "off_target"),
        ("less_met", "on_target"),
        ("less_near", "near_target"),
        ("less_missed", "off_target"),
        ("within", "on_target"),
        ("above", "off_target"),
        ("just_above", "near_target"),
        ("below", "off_target"),
        ("open_above", "on_target"),
    ],
)
def test_a_band_is_met_within_and_near_up_to_its_tolerance(
    spring: House, code: str, status: str
) -> None:
    assert spring.card(code, "month", "complete", "status_code", "outlook_code") == (status, None)
    # what is running is not judged, but how it stands is shown
    assert spring.card(code, "month", "to_date", "status_code", "outlook_code") == (
        "running", status,
    )  # fmt: skip


def test_a_target_alone_is_the_end_that_is_not_to_be_passed(spring: House) -> None:
    band = ("target_low", "target_high")
    assert spring.card("met", "week", "complete", *band) == (0.4, None)
    assert spring.card("less_met", "week", "complete", *band) == (None, 0.6)
    assert spring.card("within", "week", "complete", *band) == (0.45, 0.5)


def test_a_rate_of_few_is_marked_and_a_volume_never_is(spring: House) -> None:
    def marked(code: str, kind: str) -> tuple[Any, ...]:
        return spring.card(code, kind, "complete", "sample_count", "is_small_sample")

    assert marked("kpi_few", "week") == (7, True)
    assert marked("kpi_few", "quarter") == (92, False)
    assert marked("kpi_days", "week") == (7, False)
    assert marked("kpi_everything", "week") == (7, False)


def test_a_number_names_the_version_of_its_definition(spring: House) -> None:
    assert spring.card("kpi_rate", "week", "complete", "definition_version") == (3,)


def test_intervals_are_those_of_the_textbook() -> None:
    """Wilson's of statsmodels, and the mean with its standard error of numpy."""
    house = House("2026-03-01", "2026-03-30")
    draw = np.random.default_rng(7)
    sizes = draw.integers(1, 400, 60)
    hits = np.minimum(sizes, draw.binomial(sizes, draw.uniform(0, 1, 60)))
    hits[:2], sizes[:2] = (0, 25), (40, 25)
    answers = [draw.choice([-1, 0, 1], size=n, p=[0.3, 0.2, 0.5]) for n in sizes]
    house.daily("kpi_share", "0, 0, 0", interval_code="wilson")
    house.daily("kpi_mean", "0, 0, 0", interval_code="mean", unit="nps", scale=100)
    house.connection.execute("delete from kpi_rows")
    house.connection.executemany(
        "insert into kpi_rows (kpi_code, period_date, channel_code, numerator, denominator, "
        "sum_of_squares, sample_count) values (?, '2026-03-29', ?, ?, ?, ?, ?)",
        [
            row
            for i, (n, k, a) in enumerate(zip(sizes, hits, answers, strict=True))
            for row in (
                ("kpi_share", f"c{i:02}", float(k), float(n), None, int(n)),
                ("kpi_mean", f"c{i:02}", float(a.sum()), float(n), float((a**2).sum()), int(n)),
            )
        ],
    )
    house.built()

    def ends(code: str) -> np.ndarray:
        rows = house.connection.execute(
            "select value_low, value_high from kpi_history where kpi_code = ? "
            "and period_kind = 'day' and brand_code = 'own' and channel_code <> 'all' "
            "order by channel_code",
            [code],
        ).fetchall()
        return np.array(rows, dtype=float)

    wilson = np.column_stack(proportion_confint(hits, sizes, method="wilson"))
    np.testing.assert_allclose(ends("kpi_share"), wilson, atol=2e-6)
    means = np.array([100 * a.mean() for a in answers])
    errors = np.array([100 * a.std() / np.sqrt(len(a)) for a in answers])
    expected = means[:, None] + 1.959964 * errors[:, None] * np.array([-1, 1])
    # answers that are all alike say nothing of their scatter
    expected[errors == 0] = np.nan
    np.testing.assert_allclose(ends("kpi_mean"), expected, atol=2e-4)
    house.connection.close()
