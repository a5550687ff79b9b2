"""Dagster's own folder in the home: the instance that the command line and `koubei dev` share."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

_CONFIG = """\
# Written by koubei; what is changed here is lost.
telemetry:
  enabled: false
# no sign-up page before the graph
nux:
  enabled: false
event_log_storage:
  module: orchestration.graph.event_log
  class: KeptConnectionsEventLogStorage
  config:
    base_dir: {history}
run_storage:
  module: dagster._core.storage.runs
  class: SqliteRunStorage
  config:
    base_dir: {history}
schedule_storage:
  module: dagster._core.storage.schedules
  class: SqliteScheduleStorage
  config:
    base_dir: {schedules}
# one refresh at a time: they would wait for the same build file
concurrency:
  runs:
    max_concurrent_runs: 1
# dbt's lines go to the home's logs; captured output would swallow the progress display
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


def write_config(folder: Path) -> None:
    """Write `dagster.yaml` to the folder that `DAGSTER_HOME` names."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = _CONFIG.format(history=folder / "history", schedules=folder / "schedules")
    path = folder / "dagster.yaml"
    if not path.exists() or path.read_text(encoding="utf-8") != wanted:
        path.write_text(wanted, encoding="utf-8")


def open_instance(folder: Path) -> dg.DagsterInstance:
    """The instance of a folder, to be used in a `with`."""
    write_config(folder)
    return dg.DagsterInstance.from_config(str(folder))
