"""The command line: `koubei`. Commands are in `orchestration/commands/`, one a file.

Errors that a person can put right are one line and exit code 2. Only the module of the command that
is asked for is imported: the engines take seconds to load, and help must be instant.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.text import Text

_PIPELINE: Final = "流水线 Pipeline"
_READ: Final = "读数 Reading"
_MAINTENANCE: Final = "维护 Maintenance"

COMMANDS: Final = {
    "demo": _PIPELINE,
    "refresh": _PIPELINE,
    "status": _PIPELINE,
    "serve": _READ,
    "query": _READ,
    "explain": _READ,
    "rejects": _READ,
    "diff": _READ,
    "superset": _READ,
    "evaluate": _READ,
    "evaluate-aspects": _READ,
    "train": _MAINTENANCE,
    "notify": _MAINTENANCE,
    "rollback": _MAINTENANCE,
    "postgres": _MAINTENANCE,
    "prune": _MAINTENANCE,
    "backup": _MAINTENANCE,
    "erase": _MAINTENANCE,
    "rotate-key": _MAINTENANCE,
    "contracts": _MAINTENANCE,
    "dev": _MAINTENANCE,
}
"""Commands in the order of the help, with its sections; each is a module of its name (- is _)."""

_FOLDER = Path(__file__).parent / "commands"
_OURS = ("ingestion", "expectations", "orchestration")


def build_app(wanted: str | None = None) -> typer.Typer:
    """The command line, with one command ready to run and the others named in its help."""
    app = typer.Typer(
        name="koubei",
        help="口碑 Koubei: channel exports in, checked word-of-mouth marts out, every night.",
        no_args_is_help=True,
        rich_markup_mode="rich",
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name, panel in COMMANDS.items():
        if name != wanted:
            app.command(name, rich_help_panel=panel)(_named_only(name))
            continue
        module = import_module(f"orchestration.commands.{module_of(name)}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name, rich_help_panel=panel)
        else:
            app.command(name, rich_help_panel=panel)(getattr(module, module_of(name)))
    return app


def _named_only(name: str) -> Callable[[], None]:
    """A command for the help alone: its text is read from the file, without importing it."""

    def command() -> None:
        raise AssertionError(f"{name} was not loaded")

    command.__doc__ = help_of(name)
    return command


def help_of(name: str) -> str:
    """The docstring of a command's function."""
    wanted = module_of(name)
    tree = ast.parse((_FOLDER / f"{wanted}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == wanted:
            return ast.get_docstring(node) or ""
    raise LookupError(f"{_FOLDER / wanted}.py has no function {wanted}")


def module_of(name: str) -> str:
    """The module of a command, and the function in it."""
    return name.replace("-", "_")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; a mistake of a person is one line and exit code 2."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        build_app(next(iter(arguments), None))(arguments)
    except KeyboardInterrupt:
        _fail("interrupted; what was published is kept", 130)
    except Exception as error:
        if not is_for_people(error):
            raise
        _fail(str(error) or type(error).__name__, getattr(error, "exit_code", 2))


def is_for_people(error: Exception) -> bool:
    """Whether the error's message is written for a person: our own classes, and the machine's."""
    ours = type(error).__module__.partition(".")[0] in _OURS
    return ours or isinstance(error, OSError)


def _fail(message: str, exit_code: int) -> None:
    # several faults of contracts come as several lines; a path may hold brackets, so no markup
    screen = Console(stderr=True, soft_wrap=True, highlight=False)
    screen.print(Text.assemble(("koubei: ", "red"), message.strip()))
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
