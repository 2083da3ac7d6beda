"""A few faults of the machine; ``python -m tests.faults`` puts a hundred into every command."""

import os
from pathlib import Path

import pytest

if os.name != "posix":
    pytest.skip("the faults are those of POSIX", allow_module_level=True)

from tests.faults.commands import COMMANDS
from tests.faults.disturbance import Undisturbed, disturbed, undisturbed
from tests.faults.faults import FAULTS
from tests.faults.whole import is_whole, violations


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """The command generate, undisturbed."""
    return undisturbed(COMMANDS["generate"], tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize(("fault", "seed"), [("killed", 1), ("interrupted", 0), ("no large files", 1)])
def test_what_is_on_disk_is_whole(alone: Undisturbed, tmp_path: Path, fault: str, seed: int) -> None:
    """Whatever the moment, and over nothing or an earlier workbook: the next run finds nothing in its way."""
    assert list(disturbed(alone, FAULTS[fault], tmp_path / "run", seed)) == []


def test_the_faults_find_what_is_broken(tmp_path: Path) -> None:
    """Half a workbook is not whole, and a file that is gone or changed is missed; what a command leaves may change."""
    before = {"kept.txt": b"1", "gone.txt": b"2", "out.xlsx": b"3"}
    (tmp_path / "kept.txt").write_bytes(b"another")
    (tmp_path / "out.xlsx").write_bytes(b"PK half a workbook")
    assert not is_whole(tmp_path / "out.xlsx")
    assert list(violations(tmp_path, before, ["out.xlsx"])) == [
        "kept.txt is changed",
        "gone.txt is gone",
        "out.xlsx is not whole",
    ]
