from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import COMMANDS, build_app, help_of, main, module_of

ROOT = Path(__file__).parents[3]


def test_every_command_is_in_the_help() -> None:
    said = CliRunner().invoke(build_app(), ["--help"]).output
    assert [name for name in COMMANDS if name not in said] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_of_its_own(name: str) -> None:
    result = CliRunner().invoke(build_app(name), [name, "--help"])
    assert result.exit_code == 0
    module = module_of(name)
    command = getattr(import_module(f"orchestration.commands.{module}"), module)
    assert help_of(name) == inspect.getdoc(command)
    assert help_of(name).split("\n")[0].split()[0] in result.output


def test_help_loads_no_engine() -> None:
    code = (
        "import sys; from orchestration.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'duckdb', 'dagster', 'pandas', 'pyarrow', 'great_expectations', 'dbt', 'snownlp'}"
        "\nprint(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"


def test_a_mistake_is_one_line_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KOUBEI_HOME", str(tmp_path))
    monkeypatch.delenv("KOUBEI_HASH_KEY", raising=False)
    monkeypatch.setenv("KOUBEI_TIMEZONE", "Mars/Base")
    with pytest.raises(SystemExit) as caught:
        main(["refresh"])
    assert caught.value.code == 2
    message = capsys.readouterr().err.strip()
    assert (
        message == "koubei: KOUBEI_TIMEZONE: 'Mars/Base' is not a time zone such as Asia/Shanghai"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["refresh", "--date", "2026-13-01"],
        ["refresh", "--date", "2026-10-01", "--to", "2026-10-02"],
        ["refresh", "--from", "2026-10-02", "--to", "2026-10-01"],
        ["refresh", "today"],
        ["no-such-command"],
    ],
)
def test_misuse_is_exit_code_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(build_app(arguments[0]), arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
