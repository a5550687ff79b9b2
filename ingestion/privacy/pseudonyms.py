"""Keyed hashing of identifiers, so that the same person matches and no identifier can be read back.

An identifier becomes a node `<kind>:<64 hex>`: HMAC-SHA256 under the home's key, over the kind
and the normalised value, so that a phone meets a phone whatever the column, and never an e-mail.
What is written inside free text is `redaction`'s matter.
"""

from __future__ import annotations

import hashlib
import hmac

import duckdb

from ingestion.contracts.parsers import half_width, literal
from ingestion.contracts.sql_steps import Cell, SqlSteps

_BLOCK_BYTES = 64
_MIN_KEY_BYTES = 16

# names of the prepared-statement parameters that carry the padded key: it never stands in SQL text
INNER_PAD = "hmac_inner"
OUTER_PAD = "hmac_outer"


class KeyTooShortError(Exception):
    """A hash key that could be guessed."""


def check_key(key: bytes) -> None:
    """Refuse a key that could be guessed.

    Raises:
        KeyTooShortError: fewer than 16 bytes.
    """
    if len(key) < _MIN_KEY_BYTES:
        raise KeyTooShortError(
            f"the hash key has {len(key)} bytes; give KOUBEI_HASH_KEY at least {_MIN_KEY_BYTES}, "
            "for example the output of: openssl rand -hex 32"
        )


def key_fingerprint(key: bytes) -> str:
    """Return 16 hex digits that differ from key to key and do not reveal the key."""
    return hmac.new(key, b"koubei key fingerprint", hashlib.sha256).hexdigest()[:16]


def hash_parameters(key: bytes) -> dict[str, bytes]:
    """Return the parameters that SQL from `node_sql` needs."""
    if len(key) > _BLOCK_BYTES:
        key = hashlib.sha256(key).digest()
    key = key.ljust(_BLOCK_BYTES, b"\0")
    return {
        INNER_PAD: bytes(byte ^ 0x36 for byte in key),
        OUTER_PAD: bytes(byte ^ 0x5C for byte in key),
    }


def hmac_sql(message: str) -> str:
    """Return SQL for the hex HMAC-SHA256 of a text; null for null. Needs `hash_parameters`."""
    inner = f"unhex(sha256(${INNER_PAD} || encode({message})))"
    return f"sha256(${OUTER_PAD} || {inner})"


def node_sql(kind: str, value: str) -> str:
    """Return SQL for the node of a normalised `value`; `kind` is SQL too. Null for null."""
    message = f"({kind} || ':' || {value})"
    return f"{kind} || ':' || {hmac_sql(message)}"


def node(key: bytes, kind: str, value: str) -> str:
    """Return the node of one normalised value, as SQL does."""
    return f"{kind}:{hmac.new(key, f'{kind}:{value}'.encode(), hashlib.sha256).hexdigest()}"


def normal_phone(steps: SqlSteps, text: Cell) -> Cell:
    """Write a phone number as its digits, a Chinese one without 86.

    Null for what is not one person's number: masked (138****1234), a platform's privacy number
    (an extension after 转 or -, more than 15 digits), too short, or no number at all.
    """
    bare = f"regexp_replace({text}, '[\\s().（）·_—–-]', '', 'g')"
    digits = f"regexp_extract({bare}, '^(?:\\+|00)?(\\d+)$', 1)"
    national = steps.add(f"regexp_replace({digits}, '^86(1[3-9]\\d{{9}})$', '\\1')", text)
    return steps.add(
        # a mobile number with an extension is a privacy number, though its digits look complete
        f"case when regexp_matches({text}, '1[3-9]\\d{{9}}\\s*[-_—–]\\s*\\d+$') then null "
        f"when regexp_full_match({national}, '1[3-9]\\d{{9}}|[02-9]\\d{{6,14}}') "
        f"then {national} end",
        text,
        national,
    )


def normal_email(steps: SqlSteps, text: Cell) -> Cell:
    """Write an e-mail address in lower case; null when masked or no address."""
    shape = r"[^@\s*]+@[^@\s*]+\.[^@\s*.]+"
    return steps.add(f"case when regexp_full_match({text}, '{shape}') then lower({text}) end", text)


def normal_name(steps: SqlSteps, text: Cell) -> Cell:
    """Write a name without spaces, in lower case.

    Null for what many people share: a masked name (张**), 匿名用户, 张先生.
    """
    shared = r"[*×○]|匿名|某|^.{1,2}(?:先生|女士|小姐)$"
    return steps.add(
        f"case when not regexp_matches({text}, '{shared}') "
        f"then lower(replace({text}, ' ', '')) end",
        text,
    )


def normal_account(steps: SqlSteps, value: Cell) -> Cell:
    """Leave an account id as it is; null when masked (j***n), 匿名, or erased from an original."""
    unknown = "[*＊]{2}|^匿名|^erased:[0-9a-f]{16}$"
    return steps.add(f"case when not regexp_matches({value}, '{unknown}') then {value} end", value)


def node_of(connection: duckdb.DuckDBPyConnection, key: bytes, kind: str, value: str) -> str | None:
    """The node of an identifier as typed, normalised as landing does; None where masked."""
    steps = SqlSteps()
    texts = Cell("typed", 0), Cell("kind", 0)
    read = identify(steps, texts[0], "identity_kind", "", texts[1])
    given = "select $value::varchar as typed, $kind::varchar as kind"
    row = connection.execute(
        f"select {read} from ({steps.render(given)})",
        {"value": value.strip(), "kind": kind, **hash_parameters(key)},
    ).fetchone()
    return None if row is None else row[0]


_NORMAL = {"phone": normal_phone, "email": normal_email, "name": normal_name}


def identify(
    steps: SqlSteps, value: Cell, identifier: str, owner: str, kind: Cell | None = None
) -> Cell:
    """Turn a trimmed text into its node.

    `identifier` is the feed column's; `owner` the channel whose ids they are; `kind` the row's own
    identity_kind, for identity columns.
    """
    if identifier in _NORMAL:
        normal = _NORMAL[identifier](steps, half_width(steps, value))
        return steps.add(node_sql(literal(identifier), str(normal)), normal)
    account = normal_account(steps, value)
    if identifier != "identity_kind":
        return steps.add(node_sql(literal(f"{owner}_{identifier}"), str(account)), account)
    if kind is None:
        return steps.add("cast(null as varchar)")
    text = half_width(steps, value)
    known = {name: normal(steps, text) for name, normal in _NORMAL.items()}
    cases = " ".join(f"when {literal(name)} then {cell}" for name, cell in known.items())
    normal = steps.add(f"case {kind} {cases} else {account} end", kind, account, *known.values())
    return steps.add(node_sql(str(kind), str(normal)), kind, normal)
