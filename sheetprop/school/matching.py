"""Which student a submission is from, by the names of its file and folders. Nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath, PurePosixPath
from typing import TypeVar

from sheetprop.report.wording import harmless
from sheetprop.school.headings import PARTICIPANT, plain
from sheetprop.school.names import Words, is_contained, rotations, squashed, words
from sheetprop.school.student import Student, id_key
from sheetprop.school.submitters import Submitter
from sheetprop.submission.open.intake import ARCHIVE, SUFFIXES

# Of several marks in a name the platform's is the first: what follows is the name that a student gave the file.
MOODLE = re.compile(r"(?P<name>.*?)_(?P<number>\d+)_assignsubmission_[a-z]+(?:_(?P<rest>.*))?", re.DOTALL)
CANVAS = re.compile(r"(?P<name>\w+?)_(?:LATE_)?(?P<number>\d+)_(?P<file>\d+)_(?P<rest>.+)", re.DOTALL)
CANVAS_ANONYMOUS = re.compile(r"(?:LATE_)?anon_\w+?_\d+_.+", re.DOTALL)
GRADESCOPE = re.compile(r"submission_\d+")
YEAR = re.compile(r"(?:19|20)\d\d")
PLATFORM = "the platform's download"
SHORT = 3
"""IDs of so few letters and digits stand in names of files for other things as well."""
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Match:
    """Whose a submission is, and ``how`` that is known; without a student ``how`` is the reason, on one line.

    ``place`` is what holds the name that tells it: nothing where that is what the teacher gave, PLATFORM where the name
    is the platform's. Two files of one student from two places may be of two people.
    """

    student: Student | None
    how: str
    place: str = field(default="", compare=False)


class Matcher:
    """Finds the students of a class in the names of submissions."""

    def __init__(
        self,
        students: Sequence[Student],
        *,
        given: Iterable[str] = (),
        submitters: Mapping[str, Sequence[Submitter]] | None = None,
    ) -> None:
        """Take the students of a roster or a gradebook.

        ``given`` are the paths from which the submissions were gathered: what stands above them is not looked at.
        ``submitters`` is what ``read_submitters`` read there.
        """
        self._given = sorted({_slashed(path) for path in given}, key=len, reverse=True)
        self._submitters = submitters or {}
        self._platform = _index(students, lambda student: [student.platform_id])
        self._ids = _index(students, lambda student: map(id_key, (student.id, student.login, student.school_id)))
        self._emails = _index(students, lambda student: [id_key(student.email)])
        self._marks = _index(students, lambda student: map(words, student.marks))
        self._names = _index(students, lambda student: rotations(_name_words(student)))
        self._squashed = _index(students, lambda student: map(squashed, rotations(_name_words(student))))
        self._longest = max((len(key) for index in (self._marks, self._names) for key in index), default=0)

    def match(self, name: str) -> Match:
        """The student whose submission is called so, by its whole name as shown: folders, archives, file."""
        parts, below, root = self._parts(name)
        called: Words = ()
        # From the outermost: that name the platform made, while those within are what a student chose.
        for n, part in enumerate(parts):
            if found := self._by_platform(part):
                return replace(found, place=PLATFORM)
            if n < len(root):
                continue  # what a teacher calls so
            mark = _mark(part)
            if mark is not None and mark.re is MOODLE:
                called = () if plain(mark["name"]) in PARTICIPANT else words(mark["name"])
                break
            # Canvas makes no folders, but a teacher may have unpacked what is called so.
            is_file = n == len(parts) - 1 or PurePosixPath(part).suffix.lower() == ARCHIVE
            if mark is not None and (is_file or mark["number"] in self._platform):
                if found := self._unknown(mark["name"], mark["number"]):
                    return found
                break
        for own in (below, root):
            if found := self._by_words(own):
                if called and found.student is not None and not _may_be(found.student, called):
                    said = harmless(" ".join(called))
                    return Match(None, f"Moodle's folder is of {said}, the name of the file says {found.student}")
                return found
        shown = harmless(below[-1] if below else name)
        return Match(None, f"no student's ID or full name in {shown}; put the ID into the name of the file")

    def _parts(self, name: str) -> tuple[list[str], list[str], list[str]]:
        """The names of folders and file in which to look for a platform's, for people's, and at last for people's.

        The last is the name of what was given, which may be a student's; below it all is, and above it nothing.
        """
        name = _slashed(name)
        for path in self._given:
            root = [part for part in (PurePosixPath(path).name,) if part not in ("", "..")]
            if name == path:
                return root, root, []
            if path == "." or name.startswith(f"{path.rstrip('/')}/"):
                below = _named(name.removeprefix(path))
                return root + below, below, root
        parts = _named(name)
        return parts, parts[-2:], []

    def _by_platform(self, part: str) -> Match | None:
        """What a name says that a platform made; None where no platform did."""
        if CANVAS_ANONYMOUS.fullmatch(part):
            return Match(None, "Canvas hid the students' names; turn off anonymous grading and download again")
        if (found := _mark(part)) is not None:
            by = self._moodle if found.re is MOODLE else self._canvas
            return by(found["name"], found["number"])
        if GRADESCOPE.fullmatch(part):
            return self._gradescope(part)
        return None

    def _moodle(self, name: str, number: str) -> Match | None:
        students = self._platform.get(number, [])
        if not students:
            if self._platform:
                return Match(None, f"participant {number} is not in the worksheet; download it anew")
            by_name = self._names.get(words(name), [])
            return self._one(by_name, "by the name of Moodle's folder", harmless(name)) if by_name else None
        match = self._one(students, "by Moodle's participant number", f"participant {number}")
        student = match.student
        # A group's folder has the number of the group, which may be that of any participant.
        if student is not None and plain(name) not in PARTICIPANT and not _may_be(student, words(name)):
            return Match(None, f"Moodle's folder is of {harmless(name)}, its number {number} is that of {student}")
        return match

    def _canvas(self, name: str, number: str) -> Match | None:
        if not self._platform:
            by_name = self._squashed.get(squashed(words(name)), [])
            return self._one(by_name, "by the name in Canvas's file name", harmless(name)) if by_name else None
        # Names that people choose have numbers as well, and a group's file that of one of its members.
        students = [student for student in self._platform.get(number, []) if _is_of(student, words(name))]
        return self._one(students, "by Canvas's user ID", f"Canvas user {number}") if students else None

    def _unknown(self, name: str, number: str) -> Match | None:
        """Why a file of Canvas's is nobody's: a namesake in the class may be somebody else."""
        if not self._platform:
            return None
        for student in self._platform.get(number, []):
            return Match(None, f"Canvas's file is of {harmless(name)}, its number {number} is that of {student}")
        for student in self._squashed.get(squashed(words(name)), []):
            return Match(None, f"Canvas user {number} is not in the gradebook, though {student} is called so")
        return Match(None, f"Canvas user {number} is not in the gradebook; export it anew")

    def _gradescope(self, folder: str) -> Match:
        people = self._submitters.get(folder, ())
        if not people:
            return Match(
                None, f"nothing says who handed in {folder}; keep Gradescope's submission_metadata.yml beside it"
            )
        found: dict[str, Student] = {}
        for person in people:
            same = self._ids.get(id_key(person.sid), []) if person.sid else []
            mail = self._emails.get(id_key(person.email), []) if person.email else []
            if len(same) > 1:  # one's number on the platform may be another's at school
                same = [student for student in same if student in mail] or same
            for student in [*same, *mail]:
                found[student.id] = student
        names = ", ".join(harmless(person.name or person.email or person.sid) for person in people)
        if len(people) > 1:
            return Match(None, f"handed in by a group ({names}); enter their grades by hand")
        return self._one(list(found.values()), "by Gradescope's list of submitters", names or folder)

    def _by_words(self, parts: Sequence[str]) -> Match | None:
        """By IDs, and by full names where there are none, among the words of all these names."""
        marked: dict[str, Student] = {}
        named: list[dict[str, Student]] = []  # those who are called as it says in one place
        place = ""
        for n, part in enumerate(parts):
            if not marked and not named:
                place = "/".join(parts[:n])
            stem = words(_chosen(part))
            for (start, end), students in self._spans(stem, self._marks).items():
                sure = [s for s in students if _is_sure(stem[start:end], stem, _name_words(s))]
                marked |= {student.id: student for student in sure}
            names = self._spans(stem, self._names)
            for (start, end), students in names.items():
                if not any(is_contained((start, end), other) for other in names) and _is_full(stem[start:end], stem):
                    named.append({student.id: student for student in students})
            for word in stem:
                if joined := [s for s in self._squashed.get(word, ()) if len(_name_words(s)) > 1]:
                    named.append({student.id: student for student in joined})
        if not marked and not named:
            return None
        if len(marked) == 1 and all(set(marked) & set(each) for each in named):
            return Match(next(iter(marked.values())), "by the ID in its name", place)
        found = marked | {own: student for each in named for own, student in each.items()}
        if not marked and len(found) == 1:
            return Match(next(iter(found.values())), "by the student's name", place)
        return _unclear(harmless(parts[-1]), list(found.values()))

    def _spans(self, stem: Words, index: Mapping[Words, Sequence[Student]]) -> dict[tuple[int, int], Sequence[Student]]:
        """From where to where words of students stand in a name, and of which students."""
        return {
            (start, end): index[stem[start:end]]
            for start in range(len(stem))
            for end in range(start + 1, min(start + self._longest, len(stem)) + 1)
            if stem[start:end] in index
        }

    def _one(self, students: Sequence[Student], how: str, what: str) -> Match:
        if len(students) == 1:
            return Match(students[0], how)
        return _unclear(what, students) if students else Match(None, f"{what}: no such student in the class")


def _index(students: Iterable[Student], keys: Callable[[Student], Iterable[Key]]) -> dict[Key, list[Student]]:
    """The students by their keys, empty ones left out."""
    index: dict[Key, list[Student]] = {}
    for student in students:
        for key in dict.fromkeys(keys(student)):
            if key:
                index.setdefault(key, []).append(student)
    return index


def _unclear(what: str, students: Sequence[Student]) -> Match:
    more = f" or {len(students) - 3} others" if len(students) > 3 else ""
    listed = " or ".join(str(student) for student in students[:3])
    return Match(None, f"{what} could be {listed}{more}; put the right ID into the name of the file")


def _name_words(student: Student) -> Words:
    return words(student.name) if student.name != student.id else ()


def _may_be(student: Student, name: Words) -> bool:
    own = _name_words(student)
    return not own or plain(own[0]) in PARTICIPANT or not set(own).isdisjoint(name)


def _is_of(student: Student, name: Words) -> bool:
    """Whether a name is a student's, in whatever order its words are: Canvas leaves nothing between them."""
    own = _name_words(student)
    return not own or sorted(squashed(own)) == sorted(squashed(name))


