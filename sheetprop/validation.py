"""The verb ``validate``: judge anyone's workbooks, and say what is wrong where."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from sheetprop.errors import InputError
from sheetprop.execution import check_workers
from sheetprop.json_text import json_text
from sheetprop.options import DEFAULT_TEMPLATE
from sheetprop.report.stream import Streamed, write_json
from sheetprop.report.terminal import brief, paragraphs, summary
from sheetprop.school.classroom import open_classroom
from sheetprop.school.roll import Roll
from sheetprop.submission.batch.grading import Work, grade_all
from sheetprop.submission.findings import Status, Submission
from sheetprop.submission.grade.record import digest
from sheetprop.submission.open.intake import find_hand_ins
from sheetprop.submission.resemblance.resemblance import Resemblance
from sheetprop.template import load_assignment
from sheetprop.verification import Progress

SEED_BITS = 60
"""Of a seed that is drawn: more than anyone can try, and few enough for every reader of JSON."""


@dataclass(frozen=True)
class Validation:
    """Judged workbooks, in the order in which they were given; many of them are on disk rather than in memory.

    ``roll`` is the class, where it is known; ``written`` says what was written for the school's own system;
    ``resemblance`` has the pairs to look into, where a report was written.
    """

    submissions: Sequence[Submission]
    roll: Roll | None = None
    written: Sequence[str] = ()
    resemblance: Resemblance | None = None

    @property
    def passed(self) -> bool:
        """Whether every submission is right."""
        return all(submission.status is Status.RIGHT for submission in self.submissions)

    def to_dict(self) -> dict[str, Any]:
        """As the contract of ``validate --json`` has it."""
        return {"submissions": [submission.to_dict() for submission in self.submissions]} | self._class()

    def _class(self) -> dict[str, Any]:
        return {} if self.roll is None else {"class": self.roll.to_dict()}

    @property
    def _last_paragraphs(self) -> list[str]:
        last = [] if self.roll is None else ["\n".join([str(self.roll), *self.written])]
        if self.resemblance is not None and self.resemblance.pairs:
            from sheetprop.report.pairs_sheet import PAIRS

            last.append(f"{self.resemblance}: see '{PAIRS}' in the gradebook")
        return last

    def to_json(self) -> str:
        """One JSON document."""
        return json_text(self.to_dict())

    def write_json(self, file: TextIO) -> None:
        """Write what :meth:`to_json` gives, without having it in memory."""
        write_json({"submissions": Streamed(Submission.to_dict, self.submissions)} | self._class(), file)
        file.write("\n")

    def write_text(self, file: TextIO, *, short: bool = False) -> None:
        """Write what ``str`` gives, without having it in memory; if ``short``, only what is about all of them."""
        owners = self.roll.owners if self.roll else {}
        told = brief(self.submissions, owners) if short else paragraphs(self.submissions)
        for n, paragraph in enumerate(chain(told, self._last_paragraphs)):
            file.write(f"\n{paragraph}\n" if n else f"{paragraph}\n")

    def __str__(self) -> str:
        return "\n\n".join([summary(self.submissions), *self._last_paragraphs])


def validate(
    *,
    paths: Sequence[str | Path],
    template: str | Path = DEFAULT_TEMPLATE,
    report: str | Path | None = None,
    gradebook: str | Path | None = None,
    column: str | None = None,
    assigned: str | Path | None = None,
    student: str | None = None,
    replace_grades: bool = False,
    workers: int | None = None,
    dask: str | None = None,
    seed: int | None = None,
    resume: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> Validation:
    """Judge workbooks: files, folders of them (with their subfolders), zip archives.

    ``template`` says what was asked and how points are given. With ``report``, a folder gets a gradebook and, for each
    submission, an annotated copy and a page; a report that is there already is replaced only with ``force``. With
    ``resume`` it is completed: what it holds is not judged again where the file, its name, what is asked and this
    program are the same.

    ``gradebook`` is an export of the school's system (Canvas, Moodle), a filled copy of which goes into the report;
    grades and comments that are there already are kept unless ``replace_grades`` is set. ``column`` is its
    assignment's name, where it has several. ``assigned`` is what ``assign`` wrote, its folder or its
    list: each submission is then judged by its student's own numbers. ``student`` is the id of the one student whose
    all submissions are; without it the names of the files tell.

    ``workers`` is the number of processes, one per core where it is None. ``dask`` is the address of a Dask scheduler,
    or the path of its scheduler file, whose workers judge instead; they must see the same folders under the same paths.
    ``seed`` is what numbers are drawn with on which right formulas are tried once more, anew for each run where it is
    None, so that no formula can be made for them; a report keeps it, and ``resume`` goes on with it.
    Raises InputError where something that was asked for cannot be used; a submission that cannot be opened is a result.
    """
    if resume and report is None:
        raise InputError("--resume: completes a report; name its folder with --report")
    if resume and force:
        raise InputError("--resume: keeps what --force replaces; leave one of them out")
    if gradebook is not None and report is None:
        raise InputError("--gradebook: a filled copy goes into the report; name its folder with --report")
    if seed is not None and seed < 0:
        raise InputError(f"--seed: {seed} is negative; give 0 or more")
    assignment = load_assignment(template)
    classroom = open_classroom(
        assignment,
        gradebook=gradebook,
        column=column,
        assigned=assigned,
        student=student,
        replace_grades=replace_grades,
    )
    hand_ins = find_hand_ins(paths)
    roll = classroom.roll(paths)
    sources = roll.identified(hand_ins.submissions, hand_ins.others)
    hand_ins.check(sources)
    check_workers(workers, dask)
    tell = (lambda done, total: progress("judging", done, total)) if progress else None
    listed = Path(assigned).absolute() if assigned is not None else None
    written: list[str] = []
    resemblance = None
    drawn = secrets.randbits(SEED_BITS) if seed is None else seed
    if report is None:
        submissions = grade_all(
            sources, Work(assignment, listed, seed=drawn), workers=workers, dask=dask, progress=tell
        )
        roll.take(submissions, comments=classroom.wants_comments)
    else:
        from sheetprop.report.claim import claimed
        from sheetprop.report.folder import Reports, begin, earlier_seed, write_batch

        folder = Path(report)
        used = [Path(path) for path in (*paths, template, gradebook, assigned) if path is not None]
        with claimed(folder, used=used, replace=force or resume):
            if seed is None and resume and (earlier := earlier_seed(folder)) is not None:
                drawn = earlier
            begin(folder)
            asked = digest(assignment, classroom.assigned)
            keeper = Reports(folder.absolute(), asked, resume, assignment.title, roll.names, drawn)
            work = Work(assignment, listed, keeper, drawn)
            submissions = grade_all(sources, work, workers=workers, dask=dask, progress=tell)
            roll.take(submissions, comments=classroom.wants_comments)
            written = classroom.write(folder, roll)
            resemblance = write_batch(folder, sources, submissions, roll)
    return Validation(submissions, roll if roll.pupils else None, written, resemblance)
