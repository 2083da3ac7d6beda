"""Judging workbooks, against merely reading them with openpyxl; and how it grows with formulas and with submissions.

``SHEETPROP_SUBMISSIONS`` names a folder of students' workbooks; without it, workbooks are generated.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from sheetprop import Layout, generate, validate
from sheetprop.submission.findings import Severity
from sheetprop.submission.open.intake import find_submissions
from tests.benchmarks.report import Row, within
from tests.benchmarks.timing import ROOT, best_of, cores, fresh_folder

NAME = "validating"
SUBMISSIONS = os.environ.get("SHEETPROP_SUBMISSIONS")
WORKBOOKS, QUICK_WORKBOOKS = 30, 3
SUFFIXES = frozenset((".xlsx", ".xlsm", ".xltx", ".xltm"))
"""What openpyxl is given; it refuses all others by their names."""
RATES = (0.1, 0.2, 0.5, 0.8, 1.0, 2.0)
ITERATIONS = 68
"""Of generated workbooks: most students hand in so many."""
MANY_FORMULAS = 100_000
LOAD = """
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from openpyxl import load_workbook

def load(path):
    warnings.simplefilter("ignore")
    try:
        load_workbook(path)
        load_workbook(path, data_only=True)
    except Exception:
        return False
    return True

if __name__ == "__main__":
    with ProcessPoolExecutor(int(sys.argv[1])) as pool:
        print(sum(not loaded for loaded in pool.map(load, sys.argv[2:])))
"""
"""A program that loads the workbooks it is given in so many processes, and says how many it could not load."""
LARGEST = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""A program that runs a command; says its exit code and the peak memory of the largest of its processes.

On Linux a child's peak begins with that of its parent, so the parent has to be small.
"""


def rows(quick: bool, repeats: int) -> list[Row]:
    """A folder of submissions, one workbook of two sizes, one of many formulas, and batches of two sizes."""
    with fresh_folder() as home:
        return [
            *_against_reading(home, quick, repeats),
            _linear(home, (100, 1_000) if quick else (1_000, 10_000), repeats),
            _large(home, MANY_FORMULAS // 50 if quick else MANY_FORMULAS, repeats),
            _memory(home, (2, 4) if quick else (20, 200)),
        ]


def _against_reading(home: Path, quick: bool, repeats: int) -> list[Row]:
    if SUBMISSIONS and not quick:
        folder, whose = Path(SUBMISSIONS), "students' workbooks"
    else:
        folder, whose = home / "generated", "generated workbooks of six learning rates (SHEETPROP_SUBMISSIONS is unset)"
        generated(folder, QUICK_WORKBOOKS if quick else WORKBOOKS)
    sources = find_submissions([folder])
    files = [str(s.path.absolute()) for s in sources if s.member is None and s.path.suffix.lower() in SUFFIXES]
    refused = ["0"]

    def load(_: Path) -> None:
        refused[0] = python("-c", LOAD, str(cores()), *files)

    best = best_of({"ours": lambda _: _validate(folder), "openpyxl": load}, repeats)
    note = f"{len(sources)} {whose}, {cores()} processes on both sides; openpyxl refuses {refused[0].strip()}"
    if len(files) < len(sources):
        note += f" and is not given {len(sources) - len(files)}"
    what = "openpyxl: load each file's formulas, then its values"
    return [
        within(NAME, what, best["ours"], best["openpyxl"], 3, note=note),
        within(NAME, f"{what} (hoped for)", best["ours"], best["openpyxl"], 1, stretch=True),
    ]


def _linear(home: Path, sizes: tuple[int, int], repeats: int) -> Row:
    paths = [home / f"{size}.xlsx" for size in sizes]
    formulas = [_written(path, size, RATES[:1]) for path, size in zip(paths, sizes, strict=True)]

    def judge(path: Path) -> None:
        (judged,) = validate(paths=[path], workers=1).submissions
        assert not judged.of(Severity.ERROR)

    # Imports and first calls are not what grows with the size.
    judge(paths[0])
    best = best_of({path.name: lambda _, path=path: judge(path) for path in paths}, repeats)
    seconds = [best[path.name] for path in paths]
    small, large = (s / n * 1e6 for s, n in zip(seconds, formulas, strict=True))
    return within(
        NAME, f"time per formula: {sizes[1]:,} iterations against {sizes[0]:,}", large, small, 1.3, unit="µs",
        note=f"{seconds[1]:.2f} s for {formulas[1]:,} formulas, {seconds[0]:.2f} s for {formulas[0]:,}; one process",
    )  # fmt: skip


def _large(home: Path, least: int, repeats: int) -> Row:
    path = home / "many.xlsx"
    each = _written(path, 11, RATES[:1]) - _written(path, 10, RATES[:1])
    formulas = _written(path, least // each, RATES[:1])
    seconds = best_of({"ours": lambda _: _validate(path)}, repeats)["ours"]
    return Row(benchmark=NAME, what="the command, one workbook of many formulas", ours=seconds,
               note=f"{formulas:,} formulas; seconds as information")  # fmt: skip


def _memory(home: Path, sizes: tuple[int, int]) -> Row:
    original = home / "original.xlsx"
    formulas = _written(original, ITERATIONS, RATES)
    peaks = []
    for size in sizes:
        folder = home / f"{size} copies"
        folder.mkdir()
        for n in range(size):
            shutil.copyfile(original, folder / f"{n}.xlsx")
        command = [*_command(folder), "--report", str(home / f"report of {size}")]
        code, peak = map(int, python("-c", LARGEST, *command).split())
        assert code in (0, 1), code  # 1: not all that the course asks is there
        peaks.append(peak / (2**20 if sys.platform == "darwin" else 2**10))
    return within(
        NAME, f"peak memory with --report: {sizes[1]} submissions against {sizes[0]}", peaks[1], peaks[0], 1.3,
        unit="MiB", note=f"the largest of its processes; copies of a workbook of {formulas:,} formulas",
    )  # fmt: skip


def generated(folder: Path, workbooks: int) -> None:
    """Make a folder of so many different workbooks."""
    folder.mkdir()
    for n in range(workbooks):
        _written(folder / f"{n:02}.xlsx", ITERATIONS, RATES, seed=n)


def _written(path: Path, iterations: int, rates: Iterable[float], **others: object) -> int:
    """How many formulas the generated workbook holds."""
    made = generate(path=path, iterations=iterations, learning_rates=rates, layout=Layout.CLASSIC, force=True,
                    verify_numbers=False, **others)  # fmt: skip
    return made.formulas


def _validate(path: Path) -> None:
    # Exit code 1 says that workbooks are wrong, as students' are.
    assert subprocess.run(_command(path), cwd=ROOT).returncode in (0, 1)


def _command(path: Path) -> list[str]:
    return [sys.executable, "-m", "sheetprop", "validate", str(path.absolute()), "--quiet"]


def python(*arguments: str) -> str:
    """What another Python prints, in the root of the repository."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True, encoding="utf-8")
    return done.stdout
