"""Publishing beside a reader, under kill -9, and on a disk that is full: with real processes."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration.home.errors import KoubeiError
from orchestration.pipeline import publish
from orchestration.publication import store
from orchestration.publication.labels import Labels
from tests.unit.publication.house import House

pytestmark = pytest.mark.integration

# A second process that reads as a BI tool would: through the pointer, again and again. Every row
# of one publication carries the same number, in both tables, so a mixture would show.
READER = """
import sys, time
from pathlib import Path
import duckdb
folder, stop = Path(sys.argv[1]), Path(sys.argv[2])
seen, reads = [], 0
while not stop.exists():
    for path in (folder / "current" / "koubei.duckdb", (folder / "current").resolve() / "koubei.duckdb"):
        with duckdb.connect(str(path), read_only=True) as connection:
            rows = connection.execute(
                "select min(reply_count), max(reply_count), count(*) from reviews.fct_voices"
            ).fetchall()
            other = connection.execute("select min(numerator), max(numerator) from kpis.kpi_history").fetchall()
        (low, high, count), (first, last) = rows[0], other[0]
        assert low == high == first == last and count == 5_000, (path, rows, other)
        reads += 1
        if not seen or seen[-1] != low:
            seen.append(low)
print(reads, *seen)
"""

# processes start from a server that has imported the engines, so that many can be killed
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.unit.publication.house"])


def publish_once(home: Path, load_id: int, moment: str, ready: Any) -> None:
    """Publish in a process of its own; at `moment` it kills itself, with a real SIGKILL."""
    owner, _, name = moment.rpartition(".")
    if moment:
        when, name = name.split(":")
        real = getattr(importlib.import_module(owner), name)

        def deadly(*args: object, **kwargs: object) -> None:
            if when == "after":
                real(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(importlib.import_module(owner), name, deadly)
    # the names of channels are not what is killed here, and take a second to read
    publish.read_labels = lambda _: Labels()
    ready.set()
    House(home, load_id=load_id).publish(run_id="killed")


def night(house: House, number: int) -> None:
    """Rebuild both marts so that every value says which night it is."""
    house.run(
        "create or replace table reviews.fct_voices as select 'voice:' || i as voice_key, "
        "'jd' as channel_code, timestamp '2026-10-28 09:00' + to_minutes(i % 4000) as posted_at, "
        f"0.5::double as rating_share, 1::decimal(18, 2) as value_cny, "
        f"{number}::bigint as reply_count from range(5000) as voices(i)",
        f"update kpis.kpi_history set numerator = {number}",
    )


def publisher(house: House, moment: str = "") -> Any:
    ready = SERVER.Event()
    process = SERVER.Process(
        target=publish_once, args=(house.home, house.load_id, moment, ready), daemon=True
    )
    process.start()
    assert ready.wait(timeout=60)
    return process


def ended(process: Any) -> int:
    process.join(timeout=60)
    assert process.exitcode is not None, "it is still running"
    return int(process.exitcode)


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path / "home").build()
    night(made, 1)
    made.publish(run_id="first")
    return made


def contents(house: House) -> dict[str, bytes]:
    """Every byte that a reader of the current publication can see."""
    seen = store.current(house.published)
    assert seen is not None
    return {
        str(path.relative_to(house.published)): path.read_bytes()
        for path in sorted(seen.path.rglob("*"))
        if path.is_file()
    }


def test_a_reader_sees_yesterday_or_today_and_never_half(house: House, tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(house.published), str(stop)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for number in range(2, 9):
            night(house, number)
            assert house.publish(run_id=f"night {number}").is_new
            time.sleep(0.1)
        store.point(house.published, "2026-10-30-005")
        time.sleep(0.5)
    finally:
        stop.touch()
        output, problem = reader.communicate(timeout=60)
    assert reader.returncode == 0, problem
    reads, *seen = map(int, output.split())
    assert reads > 20
    assert len(seen) > 3, "the reader met several publications"
    assert seen[:-1] == sorted(seen[:-1])
    assert seen[-1] == 5, "and the rolled-back one last"


MOMENTS = {
    "orchestration.pipeline.publish.before:write_tables": False,
    "orchestration.publication.draft.before:_replay_comments": False,
    "orchestration.pipeline.publish.after:write_tables": False,
    "orchestration.pipeline.publish.before:write_report": False,
    "orchestration.pipeline.publish.after:_write_draft": False,
    "orchestration.publication.store.after:sync_tree": False,
    "orchestration.publication.store.before:point": False,
    "orchestration.publication.store.after:point": True,
    "orchestration.publication.store.after:_forget_pending": True,
    "orchestration.pipeline.publish.before:_finish": True,
    "orchestration.pipeline.publish.after:_finish": True,
}
"""Where the process is killed, and whether readers already see the new publication then."""


@pytest.mark.parametrize(("moment", "is_seen"), MOMENTS.items())
def test_kill_9_between_two_steps_leaves_a_whole_set_and_the_next_run_converges(
    house: House, moment: str, is_seen: bool
) -> None:
    before = contents(house)
    night(house, 2)
    process = publisher(house, moment)
    assert ended(process) == -signal.SIGKILL

    assert house.read("select distinct reply_count from reviews.fct_voices") == [(1 + is_seen,)]
    if not is_seen:
        assert contents(house) == before

    publish.recover(house.settings)
    again = house.publish(run_id="next")
    assert again.is_new is not is_seen
    assert again.publication_id == "2026-10-30-002"
    assert house.names() == ["2026-10-30-001", "2026-10-30-002", "current"]
    assert house.read("select distinct reply_count from reviews.fct_voices") == [(2,)]
    assert house.ask(
        "select publication_id, count(*) filter (where verdict = 'published') "
        "from meta.publications group by all order by 1"
    ) == [("2026-10-30-001", 1), ("2026-10-30-002", 1)]
    assert house.ask("select count(*) from meta.restatements") == house.read(
        "select count(*) from meta.restatements"
    )


def test_kill_9_at_any_time_leaves_a_whole_set(house: House) -> None:
    night(house, 2)
    whole = publisher(house)
    started = time.monotonic()
    assert ended(whole) == 0
    seconds = time.monotonic() - started
    tries = 8
    for number in range(tries):
        night(house, 3 + number)
        seen = store.current(house.published)
        assert seen is not None
        process = publisher(house)
        time.sleep(seconds * number / tries)
        process.kill()
        ended(process)
        ((reply_count,),) = house.read("select distinct reply_count from reviews.fct_voices")
        is_moved = store.current(house.published) != seen
        assert (reply_count == 3 + number) is is_moved
        publish.recover(house.settings)
        assert [name for name in house.names() if name.startswith(".")] == []
        house.publish(run_id=f"next {number}")
        assert house.read("select distinct reply_count, count(*) from reviews.fct_voices "
                          "group by all") == [(3 + number, 5_000)]  # fmt: skip


# ---------------------------------------------------------------- disks


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount real, small file systems; unmounted at the end."""
    mounted: list[Path] = []

    def mount(megabytes: int) -> Path:
        folder = tmp_path / f"disk{len(mounted)}"
        folder.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            why = f"a small disk cannot be mounted here: {done.stderr.strip()}"
            if os.environ.get("CI"):
                pytest.fail(why)
            pytest.skip(why)
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def published_on(house: House, disk: Path) -> None:
    """Let the published folder lie on another disk, as a company would mount it."""
    shutil.copytree(house.published, disk / "published", symlinks=True)
    shutil.rmtree(house.published)
    house.published.symlink_to(disk / "published")


