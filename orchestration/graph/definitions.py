"""The graph: what the command line runs in process and what `koubei dev` shows."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from expectations.suite import discover
from ingestion.contracts.feeds import Feed, load_feeds
from ingestion.contracts.load import load_contracts
from ingestion.contracts.models import Contract
from orchestration.dbt.project import ensure_manifest, read_manifest
from orchestration.graph.assets.annotation import build_annotations_asset
from orchestration.graph.assets.landing import build_landing_assets
from orchestration.graph.assets.published import build_published_asset
from orchestration.graph.assets.raw import build_raw_asset
from orchestration.graph.assets.scoring import build_scores_asset
from orchestration.graph.assets.warehouse import build_warehouse_asset
from orchestration.graph.checks import asset_key_of, build_suite_checks
from orchestration.graph.jobs import build_late_sensor, build_schedule, refresh
from orchestration.graph.resources import build_dbt, build_run_resource
from orchestration.home.settings import Settings, load_settings, prepare_environment
from orchestration.publication.exposures import exposed_models


def build_defs(
    resource_overrides: Mapping[str, object] | None = None,
    settings: Settings | None = None,
    contracts: Mapping[str, Contract] | None = None,
    feeds: Mapping[str, Feed] | None = None,
) -> dg.Definitions:
    """Assemble the graph around a home.

    Args:
        resource_overrides: Resources by name instead of the default ones: the command line's own
            run, a test's.
        settings: Those of the environment when None.
        contracts: Read already, or None: reading them takes a second.
        feeds: The same.

    Raises:
        KoubeiError: A setting or the dbt project is wrong.
        ContractError: A contract is wrong.
    """
    settings = settings or load_settings()
    prepare_environment(settings)
    contracts = contracts or load_contracts(settings.channels)
    feeds = feeds or load_feeds()
    manifest = read_manifest(ensure_manifest(settings))
    suites = discover()
    landed = [asset_key_of(suite) for suite in suites if suite.stage == "landed"]
    guarded = [asset_key_of(suite) for suite in suites if suite.stage == "marts"]
    exposed = [dg.AssetKey([model.schema, model.name]) for model in exposed_models(manifest)]
    return dg.Definitions(
        assets=[
            *build_landing_assets(contracts),
            build_raw_asset(contracts, feeds),
            build_scores_asset(landed),
            build_annotations_asset(landed),
            build_warehouse_asset(manifest),
            build_published_asset([*guarded, *exposed]),
        ],
        asset_checks=build_suite_checks(suites),
        jobs=[refresh],
        schedules=[build_schedule(settings)],
        sensors=[build_late_sensor(settings)],
        resources={
            "run": build_run_resource(settings),
            "dbt": build_dbt(settings.linked_project_path),
            **(resource_overrides or {}),
        },
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster's own tools load; built when they do, not when this module is imported."""
    return build_defs()
