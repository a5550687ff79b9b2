"""The key is changed: the same customers, and nothing that the old key opens."""

from __future__ import annotations

import secrets
import shutil
import time
from pathlib import Path

import pytest

from ingestion.files.originals import OriginalError, Originals
from ingestion.privacy.keyring import KeyringError, unseal
from orchestration.home.settings import Settings
from tests.integration.home import Home

pytestmark = pytest.mark.integration


def test_customers_stay_the_old_key_opens_nothing_and_a_second_refresh_stops_beside_the_first(
    own_home: Home, tmp_path: Path
) -> None:
    settings = Settings(home=own_home.path)
    old, hashes = settings.key_bytes, own_home.mart_hashes
    data_key = unseal(settings.keyring_path, old)
    kept = sorted(path.name for path in settings.originals_path.glob("??/*"))
    said = own_home.run("rotate-key").stdout

    new = (own_home.path / "hash.key").read_bytes().strip()
    assert new != old
    assert new.decode() not in said
    assert unseal(settings.keyring_path, new) == data_key
    with pytest.raises(KeyringError):
        unseal(settings.keyring_path, old)
    assert sorted(path.name for path in settings.originals_path.glob("??/*")) == kept
    plain = tmp_path / "plain"
    for name in kept[:5]:
        Originals(settings.originals_path, new).restore(name, plain)
        with pytest.raises(OriginalError):
            Originals(settings.originals_path, old).restore(name, plain)
    for path in own_home.path.rglob("*"):
        if path.is_file() and path.name != "hash.key":
            content = path.read_bytes()
            assert old not in content, path
            assert new not in content, path
            assert bytes.fromhex(new.decode()) not in content, path

    # and a refresh says so, however many are started
    published, files = own_home.current, own_home.build("select count(*) from raw.files")
    first = own_home.start("refresh")
    try:
        holder = own_home.path / "build" / "refresh.holder"
        for _ in range(1200):
            if holder.exists():
                break
            time.sleep(0.05)
        second = own_home.run("refresh", expect=2)
        assert f"process {first.pid}" in second.stdout + second.stderr
        assert first.poll() is None, "the first ended before the second was tried"
    finally:
        assert first.wait(timeout=300) == 0
    assert own_home.mart_hashes == hashes, "row for row, customer keys included"
    # nothing had arrived since the last one
    assert own_home.current == published
    assert own_home.build("select count(*) from raw.files") == files
    last = own_home.build(
        "select verdict from meta.publications order by published_at desc limit 1"
    )
    assert last == [("unchanged",)]


def test_with_the_key_in_the_environment_the_new_one_is_given(own_home: Home) -> None:
    old = (own_home.path / "hash.key").read_text().strip()
    (own_home.path / "hash.key").unlink()
    own_home.extra["KOUBEI_HASH_KEY"] = old
    done = own_home.run("rotate-key", expect=2)
    assert "KOUBEI_NEW_HASH_KEY" in done.stderr
    own_home.extra["KOUBEI_NEW_HASH_KEY"] = new = secrets.token_hex(32)
    own_home.run("rotate-key")
    done = own_home.run("erase", "phone:13800000000", "--yes", expect=2)
    assert "KOUBEI_HASH_KEY" in done.stderr, "with the old key, the message says that it is old"
    own_home.extra["KOUBEI_HASH_KEY"] = new
    assert unseal(own_home.path / "keyring.json", new.encode())
    assert not (own_home.path / "hash.key").exists()


def test_an_original_that_does_not_open_is_named_and_nothing_changes(own_home: Home) -> None:
    settings = Settings(home=own_home.path)
    old = settings.key_bytes
    damaged = next(settings.originals_path.glob("??/*"))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    done = own_home.run("rotate-key", expect=2)
    assert damaged.name in done.stderr
    assert (own_home.path / "hash.key").read_bytes().strip() == old
    assert unseal(settings.keyring_path, old)
    shutil.rmtree(own_home.path / "work", ignore_errors=True)
