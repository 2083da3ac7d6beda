"""The report folder: what ``validate --report`` writes where, each file whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from sheetprop.errors import InputError, reason
from sheetprop.output import discard_unfinished, written_whole
from sheetprop.report.annotated import MACRO_ENDINGS, annotate
from sheetprop.report.gradebook import write_gradebook
from sheetprop.report.gradescope import results
from sheetprop.report.page import page
from sheetprop.report.stream import write_json
from sheetprop.report.table import write_csv
from sheetprop.report.wording import file_name
from sheetprop.school.roll import Roll
from sheetprop.submission.compare.samples import UNDRAWN
from sheetprop.submission.findings import Status, Submission
from sheetprop.submission.grade.record import Record, decode_record, encode
from sheetprop.submission.open.intake import REPORT, Source
from sheetprop.submission.resemblance.resemblance import Resemblance

SUBMISSIONS, PAGE = REPORT
GRADEBOOK, RESULTS, GRADES = "gradebook.xlsx", "results.json", "grades.csv"
COPIES, NO_COPY = ("feedback.xlsx", "feedback.xlsm"), "feedback.txt"
RECORD = "judgement.json"
OWN = (RECORD, *COPIES, NO_COPY, PAGE, RESULTS)
"""What a submission's folder may hold; its record, written last, is the sign that the rest is whole."""


def begin(folder: Path) -> None:
    """Begin a report; a gradebook that is there is no longer that of the submissions.

    Raises InputError where the file system fails.
    """
    try:
        (folder / SUBMISSIONS).mkdir(exist_ok=True)
        _remove(folder, (GRADEBOOK,), (GRADEBOOK, GRADES, RESULTS))
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {reason(error)}") from None


def earlier_seed(folder: Path) -> int | None:
    """The seed of the run that left a report here, that one may go on with it; None where none is known."""
    for path in sorted((folder / SUBMISSIONS).glob(f"*/{RECORD}")):
        with suppress(OSError):
            if (record := decode_record(path.read_bytes())) is not None:
                return record.seed
    return None


@dataclass(frozen=True)
class Reports:
    """What is written of each submission, and with ``resume`` read again where it is that of the same file.

    ``asked`` is the digest of what was asked, as :func:`sheetprop.submission.grade.record.digest` has it; ``title`` is
    the assignment's, and ``names`` are those of the students by their ids. ``seed`` is the run's.
    """

    folder: Path
    asked: str
    resume: bool = False
    title: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    seed: int = UNDRAWN

    def kept(self, source: Source, data: bytes) -> Submission | None:
        """What an earlier run found in this file, asked the same, by this version, under this name, of this student."""
        if not self.resume:
            return None
        try:
            record = decode_record((self._own(source) / RECORD).read_bytes())
        except OSError:
            return None
        if record is None or record != Record.of(self.asked, data, self.seed, record.submission):
            return None
        same = (record.submission.path, record.submission.student) == (source.name, source.student)
        return record.submission if same else None

    def keep(self, source: Source, data: bytes | None, submission: Submission) -> None:
        """Write a student's page, Gradescope's results and, where the file can be opened, its annotated copy.

        What could not be judged to the end has no ``data``, and no record: it is tried again.
        """
        own = self._own(source)
        own.mkdir(parents=True, exist_ok=True)
        _remove(own, OWN, OWN)  # someone else's, perhaps
        shown = replace(submission, path=file_name(submission))  # the folders above it are the teacher's
        if data is not None and submission.status is not Status.UNREADABLE:
            _write_copy(own, data, shown)
        _write(own / PAGE, page(shown, self.title, self.names.get(source.student or "", "")).encode())
        _write_results(own / RESULTS, [shown])
        if data is not None:
            _write(own / RECORD, encode(Record.of(self.asked, data, self.seed, submission)))

    def _own(self, source: Source) -> Path:
        return self.folder / SUBMISSIONS / source.slug


def write_batch(
    folder: Path, sources: Sequence[Source], submissions: Sequence[Submission], roll: Roll | None = None
) -> Resemblance:
    """Write what is about all submissions; the gradebook last, as the sign that the report is whole.

    Returns which submissions have rare things in common.
    """
    current = {source.slug for source in sources}
    for own in (folder / SUBMISSIONS).iterdir():
        # Left from an earlier report: a student who is not in the gradebook must not be beside it either.
        if own.name not in current and own.is_dir() and not own.is_symlink():
            _remove(own, OWN, OWN)
            if not any(own.iterdir()):  # else somebody keeps files of their own there
                own.rmdir()
    _write_results(folder / RESULTS, submissions)
    with written_whole(folder / GRADES) as unfinished:
        write_csv(unfinished, submissions)
    return write_gradebook(folder / GRADEBOOK, submissions, roll)


def _write_copy(own: Path, data: bytes, submission: Submission) -> None:
    name = COPIES[submission.path.lower().endswith(MACRO_ENDINGS)]
    try:
        copy = annotate(data, submission)
    except InputError as reason:
        # Rare packages cannot be changed without harm; the page says everything the copy would.
        _write(own / NO_COPY, f"No annotated copy: {reason}\n".encode())
    else:
        _write(own / name, copy)


def _write_results(path: Path, submissions: Sequence[Submission]) -> None:
    with written_whole(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="\n") as file:
        write_json(results(submissions, streamed=True), file)


def _write(path: Path, data: bytes) -> None:
    with written_whole(path) as unfinished:
        unfinished.write_bytes(data)


def _remove(folder: Path, files: Sequence[str], begun: Sequence[str]) -> None:
    """Remove files, and what is left of files that were ``begun`` when a process was killed."""
    for name in files:
        (folder / name).unlink(missing_ok=True)
    discard_unfinished(folder, *begun)
