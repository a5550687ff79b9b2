"""Messages to chat and mail, sent for real to receivers on loopback: once, whatever fails."""

from __future__ import annotations

import json
import os
import re
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header, make_header
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.lark import NotifyLark
from apprise.plugins.wecombot import NotifyWeComBot

from orchestration.home.settings import Settings, load_settings
from orchestration.notify import send
from orchestration.notify.findings import RunResult
from orchestration.notify.message import Message
from orchestration.notify.notify import compose, notify
from orchestration.notify.send import NotifyError
from orchestration.publication import store
from tests.integration.home import Home
from tests.integration.postgres_server import write_publication

pytestmark = pytest.mark.integration

CARD = """
select * from (values
    ('kpi_nsr', '净情感度', 'Net sentiment rate', 'share', 'week', date '2026-10-19', date '2026-10-25',
     0.1972, 0.05, 'points', 0.6, true, 426, 'off_target', null::varchar, true),
    ('kpi_nsr', '净情感度', 'Net sentiment rate', 'share', 'month', date '2026-10-01', date '2026-10-31',
     0.25, 0.05, 'points', 0.6, true, 1426, 'off_target', null, true),
    ('kpi_good', '好评率', 'Positive share', 'share', 'month', date '2026-10-01', date '2026-10-31',
     null, null, 'points', null, true, 99, 'withheld', '激励；rewards', true),
    ('kpi_fine', '正常', 'Fine', 'share', 'month', date '2026-10-01', date '2026-10-31',
     0.9, 0.0, 'points', 0.6, true, 99, 'on_target', null, true)
) t(kpi_code, label_zh, label_en, unit, period_kind, period_start, period_end, value, delta,
    delta_kind, target, higher_is_better, sample_count, status_code, status_reason, is_complete)
"""


@dataclass
class Receiver:
    """A real HTTP server that answers as it is set up to, and keeps what it was sent."""

    answers: list[tuple[int, dict[str, str], Any]] = field(default_factory=list)
    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    port: int = 0
    silence: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def texts(self) -> list[str]:
        """The words of each message, whatever the chat calls them."""
        return [
            " ".join(
                str(part)
                for part in (
                    body.get("title", ""),
                    body.get("message", ""),
                    *(body.get(name, {}).get("content", "") for name in ("text",)),
                    *(body.get(name, {}).get("text", "") for name in ("content",)),
                )
            )
            for _, body in self.got
        ]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((self.path, json.loads(body)))
            time.sleep(receiver.silence)
            status, headers, answer = (
                receiver.answers.pop(0) if receiver.answers else (200, {}, {"errcode": 0})
            )
            said = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(said))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # a sender that was killed leaves a thread that waits for nobody
    server.block_on_close = False
    receiver.port = server.server_port
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()


@pytest.fixture
def mailbox() -> Iterator[tuple[int, list[bytes]]]:
    """A mail server on loopback that takes everything."""
    got: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                word = line.split()[0].upper() if line.split() else b""
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = []
                    while (part := self.rfile.readline()) not in (b".\r\n", b""):
                        lines.append(part)
                    got.append(b"".join(lines))
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    ).start()
    yield server.server_address[1], got
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send, "WAITS", (0.01, 0.01, 0.01))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def home_with(folder: Path, urls: str) -> Settings:
    """A home with one publication that has something to tell."""
    (folder / "published").mkdir(parents=True, exist_ok=True)
    if not (folder / "published" / "p001").exists():
        write_publication(folder / "published", 1, {"kpis.kpi_scorecard": CARD})
        store.point(folder / "published", "p001")
    return load_settings(home=folder, notify_urls=urls)


def outcomes(settings: Settings, **more: Any) -> list[str]:
    return [each.outcome for each in notify(settings, RunResult("run"), **more)]


