"""Running a function over many items, in processes of this machine or on a Dask cluster; a worker's death is survived.

Both are :class:`concurrent.futures.Executor`, so one loop serves them. It hands out few items at a time: ten thousand
are a matter of time, not of memory, and when a worker dies only few can have killed it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from multiprocessing.process import BaseProcess
from typing import Protocol, TypeVar

from sheetprop.errors import InputError

MOST_MEMORY = 6 * 1024**3
"""Bytes of address space for one process; reading the largest submission that is taken needs a third."""
AHEAD = 2
"""How many items each worker is given at a time: the one that it works on, and the next."""
LOOK_SECONDS = 1.0
"""How often a crew is asked whether it is still there."""
STUCK_SECONDS = 240
"""Without any result, after which processes are taken to be stuck or stopped; longer than any item may take."""
END_SECONDS = 3
"""For processes to end what they work on when nothing more is wanted of them, before they are killed."""

T = TypeVar("T")
R = TypeVar("R")


class Crew(Protocol):
    """Workers behind an executor."""

    executor: Executor
    died: tuple[type[Exception], ...]
    """What a future raises whose worker died."""

    def room(self) -> int:
        """How many items may be handed out at a time. Raises InputError where nobody is left to work."""

    def waited(self, seconds: float) -> None:
        """Be told that no result has come for so long; who is stuck may be ended."""


Hire = Callable[[int], AbstractContextManager[Crew]]
"""A crew of at most so many workers, for as long as the context lasts."""


def run_all(
    function: Callable[[T], R],
    items: Sequence[T],
    *,
    workers: int | None = None,
    dask: str | None = None,
    lost: Callable[[T], R],
) -> Iterator[tuple[int, R]]:
    """Call ``function`` with each of ``items``; yield indices and results as they come, in any order.

    ``workers`` is the number of processes, None for one per core; one worker is this process, without a limit to its
    memory. Function, items and results must pickle. An item whose worker dies is tried once more, alone; when that
    worker dies too, ``lost``, called here, gives its result. What ``function`` raises ends the run. Where the generator
    is closed, running items end within seconds or are killed, no others begin, and no process is left.

    ``dask`` is the address of a Dask scheduler (tcp://host:8786) or the path of its scheduler file; its workers are
    then used instead. They need the same packages as this process, and, since it is they who read and write files,
    the same folders under the same paths. Raises InputError where the cluster cannot be used, or nobody is left in it.
    """
    if dask is not None:
        from sheetprop.cluster import hire

        yield from _run(partial(hire, dask), len(items), function, items, lost)
    elif workers == 1:
        yield from enumerate(map(function, items))
    else:
        yield from _run(_processes, min(workers or cores(), len(items)), function, items, lost)


def check_workers(workers: int | None, dask: str | None) -> None:
    """Raise InputError where work cannot be handed out so, before anything is changed for its sake."""
    if workers is not None and workers < 1:
        raise InputError(f"workers: {workers} is not possible; at least 1 is needed")
    if workers is not None and dask is not None:
        raise InputError(f"workers: {workers} does not go with a Dask cluster, which has its own; leave one out")
    if dask is not None:
        from sheetprop.cluster import check_cluster

        check_cluster(dask)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run(
    hire: Hire, workers: int, function: Callable[[T], R], items: Sequence[T], lost: Callable[[T], R]
) -> Iterator[tuple[int, R]]:
    waiting = deque(range(len(items)))
    suspects = []
    while waiting:  # with a new crew, where one is broken
        with hire(workers) as crew:
            for n, future in _handed_out(crew, function, items, waiting):
                try:
                    result = future.result()
                except crew.died:
                    suspects.append(n)
                else:
                    yield n, result
    # Whose item kills workers shows when it is alone with one.
    for n in suspects:
        with hire(1) as crew:
            for _, future in _handed_out(crew, function, items, deque([n])):
                try:
                    result = future.result()
                except crew.died:
                    result = lost(items[n])
                yield n, result


def _handed_out(
    crew: Crew, function: Callable[[T], R], items: Sequence[T], waiting: deque[int]
) -> Iterator[tuple[int, Future[R]]]:
    """Hand out what is ``waiting`` until nothing is, or the executor is broken; yield what is done."""
    running: dict[Future[R], int] = {}
    last = time.monotonic()
    while waiting or running:
        room = crew.room() - len(running)
        try:
            for n in tuple(islice(waiting, max(room, 0))):
                running[crew.executor.submit(function, items[n])] = n
                waiting.popleft()
        except BrokenExecutor:
            if not running:
                return
        if not running:
            time.sleep(LOOK_SECONDS)
        done, _ = wait(running, LOOK_SECONDS, FIRST_COMPLETED)
        if done:
            last = time.monotonic()
        else:
            crew.waited(time.monotonic() - last)
        for future in done:
            yield running.pop(future), future


@dataclass
class _Processes:
    executor: Executor
    workers: int
    others: frozenset[BaseProcess]
    """What other processes there are."""
    died: tuple[type[Exception], ...] = (BrokenExecutor,)

    def room(self) -> int:
        return AHEAD * self.workers

    def waited(self, seconds: float) -> None:
        if seconds > STUCK_SECONDS:
            self.kill()

    def kill(self) -> None:
        """End them whatever they do: one that is stopped, or in native code, heeds nothing else."""
        for process in multiprocessing.active_children():
            if process not in self.others:
                process.kill()


@contextmanager
def _processes(workers: int) -> Iterator[_Processes]:
    # Forked processes have everything loaded already.
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    others = frozenset(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context(method), initializer=_begin_process)
    crew = _Processes(pool, workers, others)
    try:
        yield crew
    finally:
        ending = threading.Thread(target=partial(pool.shutdown, wait=True, cancel_futures=True), daemon=True)
        ending.start()
        ending.join(END_SECONDS)
        if ending.is_alive():
            crew.kill()
        ending.join()


def _begin_process() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    _, allowed = resource.getrlimit(resource.RLIMIT_AS)
    most = MOST_MEMORY if allowed == resource.RLIM_INFINITY else min(MOST_MEMORY, allowed)
    resource.setrlimit(resource.RLIMIT_AS, (most, allowed))


def _end_with_parent() -> None:
    """Not to wait for ever for the work of a process that was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


__all__ = ["Crew", "cores", "run_all"]
