"""The sandbox against tasks that crash, hang, swell, babble and lie, and around the deaths of zygote and engine."""

from __future__ import annotations

import asyncio
import os
import sys
import time
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from engine.extraction.archives.members import Member
from engine.extraction.archives.refusal import Refusal
from engine.extraction.documents import extract
from engine.extraction.lists.notes import note_from_slices
from engine.extraction.lists.slices import Slice, slices
from engine.extraction.result import Extraction
from engine.extraction.sandbox.launching import ROOT, launch
from engine.extraction.sandbox.protocol import Crash, WorkerLimits
from engine.extraction.sandbox.sandbox import Sandbox, SplitDocument

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the sandbox forks")

HOSTILE = (sys.executable, "-P", str(Path(__file__).with_name("hostile_tasks.py")))
TIGHT = WorkerLimits(memory=512 << 20, cpu_seconds=1, wall_seconds=8.0, result=4 << 20, message=4 << 20)
LIST = "chave;item;descrição;valor total\n{key};1;a;1,00\n".format(key="5" * 44)


class Starts:
    """A launcher that remembers what it started."""

    def __init__(self, *extra: str) -> None:
        self.processes: list[asyncio.subprocess.Process] = []
        self._command = (*HOSTILE, *extra)

    async def __call__(self) -> asyncio.subprocess.Process:
        process = await launch(self._command)
        self.processes.append(process)
        return process