BIG = (
    "create or replace table reviews.fct_voices as select 'voice:' || i as voice_key, "
    "'jd' as channel_code, timestamp '2026-10-28 09:00' as posted_at, 0.5::double as rating_share, "
    "5::decimal(18, 2) as value_cny, 5::bigint as reply_count, "
    "sha256(i::varchar) || sha256('a' || i) as noise from range(400000) as voices(i)"
)


def test_a_disk_that_fills_up_is_one_clear_line_and_nothing_half_done(
    house: House, small_disk: Callable[[int], Path]
) -> None:
    published_on(house, small_disk(24))
    before = contents(house)
    house.run(BIG)
    # free space is checked first, so that this is the disk that fills up under the writer
    ignoring = house.settings.model_copy(update={"free_space": "ignore"})
    with pytest.raises(KoubeiError) as caught:
        publish.publish_build(ignoring, manifest_path=house.manifest_path, run_id="full", load_id=9)
    assert "the disk is full" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert contents(house) == before
    assert house.names() == ["2026-10-30-001", "current"]
    assert house.ask("select count(*) from meta.publications") == [(1,)]

    night(house, 2)
    assert house.publish(run_id="room again").publication_id == "2026-10-30-002"


def test_too_small_a_disk_is_reported_before_the_first_write(
    house: House, small_disk: Callable[[int], Path]
) -> None:
    published_on(house, small_disk(12))
    before = contents(house)
    night(house, 2)
    with pytest.raises(KoubeiError, match=r"MB free, about \d+ MB needed"):
        house.publish()
    assert contents(house) == before
    assert house.names() == ["2026-10-30-001", "current"]


def test_a_disk_that_cannot_be_written_is_one_clear_line(
    house: House, small_disk: Callable[[int], Path]
) -> None:
    disk = small_disk(64)
    published_on(house, disk)
    night(house, 2)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with pytest.raises(KoubeiError, match="no permission to write"):
        house.publish()
    assert house.read("select distinct reply_count from reviews.fct_voices") == [(1,)]
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert house.publish(run_id="writable again").is_new


def test_prune_makes_room_on_a_full_disk(house: House, small_disk: Callable[[int], Path]) -> None:
    for number in (2, 3):
        night(house, number)
        house.publish(run_id=f"night {number}")
    disk = small_disk(24)
    published_on(house, disk)
    with pytest.raises(OSError, match="No space"):
        (disk / "filler").write_bytes(b"x" * 64 * 1024 * 1024)
    assert store.prune(house.published, 1) == ["2026-10-30-001", "2026-10-30-002"]
    assert shutil.disk_usage(disk).free > 0
    assert house.read("select distinct reply_count from reviews.fct_voices") == [(3,)]
