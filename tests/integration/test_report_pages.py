"""The report in a real browser, at a desk and on a phone, in both languages, by day and by night."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.integration.home import Home

pytestmark = pytest.mark.integration

LARGEST = 3 * 1024 * 1024
WIDTHS = (1280, 390)
LANGUAGES = {"zh": "", "en": "#en"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# short names that both languages use
SHARED = re.compile(r"KOC|KOL|NPS|NSR|UGC|CAC|LTV|ROAS|CSAT|ESG|SOV|SOM|RFM|Koubei|English|K-factor", re.I)  # fmt: skip

# every text that a reader sees, with whether it is data: a name, a quote, a code
SEEN = """
() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const parent = walker.currentNode.parentElement;
    if (!text || !parent.checkVisibility()) continue;
    seen.push([text, parent.closest('.asis, code, .turn, .key') !== null]);
  }
  return seen;
}
"""

# WCAG 2: relative luminance of text and of the first opaque ground behind it
CONTRAST = """
() => {
  const part = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const rgba = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const ground = node => {
    const layers = [];
    for (let each = node; each; each = each.parentElement) {
      const colour = rgba(getComputedStyle(each).backgroundColor);
      const alpha = colour.length > 3 ? colour[3] : 1;
      if (alpha > 0) layers.push([...colour.slice(0, 3), alpha]);
      if (alpha === 1) break;
    }
    return layers.reverse().reduce(
      (under, [r, g, b, a]) => [r, g, b].map((v, i) => v * a + under[i] * (1 - a)), [255, 255, 255]);
  };
  const poor = {};
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some(each => each.nodeType === 3 && each.textContent.trim());
    if (!own || !node.checkVisibility()) continue;
    const style = getComputedStyle(node);
    const drawn = node instanceof SVGElement ? style.fill : style.color;
    if (!drawn.startsWith('rgb')) continue;
    const [a, b] = [light(rgba(drawn)), light(ground(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(style.fontSize) >= 24;
    if (ratio < (large ? 3 : 4.5)) poor[drawn + ' on ' + ground(node).map(Math.round)] =
      [node.textContent.trim().slice(0, 30), ratio.toFixed(2)];
  }
  return poor;
}
"""


# letters of charts that stick out of their drawing, or stand in those of another
CROWDED = """
() => {
  const crowded = [];
  for (const svg of document.querySelectorAll('figure.chart svg')) {
    const frame = svg.getBoundingClientRect();
    const boxes = [...svg.querySelectorAll('text')].map(
      each => [each.textContent, each.getBoundingClientRect()]).filter(([, box]) => box.width);
    boxes.forEach(([text, box], place) => {
      if (box.left < frame.left - 2 || box.right > frame.right + 2) crowded.push(['cut', text]);
      for (const [other, its] of boxes.slice(place + 1))
        if (box.left < its.right - 1 && its.left < box.right - 1
            && box.top < its.bottom - 6 && its.top < box.bottom - 6) crowded.push([text, other]);
    });
  }
  return crowded;
}
"""


def chromium() -> str:
    """The browser; CI brings it (`.ci/run`), elsewhere it may be missing."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or ""
    if not found and not os.environ.get("CI"):
        pytest.skip("no chromium on this machine: apt-get install chromium fonts-noto-cjk")
    assert found, "no chromium: .ci/run installs it where it can"
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = chromium()
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield opened
        opened.close()


class Reader:
    """One look at a page: nothing but the file itself may be asked for, and nothing may complain."""

    def __init__(self, browser: Browser, width: int, scheme: str = "light") -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=True
        )
        self.page: Page = self.context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: Path, anchor: str = "") -> Page:
        address = path.resolve().as_uri()

        def only_the_file(route: Route) -> None:
            if route.request.url.partition("#")[0] == address:
                route.continue_()
            else:
                self.asked.append(route.request.url)
                route.abort()

        self.page.route("**/*", only_the_file)
        self.page.goto("about:blank")
        self.page.goto(address + anchor)
        return self.page


def opened_up(page: Page) -> Page:
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    return page


def visible(page: Page) -> list[tuple[str, bool]]:
    return [(text, is_data) for text, is_data in page.evaluate(SEEN)]


