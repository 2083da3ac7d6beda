"""What a validation found: the kinds of finding, a finding, a found table, and what they come to for a submission."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

from sheetprop.network import NETWORK
from sheetprop.submission.mistake import Mistake, Place, mistakes


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

    @property
    def of_no_quantity(self) -> bool:
        """Whether what it tells is one cause for all the quantities that it is told of."""
        return self in _OF_NO_QUANTITY

    @property
    def measures(self) -> bool:
        """Whether the numbers in its messages are measured in the sheet, not part of what is wrong."""
        return self in _MEASURING

    HANDOUT_MISTAKE = "handout-mistake", "A mistake that stood in the hand-out"
    WRONG_QUANTITY = "wrong-quantity", "Another quantity stands where one belongs"
    PRE_ACTIVATION = "pre-activation", "A weighted sum is used where its activation belongs"
    OTHER_ACTIVATION = "other-activation", "Another activation function than the network's"
    WRONG_GRADIENT = "wrong-gradient", "A weight is updated with another weight's gradient"
    WRONG_SIGN = "wrong-sign", "A sign is wrong"
    PRECEDENCE = "precedence", "Parentheses are missing or misplaced"
    WRONG_OPERATOR = "wrong-operator", "An operator is wrong"
    MISSING_PART = "missing-part", "A factor or term is missing"
    EXTRA_PART = "extra-part", "A factor or term is there that does not belong"
    WRONG_CONSTANT = "wrong-constant", "A constant is wrong"
    TYPED_PART = "typed-part", "A typed-in number stands in a formula where a quantity belongs"
    UPDATED_WEIGHTS = "updated-weights", "Hidden gradients are computed from weights that are already updated"
    WRONG_ROW = "wrong-row", "A formula takes a value from the wrong iteration"
    SLIDING_REFERENCE = "sliding-reference", "A reference slides because its $ is missing"
    STUCK_REFERENCE = "stuck-reference", "A reference is stuck at one iteration by its $"
    WRONG_RATE = "wrong-rate", "Not the learning rate multiplies the gradient"
    CHANGING_RATE = "changing-rate", "The learning rate changes from row to row"
    OTHER_RULE = "other-update-rule", "The weights are updated by another rule than gradient descent"
    CIRCULAR = "circular-reference", "Formulas need their own result"
    OVERWRITTEN = "overwritten", "A column computes something else than its heading says"
    SWAPPED_HEADINGS = "swapped-headings", "The headings of two columns have traded places"
    ONLY_HERE = "only-here", "A formula that is right at some numbers only"
    VOLATILE = "volatile", "A formula depends on chance, the time or the computer"
    WRONG_FORMULA = "wrong-formula", "A formula computes something else"
    WRONG_VALUE = "wrong-value", "A typed-in number does not follow from the network"
    REPEATED_ROWS = "repeated-rows", "The last rows are copies of earlier ones"
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
    OTHER_HANDOUT = "other-handout", "The line of a hand-out that cannot be believed"
    INITIAL_VALUES = "initial-values", "Other initial values than asked"
    TOO_FEW_ITERATIONS = "too-few-iterations", "Fewer iterations than asked"
    RATE_NOT_COVERED = "rate-not-covered", "A learning rate of the sweep is not covered"
    CHART_MISSING = "chart-missing", "The error chart is missing"
    CHART_SHORT = "chart-short", "The error chart does not show the whole table"
    OTHER_CONVENTION = "other-convention", "Another convention, consistently used"
    UNKNOWN_HEADING = "unknown-heading", "A heading was not understood"
    OUT_OF_SIGHT = "out-of-sight", "A table stands out of sight"
    LEFT_OUT = "left-out", "A table was left out of the count"
    NO_TABLE = "no-table", "No iteration table"
    MORE_FINDINGS = "more-findings", "More was found than is listed"
    NOTHING_FILLED = "nothing-filled", "Nothing is filled in"
    UNREADABLE = "unreadable", "The file cannot be opened"


_OF_NO_QUANTITY = frozenset({Code.OTHER_RULE, Code.CHANGING_RATE})
_MEASURING = frozenset(
    {
        Code.WRONG_RATE,
        Code.SLIDING_REFERENCE,
        Code.STUCK_REFERENCE,
        Code.ONLY_HERE,
        Code.WRONG_FORMULA,
        Code.WRONG_VALUE,
        Code.TYPED_PART,
        Code.DRIFTING_INPUT,
        Code.ERROR_VALUE,
        Code.ROUNDED,
        Code.STALE_VALUE,
        Code.NOT_LIVE,
        Code.CHART_SHORT,
    }
)


@dataclass(frozen=True)
class Finding:
    """A mistake or remark where it was found, in one column of one table.

    ``cells`` is an A1 range, or several joined by commas, on ``sheet``.
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
        return str(Place(self.sheet, self.quantity, self.cells))


