"""dbt's parse of the project, carried along with a home that is copied.

dbt parses the project anew, for ten seconds, where its profile differs from that of the last parse, and
the path of the warehouse is a part of the profile. No model asks for that path, so the parse of a home
holds for its copies as soon as it names their profile.
"""

from __future__ import annotations

import hashlib
import pprint
import shutil
from pathlib import Path

PARSE = Path("dbt/target/partial_parse.msgpack")
WAREHOUSE = Path("build/warehouse.duckdb")


def carry_parse(source: Path, home: Path) -> None:
    """Give a home the parse of another one, whose code is the same.

    Args:
        source: The home that dbt has parsed the project for.
        home: A copy of it, or a new home; it need not have a warehouse yet.
    """
    target = (home / PARSE).parent
    if not target.exists():
        shutil.copytree((source / PARSE).parent, target)
    before, after = (_profile_hash(each / WAREHOUSE) for each in (source, home))
    parsed = (home / PARSE).read_bytes()
    assert parsed.count(before) == 1, "dbt hashes its profile otherwise than it did"
    (home / PARSE).write_bytes(parsed.replace(before, after))


def _profile_hash(warehouse: Path) -> bytes:
    """What dbt compares to see whether its profile has changed."""
    # as dbt.parser.manifest.ManifestLoader.build_manifest_state_check does
    from dbt.adapters.duckdb.credentials import DuckDBCredentials

    given = {"path": str(warehouse.resolve()), "schema": "main"}
    credentials = DuckDBCredentials.from_dict(DuckDBCredentials.translate_aliases(given))
    keys = pprint.pformat(sorted(credentials.connection_info()))
    return hashlib.sha256(keys.encode()).hexdigest().encode()
