"""The pages of `koubei serve`: the current publication's report, checks and docs, and the guide.

Every request follows the pointer anew, so a new publication is shown without a restart; what the
pointer leads to is answered with a redirect to that publication's own address, so that the pages of
one visit are of one publication. Only reports and checks of publications that are kept, and the
docs made of one, have an address: no file is found by its path in the home.
"""

from __future__ import annotations

from functools import cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestration.home.settings import Settings
from orchestration.publication import store
from orchestration.publication.store import Published
from orchestration.report.front_page import FRONT_PAGE
from orchestration.serving.dbt_docs import DocsError, docs_of
from orchestration.serving.guide import START, as_html, guide

LOOPBACK: Final = "127.0.0.1"
_kind_of = attrgetter("kind")
_HEADERS: Final = {
    # a page fetches nothing from outside and is framed by no other page; dbt's docs
    # are one page of scripts that compile templates
    "content-security-policy": "default-src 'self' data: blob:; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


def build_app(settings: Settings) -> Starlette:
    """The application over one home; it reads, and writes nothing but the cached docs."""
    pages = _Pages(settings)
    routes = [
        Route("/", pages.index),
        Route("/report", pages.report),
        Route("/quality", pages.quality),
        Route("/docs", pages.docs),
        Route("/guide", pages.guide),
        Route("/guide/{name:path}", pages.guide),
        Route("/publications/{publication_id}/report.html", pages.report_of),
        Route("/publications/{publication_id}/quality/{name:path}", pages.quality_of),
        Route("/publications/{publication_id}/docs.html", pages.docs_of),
    ]
    middleware = [
        Middleware(_Guarded),
        # a page of another site cannot reach this one by a name of its own for loopback
        Middleware(TrustedHostMiddleware, allowed_hosts=[LOOPBACK, "localhost"]),
    ]
    return Starlette(
        routes=routes, middleware=middleware, exception_handlers={HTTPException: _show_error}
    )


class _Pages:
    """Answers over the publications of one home."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.published_path
        self._front_page = self._folder / FRONT_PAGE

    def index(self, request: Request) -> Response:
        """What is published, and where to read it."""
        return HTMLResponse(
            _template("index.html.j2").render(
                seen=store.current(self._folder),
                kept=store.kept(self._folder)[::-1],
                is_refused=self._is_refused(),
            )
        )

    def report(self, request: Request) -> Response:
        """The page that readers keep open: after a refused run it says so above the report."""
        return FileResponse(self._front_page) if self._is_refused() else self._to("report.html")

    def quality(self, request: Request) -> Response:
        return self._to("quality/index.html")

    def docs(self, request: Request) -> Response:
        return self._to("docs.html")

    def guide(self, request: Request) -> Response:
        """A page of the project's docs, beside the list of all; the same whatever is published."""
        found = guide().get(request.path_params.get("name", START))
        if found is None:
            raise HTTPException(404, "没有这个页面；there is no such page")
        groups = [(kind, list(pages)) for kind, pages in groupby(guide().values(), _kind_of)]
        page = _template("guide.html.j2").render(page=found, groups=groups, body=as_html(found))
        return HTMLResponse(page)

    def report_of(self, request: Request) -> Response:
        return _file(self._asked(request).path, "report.html")

    def quality_of(self, request: Request) -> Response:
        name = request.path_params["name"] or "index.html"
        return _file(self._asked(request).path / "quality", name)

    def docs_of(self, request: Request) -> Response:
        """The docs of dbt, made of the manifest and the published tables on the first request."""
        try:
            return HTMLResponse(docs_of(self._settings, self._asked(request)))
        except DocsError as error:
            raise HTTPException(404, str(error)) from None

    def _is_refused(self) -> bool:
        # a link to the current report while all is well
        return self._front_page.is_file() and not self._front_page.is_symlink()

    def _to(self, page: str) -> Response:
        seen = store.current(self._folder)
        if seen is None:
            raise HTTPException(404, "还没有发布；nothing is published yet: run koubei refresh")
        return RedirectResponse(f"/publications/{seen.publication_id}/{page}", status_code=307)

    def _asked(self, request: Request) -> Published:
        wanted = request.path_params["publication_id"]
        for published in store.kept(self._folder):
            if published.publication_id == wanted:
                return published
        raise HTTPException(
            404, "没有这次发布，或已清理；no such publication, or it is no longer kept"
        )


class _Guarded:
    """Adds the headers above to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, guarded)


def _file(root: Path, name: str) -> Response:
    """A file under `root`, wherever links and dots in its name lead to."""
    try:
        root = root.resolve()
        path = (root / name).resolve()
        is_there = path.is_relative_to(root) and path.is_file()
    except (OSError, ValueError):
        is_there = False
    if not is_there:
        raise HTTPException(404, "没有这个页面；there is no such page")
    return FileResponse(path)


def _show_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    page = _template("error.html.j2").render(code=error.status_code, said=error.detail)
    return HTMLResponse(page, status_code=error.status_code)


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template(name)
