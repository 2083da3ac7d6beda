"""What a validation found: the kinds of finding, a finding, a found table, and what they come to for a submission."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any


class Severity(StrEnum):
    """How a finding weighs: errors are against the mathematics, warnings against the assignment, notes cost nothing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Status(StrEnum):
    """What a submission comes to."""

    RIGHT = "right"
    WRONG = "wrong"
    INCOMPLETE = "incomplete"
    UNREADABLE = "unreadable"


class Code(Enum):
    """The kinds of finding: the code that JSON has, and the title that people read in lists of common mistakes."""

    def __new__(cls, code: str, title: str) -> Code:
        """Make a member whose value is the code."""
        member = object.__new__(cls)
        member._value_ = code
        member.title = title
        return member

    title: str

    HANDOUT_MISTAKE = "handout-mistake", "The class hand-out's mistake: a_h1 where a_h2 belongs"
    WRONG_QUANTITY = "wrong-quantity", "Another quantity stands where one belongs"
    PRE_ACTIVATION = "pre-activation", "A weighted sum is used where its activation belongs"
    WRONG_GRADIENT = "wrong-gradient", "A weight is updated with another weight's gradient"
    WRONG_SIGN = "wrong-sign", "A sign is wrong"
    PRECEDENCE = "precedence", "Parentheses are missing or misplaced"
    WRONG_OPERATOR = "wrong-operator", "An operator is wrong"
    MISSING_PART = "missing-part", "A factor or term is missing"
    EXTRA_PART = "extra-part", "A factor or term is there that does not belong"
    WRONG_CONSTANT = "wrong-constant", "A constant is wrong"
    WRONG_ROW = "wrong-row", "A formula takes a value from the wrong iteration"
    SLIDING_REFERENCE = "sliding-reference", "A reference slides because its $ is missing"
    STUCK_REFERENCE = "stuck-reference", "A reference is stuck at one iteration by its $"
    WRONG_RATE = "wrong-rate", "Not the learning rate multiplies the gradient"
    CIRCULAR = "circular-reference", "Formulas need their own result"
    OVERWRITTEN = "overwritten", "A column computes something else than its heading says"
    WRONG_FORMULA = "wrong-formula", "A formula computes something else"
    WRONG_VALUE = "wrong-value", "A typed-in number does not follow from the network"
    DRIFTING_INPUT = "drifting-input", "An input or target changes from row to row"
    ERROR_VALUE = "error-value", "A cell shows an error"
    UNKNOWN_FUNCTION = "unknown-function", "A function that Excel does not know"
    TEXT_NUMBER = "number-as-text", "A number is stored as text"
    NOT_FOLLOWED = "not-followed", "A formula that could not be followed"
    MISSING_COLUMN = "missing-column", "A column is missing or empty"
    ROUNDED = "rounded", "A formula rounds its result"
    STALE_VALUE = "stale-value", "Stored values are not those of the formulas"
    NOT_LIVE = "not-live", "Pasted values instead of formulas"
    OTHER_STUDENTS_NUMBERS = "other-students-numbers", "The numbers of another student's hand-out"
    INITIAL_VALUES = "initial-values", "Other initial values than asked"
    TOO_FEW_ITERATIONS = "too-few-iterations", "Fewer iterations than asked"
    RATE_NOT_COVERED = "rate-not-covered", "A learning rate of the sweep is not covered"
    CHART_MISSING = "chart-missing", "The error chart is missing"
    CHART_SHORT = "chart-short", "The error chart does not show the whole table"
    OTHER_CONVENTION = "other-convention", "Another convention, consistently used"
    NO_TABLE = "no-table", "No iteration table"
    NOTHING_FILLED = "nothing-filled", "Nothing is filled in"
    UNREADABLE = "unreadable", "The file cannot be opened"


