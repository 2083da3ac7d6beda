"""Random points on which formulas are compared as functions: consistent runs of gradient descent on the network.

Every quantity at every iteration near the one in question has its value on each point, computed by the network's own
equations, so that any form of an equation that is right gives the right number, whichever columns it uses.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from sheetprop.expression import Number
from sheetprop.network import ITERATION, NETWORK, RATE, A, Error, Network, Role, T, partial
from sheetprop.submission.find.pieces import GIVEN

POINTS = 6
"""Points that every comparison uses; two different equations of this size do not agree on even one by chance."""
NEAR = 3
"""How many iterations back and forth one run goes; farther ones are runs of their own."""
RELATIVE = 1e-9
"""Equal as functions: rounding on these points stays far below, the smallest mistake far above."""

SQUARED_ERROR = Error("squared error", (T - A) ** 2, Number(2) * (A - T))


@dataclass(frozen=True)
class Convention:
    """How a student's sheet may differ from the class and still be right in itself.

    ``crossed`` are layers (1: hidden) whose second and third weights trade places: w2 leads from i1 to h2. ``network``
    has the sheet's error; where ``halved_total``, the ½ stands in E_total instead of E1 and E2. ``gradient`` is
    what the gradient columns hold, as a multiple of ∂E/∂w: 1, −1, lr or −lr.
    """

    network: Network = NETWORK
    crossed: tuple[int, ...] = ()
    halved_total: bool = False
    gradient: str = "1"

    def remarks(self) -> list[tuple[str, tuple[str, ...]]]:
        """What to tell the reader of a sheet with this convention, each with the quantities it is about."""
        told: list[tuple[str, tuple[str, ...]]] = []
        judged = "The sheet keeps to that, and is judged that way."
        if 1 in self.crossed:
            wiring = "The weights are wired h1 = w1·i1 + w3·i2 and h2 = w2·i1 + w4·i2; the class has w2 and w3 swapped."
            told.append((f"{wiring} {judged}", ("h1", "h2")))
        if 2 in self.crossed:
            wiring = "The weights are wired o1 = w5·a_h1 + w7·a_h2 and o2 = w6·a_h1 + w8·a_h2; the class has w6 and w7 "
            told.append((f"{wiring}swapped. {judged}", ("o1", "o2")))
        if self.network is not NETWORK:
            told.append(
                (
                    f"The error is (t − a_o)² without the ½ of the class, and the gradients double. {judged}",
                    ("E1", "E2"),
                )
            )
        if self.halved_total:
            told.append(
                (f"The ½ of the error stands in E_total instead of E1 and E2. {judged}", ("E1", "E2", "E_total"))
            )
        if self.gradient == "-1":
            text = "The gradient columns hold −∂E/∂w, and the updates add it."
            told.append((f"{text} {judged}", tuple(NETWORK.keys(Role.GRADIENT))))
        if self.gradient == "lr":
            text = "The gradient columns hold η·∂E/∂w, and the updates subtract it as it is."
            told.append((f"{text} {judged}", tuple(NETWORK.keys(Role.GRADIENT))))
        if self.gradient == "-lr":
            text = "The gradient columns hold the change of each weight, −η·∂E/∂w, and the updates add it."
            told.append((f"{text} {judged}", tuple(NETWORK.keys(Role.GRADIENT))))
        return told

    def renamed(self, key: str) -> str:
        """The network's key of what the sheet calls ``key``."""
        trade = {f"w{n}": f"w{m}" for layer in self.crossed for n, m in _CROSSINGS[layer]}
        if key in trade:
            return trade[key]
        weight = key.removeprefix("dE_d")
        return partial("E", trade[weight]) if key != weight and weight in trade else key


_CROSSINGS = {1: ((2, 3), (3, 2)), 2: ((6, 7), (7, 6))}


def squared_error_network() -> Network:
    """The network of the class with an error without the ½."""
    return Network(NETWORK.inputs, NETWORK.layers, SQUARED_ERROR)


_NAME = re.compile(r"(?P<key>[A-Za-z_0-9]+?)(?:@(?P<offset>[+-]\d+)|#(?P<step>\d+))?")


PUBLIC = 1
"""The seed of the points on which formulas are compared and mistakes are looked for, the same in every run."""
UNDRAWN = 2
"""The seed of what is drawn for one submission where no run has drawn another; it is no secret."""
NO_STEP, RATE_POINTS = 1, 0
"""The numbers of the run around the iteration in question, and of what the learning rates are drawn with."""


