"""Grading many submissions on all cores; one that takes too much time or memory does not hold up the others."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass

from sheetprop.assignment import Assignment
from sheetprop.submission.findings import Submission
from sheetprop.submission.grading import grade, unreadable
from sheetprop.submission.intake import Source
from sheetprop.submission.package import Unreadable

MOST_SECONDS = 60
"""Of computing, for one submission; the largest known takes one."""
MOST_WAITING_SECONDS = 600
"""For one submission on a busy machine, computing and waiting together."""
MOST_MEMORY = 6 * 1024**3
"""Bytes of address space for one process; reading the largest file that is taken needs a third."""

Finish = Callable[[Source, bytes, Submission], None]


class TooSlowError(Exception):
    """A submission took longer than :data:`MOST_SECONDS`."""


@dataclass(frozen=True)
class Work:
    """What is done for each submission: grade it, and ``finish`` it, which writes its reports."""

    assignment: Assignment
    finish: Finish | None = None

    def __call__(self, source: Source) -> Submission:
        """Grade one submission; whatever is wrong with the file is a result."""
        try:
            with _time_limit():
                data = source.read()
                submission = grade(data, source.name, self.assignment)
                if self.finish is not None:
                    self.finish(source, data, submission)
                return submission
        except Unreadable as reason:
            submission = unreadable(source.name, str(reason), self.assignment)
        except (TooSlowError, MemoryError, RecursionError) as error:
            reason_ = "time" if isinstance(error, TooSlowError) else "memory"
            submission = unreadable(
                source.name, f"This file takes more {reason_} than any submission needs", self.assignment
            )
        except Exception as error:  # a defect of ours must not cost the others their results
            reason_ = f"This file could not be judged: {type(error).__name__}: {error}"
            submission = unreadable(source.name, f"{' '.join(reason_.split())} (please report this)", self.assignment)
        if self.finish is not None:
            self.finish(source, b"", submission)
        return submission


def grade_all(
    sources: Sequence[Source],
    work: Work,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Submission]:
    """Grade ``sources`` in ``workers`` processes (None: one per core); the results are in their order.

    One worker is this process, without a limit to its memory.
    """
    found: dict[int, Submission] = {}
    count = min(workers or cores(), len(sources))
    results = enumerate(map(work, sources)) if workers == 1 else _in_processes(sources, work, count)
    for n, submission in results:
        found[n] = submission
        if progress:
            progress(len(found), len(sources))
    return [found[n] for n in range(len(sources))]


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_processes(sources: Sequence[Source], work: Work, workers: int) -> Iterator[tuple[int, Submission]]:
    waiting = dict(enumerate(sources))
    with _pool(workers) as pool:
        futures: dict[Future[Submission], int] = {pool.submit(work, source): n for n, source in waiting.items()}
        try:
            for future in as_completed(futures):
                n = futures[future]
                try:
                    submission = future.result()
                except BrokenProcessPool:
                    break
                del waiting[n]
                yield n, submission
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    # Someone's file killed a process, and with it the pool: the rest one by one, each in a process of its own.
    for n, source in waiting.items():
        with _pool(1) as pool:
            try:
                yield n, pool.submit(work, source).result()
            except BrokenProcessPool:
                reason = "This file brought the program down that reads it"
                submission = unreadable(source.name, reason, work.assignment)
                if work.finish is not None:
                    work.finish(source, b"", submission)
                yield n, submission


def _pool(workers: int) -> ProcessPoolExecutor:
    # Forked processes have everything loaded already.
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    return ProcessPoolExecutor(workers, multiprocessing.get_context(method), initializer=_limit_memory)


def _limit_memory() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    _, allowed = resource.getrlimit(resource.RLIMIT_AS)
    most = MOST_MEMORY if allowed == resource.RLIM_INFINITY else min(MOST_MEMORY, allowed)
    resource.setrlimit(resource.RLIMIT_AS, (most, allowed))


@contextmanager
def _time_limit() -> Iterator[None]:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise TooSlowError

    limits = (
        (signal.SIGPROF, signal.ITIMER_PROF, MOST_SECONDS),
        (signal.SIGALRM, signal.ITIMER_REAL, MOST_WAITING_SECONDS),
    )
    before = [signal.signal(number, stop) for number, _, _ in limits]
    for _, timer, seconds in limits:
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(limits, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


__all__ = ["Finish", "Work", "cores", "grade_all"]
