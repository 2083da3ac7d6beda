"""What a teacher sets: the example, initial weights, learning rates, iterations, what is left to students, points."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from sheetprop.errors import InputError
from sheetprop.network import NETWORK, Network, Role
from sheetprop.options import Layout
from sheetprop.rubric import Per

MAX_ITERATIONS = 1_000_000
"""A sheet holds 1,048,576 rows; this leaves room for headings."""
MAX_LEARNING_RATES = 30
"""CHOOSE, with which the workbook picks a sheet, takes 30 values in LibreOffice (254 in Excel)."""
GIVEN_BY = {"targets": Role.TARGET, "inputs": Role.INPUT, "weights": Role.WEIGHT}
"""Which field of an assignment gives the quantities of which role."""
FILL_GROUPS = {
    "weights": Role.WEIGHT,
    "forward": Role.FORWARD,
    "error": Role.ERROR,
    "steps": Role.STEP,
    "gradients": Role.GRADIENT,
}
"""What a hand-out can leave to students, besides single quantities by their keys."""


@dataclass(frozen=True)
class Range:
    """Numbers from ``first`` to ``last``, both included, in steps; raises InputError where there are none."""

    first: float
    last: float
    step: float

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.first, self.last, self.step))) or self.step <= 0 or self.first > self.last:
            raise InputError(
                f"no numbers from {self.first} to {self.last} in steps of {self.step}; the first must be the smaller, "
                "the step positive"
            )

    @cached_property
    def count(self) -> int:
        """How many numbers there are."""
        first, last, step = (Decimal(repr(number)) for number in (self.first, self.last, self.step))
        return int((last - first) / step) + 1

    def holds(self, number: float) -> bool:
        """Whether a number is one of them."""
        if not self.first - self.step <= number <= self.last + self.step:
            return False
        n = round((number - self.first) / self.step)
        return 0 <= n < self.count and self[n] == number

    def __getitem__(self, n: int) -> float:
        """The number after ``n`` steps, as its decimal digits say it."""
        return float(Decimal(repr(self.first)) + n * Decimal(repr(self.step)))


SIGNED_WEIGHTS = Range(-1.0, 1.0, 0.01)
"""What random weights are drawn from where a template says nothing else."""


@dataclass(frozen=True)
class Tolerances:
    """How nearly a student's numbers must be those asked for, relative to their size.

    ``given`` is for initial values and learning rates, ``typed`` for numbers typed or pasted where formulas belong,
    beyond what their own digits allow. Both are above 0 and at most 0.1.
    """

    given: float = 1e-9
    typed: float = 1e-9

    def same(self, found: float, asked: float) -> bool:
        """Whether a number is the one that was asked for."""
        return abs(found - asked) <= self.given * max(abs(asked), 1e-9)


@dataclass(frozen=True)
class KnownMistake:
    """A mistake that came with the hand-out: in the formulas of ``columns``, ``stands`` is where ``belongs`` belongs.

    All are keys of quantities of the same iteration; ``says`` is told besides, as a sentence. Raises InputError.
    """

    columns: tuple[str, ...]
    stands: str
    belongs: str
    says: str = ""

    def __post_init__(self) -> None:
        for name in (*self.columns, self.stands, self.belongs):
            if name not in NETWORK.keys():
                near = difflib.get_close_matches(name, NETWORK.keys(), n=1)
                hint = f"did you mean {near[0]!r}?" if near else "name one as w3, a_h1 or dE_dw3"
                raise InputError(f"mistakes: {name!r} is no quantity of the network; {hint}")


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One assignment; raises :class:`InputError` where a value cannot be used.

    ``iterations`` counts rows, the initial weights' row (iteration 0) included. ``weights`` are in the order w1…w8.
    ``rubric`` has points by criterion (:data:`sheetprop.rubric.CRITERIA`), ``per`` says what costs the share of a
    quantity, and ``other_students_numbers`` which share of its points a submission keeps whose numbers are another
    student's (from 0 to less than 1). ``seed`` is the seed that random weights were drawn with, None where they were
    given. ``personal`` has the ranges that each student's own numbers are drawn from, by field. ``fill`` names what a
    hand-out leaves to students (:data:`FILL_GROUPS`, or keys of quantities), ``equations`` whether it shows the
    equations, ``texts`` what it tells them. ``attempts`` says which of several submissions of a student counts
    (:data:`sheetprop.options.ATTEMPTS`). ``mistakes`` are those of the hand-out itself.
    """

    title: str
    inputs: tuple[float, ...]
    targets: tuple[float, ...]
    weights: tuple[float, ...]
    learning_rates: tuple[float, ...]
    iterations: int
    layout: Layout
    rubric: Mapping[str, float] = field(default_factory=dict)
    per: Per = Per.MISTAKE
    other_students_numbers: float = 0.0
    seed: int | None = None
    personal: Mapping[str, Range] = field(default_factory=dict)
    fill: tuple[str, ...] = tuple(FILL_GROUPS)
    equations: bool = True
    texts: Mapping[str, str] = field(default_factory=dict)
    tolerances: Tolerances = Tolerances()
    mistakes: tuple[KnownMistake, ...] = ()
    attempts: str = "latest"
    network: Network = field(default=NETWORK, repr=False)

    def __post_init__(self) -> None:
        for name, role in GIVEN_BY.items():
            _check_numbers(name, getattr(self, name), self.network.keys(role))
        _check_fill(self.fill, self.network)
        if not self.filled_columns:
            raise InputError(f"fill: the {self.layout} layout has no column for {', '.join(self.fill)}")
        _check_rates(self.learning_rates)
        if self.iterations < 1:
            raise InputError(f"iterations: {self.iterations} is not possible; the least is 1, the row of iteration 0")
        if self.iterations > MAX_ITERATIONS:
            raise InputError(
                f"iterations: {self.iterations:,} do not fit on a sheet; at most {MAX_ITERATIONS:,} are possible"
            )

    @property
    def columns(self) -> list[str]:
        """The keys of the quantities that have a column in the layout; the classic one has none for steps."""
        return self.network.keys() if self.layout is Layout.FULL else self.network.keys_except(Role.STEP)

    @property
    def filled_columns(self) -> list[str]:
        """The keys of the columns that a hand-out leaves to students; of weights all but the first row."""
        wanted: set[Role | str] = {FILL_GROUPS.get(name, name) for name in self.fill}
        return [key for key in self.columns if key in wanted or self.network[key].role in wanted]

    @property
    def points(self) -> float:
        """The most that a submission can reach."""
        return math.fsum(self.rubric.values())

    @property
    def given(self) -> dict[str, float]:
        """Targets, inputs and initial weights by key, in the order of the sheet's columns."""
        values = {
            key: value
            for name, role in GIVEN_BY.items()
            for key, value in zip(self.network.keys(role), getattr(self, name), strict=True)
        }
        return {key: values[key] for key in self.network.keys(*GIVEN_BY.values())}

    def with_given(self, given: Mapping[str, float]) -> Assignment:
        """The same with other targets, inputs and initial weights, all by key."""
        targets, inputs, weights = (tuple(given[key] for key in self.network.keys(role)) for role in GIVEN_BY.values())
        return replace(self, targets=targets, inputs=inputs, weights=weights, seed=None)

    def may_give(self, name: str, numbers: Sequence[float]) -> bool:
        """Whether a student may have these numbers as ``inputs``, ``targets`` or ``weights``."""
        own = getattr(self, name)
        values = self.personal.get(name)
        if len(numbers) != len(own):
            return False
        return tuple(numbers) == own or (values is not None and all(map(values.holds, numbers)))

    def with_random_weights(self, seed: int) -> Assignment:
        """The same with weights drawn from the range of personal ones, the same for the same ``seed``."""
        import numpy as np

        if seed < 0:
            raise InputError(f"seed: {seed} is negative; give 0 or more")
        values = self.personal.get("weights", SIGNED_WEIGHTS)
        drawn = np.random.default_rng(seed).integers(0, values.count, size=len(self.weights))
        return replace(self, weights=tuple(values[n] for n in drawn.tolist()), seed=seed)


