from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import textwrap
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.home import lock
from orchestration.home.lock import PreflightError
from orchestration.home.settings import Settings, load_settings

ROOT = Path(__file__).parents[3]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home", exports=None, channels=None)


def test_a_second_refresh_says_who_holds_the_home(settings: Settings) -> None:
    code = textwrap.dedent(
        f"""
        from orchestration.home.lock import holding, PreflightError
        from orchestration.home.settings import load_settings
        try:
            with holding(load_settings(home={str(settings.home)!r})):
                print("held")
        except PreflightError as error:
            print(error)
        """
    )

    def other() -> str:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    with lock.holding(settings):
        message = other()
    assert message.startswith(
        f"another refresh of {settings.home} is running (process {os.getpid()},"
    )
    assert other() == "held"


@contextlib.contextmanager
def without_privileges() -> Iterator[None]:
    """Root may write anywhere, so where root runs the tests somebody else stands in."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_a_home_that_cannot_be_written_is_named(settings: Settings) -> None:
    settings.home.mkdir()
    settings.home.chmod(0o500)
    with (
        without_privileges(),
        pytest.raises(PreflightError, match=f"KOUBEI_HOME: {settings.home}"),
    ):
        lock.require_writable(settings)


def test_a_home_that_is_a_file_is_named(settings: Settings) -> None:
    settings.home.write_text("not a folder")
    with pytest.raises(PreflightError, match=f"KOUBEI_HOME: {settings.home} cannot be written"):
        lock.require_writable(settings)


def test_free_space_is_checked_against_an_estimate(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.home.mkdir()
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 10**6))
    with pytest.raises(PreflightError, match=r"1 MB free, and this refresh may need 200 MB"):
        lock.require_space(settings, [])
    ignoring = settings.model_copy(update={"free_space": "ignore"})
    lock.require_space(ignoring, [])


def test_the_work_folder_starts_empty(settings: Settings) -> None:
    left = settings.work_path / "decoded" / "half.csv"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    lock.clean_work(settings)
    assert settings.work_path.is_dir()
    assert not any(settings.work_path.iterdir())
