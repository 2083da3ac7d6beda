"""A limit to the time that one submission may take, in the main thread of a process and in any other."""

from __future__ import annotations

import ctypes
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

MOST_SECONDS = 60
"""Of computing, for one submission; the largest known takes one."""
MOST_WAITING_SECONDS = 180
"""For one submission on a busy machine, computing and waiting together."""
GRACE_SECONDS = 10
"""After which a process of our own ends that computes on, in native code which hears of no limit."""


class TooSlowError(Exception):
    """A submission took longer than :data:`MOST_SECONDS`."""


@contextmanager
def time_limit() -> Iterator[None]:
    """Raise TooSlowError in the block when it takes too long, at the latest when the block ends."""
    main = threading.current_thread() is threading.main_thread()
    with _signals() if main and hasattr(signal, "setitimer") else _watchdog():
        yield


@contextmanager
def _signals() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TooSlowError

    limits = (
        (signal.SIGPROF, signal.ITIMER_PROF, MOST_SECONDS),
        (signal.SIGALRM, signal.ITIMER_REAL, MOST_WAITING_SECONDS),
    )
    before = [signal.signal(number, stop) for number, _, _ in limits]
    _limit_process(int(time.process_time()) + MOST_SECONDS + GRACE_SECONDS)
    for _, timer, seconds in limits:
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(limits, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def _limit_process(seconds: float) -> None:
    """Have the system end this process when it has computed so long in all, where it is one of several of ours."""
    if multiprocessing.parent_process() is not None:
        import resource

        _, allowed = resource.getrlimit(resource.RLIMIT_CPU)
        most = int(seconds) if allowed == resource.RLIM_INFINITY else min(int(seconds), allowed)
        resource.setrlimit(resource.RLIMIT_CPU, (most, allowed))


@contextmanager
def _watchdog() -> Iterator[None]:
    """As signals do it, in threads that get none, as those of Dask's workers."""
    thread, clock = threading.get_ident(), _clock()
    computed, begin = clock(), time.monotonic()
    ended, lock = threading.Event(), threading.Lock()

    def left() -> float:
        return min(MOST_SECONDS + computed - clock(), MOST_WAITING_SECONDS + begin - time.monotonic())

    def watch() -> None:
        while True:
            with lock:  # while it is held the block, and with it the thread, does not end
                if ended.is_set():
                    return
                if (seconds := left()) <= 0:
                    return _raise_in(thread, TooSlowError)
            ended.wait(seconds)

    with lock:  # nothing may be raised in the midst of starting a thread
        threading.Thread(target=watch, name="time limit", daemon=True).start()
    try:
        yield
    finally:
        with lock:
            ended.set()
        # What was raised but has not arrived must not arrive in what this thread does next.
        _raise_in(thread, None)


def _clock() -> Callable[[], float]:
    """A clock of what this thread has computed, that another thread can read; where there is none, of the time."""
    if hasattr(time, "pthread_getcpuclockid"):
        clock = time.pthread_getcpuclockid(threading.get_ident())
        return partial(time.clock_gettime, clock)
    return time.monotonic


def _raise_in(thread: int, error: type[Exception] | None) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error) if error else None)


__all__ = ["TooSlowError", "time_limit"]
