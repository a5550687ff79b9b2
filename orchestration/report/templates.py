"""How the page is put together: the templates, and the words and numbers they can ask for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from orchestration.publication.traces import voice_mark
from orchestration.report.bilingual import (
    PERIODS,
    PREVIOUS,
    SEVERITIES,
    STATUSES,
    Bilingual,
    amount,
    change,
    minutes,
    money,
    named,
    said,
    split,
)

_QUOTE = Markup('<q class="asis" lang="zh" data-of="{}">{}</q>')


def render(template: str, **values: object) -> str:
    """The page, or a part of it, from a template in `templates/`."""
    return _environment().get_template(template).render(**values)


def quote(text: str | None, voice_key: str | None = None) -> Markup:
    """What somebody wrote, as it stands in both languages.

    It carries a hash of its voice, by which it is taken out when its writer asks to be forgotten
    (`orchestration.publication.rewriting`).
    """
    return _QUOTE.format(voice_mark(voice_key), text) if text else Markup("")


def as_is(text: object) -> Markup:
    """A name or text that is data, the same in both languages."""
    return Markup('<span class="asis" lang="zh">{}</span>').format("" if text is None else text)


def labelled(zh: str, en: str | None = None) -> Markup:
    """The attributes by which a cell says its column's name on a phone."""
    return Markup('data-zh="{}" data-en="{}"').format(zh, zh if en is None else en)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(amount=amount, change=change, money=money, minutes=minutes)
    shared: Mapping[str, Any] = {
        "t": said,
        "split": split,
        "named": named,
        "quote": quote,
        "asis": as_is,
        "cell": labelled,
        "Bilingual": Bilingual,
        "periods": PERIODS,
        "previous": PREVIOUS,
        "severities": SEVERITIES,
        "statuses": STATUSES,
    }
    environment.globals.update(shared)
    return environment
