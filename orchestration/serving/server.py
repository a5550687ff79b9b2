"""The server process of `koubei serve`: one port of loopback, until Ctrl-C."""

from __future__ import annotations

import socket

import uvicorn

from orchestration.home.errors import KoubeiError
from orchestration.home.settings import Settings
from orchestration.serving.pages import LOOPBACK, build_app


class ServeError(KoubeiError):
    """The port cannot be had; the message says which other to try."""


def listen(port: int) -> socket.socket:
    """A socket on loopback; port 0 takes any that is free.

    Raises:
        ServeError: Another process has the port, or it needs rights that we do not have.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise ServeError(
            f"port {port} of {LOOPBACK} cannot be had ({error.strerror}): "
            "stop what holds it, or give another: koubei serve --port N"
        ) from None
    return listening


def serve_on(listening: socket.socket, settings: Settings) -> None:
    """Answer requests until the process is stopped."""
    config = uvicorn.Config(
        build_app(settings), log_level="warning", access_log=False, server_header=False
    )
    uvicorn.Server(config).run(sockets=[listening])
