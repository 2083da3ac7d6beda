"""One function over many items: results as they come, few items at a time, and workers that die."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from sheetprop import execution
from sheetprop.execution import AHEAD, run_all
from sheetprop.submission.batch import time_limit as limits
from sheetprop.submission.batch.time_limit import TooSlowError, time_limit

LOST = -1
forked = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="these processes are not forked on this system"
)


def doubled(item: int) -> int:
    """What is done in most tests."""
    return 2 * item


def lost(_: int) -> int:
    """The result of an item whose process dies."""
    return LOST


class Watched(Sequence[int]):
    """Items that remember how many were taken."""

    def __init__(self, count: int) -> None:
        self.count, self.taken = count, 0

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index):
        if index >= self.count:
            raise IndexError
        self.taken = max(self.taken, index + 1)
        return index


@pytest.mark.parametrize("workers", [1, 2, 3, 100, None])
def test_every_item_has_its_result(workers: int | None) -> None:
    """Whatever the number of workers, each index comes once, with the result of its item."""
    items = [7, 5, 3, 2, 11]
    results = list(run_all(doubled, items, workers=workers, lost=lost))
    assert sorted(results) == [(0, 14), (1, 10), (2, 6), (3, 4), (4, 22)]


def test_no_items_are_no_results() -> None:
    """Nothing to do is done at once, without a process."""
    assert list(run_all(doubled, [], lost=lost)) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_few_items_are_handed_out_at_a_time(workers: int) -> None:
    """Of a thousand items no more are taken than the workers need next, however slowly the results are."""
    items = Watched(1000)
    for done, _ in enumerate(run_all(doubled, items, workers=workers, lost=lost)):
        assert items.taken <= done + 1 + AHEAD * workers
    assert done == 999


def waits_for(folder: Path, item: int) -> int:
    """Item 0 ends when item 5 has begun."""
    (folder / str(item)).touch()
    while item == 0 and not (folder / "5").exists():
        time.sleep(0.01)
    return item


def test_results_come_as_they_are_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow item holds up no other one: those after it come first, and at once."""
    monkeypatch.setattr(execution, "LOOK_SECONDS", 30)
    begin = time.monotonic()
    order = [n for n, _ in run_all(partial(waits_for, tmp_path), range(6), workers=2, lost=lost)]
    assert sorted(order) == list(range(6))
    assert order.index(0) > order.index(1)
    assert time.monotonic() - begin < 15


def kills(folder: Path, deadly: frozenset[int], item: int) -> int:
    """Notes who works on which item; a deadly item kills that process."""
    with (folder / "log").open("a") as log:
        log.write(f"{item} {os.getpid()}\n")
    if item in deadly:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.002)
    return doubled(item)


@forked
@pytest.mark.parametrize("deadly", [{0}, {17}, {39}, {3, 4, 30}, set(range(8))], ids=str)
def test_only_the_item_that_kills_is_lost(tmp_path: Path, deadly: set[int]) -> None:
    """Processes are killed in the middle of an item: that item is lost, and every other one has its result."""
    results = list(run_all(partial(kills, tmp_path, frozenset(deadly)), range(40), workers=2, lost=lost))
    assert sorted(results) == [(n, LOST if n in deadly else 2 * n) for n in range(40)]


@forked
def test_after_a_death_the_others_go_on_together(tmp_path: Path) -> None:
    """Only what was handed out when a process died is tried alone; the rest goes to a new pool of processes."""
    list(run_all(partial(kills, tmp_path, frozenset({2})), range(60), workers=2, lost=lost))
    work: dict[str, list[int]] = {}
    for line in (tmp_path / "log").read_text().splitlines():
        item, process = line.split()
        work.setdefault(process, []).append(int(item))
    alone = [items for items in work.values() if len(items) == 1]
    assert len(work) <= 2 + 2 + AHEAD * 2
    # All others were shared by processes that had several, at most two before the death and two after it.
    assert len(alone) <= 1 + AHEAD * 2


def fails(item: int) -> int:
    """An exception rather than a death."""
    raise ValueError(f"item {item}")


@pytest.mark.parametrize("workers", [1, 2])
def test_an_exception_ends_the_run(workers: int) -> None:
    """What the function raises is the caller's to know, and leaves no process."""
    with pytest.raises(ValueError, match="item"):
        list(run_all(fails, range(20), workers=workers, lost=lost))
    assert multiprocessing.active_children() == []


