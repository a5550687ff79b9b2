"""The dbt project as assets, and its tests as their checks: one dbt build."""

from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliResource,
    dbt_assets,
)

from orchestration.dbt.project import node_count
from orchestration.pipeline.dbt_build import building
from orchestration.pipeline.state import RunState


class FoldersAsGroups(DagsterDbtTranslator):
    """A model's group is its room, whatever is above it: staging, voices, crises, kpis, seeds."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """The name that SQL uses: schema and table."""
        props = dbt_resource_props
        return dg.AssetKey([props["schema"], props.get("alias") or props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The innermost folder; a room's steps stand in the room."""
        if dbt_resource_props["resource_type"] == "seed":
            return "seeds"
        folder = Path(dbt_resource_props["original_file_path"]).parent
        room = folder.parent if folder.name == "steps" else folder
        return room.name or "models"


def build_warehouse_asset(manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """Every model and seed of the project in one step."""
    translator = FoldersAsGroups()
    nodes = node_count(dict(manifest))

    @dbt_assets(manifest=manifest, dagster_dbt_translator=translator, name="warehouse")
    def warehouse(
        context: dg.AssetExecutionContext,
        run: dg.ResourceParam[RunState],
        dbt: DbtCliResource,
    ) -> Iterator[Any]:
        with building(run, nodes) as build:
            invocation = dbt.cli(
                build.arguments,
                context=context,
                target_path=build.target_path,
                raise_on_error=False,
            )
            with build.log_path.open("a", encoding="utf-8") as log, redirect_stdout(log):
                for event in invocation.stream_raw_events():
                    build.observe(event.raw_event)
                    yield from event.to_default_asset_events(
                        manifest, translator, context, build.target_path
                    )
            build.end(invocation.process.returncode, manifest)

    return warehouse
