"""The page of settings: every environment variable, from the fields of the settings' model."""

from __future__ import annotations

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from orchestration.home.settings import PREFIX, Settings
from orchestration.reference.markdown import table

_HEAD = """\
# Settings

By environment, or in a file `.env` of the folder in which `koubei` is started; the environment
wins. A real refresh needs one of them: `KOUBEI_HASH_KEY`.
"""


def render() -> str:
    """The page, one row a setting in the order of the model."""
    rows = [
        (f"`{PREFIX}{name.upper()}`", field.description, _default(field))
        for name, field in Settings.model_fields.items()
    ]
    return f"{_HEAD}\n{table(['variable', 'meaning', 'default'], rows)}"


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "one for each core"
    if field.default is None or isinstance(field.default, SecretStr):
        return ""
    return f"`{field.default}`"
