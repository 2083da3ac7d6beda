"""The verb ``assign``: a hand-out and an answer key for each student of a roster, with numbers of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sheetprop.assigned import FILE, KEY_FILE, Entry, new_key, read_assigned, read_key, write_assigned, write_key
from sheetprop.assignment import GIVEN_BY, Assignment
from sheetprop.descent import at_once, compute_all
from sheetprop.errors import InputError, reason
from sheetprop.execution import check_workers, cores, run_all
from sheetprop.file_names import FileNames
from sheetprop.json_text import json_text
from sheetprop.options import DEFAULT_SEED, DEFAULT_TEMPLATE
from sheetprop.output import check_folder, discard_unfinished
from sheetprop.personal import draw_all
from sheetprop.school.roster import Student, read_roster
from sheetprop.template import load_assignment
from sheetprop.verification import Progress, verify
from sheetprop.workbook import similar_handout_contents, write_similar_handout, write_similar_workbook
from sheetprop.workbook.contents import Contents

HANDOUTS, KEYS = "handouts", "keys"
"""Folders for what students get, and for what they must not."""
MOST_TOGETHER = 8
"""Students that a process is given at a time: their numbers are computed at once."""
PORTIONS = 4
"""That each process should get at least, so that all have work to the end."""
CLUSTER = 64
"""How many workers a Dask cluster is taken to have; it may get more while it works."""


@dataclass(frozen=True)
class Assigning:
    """What was made for whom; ``complaints`` are the mismatches found in answer keys (None where none was confirmed).

    ``entries`` are in the roster's order; ``remarks`` are lines on the roster.
    """

    folder: Path
    seed: int
    assignment: Assignment
    entries: Sequence[Entry]
    complaints: Sequence[str] | None
    remarks: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        """Whether no number failed its confirmation."""
        return not self.complaints

    def to_dict(self) -> dict[str, Any]:
        """For ``assign --json``; the files of each student are relative to ``output``."""
        return {
            "output": str(self.folder),
            "list": str(self.folder / FILE),
            "seed": self.seed,
            "confirmed": self.complaints is not None,
            "mismatches": len(self.complaints or ()),
            "students": [self._student(entry) for entry in self.entries],
        }

    def _student(self, entry: Entry) -> dict[str, Any]:
        network = self.assignment.network
        numbers = {name: [entry.given[key] for key in network.keys(role)] for name, role in GIVEN_BY.items()}
        return {
            "id": entry.id,
            "name": entry.name,
            "email": entry.email,
            "handout": entry.handout,
            "answer_key": entry.answer_key,
        } | numbers

    def to_json(self) -> str:
        """One JSON document."""
        return json_text(self.to_dict())

    def __str__(self) -> str:
        count = len(self.entries)
        students = "1 student" if count == 1 else f"{count:,} students"
        confirmed = "" if self.complaints is None else f" Confirmed every number of {count:,} answer keys."
        lines = [
            f"Wrote hand-outs and answer keys for {students}, each with numbers of their own (seed {self.seed})."
            f"{confirmed}",
            f"  {self.folder / HANDOUTS}: what students get",
            f"  {self.folder / KEYS}: the answer keys",
            f"  {self.folder / FILE}: who has which numbers; validate --assigned takes it",
            f"  {self.folder / KEY_FILE}: what the hand-outs are signed with; no student may have it",
        ]
        return "\n".join([*lines, *self.remarks, *(self.complaints or ())])


def assign(
    *,
    roster: str | Path,
    output: str | Path,
    template: str | Path = DEFAULT_TEMPLATE,
    seed: int = DEFAULT_SEED,
    verify_numbers: bool = False,
    workers: int | None = None,
    dask: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Assigning:
    """Write a personal hand-out and answer key for every student of a roster into the folder ``output``.

    The numbers that the template gives ranges for depend on ``seed`` and the student's id only; with the key that is
    in the folder, the same students get the same files again. With ``verify_numbers`` every number of every answer key
    is confirmed. ``workers`` and ``dask`` are as :func:`sheetprop.execution.run_all` has them. What an earlier run left
    is replaced only with ``force``. Raises InputError, before anything is written, where something cannot be used.
    """
    folder = Path(output)
    assignment = load_assignment(template)
    check_workers(workers, dask)
    read = read_roster(roster)
    students = read.students
    check_folder(folder, folder / FILE, force, what="hand-outs with their list")
    earlier = _earlier(folder)
    drawn = draw_all(assignment, (student.id for student in students), seed)
    names = FileNames("student")
    entries = [_entry(student, drawn[student.id], names) for student in students]
    earlier_key = read_key(folder)
    key = earlier_key or new_key()
    _begin(folder, earlier, entries)
    if earlier_key is None:
        write_key(folder, key)
    making = Making(assignment, folder.absolute(), verify_numbers, key)
    complaints: list[str] = []
    shares = portions(assignment, entries, CLUSTER if dask else workers or cores())
    done = 0
    for n, found in run_all(making, shares, workers=workers, dask=dask, lost=_lost):
        complaints += found
        for _ in shares[n]:
            done += 1
            if progress:
                progress("writing", done, len(entries))
    write_assigned(folder / FILE, entries)
    return Assigning(folder, seed, assignment, entries, complaints if verify_numbers else None, read.remarks)


@dataclass(frozen=True)
class Making:
    """What is done for each student: write both files, and confirm the key where that is asked for."""

    assignment: Assignment
    folder: Path
    verify_numbers: bool
    key: bytes

    def __call__(self, entries: Sequence[Entry]) -> list[str]:
        """Write the files of some students; returns what does not hold of them."""
        owns = [self.assignment.with_given(entry.given) for entry in entries]
        complaints: list[str] = []
        all_contents = zip(owns, compute_all(owns), similar_handout_contents(owns), strict=True)
        for entry, (own, computed, handed) in zip(entries, all_contents, strict=True):
            write_similar_handout(handed, self.folder / entry.handout, entry, self.key)
            key = Contents(replace(own, title=f"{own.title}: answer key for {entry}"), computed)
            path = self.folder / entry.answer_key
            write_similar_workbook(key, path)
            if self.verify_numbers:
                confirmed = verify(path=path, assignment=key.assignment)
                complaints += [f"{path}: {line}" for line in confirmed.complaints()]
        return complaints


def portions(assignment: Assignment, entries: Sequence[Entry], workers: int) -> list[Sequence[Entry]]:
    """The students, in the portions that so many processes get."""
    size = max(1, min(MOST_TOGETHER, at_once(assignment), len(entries) // (PORTIONS * workers)))
    return [entries[first : first + size] for first in range(0, len(entries), size)]


def _entry(student: Student, own: Assignment, names: FileNames) -> Entry:
    name = names.of(f"{student.name}-{student.id}")
    return Entry(
        student.id, student.name, student.email, f"{HANDOUTS}/{name}.xlsx", f"{KEYS}/{name}-key.xlsx", own.given
    )


def _earlier(folder: Path) -> set[Path]:
    """The files that an earlier run wrote."""
    if not (folder / FILE).exists():
        return set()
    names = (Path(name) for entry in read_assigned(folder).entries for name in (entry.handout, entry.answer_key))
    # The list may have been changed since: no file elsewhere is ours to remove.
    return {folder / name for name in names if len(name.parts) == 2 and name.parts[0] in (HANDOUTS, KEYS)}


def _begin(folder: Path, earlier: set[Path], entries: Sequence[Entry]) -> None:
    """Make the folders; the list goes first and comes last, so that what has a list is whole."""
    try:
        for name in (HANDOUTS, KEYS):
            (folder / name).mkdir(parents=True, exist_ok=True)
            discard_unfinished(folder / name)
        discard_unfinished(folder, FILE, KEY_FILE)
        (folder / FILE).unlink(missing_ok=True)
        # Of students who are no longer in the roster, nothing may lie beside the others' files.
        for path in earlier - {folder / name for entry in entries for name in (entry.handout, entry.answer_key)}:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {reason(error)}") from None


def _lost(entries: Sequence[Entry]) -> list[str]:
    raise InputError(
        f"{entries[0].handout}: the process that wrote it, or what follows it, was ended, twice; "
        "look for its reason and run again"
    )


__all__ = ["Assigning", "Making", "assign", "portions"]
