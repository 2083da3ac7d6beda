"""What a hand-out says of itself in one cell: whose it is and which numbers it asks for, so that it is judged by them.

The line stands on a sheet that no program shows; in older hand-outs on the sheet "Instructions". Its checksum tells a
line that was changed by accident, or by hand, from one that is as it was written; it keeps nobody from computing
another. That is told by the signature of the hand-outs of ``assign``, whose key only the teacher has.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from sheetprop.assignment import GIVEN_BY, Assignment
from sheetprop.errors import InputError

PREFIX = "sheetprop hand-out 1"
"""What every line begins with; the number is that of its form."""
LONGEST = 2000
"""Characters of a line. Every spreadsheet program keeps at least 32,767 of a cell."""
SHORTENED = (200, 100, 50, 20)
"""To how many characters title and name are cut, one after the other, where the line would be too long."""
DIGITS = 10
"""Of the checksum."""
SIGNED_DIGITS = 20
"""Of the signature: 80 bits, more than anybody can try."""


class Student(Protocol):
    """Whose hand-out it is."""

    @property
    def id(self) -> str:
        """What the school knows the student by."""

    @property
    def name(self) -> str:
        """What the student is called."""


@dataclass(frozen=True)
class HandoutRecord:
    """What a hand-out asks for, and of whom (None where it is everybody's), with its line's signature if it has one."""

    title: str
    inputs: tuple[float, ...]
    targets: tuple[float, ...]
    weights: tuple[float, ...]
    learning_rates: tuple[float, ...]
    iterations: int
    student_id: str | None = None
    student_name: str | None = None
    signature: str | None = field(default=None, compare=False)

    @classmethod
    def of(cls, assignment: Assignment, student: Student | None = None) -> HandoutRecord:
        """The record of an assignment as a student gets it."""
        return cls(
            assignment.title,
            assignment.inputs,
            assignment.targets,
            assignment.weights,
            assignment.learning_rates,
            assignment.iterations,
            student.id if student else None,
            student.name if student else None,
        )

    def to_text(self, key: bytes | None = None) -> str:
        """The record as one line of fewer than 2,000 ASCII characters, signed with a key if there is one.

        A title or name that would make it longer is cut. Raises InputError where the id alone makes it too long.
        """
        for longest in SHORTENED:
            content = self._content(longest)
            marks = [_checksum(content)] if key is None else [_checksum(content), _signature(content, key)]
            text = " ".join([PREFIX, content, *marks])
            if len(text) < LONGEST:
                return text
        raise InputError(
            f"student {str(self.student_id)[:20]}…: this id is too long to be one; give its students others"
        )

    @classmethod
    def from_text(cls, text: str) -> HandoutRecord | None:
        """The record that a line is of; None where it is no such line, or not as it was written."""
        text = text.strip()
        prefix, _, rest = text.partition(" {")
        content, _, marks = rest.rpartition("} ")
        content = f"{{{content}}}"
        checksum, _, signature = marks.partition(" ")
        if prefix != PREFIX or len(text) >= LONGEST or checksum != _checksum(content):
            return None
        try:
            values = {key: _frozen(value) for key, value in json.loads(content).items()}
            return cls(**values, signature=signature or None)._checked()
        except (TypeError, ValueError, OverflowError, RecursionError):
            return None

    def is_signed_with(self, key: bytes) -> bool:
        """Whether the line that this was read from was written with a key."""
        signature = _signature(self._content(), key)
        return self.signature is not None and hmac.compare_digest(self.signature.encode(), signature.encode())

    def assignment_of(self, assignment: Assignment) -> Assignment | None:
        """An assignment with the record's inputs, targets and weights; None where nobody may have these.

        What else was asked the assignment says, as anyone can write such a line.
        """
        given = {name: getattr(self, name) for name in GIVEN_BY}
        if not all(assignment.may_give(name, numbers) for name, numbers in given.items()):
            return None
        return replace(assignment, **given, seed=None)

    def asks_otherwise(self, assignment: Assignment) -> list[str]:
        """What the record says was asked, and the assignment otherwise, each as a phrase."""
        said = []
        if self.iterations != assignment.iterations:
            said.append(f"{self.iterations:,} iterations (the template: {assignment.iterations:,})")
        if self.learning_rates != assignment.learning_rates:
            own, asked = (
                ", ".join(f"{rate:g}" for rate in rates) for rates in (self.learning_rates, assignment.learning_rates)
            )
            said.append(f"the learning rates {own} (the template: {asked})")
        names = [name for name in GIVEN_BY if not assignment.may_give(name, getattr(self, name))]
        if names:
            said.append(f"{' and '.join(names)} that the template gives to nobody")
        return said

    def _content(self, longest: int = LONGEST) -> str:
        values = {key: value for key, value in asdict(self).items() if value is not None and key != "signature"}
        for key in ("title", "student_name"):
            if key in values:
                values[key] = values[key][:longest]
        # ASCII, as programs may compose the characters of a text anew; and _x0041_ would be read as an escape.
        return json.dumps(values, separators=(",", ":")).replace("_x", r"\u005fx")

    def _checked(self) -> HandoutRecord:
        """The record itself; raises TypeError or ValueError where a value is not of its kind."""
        texts = (t for t in (self.title, self.student_id, self.student_name, self.signature) if t is not None)
        numbers = (*self.inputs, *self.targets, *self.weights, *self.learning_rates)
        if not all(isinstance(text, str) for text in texts) or type(self.iterations) is not int:
            raise TypeError
        if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
            raise ValueError
        return self


def _checksum(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:DIGITS]


def _signature(content: str, key: bytes) -> str:
    return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()[:SIGNED_DIGITS]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
