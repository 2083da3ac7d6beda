"""Who of the class handed in what: each student with their submissions, and the submissions that are nobody's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sheetprop.assigned import Assigned
from sheetprop.report.wording import count, harmless
from sheetprop.school.attempts import ATTEMPTS, Attempts
from sheetprop.school.comment import comment
from sheetprop.school.filling import Grade
from sheetprop.school.listed import entries_of
from sheetprop.school.matching import Match, Matcher
from sheetprop.school.student import Student
from sheetprop.school.submitters import read_submitters
from sheetprop.submission.findings import Status, Submission
from sheetprop.submission.open.intake import Source

MOST_LISTED = 20
"""Lines of one kind on a terminal; all are in the gradebook."""
BY_NUMBERS = "by the numbers of the hand-out"


@dataclass(frozen=True)
class HandedIn:
    """One submission of a student, and how it is known to be theirs; ``others`` is whose numbers it uses instead.

    ``place`` is where that is known from, as :class:`sheetprop.school.matching.Match` has it.
    """

    path: str
    slug: str
    how: str
    status: Status
    score: float
    source: Source = field(repr=False)
    comment: str = field(repr=False)
    others: Student | None = None
    place: str = ""


@dataclass
class Pupil:
    """A student of the class; ``in_gradebook`` is false for one whom only the list of numbers has."""

    student: Student
    in_gradebook: bool = True
    handed_in: list[HandedIn] = field(default_factory=list)
    attempts: Attempts = ATTEMPTS["latest"]

    @property
    def readable(self) -> list[HandedIn]:
        """The submissions that could be opened."""
        return [each for each in self.handed_in if each.status is not Status.UNREADABLE]

    @property
    def places(self) -> list[str]:
        """Where the submissions are from; from several, they may be of several people, and none is chosen."""
        return list(dict.fromkeys(each.place for each in self.handed_in))

    @property
    def score(self) -> float | None:
        """What counts of what could be opened, or None: what cannot be opened is not graded but asked for again."""
        return self.attempts.score(self.readable) if len(self.places) < 2 else None

    @property
    def counting(self) -> Sequence[HandedIn]:
        """The submissions that the score comes from."""
        counting = self.attempts.counting(self.readable) if len(self.places) < 2 else ()
        return [each for each in self.readable if any(each is one for one in counting)]

    @property
    def remark(self) -> str:
        """What the teacher should know of this student's submissions, or nothing."""
        remarks = []
        if not self.handed_in:
            remarks.append("handed in nothing")
        if unreadable := len(self.handed_in) - len(self.readable):
            remarks.append(f"{count(unreadable, 'submission')} cannot be opened: not graded")
        if len(self.places) > 1:
            named = ", ".join(harmless(place or "what was given") for place in self.places[:3])
            remarks.append(
                f"claimed from {len(self.places)} places ({named}): none is graded; move away what is not theirs, or "
                "give each place as a path of its own"
            )
        elif len(self.readable) > 1:
            remarks.append(self.attempts.remark.format(len(self.readable)))
        for others in {each.others.id: each.others for each in self.handed_in if each.others}.values():
            remarks.append(f"uses the numbers of {others}")
        if self.handed_in and not self.in_gradebook:
            remarks.append("is not in the gradebook export")
        if any(each.how == BY_NUMBERS for each in self.handed_in):
            remarks.append("known by the numbers only")
        return "; ".join(remarks)