@lru_cache(maxsize=256)
def _run(
    network: Network, seed: int, number: int, given: tuple[tuple[str, float], ...]
) -> dict[int, dict[str, np.ndarray]]:
    """One run per point; values by offset from the middle and by key. Runs of other ``number`` have other weights."""
    random = np.random.default_rng([seed, number])

    def draw(low: float, high: float, signed: bool) -> np.ndarray:
        drawn = random.uniform(low, high, POINTS)
        return drawn * random.choice((-1.0, 1.0), POINTS) if signed else drawn

    values = {key: draw(0.1, 0.9, False) for key in network.keys(Role.TARGET)}
    values |= {key: draw(0.5, 1.5, True) for key in network.keys(Role.INPUT)}
    values |= {key: draw(0.3, 1.5, True) for key in network.keys(Role.WEIGHT)}
    values |= {key: np.full(POINTS, value) for key, value in given if key != RATE}
    # The learning rate is the same on every run, whatever its seed: there is one for the whole table.
    values[RATE] = np.random.default_rng([seed, RATE_POINTS]).uniform(0.6, 1.9, POINTS)
    values |= {key: np.full(POINTS, value) for key, value in given if key == RATE}
    run = {}
    for offset in range(-NEAR, NEAR + 1):
        for quantity in network.quantities:
            if quantity.equation is not None:
                values[quantity.key] = quantity.equation.evaluate(values)
        run[offset] = dict(values)
        values |= {q.key: q.next.evaluate(values) for q in network.quantities if q.next is not None}
    return run


def course(convention: Convention, given: Mapping[str, float], count: int) -> dict[str, np.ndarray]:
    """What a sheet's quantities are in a run of so many iterations, by key, each of shape (iterations,).

    ``given`` are inputs, targets, initial weights and the learning rate by the sheet's own names; what follows from
    NaN is NaN.
    """
    network, renamed = convention.network, convention.renamed
    values: dict[str, np.ndarray] = {renamed(key): np.asarray(value) for key, value in given.items()}
    samples = Samples(convention)
    keys = [key for key in NETWORK.keys() if renamed(key) in network.keys()]
    run: dict[str, np.ndarray] = {key: np.full(count, np.nan) for key in (*keys, RATE)}
    with np.errstate(all="ignore"):
        for step in range(count):
            for quantity in network.quantities:
                if quantity.equation is not None:
                    values[quantity.key] = quantity.equation.evaluate(values)
            for key in (*keys, RATE):
                run[key][step] = samples.shown(renamed(key), values)
            values |= {q.key: q.next.evaluate(values) for q in network.quantities if q.next is not None}
    return run


@dataclass
class Samples:
    """The values of a sheet's quantities on the points, under a convention.

    ``given`` fixes inputs, targets and the learning rate at a table's own values, for formulas that have them typed in.
    ``seed`` is what the points are drawn with.
    """

    convention: Convention = field(default_factory=Convention)
    given: tuple[tuple[str, float], ...] = ()
    seed: int = PUBLIC
    _cache: dict[str, np.ndarray] = field(default_factory=dict, init=False)

    def __getitem__(self, name: str) -> np.ndarray:
        """The values of ``key``, ``key@-1`` (one iteration back) or ``key#7`` (of iteration 7); shape (POINTS,)."""
        if name not in self._cache:
            self._cache[name] = self._find(name)
        return self._cache[name]

    def _scale(self, rate: np.ndarray) -> np.ndarray | float:
        """What gradient columns hold, as a multiple of ∂E/∂w."""
        scales: dict[str, np.ndarray | float] = {"1": 1.0, "-1": -1.0, "lr": rate, "-lr": -rate}
        return scales[self.convention.gradient]

    def _find(self, name: str) -> np.ndarray:
        found = _NAME.fullmatch(name)
        if not found:
            raise KeyError(name)
        key = self.convention.renamed(found["key"])
        network, offset = self.convention.network, int(found["offset"] or 0)
        if found["step"] or abs(offset) > NEAR:
            run = _run(network, self.seed, zlib.crc32(name.removeprefix(found["key"]).encode()), self.given)
            offset = 0
        else:
            run = _run(network, self.seed, NO_STEP, self.given)
        if key in _GIVEN:  # the same on every run: they do not change from iteration to iteration
            return _run(network, self.seed, NO_STEP, self.given)[0][key]
        if key == ITERATION:
            return np.random.default_rng([self.seed, zlib.crc32(name.encode())]).uniform(5, 50, POINTS)
        return self.shown(key, run[offset])

    def shown(self, key: str, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """What a sheet's column has of the network's quantity ``key``, given the network's ``values``."""
        value = values[key]
        if key in _GRADIENTS:
            value = value * self._scale(values[RATE])
        if self.convention.halved_total and key in ("E1", "E2"):
            value = value * 2
        return value


_GIVEN = GIVEN | {RATE}
_GRADIENTS = set(NETWORK.keys(Role.GRADIENT))


def equal(found: np.ndarray, expected: np.ndarray) -> bool:
    """Whether two formulas' values on the points are the same."""
    return bool((np.abs(found - expected) <= RELATIVE * np.abs(expected)).all())


__all__ = ["PUBLIC", "UNDRAWN", "Convention", "Samples", "course", "equal", "squared_error_network"]
