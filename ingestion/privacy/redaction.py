"""Redaction of phones, e-mails, ID cards and chat ids inside free text, before it is kept.

Rules run until nothing changes, since taking out one thing can bring another to light. Taking out
too much is the safe side: a row of sizes that looks like a phone number may go. A change of a
rule is a new `REDACTOR_VERSION`, and texts landed under the old one are rebuilt from originals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from ingestion.contracts.parsers import literal
from ingestion.raw.queries import one_count

REDACTOR_VERSION = "1"

_D = "[0-9０-９]"
_SEPARATOR = r"[\s\-－—–.．·・_、]"
_ONE = "[1１]"
_MOBILE_SECOND = "[3-9３-９]"
_COUNTRY = f"(?:(?:[+＋]|[0０]{{2}})?[8８][6６]{_SEPARATOR}?)?"
_MONTH_DAY = "(?:[0０][1-9１-９]|[1１][0-2０-２])(?:[0-2０-２][0-9０-９]|[3３][01０１])"
_WECHAT = (
    r"(?:微\s?信|薇\s?信|威\s?信|徽\s?信|v\s?信|\bwei\s?xin|\bwe\s?chat|\b[vw]x"
    r"|加\s?[vw]|加微|加我|\bv\s?[:：])"
)
_FILLER = r"[\s:：=＝\-—是为叫号码帐账户搜索（(【\[“\"]{0,8}"

# (pattern, replacement); order matters: an ID card holds what looks like a phone number
RULES: tuple[tuple[str, str], ...] = (
    (
        "[A-Za-z0-9Ａ-Ｚａ-ｚ０-９._%+\\-]+\\s?[@＠]\\s?[A-Za-z0-9\\-]+(?:[.．][A-Za-z0-9\\-]+)+",
        "[邮箱]",
    ),
    (
        f"[1-9１-９]{_D}{{5}}(?:18|19|20|１９|２０){_D}{{2}}{_MONTH_DAY}{_D}{{3}}[0-9０-９XxＸｘ]",
        "[身份证号]",
    ),
    (f"(^|[^0-9０-９])[1-9１-９]{_D}{{7}}{_MONTH_DAY}{_D}{{3}}([^0-9０-９]|$)", "\\1[身份证号]\\2"),
    (f"{_COUNTRY}{_ONE}{_MOBILE_SECOND}{_D}{{9}}", "[手机号]"),
    # with separators a number must start at its first digit, or every long number would match
    (
        f"(^|[^0-9０-９]){_COUNTRY}{_ONE}{_SEPARATOR}{{0,2}}{_MOBILE_SECOND}"
        f"(?:{_SEPARATOR}{{0,2}}{_D}){{9}}",
        "\\1[手机号]",
    ),
    (
        f"(^|[^0-9０-９])[（(]?[0０][1-9１-９]{_D}{{1,2}}[)）]?{_SEPARATOR}?[2-9２-９]{_D}{{2,3}}"
        f"{_SEPARATOR}?{_D}{{4}}",
        "\\1[电话]",
    ),
    (f"(?i)({_WECHAT}{_FILLER})(?:[a-z][a-z0-9_\\-]{{5,19}}|[1-9][0-9]{{4,11}})", "\\1[微信号]"),
    (f"(?i)((?:\\bqq|扣扣|企鹅){_FILLER})[1-9][0-9]{{4,11}}", "\\1[QQ号]"),
)

# cheap test that spares nearly every text the rules above; each of them needs one of these
_SUSPECT = (
    f"(?i)(?:{_D}{_SEPARATOR}{{0,2}}[)）]?){{10}}|[@＠]|qq|扣扣|企鹅"
    r"|微\s?信|[薇威徽]\s?信|v\s?信|wei\s?xin|we\s?chat|[vw]x|加\s?[vw]|加微|加我|v\s?[:：]"
)

_MAX_PASSES = 50


def redact_sql(value: str) -> str:
    """Return SQL for one pass of all rules over `value`."""
    for pattern, replacement in RULES:
        value = f"regexp_replace({value}, {literal(pattern)}, {literal(replacement)}, 'g')"
    return value


def redact_columns(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Iterable[str],
    hashes: Mapping[str, str] | None = None,
) -> None:
    """Redact text columns of a table in place, until the rules change nothing.

    `table` and `columns` are SQL names, quoted by the caller. Each distinct suspect text is
    worked on once. `hashes` names the column that holds the SHA-256 of a column's text, which is
    taken anew where the text changes.
    """
    names = list(columns)
    if not names:
        return
    suspects = " union ".join(
        f"select {name} as raw from {table} where regexp_matches({name}, {literal(_SUSPECT)})"
        for name in names
    )
    found = one_count(connection, f"create or replace temp table landing_suspects as {suspects}")
    # planning the rules costs more than most files have texts
    if not found:
        connection.execute("drop table landing_suspects")
        return
    connection.execute(
        "create or replace temp table landing_redactions as "
        f"select raw, raw as redacted, {redact_sql('raw')} as next from landing_suspects"
    )
    for _ in range(_MAX_PASSES):
        connection.execute("delete from landing_redactions where next = raw and redacted = raw")
        if not one_count(
            connection, "select count(*) from landing_redactions where next <> redacted"
        ):
            break
        connection.execute(
            f"update landing_redactions set redacted = next, next = {redact_sql('next')} "
            "where next <> redacted"
        )
    for name in names:
        hashed = (hashes or {}).get(name)
        anew = f", {hashed} = sha256(redactions.redacted)" if hashed else ""
        connection.execute(
            f"update {table} set {name} = redactions.redacted{anew} "
            f"from landing_redactions as redactions where {name} = redactions.raw"
        )
    connection.execute("drop table landing_redactions")
    connection.execute("drop table landing_suspects")


def redact_texts(
    connection: duckdb.DuckDBPyConnection, texts: list[str | None]
) -> list[str | None]:
    """Return `texts` redacted, in order: the same rules for a handful of values."""
    connection.execute(
        "create or replace temp table landing_values as "
        "select position, text from (select unnest($texts::varchar[]) as text, "
        "unnest(range(len($texts))) as position)",
        {"texts": texts},
    )
    redact_columns(connection, "landing_values", ["text"])
    rows = connection.execute("select text from landing_values order by position").fetchall()
    connection.execute("drop table landing_values")
    return [row[0] for row in rows]
