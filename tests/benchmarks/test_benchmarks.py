"""The benchmarks' runner runs; what it measures is for people to read."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.benchmarks.timing import ROOT


@pytest.mark.parametrize(
    ("name", "rows"), [("startup", 2), ("assigning", 1), ("validating", 5), ("scaling", 4), ("training", 2)]
)
def test_json_has_the_documented_keys(name: str, rows: int) -> None:
    """``--json`` prints one document with the keys that the package's docstring documents, and nothing else."""
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--only", name, "--json"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, encoding="utf-8")
    report = json.loads(done.stdout)
    assert report.keys() == {"python", "cores", "repeats", "quick", "rows"}
    assert report["quick"] is True
    assert len(report["rows"]) == rows
    for row in report["rows"]:
        assert list(row) == [
            "benchmark", "what", "ours", "other", "unit", "ratio", "target", "met", "stretch", "note",
        ]  # fmt: skip
        assert row["benchmark"] == name
