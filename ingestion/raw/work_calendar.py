"""China's work calendar with its make-up days (调休): `raw.work_calendar`, one row a day.

The `chinesecalendar` package holds what the State Council announced, year by year. This is the only
module that knows it. A year that has not been announced, or that the installed package does not
hold yet, has plain weekdays and `is_known` false, which every number computed from it repeats.
"""

from __future__ import annotations

import datetime as dt
import hashlib

import duckdb
import pyarrow as pa
from chinese_calendar import constants

from ingestion.raw.queries import one_count, one_value

_EARLIEST = dt.date(1970, 1, 1)

_FIRST_DAY = """
select least(
    (select min(posted_at) from raw.reviews),
    (select min(posted_at) from raw.mentions),
    (select min(opened_at) from raw.cases)
)::date
"""

_LAST_DAY = "select max(export_date) from raw.files where outcome = 'landed'"

_WRITE = """
insert into raw.work_calendar by name
select
    days.day,
    case
        when make_up_days.day is not null then true
        when holidays.day is not null then false
        else isodow(days.day) <= 5
    end as is_workday,
    coalesce(year(days.day) between $first_known and $last_known, false) as is_known,
    coalesce(holidays.name, make_up_days.name) as holiday_name
from (
    select unnest(generate_series($first::date, $last::date, interval 1 day))::date as day
) as days
left join holidays on days.day = holidays.day
left join make_up_days on days.day = make_up_days.day
order by days.day
"""


def write_work_calendar(connection: duckdb.DuckDBPyConnection) -> int:
    """Write the calendar anew, in whole years, for every day that a clock can touch.

    It runs from the year of the oldest voice or case to the year that lies one year after the
    newest export, so that what is due later than the data end has days to be due on.

    Args:
        connection: To the warehouse, with the raw schema in place.

    Returns:
        How many days it holds; none before the first export has landed.
    """
    as_of = one_value(connection, _LAST_DAY)
    if not isinstance(as_of, dt.date):
        return 0
    oldest = one_value(connection, _FIRST_DAY)
    first = min(oldest, as_of) if isinstance(oldest, dt.date) else as_of
    known = [day.year for day in constants.holidays]
    connection.register("holidays", _named_days(constants.holidays))
    connection.register("make_up_days", _named_days(constants.workdays))
    try:
        connection.begin()
        connection.execute("delete from raw.work_calendar")
        connection.execute(
            _WRITE,
            {
                "first": dt.date(max(first, _EARLIEST).year, 1, 1),
                "last": dt.date(as_of.year + 1, 12, 31),
                "first_known": min(known, default=None),
                "last_known": max(known, default=None),
            },
        )
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.unregister("holidays")
        connection.unregister("make_up_days")
    return one_count(connection, "select count(*) from raw.work_calendar")


def calendar_fingerprint() -> str:
    """Hash of every holiday and make-up day that the installed package holds.

    What was computed with other days must be built anew. Days that are merely added at either end
    of `raw.work_calendar` change nothing that was computed before, so they are not part of it.
    """
    days = (
        f"{kind} {day.isoformat()}\n"
        for kind, days in (("holiday", constants.holidays), ("make-up", constants.workdays))
        for day in sorted(days)
    )
    return hashlib.sha256("".join(days).encode()).hexdigest()


def _named_days(days: dict[dt.date, str]) -> pa.Table:
    """The package's days with their Chinese names; it keys them by their English ones."""
    return pa.table(
        {
            "day": pa.array(list(days), pa.date32()),
            "name": pa.array(
                [constants.Holiday(name).chinese for name in days.values()], pa.string()
            ),
        }
    )