def _check_fill(fill: Sequence[str], network: Network) -> None:
    known = [*FILL_GROUPS, *network.keys_except(Role.TARGET, Role.INPUT)]
    if not fill:
        raise InputError(f"fill: nothing is left to students; name some of {', '.join(FILL_GROUPS)}")
    for name in fill:
        if name not in known:
            raise InputError(
                f"fill: {name!r} is nothing to fill; name some of {', '.join(FILL_GROUPS)}, or columns as dE_dw3"
            )


def _check_numbers(name: str, values: Sequence[float], keys: Sequence[str]) -> None:
    if len(values) != len(keys):
        raise InputError(
            f"{name}: expected {len(keys)} numbers ({keys[0]} … {keys[-1]}), got {len(values)}; write each with "
            "a decimal point, and commas between them"
        )
    for key, value in zip(keys, values, strict=True):
        if not math.isfinite(value):
            raise InputError(f"{name}: {key} is {value}; it must be a finite number")


def _check_rates(rates: Sequence[float]) -> None:
    if not rates:
        raise InputError("learning_rates: none given; at least one is needed")
    if len(rates) > MAX_LEARNING_RATES:
        raise InputError(f"learning_rates: {len(rates)} are too many; at most {MAX_LEARNING_RATES} are possible")
    for n, rate in enumerate(rates):
        if not math.isfinite(rate) or rate <= 0:
            raise InputError(f"learning_rates: {rate} is not possible; a learning rate is a positive, finite number")
        if rate in rates[:n]:
            raise InputError(f"learning_rates: {rate} is given twice; each rate has a sheet of its own")
