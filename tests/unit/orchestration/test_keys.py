"""A change of the key that is killed between any two steps: before the marker nothing, after it all."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.files.originals import Originals
from ingestion.privacy.keyring import KeyringError, unseal
from ingestion.privacy.pseudonyms import key_fingerprint
from orchestration.home.settings import Settings
from orchestration.privacy import keys
from orchestration.privacy.keys import (
    RotationError,
    finish_rotation,
    make_keyring,
    node_key,
    rotate,
)

OLD, NEW = b"the key of the first year", b"the key of the second year"
SHA256 = "ab" * 32


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path / "home", _env_file=None)  # type: ignore[call-arg]
    made.build_path.mkdir(parents=True)
    made.key_path.write_bytes(OLD + b"\n")
    with duckdb.connect(str(made.warehouse_path)) as connection:
        connection.execute("create schema raw; create table raw.settings (name text, value text)")
        connection.execute(
            "insert into raw.settings values ('hash_key_fingerprint', ?)", [key_fingerprint(OLD)]
        )
    make_keyring(made, is_new=True)
    source = tmp_path / "file"
    source.write_text("delivered")
    originals = Originals(made.originals_path, OLD)
    originals.keep_rewritten(source, SHA256)
    return made


def state(settings: Settings, key: bytes, to: Path) -> tuple[bytes, str, str]:
    Originals(settings.originals_path, key).restore(SHA256, to)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        ((fingerprint,),) = connection.execute("select value from raw.settings").fetchall()
    return unseal(settings.keyring_path, key), to.read_text(), fingerprint


def test_the_data_key_stays_and_all_that_seals_it_changes(
    settings: Settings, tmp_path: Path
) -> None:
    data_key = node_key(settings)
    assert data_key != OLD
    assert rotate(settings, NEW).originals == 1
    assert settings.key_path.read_bytes().strip() == NEW
    assert state(settings, NEW, tmp_path / "back") == (data_key, "delivered", key_fingerprint(NEW))
    with pytest.raises(KeyringError, match="does not open"):
        unseal(settings.keyring_path, OLD)
    assert {path.name for path in settings.home.iterdir()} == {
        "build", "hash.key", "keyring.json", "originals", "work",
    }  # fmt: skip


@pytest.mark.parametrize("step", range(9))
def test_cut_short_at_any_step_it_is_the_old_key_or_the_new_one(
    settings: Settings, tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_key = node_key(settings)
    count = 0

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: object, **kwargs: object) -> object:
            nonlocal count
            count += 1
            if count > step:
                raise KeyboardInterrupt
            return real(*args, **kwargs)

        return run

    with monkeypatch.context() as patched:
        for owner, name in (
            (keys, "seal"), (keys, "replace_file"), (keys, "replace_text"), (keys, "_remove"),
            (keys, "open_file"), (Path, "rename"),
        ):  # fmt: skip
            patched.setattr(owner, name, dying(getattr(owner, name)))
        with contextlib.suppress(KeyboardInterrupt):
            rotate(settings, NEW)
    finish_rotation(settings)
    key = settings.key_path.read_bytes().strip()
    assert key in (OLD, NEW)
    assert state(settings, key, tmp_path / "back") == (data_key, "delivered", key_fingerprint(key))
    assert not list(settings.home.glob(".*"))


def test_the_same_key_again_is_no_change(settings: Settings) -> None:
    with pytest.raises(RotationError, match="is in use"):
        rotate(settings, OLD)


def test_a_home_from_before_keeps_the_key_that_its_rows_were_hashed_with(
    settings: Settings,
) -> None:
    settings.keyring_path.unlink()
    assert node_key(settings) == OLD
    make_keyring(settings, is_new=False)
    assert node_key(settings) == OLD
