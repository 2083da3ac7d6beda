"""A student, as the school's files know them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from sheetprop.errors import InputError
from sheetprop.report.wording import harmless
from sheetprop.school.sheet import Export

_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
"""A long number as a spreadsheet program shows, and then saves, it."""


@dataclass(frozen=True)
class Student:
    """A student: ``id`` tells them from all others, ``name`` is as shown, first name first.

    ``login`` is the name that they log in with; ``platform_id`` the number by which the platform's downloads call
    them: Canvas's user ID, Moodle's participant number. ``school_id`` is the school's own number, where ``id`` is
    another one.
    """

    id: str
    name: str
    email: str = ""
    login: str = ""
    platform_id: str = ""
    school_id: str = ""

    def __str__(self) -> str:
        """The name and the ID, harmless to print."""
        return harmless(self.id if self.name in ("", self.id) else f"{self.name} ({self.id})")

    @property
    def marks(self) -> tuple[str, ...]:
        """All by which others call the student: the ID, the login, the e-mail address, the school's number."""
        return tuple(dict.fromkeys(filter(None, (self.id, self.login, self.email, self.school_id))))

    @property
    def key(self) -> str:
        """The ID as it is compared: on some systems names of files that differ by case only are the same."""
        return id_key(self.id)


@dataclass(frozen=True)
class Entry:
    """A student in an export: in which of its rows."""

    student: Student
    row: int


def id_key(text: str) -> str:
    """An ID as it is compared with others."""
    return unicodedata.normalize("NFC", text.strip()).casefold()


def check_entries(export: Export, entries: Iterable[Entry], column: str) -> list[Entry]:
    """The entries, if each student has an ID of their own; ``column`` is what the IDs' column is called.

    Raises InputError where there are none, an ID is empty, stands there twice, or has been shortened.
    """
    entries = list(entries)
    seen: dict[str, int] = {}
    for entry in entries:
        line = export.rows[entry.row].line
        where, shown = export.at(line), harmless(entry.student.id)
        if not entry.student.id:
            raise InputError(f"{where}: nothing in the column {harmless(column)}; fill it in, or delete the line")
        if _SHORTENED.fullmatch(entry.student.id):
            raise InputError(
                f"{where}: the ID {shown} has been shortened by a spreadsheet program; export the file anew and do not "
                "save it from there"
            )
        if (other := seen.setdefault(entry.student.key, line)) != line:
            raise InputError(
                f"{where}: the ID {shown} stands in line {other} too; give each student an ID of their own, also in "
                "lower case, or delete one of the lines"
            )
    if not entries:
        raise InputError(f"{export.name}: no students below the headings; export it anew with the students in it")
    return entries
