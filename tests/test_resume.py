"""A report that is completed: what it holds is not judged again, and it becomes what one run would have written."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sheetprop import validate
from sheetprop.errors import InputError
from sheetprop.output import MARK
from sheetprop.submission.batch import grading as batch
from sheetprop.submission.batch.time_limit import TooSlowError
from tests.student import Student

TEMPLATE = "targets = [0.01, 0.99]\nlearning_rates = [0.5]\niterations = 12\n"
"""What the students of :mod:`tests.student` were asked."""
COUNT = 8
Judge = Callable[..., list[str]]


def homework(rate: float) -> bytes:
    """A right workbook unlike those of other rates."""
    return Student(rate=rate).book.saved()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what was asked (asked.toml) and different workbooks (in/), not to be changed."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "in").mkdir()
    for n in range(COUNT):
        (folder / "in" / f"s{n}.xlsx").write_bytes(homework(0.5 + n / 10))
    (folder / "asked.toml").write_text(TEMPLATE)
    return folder


@pytest.fixture
def judge(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """Judge the folder ``in`` (a copy of the workbooks) into ``report``; returns the names that were judged."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    graded: list[str] = []

    def watched(data: bytes, name: str, *others: object) -> object:
        graded.append(Path(name).stem)
        return grade(data, name, *others)

    grade = batch.grade
    monkeypatch.setattr(batch, "grade", watched)

    def judged(**options: object) -> list[str]:
        graded.clear()
        validate(**{"paths": ["in"], "template": "asked.toml", "report": "report", "workers": 1, "seed": 7} | options)
        return graded.copy()

    return judged


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its path there."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


EVERY = [f"s{n}" for n in range(COUNT)]


def test_what_is_there_is_not_judged_again(judge: Judge) -> None:
    """The second time nothing is judged, and the report is the same to the byte."""
    assert judge() == EVERY
    before = files(Path("report"))
    assert judge(resume=True) == []
    assert files(Path("report")) == before


def test_it_goes_on_with_the_seed_of_the_report(judge: Judge) -> None:
    """What is judged later is tried on the same numbers as what was judged before; a new report draws others."""
    judge(seed=None)
    records = sorted(Path("report", "submissions").glob("*/judgement.json"))
    seeds = {json.loads(record.read_bytes())["seed"] for record in records}
    records[0].unlink()
    assert judge(seed=None, resume=True) == ["s0"]
    assert {json.loads(record.read_bytes())["seed"] for record in records} == seeds
    judge(seed=None, report="fresh")
    assert seeds.isdisjoint(
        json.loads(r.read_bytes())["seed"] for r in Path("fresh").glob("submissions/*/judgement.json")
    )


def test_without_it_all_is_judged_again(judge: Judge) -> None:
    """With --force what is there does not count, and without either a report is refused."""
    judge()
    with pytest.raises(InputError, match="--resume"):
        judge()
    assert judge(force=True) == EVERY


def test_where_there_is_no_report_all_is_judged(judge: Judge) -> None:
    """A first run may have --resume, so that one command can be given again and again."""
    assert judge(resume=True) == EVERY


@pytest.mark.parametrize("options", [{"report": None}, {"force": True}], ids=str)
def test_it_makes_sense_only_with_a_report_that_stays(judge: Judge, options: dict) -> None:
    """Without --report, or together with --force, it is refused in one line."""
    with pytest.raises(InputError, match=r"^--resume: [^\n]+$"):
        judge(resume=True, **options)
    assert not Path("report").exists()


def test_only_what_changed_is_judged(judge: Judge) -> None:
    """Another file, a file handed in again, and one whose record is gone or damaged are judged, and nothing else."""
    judge()
    Path("in", "new.xlsx").write_bytes(homework(1.7))
    Path("in", "s1.xlsx").write_bytes(homework(1.8))
    Path("report", "submissions", "s2", "judgement.json").unlink()
    record = Path("report", "submissions", "s3", "judgement.json")
    record.write_bytes(record.read_bytes()[:-20])
    os.utime("in/s4.xlsx", (0, 0))
    assert judge(resume=True) == ["new", "s1", "s2", "s3"]
    complete = files(Path("report"))
    judge(report="fresh")
    assert complete == files(Path("fresh"))


def test_who_was_asked_something_else_is_judged_again(judge: Judge) -> None:
    """Other points in the rubric, or another version of the program, leave nothing of the report."""
    judge()
    Path("asked.toml").write_text(f"{TEMPLATE}[rubric]\nchart = 6\nlive = 4\n")
    assert judge(resume=True) == EVERY
    assert judge(resume=True) == []
    record = Path("report", "submissions", "s3", "judgement.json")
    written = json.loads(record.read_bytes())
    record.write_text(json.dumps(written | {"version": "0.0.1"}))
    assert judge(resume=True) == ["s3"]


