"""A whole class, and thousands: throughput from batch to batch, two workers against one, memory of who hands out.

The submissions are copies of workbooks in the folder that ``SHEETPROP_SUBMISSIONS`` names; without it, of some that are
generated. Every batch has the same workbooks in the same shares, so that only the number differs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

from sheetprop.submission.open.intake import find_submissions
from tests.benchmarks.report import Row, faster, skipped, within
from tests.benchmarks.timing import cores, fresh_folder
from tests.benchmarks.validating import SUBMISSIONS, generated, python

NAME = "scaling"
KINDS, QUICK_KINDS = 20, 2
"""Different workbooks; the sizes of all batches are multiples of it."""
SIZES, QUICK_SIZES = (100, 1_000, 5_000), (2, 4)
MEMORY_SIZES, QUICK_MEMORY_SIZES = (1_000, 10_000), (2, 4)
TWO_AT_ONCE, QUICK_TWO_AT_ONCE = 200, 4
BATCH = """
import json, resource, sys, time
from pathlib import Path
from sheetprop import validate

folder, workers, report = sys.argv[1], int(sys.argv[2]), sys.argv[3] or None
if report is None:  # what is loaded and computed once is not what grows
    validate(paths=sorted(Path(folder).iterdir())[:1], workers=1)
begin = time.perf_counter()
result = validate(paths=[folder], workers=workers, report=report)
with open("/dev/null", "w") as nowhere:
    result.write_json(nowhere)
    result.write_text(nowhere)
seconds = time.perf_counter() - begin
status = Path("/proc/self/status")
if status.exists():  # elsewhere the peak begins with that of the process that started this one
    own = int(status.read_text().split("VmHWM:")[1].split()[0])
else:
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([seconds, own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
"""
"""A program that judges a folder: seconds, the peak memory of itself and of its largest worker, in KiB."""


@dataclass(frozen=True)
class Measured:
    """One batch; peaks are in MiB."""

    size: int
    seconds: float
    own: float
    worker: float


@dataclass(frozen=True)
class Batches:
    """Makes batches of one collection of workbooks and measures how they are judged."""

    home: Path
    workbooks: Sequence[Path]
    whose: str

    def measured(self, size: int, workers: int, *, report: bool = False) -> Measured:
        """Judge so many copies in a fresh process."""
        with fresh_folder() as folder:
            batch = folder / "in"
            batch.mkdir()
            for n in range(size):
                # Links are files of their own to who reads them, and ten thousand take no room.
                os.link(self.workbooks[n % len(self.workbooks)], batch / f"{n:05}.xlsx")
            reports = str(folder / "report") if report else ""
            seconds, own, worker = json.loads(python("-c", BATCH, str(batch), str(workers), reports))
        return Measured(size, seconds, own / 1024, worker / 1024)

    def best(self, size: int, workers: int, repeats: int) -> Measured:
        """The quickest of some."""
        return min((self.measured(size, workers) for _ in range(repeats)), key=lambda measured: measured.seconds)


def rows(quick: bool, repeats: int) -> list[Row]:
    """Throughput at three sizes, two workers against one, and the memory of the process that hands out."""
    if os.name != "posix":
        return [skipped(NAME, "throughput and memory", "the memory of a process is told differently here")]
    with fresh_folder() as home:
        batches = _batches(home, quick)
        return [
            *_throughput(batches, QUICK_SIZES if quick else SIZES, repeats),
            _two_workers(batches, QUICK_TWO_AT_ONCE if quick else TWO_AT_ONCE, repeats),
            *_memory(batches, QUICK_MEMORY_SIZES if quick else MEMORY_SIZES),
        ]


def _batches(home: Path, quick: bool) -> Batches:
    kinds = QUICK_KINDS if quick else KINDS
    if quick or not SUBMISSIONS:
        generated(home / "generated", kinds)
        return Batches(home, sorted((home / "generated").iterdir()), f"{kinds} generated workbooks")
    sources = [source.path for source in find_submissions([SUBMISSIONS]) if source.member is None]
    by_size = sorted(sources, key=lambda path: path.stat().st_size)
    chosen = [by_size[n * len(by_size) // kinds] for n in range(kinds)]
    copies = [home / f"{n}.xlsx" for n in range(kinds)]
    for original, copy in zip(chosen, copies, strict=True):
        copyfile(original, copy)
    return Batches(home, copies, f"{kinds} students' workbooks, from the smallest to the largest")


def _throughput(batches: Batches, sizes: Sequence[int], repeats: int) -> list[Row]:
    first = batches.best(sizes[0], cores(), repeats)
    found = []
    for size in sizes[1:]:
        measured = batches.measured(size, cores())
        each, before = (1e3 * one.seconds * cores() / one.size for one in (measured, first))
        what = f"time per file and core: {size:,} files against {first.size:,}"
        note = f"{measured.seconds:.1f} s on {cores()} cores; copies of {batches.whose}"
        found.append(within(NAME, what, each, before, 1.1, unit="ms", note=note))
    return found


def _two_workers(batches: Batches, size: int, repeats: int) -> Row:
    what = "two workers: one worker"
    if cores() < 2:
        return skipped(NAME, what, "there is one core")
    two, one = (batches.best(size, workers, repeats).seconds for workers in (2, 1))
    return faster(NAME, what, two, one, 1.8, f"{size:,} files")


def _memory(batches: Batches, sizes: Sequence[int]) -> list[Row]:
    small, large = (batches.measured(size, cores(), report=True) for size in sizes)
    what = f"memory of who hands out, with --report: {large.size:,} submissions against {small.size:,}"
    workers = f"memory of the largest worker: {large.size:,} submissions against {small.size:,}"
    more = 1024 * (large.own - small.own) / (large.size - small.size)
    note = f"{more:.1f} KiB for each further submission; {large.seconds:.0f} s; copies of {batches.whose}"
    return [
        within(NAME, what, large.own, small.own, 2, unit="MiB", note=note),
        within(NAME, workers, large.worker, small.worker, 1.3, unit="MiB"),
    ]
