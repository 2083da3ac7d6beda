"""Files that are written take their place whole; what killed processes left of others is removed, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from sheetprop.errors import InputError
from sheetprop.output import MARK, check_output, discard_unfinished, written_whole
from tests.conftest import Call

WRITES = """
import sys
from pathlib import Path
from sheetprop.output import written_whole
with written_whole(Path(sys.argv[1])) as unfinished:
    unfinished.write_text("half")
    print("begun", flush=True)
    sys.stdin.read()
"""


def begun(path: Path) -> subprocess.Popen[str]:
    """A process that has written half of a file."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITES, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def test_what_a_killed_process_left_is_gone_after_the_next_run(tmp_path: Path, call_sheetprop: Call) -> None:
    """While it lives its unfinished file stays, and the files of others do in any case."""
    path = tmp_path / "backpropagation.xlsx"
    process = begun(path)
    (left,) = tmp_path.glob(".*")
    own = tmp_path / ".backpropagation.xlsx.mine"
    own.mkdir()
    (own / "note.txt").write_text("a user's own")
    try:
        check_output(path, force=False)
        assert (left / path.name).read_text() == "half"
    finally:
        process.kill()
        process.communicate()
    assert (left / path.name).exists()
    assert call_sheetprop("generate", "--iterations", "3", "--lr", "0.5", str(path)).returncode == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == [own.name, path.name]
    assert (own / "note.txt").read_text() == "a user's own"


def test_what_others_left_of_other_files_stays_unless_all_are_asked_for(tmp_path: Path) -> None:
    """A folder of a course may hold what belongs to somebody's run of tomorrow."""
    for name in ("one.xlsx", "other.xlsx"):
        process = begun(tmp_path / name)
        process.kill()
        process.communicate()
    discard_unfinished(tmp_path, "one.xlsx")
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".other.xlsx.")
    discard_unfinished(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_is_there_whole_or_as_it_was(tmp_path: Path) -> None:
    """An error in the middle leaves the old one; nothing else stays in the folder."""
    path = tmp_path / "old.txt"
    path.write_text("old")

    def fails() -> None:
        with written_whole(path) as begun:
            begun.write_text("new, but not all of it")
            assert (begun.parent / MARK).exists()
            raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match=r"old\.txt: cannot be written: the disk is full"):
        fails()
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {"old.txt": "old"}
    with written_whole(path) as begun:
        begun.write_text("new")
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {"old.txt": "new"}
