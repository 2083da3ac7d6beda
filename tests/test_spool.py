"""Results as bytes and on disk: nothing of them is lost, their order is kept, and memory is not taken."""

import copy
import os
import pickle
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sheetprop import load_assignment, validate
from sheetprop.assigned import Assigned, Entry
from sheetprop.errors import InputError
from sheetprop.submission.batch import spool as module
from sheetprop.submission.batch.grading import Work
from sheetprop.submission.batch.spool import Spool
from sheetprop.submission.findings import (
    Code,
    Finding,
    FoundTable,
    LearningRate,
    ScoreLine,
    Severity,
    Status,
    Submission,
    Trait,
)
from sheetprop.submission.grade.record import Record, decode, decode_record, digest, encode
from sheetprop.submission.open.intake import find_submissions

SAMPLES = Path(__file__).parents[1] / "workbooks"
FOLDER = os.environ.get("SHEETPROP_SUBMISSIONS")
FULL = Submission(
    "week 3/Übung \u2028 \ufffd 'x'.xlsx",
    Status.WRONG,
    (
        FoundTable("S\n1", 1, 2, 100, {"w1": "A", "E_total": "AZ"}, LearningRate("B1", 0.1 + 0.2), True, iterations=99),
        FoundTable("S2", 1, 2, 3, {}, LearningRate(None, None), False, transposed=True, iterations=2),
        FoundTable("S3", 1, 2, 3, {}, None, False, iterations=2),
    ),
    tuple(
        Finding(code, severity, "m\x00\x1b", "w1", "S", "A1:B2", "=1+1", '="a"')
        for code in Code
        for severity in Severity
    ),
    (ScoreLine("forward", "Forward pass", 1 / 3, 20.0, "…"),),
    "s1",
    "s2",
    (Trait("kind/group", "0f", "text"),),
)


@pytest.fixture(autouse=True)
def _on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IN_MEMORY", 10)


def filled(submissions: Sequence[Submission]) -> Spool:
    """A spool with these, put in from the last to the first."""
    spool = Spool(len(submissions))
    for n in reversed(range(len(submissions))):
        spool.put(n, submissions[n])
    return spool


def judged(folder: Path, most: int | None = None) -> list[Submission]:
    """What is found in the workbooks of a folder."""
    work = Work(load_assignment())
    return [work(source) for source in find_submissions([folder])[:most]]


def test_every_field_comes_back() -> None:
    """Texts of all kinds, every code and severity, numbers to the last digit, and what is missing."""
    assert decode(encode(FULL)) == FULL
    bare = Submission("", Status.UNREADABLE, (), (), ())
    assert decode(encode(bare)) == bare


def test_judged_workbooks_come_back() -> None:
    """What is found in the sample workbooks comes back equal, of the same types, and as the same JSON."""
    found = judged(SAMPLES)
    assert {submission.status for submission in found} >= {Status.RIGHT, Status.WRONG}
    for submission, again in zip(found, filled(found), strict=True):
        assert repr(again) == repr(submission)
        assert again.to_dict() == submission.to_dict()


@pytest.mark.skipif(FOLDER is None, reason="SHEETPROP_SUBMISSIONS is unset")
def test_students_workbooks_come_back() -> None:
    """What is found in workbooks that students made comes back equal."""
    found = judged(Path(str(FOLDER)), 12)
    assert list(filled(found)) == found


def test_half_a_character_does_no_harm() -> None:
    """A name that has no bytes in UTF-8 is shown with a question mark, and all else is kept."""
    assert decode(encode(replace(FULL, path="M\udcfcller.xlsx"))) == replace(FULL, path="M?ller.xlsx")


def test_it_is_a_sequence() -> None:
    """Length, items from both ends, slices, iteration as often as one likes, unpacking; a copy is a tuple."""
    submissions = [replace(FULL, path=str(n)) for n in range(5)]
    spool = filled(submissions)
    assert (len(spool), list(spool), list(spool)) == (5, submissions, submissions)
    assert [spool[0], spool[4], spool[-1], spool[-5]] == [submissions[n] for n in (0, 4, 4, 0)]
    for part in (slice(1, 3), slice(None, None, -2), slice(7, 9), slice(None)):
        assert spool[part] == tuple(submissions[part])
    for n in (5, -6):
        with pytest.raises(IndexError):
            spool[n]
    assert submissions[3] in spool
    assert list(reversed(spool)) == submissions[::-1]
    (one,) = filled([FULL])
    assert one == FULL
    assert not filled([])
    assert pickle.loads(pickle.dumps(spool)) == copy.deepcopy(spool) == tuple(submissions)


def test_the_function_gives_one() -> None:
    """``validate`` gives its submissions as such a sequence, in the order of the paths."""
    paths = [SAMPLES / name for name in ("signed-weights.xlsx", "handout-mistake.xlsx", "signed-weights.xlsx")]
    result = validate(paths=paths, workers=2)
    assert isinstance(result.submissions, Spool)
    assert [submission.path for submission in result.submissions] == [str(path) for path in paths[:2]]


def test_many_take_no_memory() -> None:
    """The memory for many results is what their places in the file take."""
    big = replace(FULL, findings=FULL.findings * 3)
    assert len(encode(big)) > 20_000
    encode(big), decode(encode(big))
    tracemalloc.start()
    spool = Spool(300)
    for n in range(300):
        spool.put(n, big)
    assert sum(submission.score for submission in spool) > 0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1e6  # their bytes are six times as many


def test_nothing_is_left_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The temporary file goes with the sequence, and a full disk is said in one line."""
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    spool = filled([FULL])
    assert list(spool) == [FULL]
    del spool
    assert list(tmp_path.iterdir()) == []
    spool = Spool(1)
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(InputError, match="cannot hold the results"):
        spool.put(0, FULL)


def test_a_record_is_read_back() -> None:
    """A record comes back whole; bytes that are cut off, or something else, are none."""
    data = encode(Record.of("asked", b"file", 7, FULL))
    assert decode_record(data) == Record.of("asked", b"file", 7, FULL)
    for damaged in (b"", data[:-1], data[: len(data) // 2], b"{}", b"\xff", b"[]", data.replace(b'"wrong"', b'"new"')):
        assert decode_record(damaged) is None


def test_the_digest_is_that_of_what_was_asked() -> None:
    """The same template has the same digest in every process; other values, rubrics or lists of students another."""
    course = load_assignment()
    others = [
        load_assignment(iterations=69),
        load_assignment(weights=[0.1] * 8),
        load_assignment(learning_rates=[0.5]),
        replace(course, rubric={**course.rubric, "chart": 5.5}),
    ]
    anna = Entry("1", "Anna", "", "", "", {"w1": 0.25})
    lists = [Assigned(entries) for entries in ((anna,), (replace(anna, given={"w1": 0.5}),), (replace(anna, id="2"),))]
    digests = [digest(course), *map(digest, others), *(digest(course, one) for one in lists)]
    assert len(set(digests)) == len(digests)
    assert digest(course) == digest(load_assignment())
    assert digest(replace(course, rubric=dict(reversed(course.rubric.items())))) == digest(course)