def test_each_chat_gets_the_message_once_chinese_first(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # where these robots live is no part of their addresses
    for plugin, tail in (
        (NotifyWeComBot, "?key={key}"),
        (NotifyDingTalk, "?access_token={token}"),
        (NotifyFeishu, "/{token}"),
        (NotifyLark, "/"),
    ):
        monkeypatch.setattr(plugin, "notify_url", f"{receiver.url}/{plugin.__name__}{tail}")
    key = "a" * 32
    urls = f"wecombot://{key}, dingtalk://{key} feishu://{key} lark://{key} json://127.0.0.1:{receiver.port}/x"
    settings = home_with(tmp_path, urls)
    assert outcomes(settings) == ["sent"] * 5
    assert [path.split("?")[0].split("/")[1] for path, _ in receiver.got] == [
        "NotifyWeComBot", "NotifyDingTalk", "NotifyFeishu", "NotifyLark", "x",
    ]  # fmt: skip
    for text in receiver.texts():
        assert re.search(
            r"净情感度 Net sentiment rate: 19\.72%.*≥ 60\.00%.*\+5\.00 pp, n=426; 周 week",
            text,
        ), text
        assert "好评率 Positive share: 激励；rewards" in text
        assert "p001（数据截至 as of 2026-10-31）" in text
        assert "正常" not in text
        assert text.count("净情感度") == 1
    assert outcomes(settings) == ["before"] * 5
    assert len(receiver.got) == 5
    assert outcomes(settings, again=True) == ["sent"] * 5
    sent_log = settings.notified_path.read_text()
    assert key not in sent_log
    assert settings.notified_path.stat().st_mode & 0o077 == 0


def test_mail_arrives_with_a_title(mailbox: tuple[int, list[bytes]], tmp_path: Path) -> None:
    port, got = mailbox
    settings = home_with(
        tmp_path,
        f"mailto://127.0.0.1:{port}?from=koubei@example.com&to=boss@example.com&mode=insecure",
    )
    assert outcomes(settings) == ["sent"]
    mail = message_from_bytes(got[0])
    part = next(each for each in mail.walk() if each.get_content_type() == "text/plain")
    assert "净情感度 Net sentiment rate" in part.get_payload(decode=True).decode()
    assert mail["To"]
    assert "boss@example.com" in mail["To"]
    assert "p001" in str(make_header(decode_header(mail["Subject"])))


def test_a_target_that_fails_is_tried_again_and_only_that_one(
    receiver: Receiver, tmp_path: Path
) -> None:
    url = f"json://127.0.0.1:{receiver.port}/"
    settings = home_with(tmp_path, url)
    receiver.answers = [(500, {}, {}), (429, {"Retry-After": "0"}, {}), (200, {}, {"errcode": 0})]
    (delivery,) = notify(settings, RunResult("run"))
    assert (delivery.outcome, delivery.attempts) == ("sent", 3)
    receiver.answers = [(200, {}, {"errcode": 93000, "errmsg": "invalid webhook url"})] * 4
    (delivery,) = notify(settings, RunResult("run"), again=True)
    assert (delivery.outcome, delivery.attempts) == ("failed", 4)
    assert "93000 invalid webhook url" in delivery.reason
    # the next run tries a target again that has said no
    assert outcomes(settings) == ["sent"]
    assert outcomes(settings) == ["before"]


def test_nobody_there_does_not_keep_the_others_from_it_and_no_address_is_said(
    receiver: Receiver, tmp_path: Path
) -> None:
    settings = home_with(
        tmp_path, f"json://user:topsecret@127.0.0.1:1/ json://127.0.0.1:{receiver.port}/"
    )
    deliveries = notify(settings, RunResult("run"))
    assert [each.outcome for each in deliveries] == ["failed", "sent"]
    assert deliveries[0].reason == "cannot be reached"
    assert "topsecret" not in repr(deliveries) + repr(settings)
    with pytest.raises(NotifyError, match=r"address 2 \(nonsense\)") as fault:
        notify(home_with(tmp_path, "json://127.0.0.1:1/ nonsense://topsecret"), RunResult("run"))
    assert "topsecret" not in str(fault.value)


def test_a_target_that_does_not_answer_may_have_it_and_is_not_sent_twice(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "ANSWER_SECONDS", 0.2)
    receiver.silence = 0.6
    settings = home_with(tmp_path, f"json://127.0.0.1:{receiver.port}/?rto=0.2")
    assert outcomes(settings) == ["unknown"]
    receiver.silence = 0.0
    assert outcomes(settings) == ["unknown"]
    assert len(receiver.got) == 1
    assert outcomes(settings, again=True) == ["sent"]


def test_killed_while_it_sends_it_does_not_send_again_by_itself(
    receiver: Receiver, tmp_path: Path
) -> None:
    receiver.silence = 5
    url = f"json://127.0.0.1:{receiver.port}/"
    settings = home_with(tmp_path, url)
    run = "from orchestration.notify.notify import notify; from orchestration.notify.findings import RunResult; from orchestration.home.settings import load_settings; notify(load_settings(), RunResult('run'))"
    process = subprocess.Popen(
        [sys.executable, "-c", run],
        env={**os.environ, "KOUBEI_HOME": str(tmp_path), "KOUBEI_NOTIFY_URLS": url},
    )
    until = time.monotonic() + 30
    while not receiver.got and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    receiver.silence = 0.0
    assert outcomes(settings) == ["unknown"]
    assert len(receiver.got) == 1


def test_a_refused_run_is_reported_by_itself_and_a_good_one_is_silent(tmp_path: Path) -> None:
    settings = home_with(tmp_path, "json://127.0.0.1:1/")
    found, message = compose(
        settings, RunResult("r1", ["fct_voices: 3 keys twice"])
    ) or pytest.fail("nothing")
    assert found.key == "run:r1"
    assert "未发布 Not published" in message.title
    assert "readers still see p001" in message.body
    assert "3 keys twice" in message.body
    assert "净情感度" not in message.body
    good = tmp_path / "good"
    write_publication(
        _folder(good),
        1,
        {
            "kpis.kpi_scorecard": CARD.replace("off_target", "on_target").replace(
                "withheld", "on_target"
            )
        },
    )
    store.point(good / "published", "p001")
    assert compose(load_settings(home=good), RunResult("r2")) is None


def _folder(home: Path) -> Path:
    (home / "published").mkdir(parents=True)
    return home / "published"


def test_a_message_is_cut_after_a_whole_line() -> None:
    message = Message("标题", "\n".join(f"第 {number} 行" for number in range(200)))
    cut = message.fitted(500)
    assert len(str(cut).encode()) <= 500
    assert cut.body.split("\n")[:-1] == message.body.split("\n")[: cut.body.count("\n")]
    assert "其余见报告" in cut.body


def test_the_demo_has_something_to_tell(demo_home: Home) -> None:
    said = demo_home.run("notify", "--dry-run").stdout
    assert "【未达标 Off target】" in said
    assert "None" not in said
    assert not (demo_home.path / "notified.json").exists()


def test_the_command_sends_once_and_repeats_no_address(receiver: Receiver, tmp_path: Path) -> None:
    settings = home_with(tmp_path, "json://127.0.0.1:1/")
    home = Home(
        settings.home, {"KOUBEI_NOTIFY_URLS": f"json://u:topsecret@127.0.0.1:{receiver.port}/"}
    )
    assert "已发送 sent" in home.run("notify").stdout
    done = home.run("notify")
    assert "此前已发送 sent before" in done.stdout
    assert "topsecret" not in done.stdout + done.stderr
    assert len(receiver.got) == 1
