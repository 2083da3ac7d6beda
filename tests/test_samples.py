"""The samples in workbooks/ are what their commands make today."""

import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[1] / "workbooks"
COMMANDS = re.findall(
    r"^sheetprop (generate (\S+\.xlsx).*)$", (SAMPLES / "README.md").read_text(encoding="utf-8"), re.M
)
NUMBER = re.compile(r"<(c:)?v>[^<]*<")


def parts(path: Path) -> dict[str, str]:
    """The parts of a workbook without stored numbers, whose last digit may be another on another processor."""
    with zipfile.ZipFile(path) as package:
        return {name: NUMBER.sub("<", package.read(name).decode()) for name in package.namelist()}


def test_every_sample_has_its_command() -> None:
    """No workbook lies among the samples that nothing makes."""
    assert {name for _, name in COMMANDS} == {path.name for path in SAMPLES.glob("*.xlsx")}


@pytest.mark.parametrize(("command", "name"), COMMANDS, ids=[name for _, name in COMMANDS])
def test_sample_is_current(tmp_path: Path, command: str, name: str) -> None:
    """The command that the samples' README gives makes the sample; it also confirms every number."""
    run = subprocess.run(
        [sys.executable, "-m", "sheetprop", *shlex.split(command)], cwd=tmp_path, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert parts(tmp_path / name) == parts(SAMPLES / name)
