"""Ten times the iterations: time per formula, and peak memory, each size in processes of its own."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import run

from tests.benchmarks.report import Row, within
from tests.benchmarks.timing import ROOT, fresh_folder

NAME = "linearity"
WRITE, CONFIRM, ENGINE = "write", "confirm", "engine alone"


@dataclass(frozen=True)
class Measurement:
    """What one process did: seconds of the work itself, and peak memory before and after it."""

    seconds: float
    formulas: int
    mib_before: float
    mib: float


def rows(quick: bool, repeats: int) -> list[Row]:
    """Writing, confirming, and the engine's part of confirming, at two sizes in turns."""
    sizes = (100, 1_000) if quick else (1_000, 10_000)
    best: dict[tuple[str, int], Measurement] = {}
    with fresh_folder() as folder:
        for _ in range(repeats):
            for verb in (WRITE, CONFIRM, ENGINE):
                for size in sizes:
                    found = _measure(verb, size, folder / f"{size}.xlsx")
                    key = verb, size
                    best[key] = min(best.get(key, found), found, key=lambda measured: measured.seconds)
    result = []
    # How the engine itself grows is shown beside, as most of confirming is its work.
    for verb, target in ((WRITE, 1.3), (CONFIRM, 1.3), (ENGINE, None)):
        small, large = (best[verb, size] for size in sizes)
        against = f"{sizes[1]:,} iterations against {sizes[0]:,}"
        result.append(
            within(NAME, f"{verb}, time per formula: {against}", _microseconds(large), _microseconds(small), target,
                   unit="µs", note=f"{large.seconds:.2f} s for {large.formulas:,} formulas, "
                   f"{small.seconds:.2f} s for {small.formulas:,}")
        )  # fmt: skip
        each = (large.mib - small.mib) * 2**20 / (large.formulas - small.formulas)
        result.append(
            within(NAME, f"{verb}, peak memory: {against}", large.mib, small.mib, None, unit="MiB",
                   note=f"{small.mib_before:.0f} MiB before the work; {each:,.0f} bytes per formula more")
        )  # fmt: skip
    return result


def _microseconds(measured: Measurement) -> float:
    return measured.seconds / measured.formulas * 1e6


def _measure(verb: str, iterations: int, path: Path) -> Measurement:
    command = [sys.executable, "-m", __name__, verb, str(iterations), str(path)]
    done = run(command, cwd=ROOT, check=True, capture_output=True, encoding="utf-8")
    return Measurement(**json.loads(done.stdout))


def _work(verb: str, iterations: int, path: Path) -> Measurement:
    """The work of a child process."""
    from sheetprop import Layout, load_assignment, verify
    from sheetprop.descent import compute
    from sheetprop.engine import Spreadsheet
    from sheetprop.stored import read_stored
    from sheetprop.workbook import write_workbook
    from sheetprop.workbook.contents import Contents

    # Imports and first calls are not what grows with the size.
    with fresh_folder() as folder:
        warm_up = load_assignment(iterations=2, layout=Layout.CLASSIC)
        write_workbook(Contents(warm_up, compute(warm_up)), folder / "warm-up.xlsx")
        verify(path=folder / "warm-up.xlsx", assignment=warm_up, autograd=False)
    before = _peak_mib()
    assignment = load_assignment(iterations=iterations, layout=Layout.CLASSIC)
    if verb == WRITE:
        contents = Contents(assignment, compute(assignment))
        begin = time.perf_counter()
        formulas = write_workbook(contents, path).formulas
    elif verb == ENGINE:
        formulas = sum(int(sheet.formulas.sum()) for sheet in read_stored(path))
        before = _peak_mib()
        begin = time.perf_counter()
        Spreadsheet(path)
    else:
        begin = time.perf_counter()
        result = verify(path=path, assignment=assignment, autograd=False)
        assert result.passed, result.complaints()
        formulas = result.formulas
    return Measurement(time.perf_counter() - begin, formulas, before, _peak_mib())


def _peak_mib() -> float:
    # On Linux a child's ru_maxrss begins with its parent's peak, which other benchmarks may have raised.
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 2**10
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    print(json.dumps(asdict(_work(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))))
