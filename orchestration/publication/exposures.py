"""What is published: the models that the dbt project's exposures depend on, with their labels.

Nothing here lists a table by name; `dbt_project/models/exposures.yml` does, and dbt's manifest
carries it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.home.errors import KoubeiError


class ExposureError(KoubeiError):
    """The dbt manifest is missing, unreadable, or exposes nothing that can be published."""


@dataclass(frozen=True)
class ExposedColumn:
    """A column as the project describes it: Chinese and English label, and its description."""

    name: str
    label_zh: str | None
    label_en: str | None
    description: str


@dataclass(frozen=True)
class ExposedModel:
    """A model to publish: where dbt built it, its grain's key, and what people call it."""

    schema: str
    name: str
    key: tuple[str, ...]
    label_zh: str | None
    label_en: str | None
    description: str
    grain: str | None
    columns: Mapping[str, ExposedColumn]
    meta: Mapping[str, Any]
    # the project's file that describes it, as dbt names it: koubei://models/kpis/_kpis_voice.yml
    described_in: str = ""

    @property
    def qualified(self) -> str:
        """The name that readers use: `schema.table`."""
        return f"{self.schema}.{self.name}"


def read_manifest_of_dbt(path: Path) -> dict[str, Any]:
    """Read dbt's `manifest.json`.

    Raises:
        ExposureError: The file is missing or is not dbt's manifest.
    """
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ExposureError(
            f"{path}: dbt's manifest is not there; build first (koubei refresh)"
        ) from None
    except (OSError, ValueError) as error:
        raise ExposureError(f"{path}: dbt's manifest cannot be read ({error})") from None
    if not isinstance(manifest, dict) or "nodes" not in manifest:
        raise ExposureError(f"{path}: this is not dbt's manifest; build again (koubei refresh)")
    return manifest


def exposed_models(manifest: Mapping[str, Any]) -> list[ExposedModel]:
    """The models that exposures depend on, by schema and name; seeds and tests are left out.

    Raises:
        ExposureError: No exposure depends on a model, so there would be nothing to publish.
    """
    wanted = {
        unique_id
        for exposure in manifest.get("exposures", {}).values()
        for unique_id in exposure.get("depends_on", {}).get("nodes", [])
    }
    nodes = manifest.get("nodes", {})
    models = [
        _model(nodes[unique_id])
        for unique_id in wanted
        if unique_id in nodes
        and nodes[unique_id].get("resource_type") == "model"
        and _config(nodes[unique_id]).get("materialized") != "ephemeral"
    ]
    if not models:
        raise ExposureError(
            "models/exposures.yml: no exposure depends on a model, so there is nothing to publish; "
            "list what readers use under depends_on"
        )
    return sorted(models, key=lambda model: (model.schema, model.name))


def _config(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return node.get("config") or {}


def _meta(node: Mapping[str, Any]) -> dict[str, Any]:
    # dbt 1.11 keeps meta under config and mirrors it at the top for what was written there
    return {**(node.get("meta") or {}), **(_config(node).get("meta") or {})}


def _model(node: Mapping[str, Any]) -> ExposedModel:
    meta = _meta(node)
    key = meta.get("key") or []
    description = " ".join(str(node.get("description") or "").split())
    return ExposedModel(
        schema=node["schema"],
        name=node.get("alias") or node["name"],
        key=(key,) if isinstance(key, str) else tuple(key),
        label_zh=meta.get("label_zh") or chinese_of(description),
        label_en=meta.get("label_en"),
        description=description,
        grain=meta.get("grain"),
        columns={name: _column(column) for name, column in (node.get("columns") or {}).items()},
        meta=meta,
        described_in=node.get("patch_path") or "",
    )


def _column(column: Mapping[str, Any]) -> ExposedColumn:
    meta = _meta(column)
    description = " ".join(str(column.get("description") or "").split())
    return ExposedColumn(
        name=column["name"],
        label_zh=meta.get("label_zh") or chinese_of(description),
        label_en=meta.get("label_en"),
        description=description,
    )


def chinese_of(description: str) -> str | None:
    """The Chinese half of `中文；English` (or `中文 / English`); None of any other text."""
    for separator in ("；", " / "):
        chinese, found, _ = description.partition(separator)
        if found and any("\u4e00" <= letter <= "\u9fff" for letter in chinese):
            return chinese.strip()
    return None
