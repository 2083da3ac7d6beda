"""Timing contenders fairly: in turns, best of several, each in a fresh folder with garbage collected before."""

from __future__ import annotations

import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
"""Where ``python -m tests.benchmarks`` and its child processes run."""

Contender = Callable[[Path], object]
"""Called with an empty folder, which is removed afterwards; what it returns is not looked at."""


def best_of(contenders: Mapping[str, Contender], repeats: int) -> dict[str, float]:
    """The shortest of ``repeats`` times of each contender, in seconds."""
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(repeats):
        for name, run in contenders.items():
            with fresh_folder() as folder:
                best[name] = min(best[name], _seconds(run, folder))
    return best


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """An empty folder for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="sheetprop-benchmark-") as folder:
        yield Path(folder)


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _seconds(run: Contender, folder: Path) -> float:
    gc.collect()
    # Collections during the run must not walk through the lists that the benchmark itself holds.
    gc.freeze()
    try:
        begin = time.perf_counter()
        run(folder)
        return time.perf_counter() - begin
    finally:
        gc.unfreeze()
