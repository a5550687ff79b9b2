"""A dashboard in a real browser: what it asked for, what it got, and what it looks like."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    BrowserContext,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.superset.server import USER, Superset

CHROMIUM = "/usr/bin/chromium"
_TRACKER = "https://apachesuperset.gateway.scarf.sh/"
# tall enough for all charts at once: Superset asks only for those in sight
_TALL = {1280: 5_000, 390: 12_000}
_LOADING = "[data-test=loading-indicator], .loading"
_PATIENCE_MS = 90_000


@dataclass
class Drawn:
    """One dashboard at one width."""

    picture: Path
    faults: list[str] = field(default_factory=list)
    asked: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Number of a chart to the question that the page sent for it."""
    answered: dict[int, dict[str, Any]] = field(default_factory=dict)


@contextlib.contextmanager
def signed_in(superset: Superset) -> Iterator[BrowserContext]:
    """A browser that has signed in by the page, as people do."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(locale="zh-CN")
        context.set_default_timeout(_PATIENCE_MS)
        page = context.new_page()
        page.goto(f"{superset.url}/login/")
        page.fill("#username", USER)
        page.fill("#password", superset.password)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "login" not in url)
        page.close()
        yield context
        browser.close()


def draw(
    context: BrowserContext,
    superset: Superset,
    slug: str,
    *,
    width: int,
    charts: int,
    picture: Path,
) -> Drawn:
    """Open a dashboard, wait for all its charts, take its picture.

    Args:
        context: A signed-in browser.
        superset: The server; anything asked of another one is a fault.
        slug: The dashboard.
        width: Of the screen, in pixels.
        charts: How many charts it has.
        picture: Where the picture goes.
    """
    drawn = Drawn(picture)
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": _TALL[width]})
    page.on("request", lambda request: _note_request(drawn, superset, request))
    page.on("requestfailed", lambda request: _note_failure(drawn, request))
    page.on("response", lambda response: _note_response(drawn, response))
    page.goto(f"{superset.url}/superset/dashboard/{slug}/")
    for _ in range(900):
        if len(drawn.answered) >= charts:
            break
        page.wait_for_timeout(100)
    else:
        drawn.faults.append(f"{len(drawn.answered)} of {charts} charts were answered")
    # a condition as a string would be evaluated in the page, which Superset's policy forbids
    expect(page.locator(_LOADING)).to_have_count(0, timeout=_PATIENCE_MS)
    page.wait_for_timeout(1_500)
    _fit(page, width)
    drawn.faults += _faults_in(page, charts)
    page.screenshot(path=str(picture))
    page.close()
    return drawn


def _fit(page: Page, width: int) -> None:
    height = page.evaluate(
        "Math.ceil(Math.max(...[...document.querySelectorAll('.dashboard-component')]"
        ".map(each => each.getBoundingClientRect().bottom)))"
    )
    page.set_viewport_size({"width": width, "height": int(height) + 60})
    page.wait_for_timeout(1_500)


def _faults_in(page: Page, charts: int) -> list[str]:
    faults = [
        f"error on the page: {each.inner_text()[:200]}"
        for each in page.query_selector_all(
            ".ant-alert-error, [data-test=error-message], .chart-container .alert-danger"
        )
    ]
    shown = page.locator("[data-test=chart-grid-component]").count()
    if shown != charts:
        faults.append(f"{shown} of {charts} charts stand on the page")
    # a phone scrolls down, and sideways only within a chart
    edge = "[...document.querySelectorAll('.grid-row')].map(r => r.getBoundingClientRect().right)"
    if page.evaluate(f"Math.max(...{edge}) > window.innerWidth + 1"):
        faults.append("a row is wider than the screen")
    return faults


def _note_request(drawn: Drawn, superset: Superset, request: Request) -> None:
    if not request.url.startswith((superset.url, "data:", "blob:", _TRACKER)):
        drawn.faults.append(f"asked another server: {request.url}")
    number = _chart_of(request)
    if number is not None:
        drawn.asked[number] = json.loads(request.post_data or "{}")


def _note_failure(drawn: Drawn, request: Request) -> None:
    if request.url.startswith(_TRACKER):
        # refused by the policy before it left; anything else would be a call to the outside
        if request.failure != "csp":
            drawn.faults.append(f"not refused but {request.failure}: {request.url}")
    elif "/superset/log/" not in request.url:
        drawn.faults.append(f"{request.failure}: {request.url}")


def _note_response(drawn: Drawn, response: Response) -> None:
    if response.status >= 400:
        drawn.faults.append(f"{response.status}: {response.url}")
    number = _chart_of(response.request)
    if number is not None and response.status < 400:
        drawn.answered[number] = {"status": response.status}


def _chart_of(request: Request) -> int | None:
    if "/api/v1/chart/data" not in request.url or request.method != "POST":
        return None
    said = json.loads(request.post_data or "{}")
    number = (said.get("form_data") or {}).get("slice_id")
    return int(number) if number else None