def in_the_wrong_language(texts: list[tuple[str, bool]], language: str) -> list[str]:
    """Texts that are neither data nor in the language: Chinese signs, or English words."""
    wrong = []
    for text, is_data in texts:
        if is_data:
            continue
        if language == "en" and CHINESE.search(text):
            wrong.append(text)
        if language == "zh" and not CHINESE.search(text):
            words = re.findall(r"[A-Za-z]{4,}", SHARED.sub("", text))
            wrong += [text] if words else []
    return wrong


@pytest.fixture(scope="module")
def report(demo_home: Home) -> Path:
    return demo_home.path / "published" / "report.html"


@pytest.fixture(scope="module")
def products(demo_home: Home) -> list[str]:
    """Names of products, which are the same in both languages; longer ones first."""
    rows = demo_home.query("select distinct product_name from segments.dim_products")
    return sorted((row["product_name"] for row in rows), key=len, reverse=True)


def without(text: str, names: list[str]) -> str:
    for name in names:
        text = text.replace(name, "")
    return text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_reader_sees_one_language_and_the_whole_width_and_asks_for_nothing_else(
    browser: Browser, report: Path, products: list[str], width: int, language: str
) -> None:
    reader = Reader(browser, width)
    page = opened_up(reader.open(report, LANGUAGES[language]))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    texts = [(without(text, products), is_data) for text, is_data in visible(page)]
    assert len(texts) > 200
    assert in_the_wrong_language(texts, language) == []
    labels: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('td[data-zh]')].map("
        "each => getComputedStyle(each, '::before').content)"
    )
    assert in_the_wrong_language([(each, False) for each in set(labels) - {"none"}], language) == []
    assert reader.asked == []
    assert reader.complaints == []


def test_the_page_is_one_small_file(report: Path) -> None:
    assert report.stat().st_size < LARGEST


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_by_day_and_by_night(browser: Browser, report: Path, scheme: str) -> None:
    page = opened_up(Reader(browser, 1280, scheme).open(report))
    assert page.evaluate(CONTRAST) == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_letters_of_charts_are_whole_and_apart(
    browser: Browser, report: Path, width: int, language: str
) -> None:
    page = opened_up(Reader(browser, width).open(report, LANGUAGES[language]))
    assert page.evaluate(CROWDED) == []


def test_charts_have_a_name_words_and_the_numbers_behind_them(
    browser: Browser, report: Path
) -> None:
    page = Reader(browser, 1280).open(report)
    figures = page.locator("figure.chart")
    assert figures.count() >= 5
    for figure in figures.all():
        picture = figure.locator("div[role=img]")
        name = picture.get_attribute("aria-labelledby")
        assert page.locator(f"#{name}").inner_text().strip()
        assert figure.locator("figcaption").inner_text().strip()
        assert figure.locator("details table tbody tr").count() >= 1
    pictures = page.locator("svg")
    named = page.locator("svg[aria-labelledby], [role=img] svg")
    assert pictures.count() == named.count(), "a picture that nobody can hear"


