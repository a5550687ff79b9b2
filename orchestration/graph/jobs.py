"""The one job, and what starts it: a schedule, and a sensor for exports that come late."""

import hashlib
from collections.abc import Sequence

import dagster as dg

from ingestion.files.deliveries import Delivery
from orchestration.graph.resources import run_config
from orchestration.home.settings import Settings
from orchestration.pipeline.pending import pending_now
from orchestration.publication.connections import BusyError

refresh = dg.define_asset_job(
    "refresh",
    description="Land what is pending, score, build, check, publish.",
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
)


def build_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """The nightly refresh of every day that is pending."""

    @dg.schedule(
        job=refresh,
        cron_schedule=settings.schedule,
        execution_timezone=settings.timezone,
        description="Every night, all days that have exports and have not landed.",
    )
    def refresh_daily() -> dg.RunRequest | dg.SkipReason:
        try:
            pending, _ = pending_now(settings)
        except BusyError as error:
            return dg.SkipReason(str(error))
        return _request(pending)

    return refresh_daily


def build_late_sensor(settings: Settings) -> dg.SensorDefinition:
    """A refresh when an export arrives for a day that has been built already."""

    @dg.sensor(
        job=refresh,
        minimum_interval_seconds=15 * 60,
        description="Late and corrected exports: files for days that were built without them.",
    )
    def late_exports() -> dg.RunRequest | dg.SkipReason:
        try:
            pending, last = pending_now(settings)
        except BusyError as error:
            return dg.SkipReason(str(error))
        return _request([each for each in pending if last is not None and each.export_date <= last])

    return late_exports


def _request(pending: Sequence[Delivery]) -> dg.RunRequest | dg.SkipReason:
    if not pending:
        return dg.SkipReason("no export waits to be landed")
    days = [delivery.export_date for delivery in pending]
    # the same files are not asked for twice while a run of them waits or was refused
    waiting = sorted(f"{each.file_name}|{each.size_bytes}|{each.modified_at}" for each in pending)
    return dg.RunRequest(
        run_key=hashlib.sha256("\n".join(waiting).encode()).hexdigest(),
        run_config=run_config(min(days), max(days)),
    )
