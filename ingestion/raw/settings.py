"""What a warehouse was built with: the business zone and the fingerprint of the hash key.

Rows landed under another zone or key cannot be joined with the old ones, so a difference stops
the refresh before the first row.
"""

from __future__ import annotations

import duckdb


class SettingsMismatchError(Exception):
    """The settings of this run are not those that the warehouse was built with."""


_ADVICE = {
    "business_zone": (
        "KOUBEI_TIMEZONE",
        "set it back, or build a new home: times already landed are in the old zone",
    ),
    "hash_key_fingerprint": (
        "KOUBEI_HASH_KEY",
        "give the key that this home was built with, or build a new home: under another key "
        "no person would match themselves",
    ),
}


def is_settled(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the warehouse was built with a key already."""
    found = connection.execute("select 1 from raw.settings where name = 'hash_key_fingerprint'")
    return bool(found.fetchall())


def verify_settings(
    connection: duckdb.DuckDBPyConnection, *, business_zone: str, hash_key_fingerprint: str
) -> None:
    """Keep the settings in a new warehouse; compare them in one that has rows.

    Raises:
        SettingsMismatchError: a setting differs; names it and says what to do.
    """
    given = {"business_zone": business_zone, "hash_key_fingerprint": hash_key_fingerprint}
    kept = dict(connection.execute("select name, value from raw.settings").fetchall())
    for name, value in given.items():
        if name not in kept:
            connection.execute(
                "insert into raw.settings (name, value) values ($name, $value)",
                {"name": name, "value": value},
            )
        elif kept[name] != value:
            variable, advice = _ADVICE[name]
            raise SettingsMismatchError(
                f"{variable}: this warehouse was built with {name} {kept[name]}, now it is "
                f"{value}; {advice}"
            )
