"""Which student of the school's file is which in the list of assigned numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sheetprop.assigned import Assigned, Entry
from sheetprop.errors import InputError
from sheetprop.school.names import words
from sheetprop.school.student import Student, id_key

KINDS: Mapping[str, Callable[[Student], str]] = {
    "the platform's ID": lambda student: student.id,
    "the school's number": lambda student: student.school_id,
    "the login": lambda student: student.login,
}
"""By what the list may have its students: one kind for all, as one's number on the platform may be another's at school.
"""


def entries_of(students: Sequence[Student], assigned: Assigned) -> dict[Student, Entry]:
    """The entries of students, as far as they have one: by the kind of ID that fits best, and by e-mail addresses.

    Raises InputError where two kinds fit alike and say different things, where an ID and an address are of two
    students, or two students of one entry.
    """
    by_id = {id_key(entry.id): entry for entry in assigned.entries}
    by_email = {id_key(entry.email): entry for entry in assigned.entries if entry.email.strip()}
    readings = [
        {student: by_id[key] for student in students if (key := id_key(of(student))) and key in by_id}
        for of in KINDS.values()
    ]
    weights = [(sum(map(_agreement, found, found.values())), len(found)) for found in readings]
    best = weights.index(max(weights))
    found = readings[best]
    for kind, other, weight in zip(KINDS, readings, weights, strict=True):
        if weight == weights[best] and any(other.get(student) != entry for student, entry in found.items()):
            raise InputError(
                f"the list of numbers fits the class by {list(KINDS)[best]} and, differently, by {kind}: run assign "
                "with the file that is the gradebook, or with a roster that has names"
            )
    for student in students:
        entry = by_email.get(id_key(student.email)) if student.email.strip() else None
        if entry is not None and found.setdefault(student, entry) != entry:
            raise InputError(
                f"{student} is {found[student]} in the list of numbers by the ID, and {entry} by the e-mail address: "
                "correct the one that is wrong"
            )
    owners: dict[str, Student] = {}
    for student, entry in found.items():
        if owners.setdefault(entry.id, student) != student:
            raise InputError(
                f"{owners[entry.id]} and {student} are both {entry} in the list of numbers: correct the one that is "
                "wrong"
            )
    return found


def _agreement(student: Student, entry: Entry) -> int:
    """What names and addresses say to it that a student is one of the list: 1 for, -1 against, 0 nothing."""
    if student.email.strip() and entry.email.strip() and id_key(student.email) == id_key(entry.email):
        return 1
    own, listed = (
        words(name) if name != id_ else () for name, id_ in ((student.name, student.id), (entry.name, entry.id))
    )
    if not own or not listed:
        return 0
    return 1 if set(own) & set(listed) else -1


__all__ = ["entries_of"]
