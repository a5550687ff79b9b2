"""A Superset of its own on loopback: its settings, its metadata, and its REST API.

Setting up the metadata takes most of a minute, so a copy of what was set up is kept beside the
environment, under a name that holds the hash of the lock.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOCK = Path(__file__).with_name("requirements.lock")
USER = "admin"
_SETTINGS = '''\
"""Superset for a test: one process on loopback, no cache, nothing that calls out."""
import copy
import os

from superset.config import TALISMAN_CONFIG as _USUAL
from superset.utils.log import StdOutEventLogger

SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
SQLALCHEMY_DATABASE_URI = os.environ["SUPERSET_METADATA"]
RATELIMIT_ENABLED = False
# SQLite has one writer: what people clicked on goes to the log, and the rest waits its turn
EVENT_LOGGER = StdOutEventLogger()
SQLALCHEMY_ENGINE_OPTIONS = {"connect_args": {"timeout": 120}}
# the browser asks for a pixel of a tracker; the policy keeps it from leaving the machine
TALISMAN_CONFIG = copy.deepcopy(_USUAL)
TALISMAN_CONFIG["content_security_policy"]["img-src"] = ["'self'", "blob:", "data:"]
TALISMAN_CONFIG["content_security_policy"]["connect-src"] = ["'self'"]
'''


@dataclass
class Superset:
    """A running server."""

    url: str
    password: str
    log: Path
    _headers: dict[str, str] = field(default_factory=dict, repr=False)
    _opener: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    )

    def import_bundle(self, bundle: Path, *, password: str | None = None) -> None:
        """Import through the door for assets that are kept under version control."""
        passwords = {"databases/koubei.yaml": password} if password else {}
        fields = {"passwords": json.dumps(passwords)}
        self.post_file("/api/v1/assets/import/", "bundle", bundle, fields)

    def listed(self, kind: str) -> list[dict[str, Any]]:
        """All databases, datasets, charts or dashboards."""
        found: list[dict[str, Any]] = []
        while True:
            asked = f"(page:{len(found) // 100},page_size:100)"
            page = self.get(f"/api/v1/{kind}/?q={asked}")["result"]
            found += page
            if len(page) < 100:
                return found

    def get(self, path: str) -> Any:
        return self._ask(urllib.request.Request(self.url + path))

    def post(self, path: str, said: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        body = json.dumps(said).encode()
        return self._ask(urllib.request.Request(self.url + path, body, headers))

    def post_file(self, path: str, name: str, file: Path, fields: dict[str, str]) -> Any:
        edge = uuid.uuid4().hex
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="{file.name}"\r\n'
        )
        kind = "Content-Type: application/zip\r\n\r\n"
        parts += [head.encode(), kind.encode(), file.read_bytes(), f"\r\n--{edge}--\r\n".encode()]
        headers = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        return self._ask(urllib.request.Request(self.url + path, b"".join(parts), headers))

    def sign_in(self) -> None:
        said = {"username": USER, "password": self.password, "provider": "db", "refresh": False}
        token = self.post("/api/v1/security/login", said)["access_token"]
        self._headers = {"Authorization": f"Bearer {token}", "Referer": self.url}
        self._headers["X-CSRFToken"] = self.get("/api/v1/security/csrf_token/")["result"]

    def _ask(self, request: urllib.request.Request) -> Any:
        for name, value in self._headers.items():
            request.add_header(name, value)
        try:
            with self._opener.open(request, timeout=300) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")[:2000]
            raise AssertionError(f"{request.full_url}: {error.code} {said}") from None


@contextlib.contextmanager
def started(venv: Path, folder: Path) -> Iterator[Superset]:
    """Start it, wait until it answers, sign in; stop it at the end."""
    password = secrets.token_hex(16)
    metadata = folder / "metadata.db"
    environment = _environment(venv, folder, metadata)
    kept = venv / "metadata" / f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]}.db"
    if not kept.exists():
        _set_up(venv, environment)
        kept.parent.mkdir(exist_ok=True)
        shutil.copyfile(metadata, kept.with_suffix(".new"))
        kept.with_suffix(".new").replace(kept)
    else:
        shutil.copyfile(kept, metadata)
    names = ["--username", USER, "--firstname", "A", "--lastname", "B", "--email", "a@localhost"]
    asked = ["fab", "create-admin", *names, "--password", password]
    _run(venv, environment, asked)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    log = folder / "server.log"
    with log.open("wb") as held:
        server = subprocess.Popen(
            [venv / "bin/gunicorn", "--workers", "1", "--worker-class", "gthread", "--threads", "8",
             "--timeout", "300", "--bind", address, "superset.app:create_app()"],
            env=environment, cwd=folder, stdout=held, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        _wait(f"http://{address}/health", server, log)
        superset = Superset(f"http://{address}", password, log)
        superset.sign_in()
        yield superset
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()


def _environment(venv: Path, folder: Path, metadata: Path) -> dict[str, str]:
    settings = folder / "superset_config.py"
    settings.write_text(_SETTINGS, encoding="utf-8")
    return {
        "PATH": f"{venv / 'bin'}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TMPDIR": str(folder),
        "FLASK_APP": "superset.app:create_app()",
        "SUPERSET_HOME": str(folder),
        "SUPERSET_CONFIG_PATH": str(settings),
        "SUPERSET_SECRET_KEY": secrets.token_hex(32),
        "SUPERSET_METADATA": f"sqlite:///{metadata}",
        "SCARF_ANALYTICS": "false",
    }


def _set_up(venv: Path, environment: dict[str, str]) -> None:
    for asked in (["db", "upgrade"], ["init"]):
        _run(venv, environment, asked)


def _run(venv: Path, environment: dict[str, str], asked: list[str]) -> None:
    done = subprocess.run(
        [venv / "bin/superset", *asked],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until:
        assert server.poll() is None, log.read_text(errors="replace")[-3000:]
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.5)
    raise AssertionError(f"{url} does not answer: {log.read_text(errors='replace')[-3000:]}")
