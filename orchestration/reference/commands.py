"""The page of commands: what `koubei COMMAND --help` says, on one page."""

from __future__ import annotations

import enum
import inspect
import re
import typing
from collections.abc import Callable, Iterator
from importlib import import_module

import typer
from typer.models import ArgumentInfo, OptionInfo

from orchestration.cli import COMMANDS, module_of
from orchestration.reference.markdown import table

Command = Callable[..., object]


def render() -> str:
    """The page: commands in the order of the help, each with its arguments and options."""
    parts, section = ["# Commands\n"], ""
    for name, panel in COMMANDS.items():
        if panel != section:
            section = panel
            parts.append(f"## {panel}\n")
        for full_name, function in _functions(name):
            parts += [f"### koubei {full_name}\n", _help(function)]
            if rows := list(_parameters(function)):
                parts.append(table(["argument", "meaning"], rows))
    return "\n".join(parts)


def _functions(name: str) -> Iterator[tuple[str, Command]]:
    """A command, or the commands below it, by what a person types after `koubei`."""
    module = import_module(f"orchestration.commands.{module_of(name)}")
    app: typer.Typer | None = getattr(module, "app", None)
    if app is None:
        yield name, getattr(module, module_of(name))
        return
    for each in app.registered_commands:
        if each.callback is not None:
            own_name = each.name or each.callback.__name__.replace("_", "-")
            yield f"{name} {own_name}", each.callback


def _help(function: Command) -> str:
    # line breaks within a paragraph are only the code's
    return re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.getdoc(function) or "") + "\n"


def _parameters(function: Command) -> Iterator[tuple[str, str]]:
    hints = typing.get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():
        kind, info = typing.get_args(hints[name])[:2]
        meaning = [info.help or ""]
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            meaning.append(f"One of {', '.join(str(each.value) for each in kind)}.")
        default = getattr(parameter.default, "value", parameter.default)
        if default not in (None, False, inspect.Parameter.empty):
            meaning.append(f"Default: {default}.")
        yield _spelled(name, info), " ".join(filter(None, meaning))


def _spelled(name: str, info: ArgumentInfo | OptionInfo) -> str:
    if isinstance(info, ArgumentInfo):
        return f"`{info.metavar or name.upper()}`"
    # within Annotated, typer takes a spelling in the place of the default for what it is
    given = [each for each in (info.default, *(info.param_decls or ())) if isinstance(each, str)]
    return ", ".join(f"`{each}`" for each in given or [f"--{name.replace('_', '-')}"])