class Roll:
    """The class, and what its students handed in."""

    def __init__(
        self,
        students: Sequence[Student],
        assigned: Assigned | None,
        paths: Iterable[str | Path],
        of: str | None = None,
        attempts: Attempts = ATTEMPTS["latest"],
    ) -> None:
        """Take the students of a gradebook (none: those of ``assigned``), and the paths of the submissions.

        ``of`` is the id of the student whose submissions they all are, if that is so; ``attempts`` says which of
        several submissions of a student count.
        """
        self._by_assigned: dict[str, Pupil] = {}
        self.pupils = [Pupil(student, attempts=attempts) for student in students]
        entries = entries_of(students, assigned) if assigned else {}
        for pupil in self.pupils:
            entry = entries.get(pupil.student)
            self._by_assigned[entry.id if entry else self._unlisted(pupil.student, assigned)] = pupil
        for entry in assigned.entries if assigned else ():
            if entry.id not in self._by_assigned:
                student = Student(entry.id, entry.name or entry.id, entry.email)
                pupil = Pupil(student, in_gradebook=not students, attempts=attempts)
                self.pupils.append(pupil)
                self._by_assigned[entry.id] = pupil
        self._ids = {pupil.student: own for own, pupil in self._by_assigned.items()}
        self._paths = [str(path) for path in paths]
        self._of = of
        self._matches: list[Match] = []
        self._sources: Sequence[Source] = ()
        self._loose: list[tuple[HandedIn, str | None]] = []

    @staticmethod
    def _unlisted(student: Student, assigned: Assigned | None) -> str:
        """An id for a student whom the list of numbers lacks: never that of somebody in the list."""
        own = student.id
        while assigned and assigned.find(own):
            own += " (not listed)"
        return own

    def identified(self, sources: Sequence[Source], others: Sequence[Source] = ()) -> list[Source]:
        """The submissions with the ids of their students, as far as their names tell.

        ``others`` are files that do not end as submissions do: those of students who handed in nothing else are among
        the submissions, so that it is said what they are.
        """
        if self._of is not None:
            self._matches = [Match(None, "as was said")] * len(sources)
            self._sources = [replace(source, student=self._of) for source in sources]
            return list(self._sources)
        matcher = Matcher(
            [pupil.student for pupil in self.pupils], given=self._paths, submitters=read_submitters(self._paths)
        )
        matched = [(source, matcher.match(source.name)) for source in sources]
        handed_in = Counter(match.student for _, match in matched)
        for source in others if self.pupils else ():
            match = matcher.match(source.name)
            if match.student is not None and handed_in[match.student] == 0:
                matched.append((source, match))
        self._matches = [match for _, match in matched]
        self._sources = [
            replace(source, student=self._ids[match.student] if match.student else None) for source, match in matched
        ]
        return list(self._sources)

    def take(self, submissions: Iterable[Submission], comments: bool) -> None:
        """Take the results, in the order of the sources; with their feedback as text if ``comments``."""
        for source, match, submission in zip(self._sources, self._matches, submissions, strict=True):
            numbers_of = self._by_assigned.get(submission.numbers_of or "")
            pupil = self._by_assigned.get(source.student or "")
            handed_in = HandedIn(
                submission.path,
                source.slug,
                match.how,
                submission.status,
                submission.score,
                source,
                comment(submission) if comments else "",
                numbers_of.student if numbers_of and pupil and numbers_of is not pupil else None,
                match.place,
            )
            if pupil is not None:
                pupil.handed_in.append(handed_in)
            else:
                self._loose.append((handed_in, submission.numbers_of))
        self._know_by_numbers()

    def _know_by_numbers(self) -> None:
        """Take as theirs what uses the numbers of a student from whom there is nothing else."""
        waiting: dict[str, list[HandedIn]] = {}
        for handed_in, numbers_of in self._loose:
            pupil = self._by_assigned.get(numbers_of or "")
            if pupil is not None and not pupil.handed_in:
                waiting.setdefault(numbers_of or "", []).append(handed_in)
        for own, found in waiting.items():
            if len(found) == 1:  # of two with the same numbers at least one is somebody else's
                self._by_assigned[own].handed_in.append(replace(found[0], how=BY_NUMBERS))
                self._loose = [item for item in self._loose if item[0] is not found[0]]

    @property
    def unmatched(self) -> list[HandedIn]:
        """The submissions of which it is not known whose they are; ``how`` is the reason."""
        return [handed_in for handed_in, _ in self._loose]

    @property
    def names(self) -> dict[str, str]:
        """The names of students by the ids that submissions have."""
        return {own: pupil.student.name or own for own, pupil in self._by_assigned.items()}

    @property
    def owners(self) -> dict[str, str]:
        """Whose each submission is, by its path: the name, with the ID where several students have that name."""
        names = Counter(pupil.student.name for pupil in self.pupils)
        return {
            each.path: str(pupil.student) if names[pupil.student.name] > 1 else pupil.student.name or pupil.student.id
            for pupil in self.pupils
            for each in pupil.handed_in
        }

    @property
    def grades(self) -> dict[str, Grade]:
        """What to fill into the gradebook, by its students' ids."""
        return {
            pupil.student.id: Grade(pupil.score, "<br>".join(each.comment for each in pupil.counting))
            for pupil in self.pupils
            if pupil.in_gradebook and pupil.score is not None
        }

    @property
    def feedback(self) -> list[tuple[Student, str]]:
        """Students of the gradebook and the report folders of their submissions."""
        return [
            (pupil.student, each.slug)
            for pupil in self.pupils
            if pupil.in_gradebook and len(pupil.places) < 2
            for each in pupil.handed_in
        ]

    def to_dict(self) -> dict[str, Any]:
        """For ``validate --json``."""
        return {
            "students": [
                {
                    "id": pupil.student.id,
                    "name": pupil.student.name,
                    "score": pupil.score,
                    "submissions": [each.path for each in pupil.handed_in],
                    "remark": pupil.remark or None,
                }
                for pupil in self.pupils
            ],
            "unmatched": [{"path": each.path, "reason": each.how} for each in self.unmatched],
        }

    def __str__(self) -> str:
        missing = [pupil for pupil in self.pupils if not pupil.handed_in]
        line = f"Class of {count(len(self.pupils), 'student')}: {len(self.pupils) - len(missing):,} handed in"
        if missing:
            line += f", {len(missing):,} did not ({_some([str(pupil.student) for pupil in missing])})"
        told = [f"  {pupil.student}: {pupil.remark}" for pupil in self.pupils if pupil.handed_in and pupil.remark]
        nobodys = [f"  {harmless(each.path)}: whose is not known: {each.how}" for each in self.unmatched]
        lines = [f"{line}."]
        for kind in (nobodys, told):
            lines += kind[:MOST_LISTED]
            if len(kind) > MOST_LISTED:
                lines.append(f"  … and {len(kind) - MOST_LISTED:,} more")
        return "\n".join(lines)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")


__all__ = ["HandedIn", "Pupil", "Roll"]