def test_an_altered_judgement_is_no_judgement(judge: Judge) -> None:
    """Points that somebody wrote into the record are not taken, whatever they come to."""
    judge()
    complete = files(Path("report"))
    for n, points in ((1, 285.0), (2, 1.0)):
        record = Path("report", "submissions", f"s{n}", "judgement.json")
        written = json.loads(record.read_bytes())
        written["submission"]["score_lines"][0]["points"] = points
        record.write_text(json.dumps(written))
    assert judge(resume=True) == ["s1", "s2"]
    assert files(Path("report")) == complete


def test_who_is_no_longer_there_is_removed(judge: Judge) -> None:
    """A student who left the batch leaves the report, also one whose folder was never finished; notes stay."""
    judge()
    Path("in", "s0.xlsx").unlink()
    begun, notes = Path("report", "submissions", "begun"), Path("report", "submissions", "notes")
    (begun / ".feedback.xlsx.1234").mkdir(parents=True)
    (begun / ".feedback.xlsx.1234" / "feedback.xlsx").write_bytes(b"half")
    (begun / ".feedback.xlsx.1234" / MARK).touch()
    notes.mkdir()
    (notes / "mine.txt").touch()
    assert judge(resume=True) == []
    assert sorted(path.name for path in Path("report", "submissions").iterdir()) == ["notes", *EVERY[1:]]
    assert '"in/s0.xlsx"' not in Path("report", "grades.csv").read_text(encoding="utf-8-sig")


def test_the_files_decide_not_the_folders(judge: Judge) -> None:
    """Where names of folders shift, because a file came in between, nobody gets the judgement of another."""
    for n in (1, 2):
        Path("in", f"group{n}").mkdir()
        Path("in", f"s{n}.xlsx").rename(f"in/group{n}/same.xlsx")
    paths = ["in/group1/same.xlsx", "in/group2/same.xlsx"]
    assert judge(paths=paths) == ["same", "same"]
    shutil.copyfile("in/s3.xlsx", "same.xlsx")
    paths = ["same.xlsx", *paths]
    assert judge(paths=paths, resume=True) == ["same"] * 3
    assert judge(paths=paths, resume=True) == []
    complete = files(Path("report"))
    judge(paths=paths, report="fresh")
    assert complete == files(Path("fresh"))


def test_the_same_file_of_another_student_is_judged(judge: Judge) -> None:
    """Two students may hand in the same file; the one's page does not become the other's."""
    for name in ("anna", "bob"):
        Path(name).mkdir()
        shutil.copyfile("in/s0.xlsx", f"{name}/homework.xlsx")
    assert judge(paths=["anna"]) == ["homework"]
    assert judge(paths=["bob"], resume=True) == ["homework"]
    assert '"bob/homework.xlsx"' in Path("report", "grades.csv").read_text(encoding="utf-8-sig")


def test_nothing_of_another_student_stays_in_a_folder(judge: Judge) -> None:
    """A folder that becomes someone else's has only files of theirs."""
    Path("in", "s0.xlsx").rename("in/s0.xlsm")
    judge()
    Path("in", "s0.xlsm").unlink()
    Path("in", "s0.xlsx").write_bytes(b"no workbook")
    judge(resume=True)
    own = Path("report", "submissions", "s0")
    assert sorted(path.name for path in own.iterdir()) == ["feedback.html", "judgement.json", "results.json"]


def test_who_could_not_be_judged_is_tried_again(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    """A submission that took too long, on a busy machine perhaps, is no settled result."""

    def slow(*_: object) -> None:
        raise TooSlowError

    with monkeypatch.context() as patch:
        patch.setattr(batch, "grade", slow)
        judge()
    assert not list(Path("report").rglob("judgement.json"))
    assert judge(resume=True) == EVERY
    assert judge(resume=True) == []


@pytest.mark.skipif(os.name != "posix", reason="no signals on this system")
@pytest.mark.parametrize("moment", [1, 3])
def test_a_killed_run_is_completed(judge: Judge, moment: int) -> None:
    """Killed in the middle, with its processes: completed, the report is what a run without that wrote."""
    judge(report="whole")
    line = [
        sys.executable,
        "-m",
        "sheetprop",
        "validate",
        "in",
        "--template",
        "asked.toml",
        "--report",
        "report",
        "--seed",
        "7",
    ]
    process = subprocess.Popen([*line, "--workers", "2"], start_new_session=True)
    end = time.monotonic() + 30
    while len(list(Path().glob("report/submissions/*/judgement.json"))) < moment and time.monotonic() < end:
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    settled = {path.parent.name for path in Path().glob("report/submissions/*/judgement.json")}
    assert moment <= len(settled) < COUNT
    # As it is when the kill falls between two writes.
    left = Path("report", ".gradebook.xlsx.abc")
    left.mkdir()
    (left / "gradebook.xlsx").write_bytes(b"half")
    (left / MARK).touch()
    assert judge(resume=True) == [name for name in EVERY if name not in settled]
    assert files(Path("report")) == files(Path("whole"))
