"""A private file is replaced whole, readable by its owner alone, or stays as it was."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ingestion.privacy.private_files import replace_file, replace_text


def test_the_file_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "made" / "keyring.json"
    before = os.umask(0)
    try:
        replace_text(path, "口碑")
    finally:
        os.umask(before)
    assert path.read_text(encoding="utf-8") == "口碑"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_reader_sees_the_old_or_the_new_and_never_a_part(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text("old")
    path.chmod(0o644)
    with replace_file(path) as file:
        file.write(b"ne")
        file.flush()
        assert path.read_text() == "old"
        file.write(b"w")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_reader_that_is_open_keeps_the_old(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text("old")
    with path.open() as reader:
        replace_text(path, "new")
        assert reader.read() == "old"


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text("old")
    with pytest.raises(TypeError), replace_file(path) as file:
        file.writelines([b"half", None])  # type: ignore[list-item]
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["list.json"]


def test_what_a_killed_process_left_is_not_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    left = tmp_path / f".list.json.{os.getpid()}"
    left.write_text("a longer text of the killed process")
    left.chmod(0o644)
    replace_text(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["list.json"]