@dataclass(frozen=True)
class Finding:
    """One mistake or remark; ``cells`` is an A1 range, or several joined by commas, on ``sheet``.

    ``found`` and ``expected`` are formulas (with =) or values in the student's own cells, for the first of ``cells``.
    """

    code: Code
    severity: Severity
    message: str
    quantity: str | None = None
    sheet: str | None = None
    cells: str | None = None
    found: str | None = None
    expected: str | None = None

    @property
    def place(self) -> str:
        """Where, for people: 'Sheet1'!Z33:Z100, or nothing."""
        sheet = "'" + self.sheet.replace("'", "''") + "'" if self.sheet is not None else ""
        return f"{sheet}!{self.cells}" if sheet and self.cells else sheet

    def to_dict(self) -> dict[str, Any]:
        """As the contract of ``validate --json`` has it."""
        return {
            "code": self.code.value,
            "severity": self.severity.value,
            "quantity": self.quantity,
            "sheet": self.sheet,
            "cells": self.cells,
            "message": self.message,
            "found": self.found,
            "expected": self.expected,
        }


@dataclass(frozen=True)
class LearningRate:
    """The learning rate of a table: where it stands (None: typed into the formulas) and its value (None: unknown)."""

    cell: str | None
    value: float | None


@dataclass(frozen=True)
class FoundTable:
    """An iteration table in a submission, rows from 1 and columns by letter.

    In a ``transposed`` table iterations run along a row: its rows are then columns counted from 1, its columns row
    numbers.
    """

    sheet: str
    header_row: int
    first_row: int
    last_row: int
    columns: dict[str, str]
    learning_rate: LearningRate | None
    live: bool
    transposed: bool = False

    @property
    def iterations(self) -> int:
        """How many iterations the table has."""
        return self.last_row - self.first_row + 1

    def to_dict(self) -> dict[str, Any]:
        """As the contract of ``validate --json`` has it."""
        rate = self.learning_rate
        return {
            "sheet": self.sheet,
            "header_row": self.header_row,
            "first_row": self.first_row,
            "last_row": self.last_row,
            "iterations": self.iterations,
            "columns": self.columns,
            "learning_rate": {"cell": rate.cell, "value": rate.value} if rate else None,
            "live": self.live,
        } | ({"transposed": True} if self.transposed else {})


@dataclass(frozen=True)
class ScoreLine:
    """Points for one criterion of the rubric, and why."""

    criterion: str
    title: str
    points: float
    max_points: float
    reason: str


@dataclass(frozen=True)
class Trait:
    """Something by which a submission can be told from others, as the folder ``resemblance`` compares it.

    ``kind`` is one of its kinds, with a group after a slash where several traits mostly come together. ``value`` is a
    hexadecimal digest, the same exactly where two submissions share the trait. ``text`` says it to people, in at most
    200 characters.
    """

    kind: str
    value: str
    text: str


@dataclass(frozen=True)
class Submission:
    """One judged workbook. ``path`` is as given; inside an archive: archive.zip/folder/name.xlsx.

    ``student`` is the id of the student whose it is, ``numbers_of`` the id of the one whose numbers it uses, each None
    where it is not known.
    """

    path: str
    status: Status
    tables: tuple[FoundTable, ...]
    findings: tuple[Finding, ...]
    score_lines: tuple[ScoreLine, ...]
    student: str | None = None
    numbers_of: str | None = None
    traits: tuple[Trait, ...] = ()

    @property
    def score(self) -> float:
        """Points reached."""
        return round(sum(line.points for line in self.score_lines), 2)

    @property
    def max_score(self) -> float:
        """Points that could be reached."""
        return round(sum(line.max_points for line in self.score_lines), 2)

    def of(self, severity: Severity) -> list[Finding]:
        """The findings of one severity."""
        return [finding for finding in self.findings if finding.severity is severity]

    def to_dict(self) -> dict[str, Any]:
        """As the contract of ``validate --json`` has it."""
        return {
            "path": self.path,
            "status": self.status.value,
            "score": self.score,
            "max_score": self.max_score,
            "tables": [table.to_dict() for table in self.tables],
            "findings": [finding.to_dict() for finding in self.findings],
        } | {key: value for key in ("student", "numbers_of") if (value := getattr(self, key)) is not None}
