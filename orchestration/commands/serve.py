"""`koubei serve`: the published pages in the browser of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes any free one.")
    ] = 8080,
    home: Annotated[
        Path | None,
        typer.Option(help="The home to serve; KOUBEI_HOME when left out.", exists=True),
    ] = None,
) -> None:
    """Show the current report, its checks and dbt's docs in the browser, on this machine alone.

    A new publication is shown without a restart. Stop it with Ctrl-C.
    """
    from orchestration.home.settings import load_settings, prepare_environment  # noqa: PLC0415
    from orchestration.serving.server import listen, serve_on  # noqa: PLC0415

    settings = load_settings(**({"home": home} if home else {}))
    prepare_environment()
    listening = listen(port)
    host, taken = listening.getsockname()
    typer.echo(f"http://{host}:{taken}  (Ctrl-C stops it)")
    serve_on(listening, settings)
