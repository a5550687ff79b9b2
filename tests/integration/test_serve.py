"""`koubei serve` as a real process: what it shows of a home, and that it shows nothing else."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.unit.publication.house import House, dbt_manifest

pytestmark = pytest.mark.integration

KEY = "the key that nobody may read 0123456789"


@dataclass
class Server:
    """The process, and one request at a time to it, path and headers as they are given."""

    process: subprocess.Popen[str]
    port: int

    def ask(
        self, path: str, *, method: str = "GET", host: str | None = None
    ) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host or f"127.0.0.1:{self.port}")
        connection.endheaders()
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.read().decode()

    def text(self, path: str) -> str:
        """The page behind a path, redirects followed."""
        status, headers, text = self.ask(path)
        while status == 307:
            status, headers, text = self.ask(headers["location"])
        assert status == 200, text
        return text


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A home with publications, and what must not leave it."""
    folder = tmp_path_factory.mktemp("serve")
    manifest = dbt_manifest()
    manifest |= {"metadata": {"send_anonymous_usage_stats": True}, "sources": {}}
    voices = manifest["nodes"]["model.koubei.fct_voices"]
    voices["build_path"] = "/srv/secret/path"
    voices["description"] += "</script><script>alert(1)</script>"
    house = House(folder / "home", manifest).build()
    quality = folder / "quality"
    quality.mkdir()
    (quality / "index.html").write_text("<p>每项检查 every check</p>")
    house.publish(data_docs=quality)
    (house.home / "hash.key").write_text(KEY)
    return house


@pytest.fixture(scope="module")
def server(house: House) -> Iterator[Server]:
    process = start(house, "--port", "0")
    assert process.stdout is not None
    said = process.stdout.readline()
    found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)  \(Ctrl-C stops it\)\n", said)
    assert found, said
    yield Server(process, int(found[1]))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert "Traceback" not in errors


def start(house: House, *arguments: str) -> subprocess.Popen[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("KOUBEI_")
    }
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "serve", "--home", str(house.home), *arguments],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def another(house: House) -> None:
    """Publish again, with one voice more."""
    house.run(
        "insert into reviews.fct_voices "
        "select 'again:' || count(*), 'jd', null, null, null, 0 from reviews.fct_voices"
    )
    house.publish(data_docs=house.home.with_name("quality"))


def test_the_current_publication_is_shown_and_a_new_one_without_a_restart(
    house: House, server: Server
) -> None:
    index = server.text("/")
    first = os.readlink(house.published / "current")
    assert first in index
    for words in ("日报 Report", "数据质量 Data quality", "dbt docs", "当前 current"):
        assert words in index
    assert server.text("/report") == (house.published / first / "report.html").read_text()
    assert "every check" in server.text("/quality")

    another(house)
    second = os.readlink(house.published / "current")
    assert second != first
    assert server.ask("/report")[1]["location"] == f"/publications/{second}/report.html"
    assert server.text("/report") == (house.published / second / "report.html").read_text()
    index = server.text("/")
    # the former one keeps its address for as long as it is kept
    assert index.index(second) < index.index(first)
    assert server.ask(f"/publications/{first}/report.html")[0] == 200
    shutil.rmtree(house.published / first)
    assert server.ask(f"/publications/{first}/report.html")[0] == 404


def test_the_docs_describe_the_published_tables_and_stay_on_this_machine(
    house: House, server: Server
) -> None:
    page = server.text("/docs")
    catalog = json.loads(page.split("catalog:", 1)[1].split("},r={project", 1)[0] or "null")
    voices = catalog["nodes"]["model.koubei.fct_voices"]
    assert voices["stats"]["row_count"]["value"] >= 3
    assert voices["columns"]["value_cny"]["type"] == "DECIMAL(18,2)"
    assert '"send_anonymous_usage_stats":false' in page
    assert "/srv/secret/path" not in page
    assert "</script><script>alert(1)" not in page
    # it opens with the list of the project's own pages
    assert "](/guide/docs/tutorial)" in page
    # made once for a publication, and anew for the next one
    (cached,) = (house.settings.dbt_path / "docs").glob("*.html")
    assert server.text("/docs") == cached.read_text()
    another(house)
    assert server.text("/docs") != page