def test_the_language_is_one_click_and_stays_from_section_to_section(
    browser: Browser, report: Path
) -> None:
    # mail readers and chat apps open the page without scripts
    context = browser.new_context(viewport={"width": 390, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    page.goto(report.resolve().as_uri())
    assert page.locator("h1").inner_text().startswith("数据截至")
    page.get_by_role("link", name="English").click()
    assert page.locator("h1").inner_text().startswith("Data as of")
    page.get_by_role("link", name="Pain and praise").click()
    assert page.locator("#h-voices").inner_text().startswith("Pain and praise")
    assert page.locator("h1").inner_text().startswith("Data as of")
    page.get_by_role("link", name="中文").click()
    assert page.locator("h1").inner_text().startswith("数据截至")
    context.close()


def test_quotes_are_words_of_the_published_evidence(
    browser: Browser, report: Path, demo_home: Home
) -> None:
    page = opened_up(Reader(browser, 1280).open(report))
    quoted: set[str] = set(page.locator("[data-section=voices] q").all_inner_texts())
    said = {
        row["evidence_text"]
        for row in demo_home.query("select distinct evidence_text from reviews.fct_voice_aspects")
    }
    assert quoted
    assert quoted <= said
    assert not [quote for quote in quoted if re.search(r"1\d{10}|@", quote)]


def tiles(page: Page) -> dict[str, Any]:
    return page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('.tile')].map("
        "each => [each.dataset.kpi, each.querySelector('.value')?.textContent ?? null]))"
    )


def test_every_kpi_of_the_scorecard_has_a_tile(
    browser: Browser, report: Path, demo_home: Home
) -> None:
    shown = tiles(Reader(browser, 1280).open(report))
    known = demo_home.query("select distinct kpi_code from kpis.kpi_scorecard order by all")
    assert sorted(shown) == [row["kpi_code"] for row in known]


def test_a_feed_that_never_came_is_named_and_a_refused_night_is_seen_first(
    browser: Browser, own_home: Home, products: list[str], tmp_path: Path
) -> None:
    front = own_home.path / "published" / "report.html"
    assert front.is_symlink()
    without_experiments(own_home, tmp_path / "report.html")
    for language, anchor in LANGUAGES.items():
        page = Reader(browser, 390).open(tmp_path / "report.html", anchor)
        said = page.locator("[data-section=experiments]").inner_text()
        assert {"zh": "没有渠道交付过", "en": "No channel has delivered"}[language] in said
        assert page.locator("[data-section=experiments] table").count() == 0

    refuse(own_home)
    for language, anchor in LANGUAGES.items():
        reader = Reader(browser, 390)
        page = opened_up(reader.open(front, anchor))
        notice = page.locator("section.refused")
        assert notice.is_visible()
        assert notice.bounding_box()["y"] < 900, "above the fold of a phone"
        assert "raw_reviews_stars" in notice.inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        texts = [(without(text, products), is_data) for text, is_data in visible(page)]
        assert in_the_wrong_language(texts, language) == []
        assert reader.complaints == []
    published = Reader(browser, 390).open(own_home.current / "report.html")
    assert published.locator("section.refused").count() == 0, "what is published stays"


def without_experiments(home: Home, path: Path) -> None:
    """Write the report of a home whose channels never delivered an experiment."""
    from orchestration.home.settings import Settings
    from orchestration.publication.exposures import exposed_models, read_manifest_of_dbt
    from orchestration.publication.feed_health import read_health
    from orchestration.publication.labels import read_labels
    from orchestration.publication.meta_tables import prepare
    from orchestration.report.write import write_report

    settings = Settings(_env_file=None, home=home.path)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("delete from raw.file_feeds where feed = 'experiments'")
        for table in ("fct_experiments", "mart_attribution_calibration"):
            connection.execute(f"delete from attribution.{table}")
        prepare(connection, "empty", date.fromisoformat(home.manifest["as_of"]))
        write_report(
            connection,
            path,
            manifest=home.manifest,
            models=exposed_models(read_manifest_of_dbt(settings.manifest_path)),
            health=read_health(connection),
            labels=read_labels(settings),
        )


def refuse(home: Home) -> None:
    """What a refresh leaves that the gate refused, without building for minutes.

    test_gate.py runs the whole of one; here it is about the page.
    """
    from orchestration.home.settings import Settings
    from orchestration.publication import ledger
    from orchestration.publication.connections import open_file
    from orchestration.report.front_page import rewrite_front_page

    settings = Settings(_env_file=None, home=home.path)
    check = ledger.CheckResult(
        "raw_reviews_stars", "gx", "raw.reviews", "critical", False, 1, "1 行 rating_raw > 5",
        [{"channel_code": "shop"}],
    )  # fmt: skip
    with open_file(settings.warehouse_path) as connection:
        ledger.record_checks(connection, "refused-run", 10**6, [check])
        ledger.record_verdict(
            connection,
            ledger.LedgerEntry(
                publication_id=None, as_of=date(2026, 11, 1), load_id=10**6,
                run_id="refused-run", verdict="refused", reason="raw.reviews: 评分",
                published_at=datetime(2026, 11, 2, 5, 3),
            ),
        )  # fmt: skip
        rewrite_front_page(settings, connection)
