"""How soon the command answers: ``--help`` against the bare import of the library that parses its options."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.benchmarks.report import Row, within
from tests.benchmarks.timing import ROOT, Contender, best_of

NAME = "startup"
HEAVY = ("numpy", "pandas", "torch", "xlsxwriter", "formualizer", "rich")
FORBIDDEN = {"pandas", "torch"}
LOADED = f"""
import contextlib, io, json, runpy, sys
sys.argv = ["sheetprop", "--help"]
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    runpy.run_module("sheetprop", run_name="__main__", alter_sys=True)
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""


def rows(quick: bool, repeats: int) -> list[Row]:
    """The time, and which slow libraries were loaded for nothing."""
    times = 2 if quick else max(10, repeats)
    contenders: dict[str, Contender] = {
        "ours": lambda folder: _python("-m", "sheetprop", "--help"),
        "typer": lambda folder: _python("-c", "import typer"),
    }
    best = best_of(contenders, times)
    loaded = json.loads(_python("-c", LOADED))
    return [
        within(NAME, "python -m sheetprop --help: python -c 'import typer'", best["ours"], best["typer"], 1.5,
               note=f"best of {times}, each a process"),
        Row(benchmark=NAME, what="--help loads neither pandas nor torch", target="none",
            met=FORBIDDEN.isdisjoint(loaded), note=f"of {', '.join(HEAVY)} it loads {', '.join(loaded) or 'none'}"),
    ]  # fmt: skip


def _python(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True, encoding="utf-8")
    return done.stdout