def test_a_refused_run_is_shown_on_the_report_and_the_first_page(
    house: House, server: Server
) -> None:
    front_page = house.published / "report.html"
    assert front_page.is_symlink()
    assert "refused" not in server.text("/")
    link = os.readlink(front_page)
    front_page.unlink()
    front_page.write_text("未发布 refused, and why")
    try:
        assert "was refused" in server.text("/")
        assert server.text("/report") == "未发布 refused, and why"
    finally:
        front_page.unlink()
        front_page.symlink_to(link)


def test_the_docs_of_the_project_are_shown_with_links_to_tables(server: Server) -> None:
    assert 'href="/guide"' in server.text("/")
    listed = re.findall(r'href="(/guide/[^"#]+)" data-words="', server.text("/guide"))
    assert len(listed) > 40
    for address in listed:
        text = server.text(address)
        broken = [link for link in re.findall(r'href="(/guide/[^"#]+)', text) if link not in listed]
        assert broken == []
    text = server.text("/guide/docs/concepts/sentiment")
    assert '<a href="/docs#!/model/model.koubei.fct_voices"><code>reviews.fct_voices</code>' in text
    assert "<table>" in text


def test_a_page_can_fetch_nothing_from_outside(server: Server) -> None:
    for path in ("/", "/report", "/guide", "/nothing"):
        _, headers, _ = server.ask(path)
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


OUTSIDE = [
    "{0}/quality/../koubei.duckdb",
    "{0}/quality/../manifest.json",
    "{0}/quality/..%2f..%2f..%2fhash.key",
    "{0}/quality/%2e%2e/%2e%2e/%2e%2e/hash.key",
    "{0}/quality/....//....//hash.key",
    "{0}/quality//etc/passwd",
    "{0}/quality/%2fetc%2fpasswd",
    "{0}/quality/..%5c..%5chash.key",
    "{0}/quality/index.html%00.html",
    "{0}/quality/way-out",
    "{0}/quality/" + "a/" * 3000,
    "{0}/koubei.duckdb",
    "{0}/manifest.json",
    "{0}/parquet/reviews/fct_voices.parquet",
    "/publications/../hash.key",
    "/publications/..%2f/report.html",
    "/publications/%2e%2e/quality/hash.key",
    "/publications/current/report.html",
    "/publications/.draft-x/report.html",
    "/guide/../hash.key",
    "/guide/docs/../../../pyproject",
    "/guide/docs%2f..%2f..%2fREADME",
    "/build/warehouse.duckdb",
    "/hash.key",
    "/../hash.key",
    "//etc/passwd",
    "/published/current/koubei.duckdb",
]


def test_nothing_else_of_the_home_or_the_machine_has_an_address(
    house: House, server: Server
) -> None:
    current = (house.published / "current").resolve()
    (current / "quality" / "way-out").symlink_to(house.home / "hash.key")
    for path in OUTSIDE:
        status, _, text = server.ask(path.format(f"/publications/{current.name}"))
        assert status in {400, 404}, (path, status)
        assert KEY not in text, path
        assert "root:" not in text, path


def test_it_answers_this_machine_alone_and_only_reads(server: Server) -> None:
    assert server.ask("/", host="koubei.evil.example")[0] == 400
    assert server.ask("/", host="localhost")[0] == 200
    for method in ("POST", "PUT", "DELETE"):
        assert server.ask("/", method=method)[0] == 405
    assert server.ask("/", method="HEAD")[0] == 200


def test_a_taken_port_is_one_clear_line(house: House, server: Server) -> None:
    second = start(house, "--port", str(server.port))
    said, errors = second.communicate(timeout=60)
    assert second.returncode == 2
    assert said == ""
    assert len(errors.strip().splitlines()) == 1
    assert f"port {server.port}" in errors
    assert "koubei serve --port" in errors


def test_a_home_where_nothing_is_published_yet_says_so(house: House, server: Server) -> None:
    away = house.published.rename(house.published.with_name("away"))
    try:
        assert "Nothing is published yet" in server.text("/")
        status, _, text = server.ask("/report")
    finally:
        away.rename(house.published)
    assert status == 404
    assert "koubei refresh" in text
