from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.home.settings import SettingsError, load_settings

SECRET = "correct-horse-battery-staple"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("KOUBEI_", "DBT_", "DAGSTER_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_the_default_home_is_beside_the_person(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.home == tmp_path / ".koubei"
    assert settings.exports_url == str(tmp_path / ".koubei" / "exports")
    assert settings.warehouse_path == tmp_path / ".koubei" / "build" / "warehouse.duckdb"
    assert (settings.timezone, settings.schedule) == ("Asia/Shanghai", "0 6 * * *")
    assert settings.keep_publications == 7


def test_the_environment_wins_over_the_env_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("KOUBEI_HOME=from-file\nKOUBEI_KEEP_PUBLICATIONS=3\n")
    monkeypatch.setenv("KOUBEI_HOME", "from-environment")
    settings = load_settings()
    assert settings.home == tmp_path / "from-environment"
    assert settings.keep_publications == 3


def test_exports_may_be_a_folder_or_a_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KOUBEI_EXPORTS", "in/exports")
    assert load_settings().exports_url == str(tmp_path / "in" / "exports")
    monkeypatch.setenv("KOUBEI_EXPORTS", "memory://exports")
    assert load_settings().exports_url == "memory://exports"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("KOUBEI_TIMEZONE", "Mars/Base", "'Mars/Base' is not a time zone such as Asia/Shanghai"),
        ("KOUBEI_SCHEDULE", "6 o'clock", "is not a cron line of five fields"),
        ("KOUBEI_KEEP_PUBLICATIONS", "0", "greater than or equal to 1"),
        ("KOUBEI_KEEP_PUBLICATIONS", "many", "valid integer"),
        ("KOUBEI_CHANNELS", "nowhere", "is not a folder"),
        ("KOUBEI_SNOWNLP_MODEL", "nowhere/mine.marshal", "does not exist"),
        ("KOUBEI_HASH_KEY", "short", "shorter than 16"),
    ],
)
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert name in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_key_is_read_from_the_home_when_it_is_not_set(tmp_path: Path) -> None:
    settings = load_settings()
    settings.home.mkdir()
    settings.key_path.write_text(f"{SECRET}\n")
    assert settings.key_bytes == SECRET.encode()


def test_a_set_key_wins_over_the_home_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOUBEI_HASH_KEY", SECRET)
    settings = load_settings()
    settings.home.mkdir()
    settings.key_path.write_text("another-key-of-enough-length")
    assert settings.key_bytes == SECRET.encode()


def test_without_a_key_it_says_how_to_get_one() -> None:
    with pytest.raises(SettingsError, match=r"KOUBEI_HASH_KEY is not set .*koubei demo"):
        _ = load_settings().key_bytes


def test_an_empty_key_file_is_not_a_key() -> None:
    settings = load_settings()
    settings.home.mkdir()
    settings.key_path.write_text("\n")
    with pytest.raises(SettingsError, match="holds no key"):
        _ = settings.key_bytes


def test_the_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOUBEI_HASH_KEY", SECRET)
    settings = load_settings()
    assert settings.key_bytes
    for shown in (repr(settings), str(settings), settings.model_dump_json(), f"{settings}"):
        assert SECRET not in shown


def test_telemetry_is_off_and_tools_are_pointed_to_the_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("DAGSTER_DISABLE_TELEMETRY", "GX_ANALYTICS_ENABLED", "DO_NOT_TRACK"):
        monkeypatch.setenv(name, "before")
    monkeypatch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "true")
    code = (
        "import os; from orchestration.home.settings import load_settings, prepare_environment; "
        "prepare_environment(load_settings()); print(*(os.environ[n] for n in ("
        "'DAGSTER_DISABLE_TELEMETRY', 'GX_ANALYTICS_ENABLED', 'DBT_SEND_ANONYMOUS_USAGE_STATS', "
        "'KOUBEI_WAREHOUSE', 'DAGSTER_HOME')))"
    )
    root = str(Path(__file__).parents[3])
    monkeypatch.setenv("PYTHONPATH", root)
    said = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path
    ).stdout.split()
    home = tmp_path / ".koubei"
    assert said[:3] == ["yes", "false", "false"]
    assert said[3:] == [str(home / "build" / "warehouse.duckdb"), str(home / "dagster")]
