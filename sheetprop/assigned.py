"""The list of who got which numbers: what ``assign`` writes, and what ``validate`` looks submissions up in."""

from __future__ import annotations

import csv
import math
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from sheetprop.assignment import GIVEN_BY, Tolerances
from sheetprop.errors import InputError, reason
from sheetprop.network import NETWORK
from sheetprop.output import written_whole
from sheetprop.report.table import FORMULA_STARTS, safe

FILE = "assigned.csv"
"""Its name in the folder with the hand-outs."""
KEY_FILE = "assigned.key"
"""The name, beside it, of what the hand-outs' lines are signed with; no student may have it."""
KEY = re.compile(r"[0-9a-f]{64}\s*", re.ASCII)
GIVEN = NETWORK.keys(*GIVEN_BY.values())
COLUMNS = ("id", "name", "email", "handout", "answer_key")
MOST_IN_COMMON = 0.75
"""Share of another student's numbers from which on a submission that has few of its own is taken for theirs."""


@dataclass(frozen=True)
class Entry:
    """One student, the files made for them (relative to the list's folder), and their numbers by key."""

    id: str
    name: str
    email: str
    handout: str
    answer_key: str
    given: Mapping[str, float]

    def __str__(self) -> str:
        return f"{self.name} ({self.id})" if self.name else self.id


@dataclass(frozen=True)
class Assigned:
    """All students of an assignment with their numbers, and the key of their hand-outs (None: they have none)."""

    entries: tuple[Entry, ...]
    key: bytes | None = None

    @cached_property
    def by_id(self) -> Mapping[str, Entry]:
        """The entries by the students' ids."""
        return {entry.id: entry for entry in self.entries}

    def find(self, *marks: str) -> Entry | None:
        """The entry of a student by an id or an e-mail address, the first of ``marks`` that is one."""
        return next(
            (self._marked[mark.strip().casefold()] for mark in marks if mark.strip().casefold() in self._marked), None
        )

    def owner(self, given: Mapping[str, float], tolerances: Tolerances, student: str | None = None) -> Entry | None:
        """Whose numbers these are; None where they are nobody's.

        Those of ``student``, where it is known whose submission it is, if there is any doubt: a few that differ from
        the own numbers are slips, nearly all numbers of another student are theirs.
        """
        found = np.array([given.get(key, math.nan) for key in GIVEN])
        same = np.abs(self._numbers - found) <= tolerances.given * np.maximum(np.abs(self._numbers), 1e-9)
        common = same.sum(axis=1)
        best = int(np.argmax(common))
        own = next((n for n, entry in enumerate(self.entries) if entry.id == student), None)
        if own is not None and common[own] * 2 >= len(GIVEN) and common[best] < len(GIVEN):
            return self.entries[own]
        return self.entries[best] if common[best] >= MOST_IN_COMMON * len(GIVEN) else None

    @cached_property
    def _marked(self) -> Mapping[str, Entry]:
        marked = {entry.email.strip().casefold(): entry for entry in self.entries if entry.email.strip()}
        return marked | {entry.id.strip().casefold(): entry for entry in self.entries}

    @cached_property
    def _numbers(self) -> np.ndarray:
        return np.array([[entry.given[key] for key in GIVEN] for entry in self.entries])


def write_assigned(path: Path, entries: Iterable[Entry]) -> None:
    """Write the list, whole or not at all, in the place of one that may be there. Raises InputError."""
    with written_whole(path) as unfinished, unfinished.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, *GIVEN])
        for entry in entries:
            texts = (entry.id, entry.name, entry.email, entry.handout, entry.answer_key)
            writer.writerow([*map(safe, texts), *(repr(entry.given[key]) for key in GIVEN)])


def read_key(folder: Path) -> bytes | None:
    """The key in a folder; None where there is none. Raises InputError where it is not as it was written."""
    path = folder / KEY_FILE
    try:
        text = path.read_text(encoding="ascii", errors="replace") if path.exists() else None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {reason(error)}") from None
    if text is not None and not KEY.fullmatch(text):
        raise InputError(f"{path}: not a key as assign wrote it; restore it, or do without: delete it")
    return None if text is None else bytes.fromhex(text.strip())


def write_key(folder: Path, key: bytes) -> None:
    """Write the key of a list's hand-outs, whole or not at all, for its owner alone to read. Raises InputError."""
    with written_whole(folder / KEY_FILE) as unfinished:
        unfinished.touch(mode=0o600)
        unfinished.write_text(f"{key.hex()}\n", encoding="ascii")


def new_key() -> bytes:
    """A key that nobody can guess."""
    return secrets.token_bytes(32)


def read_assigned(path: str | Path) -> Assigned:
    """Read the list, or that in a folder. Raises InputError, with the line, where it is not as it was written."""
    path = Path(path) / FILE if Path(path).is_dir() else Path(path)
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {reason(error)}; give the folder that assign wrote, or its {FILE}"
        ) from None
    return _read(path, read_key(path.parent), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1)
def _read(path: Path, key: bytes | None, *_stamp: int) -> Assigned:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            if next(rows, []) != [*COLUMNS, *GIVEN]:
                raise InputError(f"{path}, line 1: not the headings of a list that assign wrote; run assign again")
            entries = [_entry(path, rows.line_num, row) for row in rows if row]
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {reason(error)}") from None
    except (UnicodeDecodeError, csv.Error):
        raise InputError(f"{path}: not a list as assign wrote it; run assign again") from None
    if not entries:
        raise InputError(f"{path}: no student is in it; run assign again")
    return Assigned(tuple(entries), key)


def _entry(path: Path, line: int, row: list[str]) -> Entry:
    try:
        id_, name, email, handout, answer_key, *numbers = row
        given = dict(zip(GIVEN, map(float, numbers), strict=True))
    except ValueError:
        raise InputError(f"{path}, line {line}: not an id, texts and {len(GIVEN)} numbers; run assign again") from None
    texts = [_as_it_was(text) for text in (id_, name, email, handout, answer_key)]
    return Entry(texts[0], texts[1], texts[2], texts[3], texts[4], given)


def _as_it_was(text: str) -> str:
    """A text without the apostrophe that keeps it from being a formula."""
    return text[1:] if text.startswith("'") and text[1:].lstrip(" ").startswith(FORMULA_STARTS) else text