@forked
def test_closed_in_the_middle_it_leaves_no_process(tmp_path: Path) -> None:
    """After a Ctrl-C, which closes the generator, no item begins and no process is left."""
    results = run_all(partial(kills, tmp_path, frozenset()), range(1000), workers=2, lost=lost)
    for _ in range(5):
        next(results)
    assert isinstance(results, Iterator)
    results.close()
    assert multiprocessing.active_children() == []
    begun = (tmp_path / "log").read_text()
    time.sleep(0.1)
    assert (tmp_path / "log").read_text() == begun
    assert len(begun.splitlines()) < 30


@forked
def test_killed_it_takes_its_processes_along() -> None:
    """Where the process that hands out is killed, its workers end too; they hold its output open until then."""
    code = """if True:
        from tests.test_execution import dozed, lost, run_all
        for n in run_all(dozed, range(99), workers=2, lost=lost):
            print(n, flush=True)
    """
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=Path(__file__).parents[1])
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.communicate(timeout=10)


def dozed(item: int) -> int:
    """Takes a while."""
    time.sleep(0.2)
    return item


def stops(item: int) -> int:
    """Item 3 stops its process, as a debugger or a laptop's lid does."""
    if item == 3:
        os.kill(os.getpid(), signal.SIGSTOP)
    return doubled(item)


@forked
def test_a_stopped_process_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its item is lost, the others have their results."""
    monkeypatch.setattr(execution, "STUCK_SECONDS", 1)
    results = list(run_all(stops, range(8), workers=2, lost=lost))
    assert sorted(results) == [(n, LOST if n == 3 else 2 * n) for n in range(8)]


@forked
def test_closed_with_a_stopped_process_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Ctrl-C does not wait for a process that cannot hear of it."""
    monkeypatch.setattr(execution, "END_SECONDS", 0.5)
    results = run_all(stops, range(3, 40), workers=2, lost=lost)
    next(results)
    assert isinstance(results, Iterator)
    results.close()
    assert multiprocessing.active_children() == []


def endless(item: int) -> int:
    """Item 3 stays in native code, where no signal's handler is called."""
    with time_limit():
        return sum(range(10**12)) if item == 3 else doubled(item)


@forked
def test_native_code_has_limits_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system ends a process that hears of no limit."""
    monkeypatch.setattr(limits, "MOST_SECONDS", 1)
    monkeypatch.setattr(limits, "GRACE_SECONDS", 0)
    results = list(run_all(endless, range(8), workers=2, lost=lost))
    assert sorted(results) == [(n, LOST if n == 3 else 2 * n) for n in range(8)]


# -- The time limit of an item, in threads that get no signals -----------------------------------------------------


def in_thread(work) -> list[object]:
    """What ``work`` returns or raises in a thread that is not the main one."""
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:
            outcome.append(type(error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    return outcome


def spin(seconds: float) -> None:
    """Compute for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def limited(work) -> object:
    """``work`` within the limit."""
    with time_limit():
        work()
    return "in time"


@pytest.mark.parametrize("run", [in_thread, lambda work: [_outcome(work)]], ids=["another thread", "the main thread"])
def test_who_computes_for_too_long_is_stopped(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Computing past the limit raises TooSlowError, in the main thread and in others."""
    monkeypatch.setattr(limits, "MOST_SECONDS", 0.1)
    begin = time.monotonic()
    assert run(partial(limited, partial(spin, 10))) == [TooSlowError]
    assert time.monotonic() - begin < 5


def _outcome(work) -> object:
    try:
        return work()
    except TooSlowError:
        return TooSlowError


def doze(seconds: float) -> None:
    """Wait for so long."""
    for _ in range(int(seconds * 100)):
        time.sleep(0.01)


def test_waiting_counts_less_than_computing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that waits is not stopped by the limit of computing, but by that of waiting."""
    monkeypatch.setattr(limits, "MOST_SECONDS", 0.1)
    assert in_thread(partial(limited, partial(doze, 0.3))) == ["in time"]
    monkeypatch.setattr(limits, "MOST_WAITING_SECONDS", 0.1)
    assert in_thread(partial(limited, partial(doze, 5))) == [TooSlowError]


def test_who_is_in_time_is_not_stopped_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that ends about when its time does is stopped within the limit or not at all, and never after it."""
    monkeypatch.setattr(limits, "MOST_SECONDS", 0.01)
    monkeypatch.setattr(limits, "MOST_WAITING_SECONDS", 0.01)

    def often() -> str:
        for n in range(100):
            with suppress(TooSlowError):
                limited(partial(spin, 0.009 + n * 2e-5))
            spin(0.002)
        return "through"

    before = threading.active_count()
    assert in_thread(often) == ["through"]
    end = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.active_count() <= before