@dataclass(frozen=True)
class LearningRate:
    """The learning rate of a table: where it stands (None: typed into the formulas) and its value (None: unknown)."""

    cell: str | None
    value: float | None


@dataclass(frozen=True)
class FoundPiece:
    """A part of an iteration table that stands in several: its sheet, its headings' row and its own rows, from 1."""

    sheet: str
    header_row: int
    first_row: int
    last_row: int
    transposed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As ``validate --json`` has it."""
        return {
            "sheet": self.sheet,
            "header_row": self.header_row,
            "first_row": self.first_row,
            "last_row": self.last_row,
        } | ({"transposed": True} if self.transposed else {})


@dataclass(frozen=True)
class FoundTable:
    """An iteration table in a submission, rows from 1 and columns by letter.

    In a ``transposed`` table iterations run along a row: its rows are then columns counted from 1, its columns row
    numbers. There may be other rows between its first and its last. A table that is split over blocks or sheets has
    ``pieces``: its rows are those on its ``sheet``, its columns those of the first piece that has the quantity.
    ``network`` says in a few words what the table trains.
    """

    sheet: str
    header_row: int
    first_row: int
    last_row: int
    columns: dict[str, str]
    learning_rate: LearningRate | None
    live: bool
    transposed: bool = False
    network: str = str(NETWORK)
    pieces: tuple[FoundPiece, ...] = ()
    iterations: int = field(kw_only=True)

    def to_dict(self) -> dict[str, Any]:
        """As the contract of ``validate --json`` has it."""
        rate = self.learning_rate
        told: dict[str, Any] = {
            "sheet": self.sheet,
            "header_row": self.header_row,
            "first_row": self.first_row,
            "last_row": self.last_row,
            "iterations": self.iterations,
            "columns": self.columns,
            "network": self.network,
            "learning_rate": {"cell": rate.cell, "value": rate.value} if rate else None,
            "live": self.live,
        }
        if self.transposed:
            told["transposed"] = True
        if self.pieces:
            told["pieces"] = [piece.to_dict() for piece in self.pieces]
        return told


@dataclass(frozen=True)
class ScoreLine:
    """Points for one criterion of the rubric, and why."""

    criterion: str
    title: str
    points: float
    max_points: float
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """As the contract of ``validate --json`` has it."""
        return {
            "criterion": self.criterion,
            "points": self.points,
            "max": self.max_points,
            "reason": self.reason,
        }


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

    @property
    def mistakes(self) -> list[Mistake]:
        """What was found, each mistake once, whatever number of columns, tables or sheets it stands in."""
        return mistakes(self.findings)

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
            "points": [line.to_dict() for line in self.score_lines],
            "tables": [table.to_dict() for table in self.tables],
            "findings": [told.to_dict() for mistake in self.mistakes for told in mistake.told()],
        } | {key: value for key in ("student", "numbers_of") if (value := getattr(self, key)) is not None}