def dead(pid: int) -> bool:
    """Gone, or a zombie that nobody is there to reap."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def starts() -> Starts:
    return Starts()


@pytest.fixture
async def hostile(starts: Starts) -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(workers=2, limits=TIGHT, launch=starts)
    yield sandbox
    await sandbox.close()
    assert all(dead(process.pid) for process in starts.processes)


@pytest.fixture
async def real() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(workers=2)
    yield sandbox
    await sandbox.close()


async def test_a_document_is_read_as_in_process(real: Sandbox, data: Path) -> None:
    path = data / "nfe" / "nota_valores_virgula.xml"
    found = await real.run("extract", {"path": str(path), "name": path.name})
    assert found == extract(path.read_bytes(), path.name)


async def test_members_slices_and_split_documents_are_streamed(real: Sandbox, data: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", LIST)
        archive.writestr("b.bin", bytes(3_000_000))
    arguments = {"path": str(tmp_path / "a.zip"), "name": "a.zip"}
    members = [member async for member in real.stream("members", arguments)]
    assert members == [
        Member(label="a.zip!a.csv", content=LIST.encode()),
        Member(label="a.zip!b.bin", content=bytes(3_000_000)),
    ]
    (tmp_path / "a.csv").write_text(LIST, encoding="utf-8")
    found = [part async for part in real.stream("slices", {"path": str(tmp_path / "a.csv"), "name": "a.csv"})]
    assert found == list(slices(LIST.encode(), "a.csv"))
    (tmp_path / "slice").write_bytes(found[0].content if isinstance(found[0], Slice) else b"")
    note = await real.run("note_from_slices", {"header": None, "items": str(tmp_path / "slice")})
    assert isinstance(note, Extraction)
    assert note == note_from_slices(None, (tmp_path / "slice").read_bytes())
    path = data / "nfe" / "IbsCbs.xml"
    (document,) = [part async for part in real.stream("split", {"path": str(path), "name": path.name})]
    assert isinstance(document, SplitDocument)
    assert (document.index, document.family, document.content) == (1, "nfe", path.read_bytes())


async def test_what_is_refused_arrives_typed(real: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"<a><b></a>")
    for task in ("members", "slices", "split"):
        (refusal,) = [answer async for answer in real.stream(task, {"path": str(tmp_path / "a"), "name": "a"})]
        assert isinstance(refusal, Refusal)
        assert refusal.whole


async def test_a_file_that_is_not_there_is_said(real: Sandbox, tmp_path: Path) -> None:
    found = await real.run("extract", {"path": str(tmp_path / "none"), "name": "none"})
    assert found == Crash(code="absent", detail="No such file or directory")


async def test_nothing_is_started_before_the_first_task(hostile: Sandbox, starts: Starts) -> None:
    assert starts.processes == []
    assert await hostile.run("echo", {"text": "a"}) == "a"
    assert len(starts.processes) == 1


@pytest.mark.parametrize(
    ("task", "crash"),
    [
        ("segfault", "crashed: SIGSEGV"),
        ("abort", "crashed: SIGABRT"),
        ("vanish", "crashed: exited"),
        ("allocate", "out_of_memory"),
        ("spin", "timeout: cpu"),
        ("raising", "failed: ValueError: the reader's fault"),
        ("babble", "crashed: protocol"),
        ("nonesuch", "failed: KeyError: 'nonesuch'"),
    ],
)
async def test_a_crash_is_a_result_and_neighbours_do_not_notice(
    hostile: Sandbox, starts: Starts, task: str, crash: str
) -> None:
    found, neighbour = await asyncio.gather(hostile.run(task, {}), hostile.run("echo", {"text": "a"}))
    assert isinstance(found, Crash)
    assert (str(found), neighbour) == (crash, "a")
    assert await hostile.run("echo", {"text": "b"}) == "b"
    assert len(starts.processes) == 1


@pytest.mark.quiet
async def test_one_that_hangs_is_killed_at_its_time(starts: Starts) -> None:
    limits = WorkerLimits(wall_seconds=0.3)
    sandbox = Sandbox(workers=1, limits=limits, launch=starts)
    try:
        await sandbox.start()
        begin = time.monotonic()
        assert await sandbox.run("sleep", {}) == Crash(code="timeout")
        assert await sandbox.run("echo", {"text": "the only place is free again"})
        assert time.monotonic() - begin < 3
    finally:
        await sandbox.close()


async def test_the_time_that_the_reader_takes_is_its_own(starts: Starts) -> None:
    sandbox = Sandbox(workers=1, limits=WorkerLimits(wall_seconds=0.5), launch=starts)
    try:
        await sandbox.start()
        async with aclosing(sandbox.stream("endless", {})) as values:
            numbers = []
            async for number, _ in values:
                numbers.append(number)
                await asyncio.sleep(0.05)
                if number == 14:
                    break
        assert numbers == list(range(15))
    finally:
        await sandbox.close()


async def test_a_message_comes_whole_and_within_its_limit(hostile: Sandbox) -> None:
    assert await hostile.run("large", {"size": "3000064"}) == bytes(range(256)) * 11719
    assert await hostile.run("large", {"size": "5000192"}) == Crash(code="too_large")


async def test_what_came_before_a_crash_is_kept(hostile: Sandbox) -> None:
    assert [value async for value in hostile.stream("then_crash", {})] == [
        1,
        2,
        Crash(code="crashed", detail="SIGABRT"),
    ]


async def test_a_stream_left_early_kills_its_child(hostile: Sandbox) -> None:
    async with aclosing(hostile.stream("pid", {})) as values:
        async for child, _ in values:
            break
    await until(lambda: dead(child))


async def test_a_slow_reader_holds_its_child_back_and_nobody_else(hostile: Sandbox) -> None:
    async with aclosing(hostile.stream("endless", {})) as values:
        assert (await anext(values))[0] == 0
        assert await hostile.run("large", {"size": "3000064"})
        assert (await anext(values))[0] == 1


async def test_cancelling_kills_the_child_and_frees_its_place(hostile: Sandbox) -> None:
    tasks = [asyncio.create_task(hostile.run("sleep", {})) for _ in range(4)]
    await asyncio.sleep(0.5)
    for task in tasks:
        task.cancel()
    assert all(isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*tasks, return_exceptions=True))
    async with asyncio.timeout(3):
        assert await hostile.run("echo", {"text": "a"}) == "a"


async def test_no_more_children_than_workers(hostile: Sandbox) -> None:
    await hostile.start()
    spans = await asyncio.gather(*(hostile.run("moments", {"seconds": "0.1"}) for _ in range(6)))
    edges = sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans])
    at_once, most = 0, 0
    for _, step in edges:
        at_once += step
        most = max(most, at_once)
    assert most == 2


async def test_a_dead_zygote_loses_its_calls_and_is_replaced(hostile: Sandbox, starts: Starts) -> None:
    call = asyncio.create_task(hostile.run("sleep", {}))
    await until(lambda: len(starts.processes) == 1)
    await asyncio.sleep(0.3)
    starts.processes[0].kill()
    assert await call in (Crash(code="lost"), Crash(code="unavailable", detail="IncompleteReadError at start"))
    assert await hostile.run("echo", {"text": "a"}) == "a"
    assert len(starts.processes) == 2


async def test_closing_ends_everything(starts: Starts) -> None:
    sandbox = Sandbox(workers=2, limits=TIGHT, launch=starts)
    values = sandbox.stream("pid", {})
    child, zygote = await anext(values)
    await sandbox.close()
    await sandbox.close()
    assert await anext(values) == Crash(code="lost")
    await values.aclose()
    assert await sandbox.run("echo", {"text": "a"}) == Crash(code="unavailable", detail="closed")
    await until(lambda: dead(child) and dead(zygote))


async def test_a_zygote_that_cannot_start_is_said_and_tried_again() -> None:
    async def missing() -> asyncio.subprocess.Process:
        return await launch(("/nonexistent/python",))

    for launcher, detail in ((missing, "No such file"), (Starts("broken"), "nothing loads here")):
        sandbox = Sandbox(workers=1, launch=launcher)
        for _ in range(2):
            crash = await sandbox.run("echo", {"text": "a"})
            assert isinstance(crash, Crash)
            assert crash.code == "unavailable"
            assert detail in crash.detail
        await sandbox.close()


async def test_a_child_has_little_to_work_with(hostile: Sandbox, tmp_path: Path) -> None:
    target = tmp_path / "stolen"
    found = await hostile.run("surroundings", {"target": str(target)})
    assert set(found["environment"].split()) <= {"LC_ALL", "LC_CTYPE", "PATH", "PYTHONPATH", "PYTHONUTF8"}
    assert (found["write"], found["files"]) == ("OSError", "OSError")
    assert target.read_bytes() == b""


async def test_a_child_sees_no_network_where_the_kernel_grants_an_empty_one(hostile: Sandbox, tmp_path: Path) -> None:
    found = await hostile.run("surroundings", {"target": str(tmp_path / "stolen")})
    if found["network"] == os.readlink("/proc/self/ns/net"):
        pytest.skip("this kernel grants no empty network")
    assert found["interfaces"] == "['lo']"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_no_orphans_when_the_engine_is_killed() -> None:
    program = (
        "import asyncio, sys\n"
        "from engine.extraction.sandbox.launching import launch\n"
        "from engine.extraction.sandbox.sandbox import Sandbox\n"
        "async def main():\n"
        f"    sandbox = Sandbox(workers=1, launch=lambda: launch({HOSTILE!r}))\n"
        "    async for found in sandbox.stream('pid', {}):\n"
        "        print(*found, flush=True)\n"
        "asyncio.run(main())\n"
    )
    engine = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, env={"PYTHONPATH": str(ROOT)}
    )
    assert engine.stdout is not None
    child, zygote = map(int, (await engine.stdout.readline()).split())
    assert not dead(child)
    engine.kill()
    await engine.wait()
    await until(lambda: dead(child) and dead(zygote))


async def test_the_hostile_files_have_typed_results_in_time(real: Sandbox, samples: Path) -> None:
    tasks = {"zip": "members", "csv": "slices", "xml": "split"}
    for folder, task in tasks.items():
        for path in sorted((samples / "hostile" / folder).iterdir()):
            begin = time.monotonic()
            answers = [answer async for answer in real.stream(task, {"path": str(path), "name": path.name})]
            assert time.monotonic() - begin < 25
            assert answers
            assert not any(isinstance(answer, Crash) for answer in answers), (path, answers[-1])
            found = await real.run("extract", {"path": str(path), "name": path.name})
            assert isinstance(found, Extraction)
