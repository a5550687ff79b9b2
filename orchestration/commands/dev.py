"""`koubei dev`: Dagster's own UI on the same graph and the same runs."""

from __future__ import annotations

from typing import Annotated

import typer


def dev(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 3000,
    host: Annotated[
        str, typer.Option(help="Address to listen on; anything but loopback is open to others.")
    ] = "127.0.0.1",
) -> None:
    """Show the graph and its runs in the browser, with the schedule and the late-export sensor.

    The UI has no password. Stop it with Ctrl-C.
    """
    import os  # noqa: PLC0415
    import sys  # noqa: PLC0415

    from orchestration.dbt.project import ensure_manifest  # noqa: PLC0415
    from orchestration.graph.instance import write_config  # noqa: PLC0415
    from orchestration.home.lock import require_writable  # noqa: PLC0415
    from orchestration.home.settings import load_settings, prepare_environment  # noqa: PLC0415

    settings = load_settings()
    require_writable(settings)
    prepare_environment(settings)
    write_config(settings.dagster_path)
    ensure_manifest(settings)
    typer.echo(f"http://{host}:{port}  (Ctrl-C stops it)")
    # its notes on parts that are in beta or superseded are for its makers
    arguments = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "dagster",
        "dev",
        "-m",
        "orchestration.graph.definitions",
    ]
    os.execv(sys.executable, [*arguments, "--host", host, "--port", str(port)])
