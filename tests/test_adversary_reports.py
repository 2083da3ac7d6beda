"""What a report must never do: delete or replace what it did not write, or be mixed with another run's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from sheetprop import validate
from sheetprop.errors import InputError
from sheetprop.report.claim import LOCK
from tests.student import Student

Files = dict[Path, bytes]


@pytest.fixture
def hand_in() -> bytes:
    """A student's right workbook."""
    return Student(iterations=3).book.saved()


def everything(folder: Path) -> Files:
    """All files below a folder with their bytes."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def put(path: Path, data: bytes) -> Path:
    """Write a file with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def the_hand_ins_own(folder: Path, data: bytes) -> tuple[Path, Path]:
    """The folder that is judged."""
    put(folder / "submissions" / "alice" / "hw.xlsx", data)
    return folder, folder


def the_one_above(folder: Path, data: bytes) -> tuple[Path, Path]:
    """The folder in which the hand-ins' folder is, with a teacher's files of the names that reports have."""
    put(folder / "grades.csv", b"dear,to,its,owner")
    put(folder / "submissions" / "alice" / "results.json", b"{}")
    return put(folder / "submissions" / "alice" / "hw.xlsx", data), folder


def a_report_that_holds_the_hand_in(folder: Path, data: bytes) -> tuple[Path, Path]:
    """A report of another run, into which somebody has put a hand-in."""
    first = put(folder / "first.xlsx", data)
    validate(paths=[first], report=folder / "report", workers=1)
    return put(folder / "report" / "submissions" / "first" / "again.xlsx", data), folder / "report"


def a_link(folder: Path, data: bytes) -> tuple[Path, Path]:
    """A link to a folder of somebody else's."""
    (folder / "elsewhere").mkdir()
    (folder / "report").symlink_to("elsewhere")
    return put(folder / "hw.xlsx", data), folder / "report"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (the_hand_ins_own, "which is read; name a folder for the report alone"),
        (the_one_above, "which is read; name a folder for the report alone"),
        (a_report_that_holds_the_hand_in, "which is read; name a folder for the report alone"),
        (a_link, "is a link to elsewhere"),
    ],
)
def test_a_report_goes_nowhere_else(
    place: Callable[[Path, bytes], tuple[Path, Path]], said: str, tmp_path: Path, hand_in: bytes
) -> None:
    """A folder that is not a report's is refused, also with ``force``, and all in it stays as it is."""
    judged, report = place(tmp_path, hand_in)
    before = everything(tmp_path)
    with pytest.raises(InputError, match=said):
        validate(paths=[judged], report=report, force=True, workers=1)
    assert everything(tmp_path) == before


def test_a_folder_with_other_files_is_no_report(tmp_path: Path, hand_in: bytes) -> None:
    """Also where nothing in it is read in the run."""
    judged = put(tmp_path / "hw.xlsx", hand_in)
    put(tmp_path / "report" / "submissions" / "hw" / "feedback.xlsx", b"a student's own")
    before = everything(tmp_path)
    with pytest.raises(InputError, match="holds 'submissions', which no report wrote"):
        validate(paths=[judged], report=tmp_path / "report", force=True, workers=1)
    assert everything(tmp_path) == before


def test_what_others_put_into_a_report_stays(tmp_path: Path, hand_in: bytes) -> None:
    """A report is replaced without what was written of a student who is gone, but for the teacher's own notes."""
    report, notes = tmp_path / "report", tmp_path / "report" / "submissions" / "first" / "notes.txt"
    first, second = (put(tmp_path / name, hand_in) for name in ("first.xlsx", "second.xlsx"))
    validate(paths=[first, second], report=report, workers=1)
    put(notes, b"spoke with her")
    validate(paths=[second], report=report, force=True, workers=1)
    assert [path for path in everything(report) if path.parent == notes.parent] == [notes]


def test_hand_ins_may_have_the_names_of_reports(tmp_path: Path, hand_in: bytes) -> None:
    """A student's feedback.xlsx beside a page is a hand-in like any; a report that is found beside it is none."""
    put(tmp_path / "hand-ins" / "submissions" / "alice" / "feedback.html", b"a page of hers")
    put(tmp_path / "hand-ins" / "submissions" / "alice" / "feedback.xlsx", hand_in)
    for _ in range(2):
        found = validate(paths=[tmp_path / "hand-ins"], report=tmp_path / "hand-ins" / "report", workers=1, force=True)
        assert [Path(submission.path).name for submission in found.submissions] == ["feedback.xlsx"]


def test_one_run_at_a_time(tmp_path: Path, hand_in: bytes) -> None:
    """A second run is refused as long as the first one is there, and what that has written stays."""
    judged, report = put(tmp_path / "hw.xlsx", hand_in), tmp_path / "report"
    validate(paths=[judged], report=report, workers=1)
    before = everything(report)
    with FileLock(report / LOCK), pytest.raises(InputError, match="another run writes this report"):
        validate(paths=[judged], report=report, force=True, workers=1)
    assert everything(report) == before
    validate(paths=[judged], report=report, force=True, workers=1)


def test_a_link_is_not_written_over(tmp_path: Path) -> None:
    """A workbook is not written where a link stands: neither the link nor what it leads to is meant for sure."""
    from sheetprop import generate

    (tmp_path / "other.xlsx").write_bytes(b"dear to its owner")
    (tmp_path / "link.xlsx").symlink_to("other.xlsx")
    with pytest.raises(InputError, match=r"is a link to other\.xlsx"):
        generate(path=tmp_path / "link.xlsx", force=True)
    assert (tmp_path / "link.xlsx").is_symlink()
    assert (tmp_path / "other.xlsx").read_bytes() == b"dear to its owner"