def _is_sure(mark: Words, stem: Words, name: Words) -> bool:
    """Whether an ID in a name cannot be something else: the number of a task, a year, a copy's number."""
    text = squashed(mark)
    weak = len(text) <= SHORT or YEAR.fullmatch(text) is not None
    return not weak or mark == stem or not set(name).isdisjoint(stem)


def _is_full(name: Words, stem: Words) -> bool:
    """Whether a name is one of two words at least, without which it is too common; or all that there is."""
    return len(name) > 1 or name == stem or not name[0].isascii()


def _chosen(part: str) -> str:
    """What people chose of a name: without its ending, and without the numbers that a platform put into it."""
    path = PurePosixPath(part)
    stem = path.stem if path.suffix.lower() in SUFFIXES | {ARCHIVE} else part
    found = _mark(stem)
    return stem if found is None else f"{found['name']} {found['rest'] or ''}"


def _mark(part: str) -> re.Match[str] | None:
    """Where a name has a platform's number; of several the first is the platform's."""
    found = [mark for mark in (MOODLE.fullmatch(part), CANVAS.fullmatch(part)) if mark is not None]
    return min(found, key=lambda mark: mark.start("number"), default=None)


def _named(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".", "..")]


def _slashed(path: str) -> str:
    return PurePath(path).as_posix() if path else path
