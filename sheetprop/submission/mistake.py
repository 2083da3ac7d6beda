"""One mistake, told once: which findings of a submission are the same mistake, made in several places.

A mistake is what one sentence says. Two findings are the same mistake where they have the same code and severity, and
their messages differ at most in

- the cells, sheets and rows that they name: another table, another sheet, formulas that differ in blanks or columns,
- the quantity that they are about: the same number typed into many columns, the same rate in all updates,
- which neuron is meant: ∂E/∂w3 and ∂E/∂w4 with a_h1 for a_h2, but also ∂E/∂w1 with a_h2 for a_h1. Renumbering the
  neurons of a layer makes one out of the other,
- numbers that were measured there, where the code says so: by how much it is off.

Two sentences about one column of a sheet are two mistakes in any case, unless they differ in cells and measured numbers
only: what is grouped must never hide that something else is wrong there as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sheetprop.network import NETWORK, Role, partial_label

if TYPE_CHECKING:
    from sheetprop.submission.findings import Code, Finding, Severity

_CELL = r"\$?[A-Z]{1,3}\$?[0-9]{1,7}"
_TOKEN = re.compile(
    rf"""(?P<sheet>'(?:[^']|'')*'!?)
    | (?P<bracketed>\s?\({_CELL}(?::{_CELL})?\))
    | (?P<line>\b(?:rows?|columns?)\s[A-Z0-9]+(?:\s?(?:–|to|and)\s?[A-Z0-9]+)?)
    | (?P<quantity>(?<![A-Za-z0-9])(?:a_)?(?:[a-z]+|E)[0-9]+(?![0-9A-Za-z]))
    | (?P<cell>(?<![A-Za-z0-9_]){_CELL}(?::{_CELL})?(?![A-Za-z0-9_(]))
    | (?P<number>(?<![A-Za-z0-9_])[-−]?[0-9][0-9,]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)""",
    re.VERBOSE,
)
"""What may differ between two tellings of one mistake; each part is tried at a place once, and ends where it ends."""


CLOSES = " That makes the sheet circular: "
"""What comes before the cells of a circle, in the message of the mistake that closes it."""


@dataclass(frozen=True)
class Place:
    """Where a mistake is made: cells (an A1 range, or several joined by commas) of a sheet, and their quantity."""

    sheet: str | None
    quantity: str | None
    cells: str | None

    def __str__(self) -> str:
        """For people: 'Sheet1'!Z33:Z100, or nothing."""
        sheet = "'" + self.sheet.replace("'", "''") + "'" if self.sheet is not None else ""
        return f"{sheet}!{self.cells}" if sheet and self.cells else sheet

    def to_dict(self) -> dict[str, Any]:
        """As the contract of ``validate --json`` has it."""
        return {"sheet": self.sheet, "quantity": self.quantity, "cells": self.cells}


@dataclass(frozen=True)
class Mistake:
    """Findings that are one mistake or remark, in the order in which they were made; it is told as the first one is."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The finding by which it is told."""
        return self.findings[0]

    @property
    def code(self) -> Code:
        """Its kind."""
        return self.first.code

    @property
    def severity(self) -> Severity:
        """How it weighs."""
        return self.first.severity

    @property
    def quantities(self) -> tuple[str, ...]:
        """Keys of the quantities that it is made in."""
        return tuple(dict.fromkeys(each.quantity for each in self.findings if each.quantity is not None))

    @property
    def places(self) -> tuple[Place, ...]:
        """Everywhere it is made; what concerns one quantity on one sheet is one place."""
        cells: dict[tuple[str | None, str | None], list[str]] = {}
        for each in self.findings:
            cells.setdefault((each.sheet, each.quantity), []).extend(each.cells.split(",") if each.cells else ())
        return tuple(
            Place(sheet, quantity, ",".join(dict.fromkeys(own)) or None) for (sheet, quantity), own in cells.items()
        )

    def told(self) -> list[Mistake]:
        """The mistake as ``validate --json`` tells it: once for each quantity that it is made in, that one first.

        Programs that ask which quantities have errors look at ``quantity`` alone, as they did when each table's each
        column was a finding of its own; a mistake in four gradients that named only the first would hide three from
        them. All of them list the same ``places``, by which they are known as one. A cause that is no quantity's own,
        as another update rule, is told once. To tell every mistake so, return ``[self]``: nothing else has to change.
        """
        if self.code.of_no_quantity:
            return [self]
        return [self._seen_from(quantity) for quantity in self.quantities or (None,)]

    def _seen_from(self, quantity: str | None) -> Mistake:
        own = [each for each in self.findings if each.quantity == quantity]
        return Mistake((*own, *(each for each in self.findings if each.quantity != quantity)))

    def to_dict(self) -> dict[str, Any]:
        """As the contract of ``validate --json`` has a finding: the first place in it, and all places."""
        first, places = self.first, self.places
        return {
            "code": first.code.value,
            "severity": first.severity.value,
            **{key: getattr(places[0], key) for key in ("quantity", "sheet", "cells")},
            "places": [place.to_dict() for place in places],
            "message": first.message,
            "found": first.found,
            "expected": first.expected,
        }


def mistakes(findings: Iterable[Finding]) -> list[Mistake]:
    """Findings grouped into mistakes, each where its first finding stood."""
    grouped: dict[tuple[object, ...], list[Finding]] = {}
    sentences: dict[tuple[object, ...], dict[str, int]] = {}
    for finding in findings:
        meaning = (finding.code, finding.severity, _meaning(finding))
        # The same meaning in other words about the same column: another neuron's, and a mistake of its own.
        here = sentences.setdefault((*meaning, finding.sheet, finding.quantity), {})
        number = here.setdefault(_sentence(finding.message.partition(CLOSES)[0], finding.code.measures), len(here))
        grouped.setdefault((*meaning, number), []).append(finding)
    return [Mistake(tuple(group)) for group in grouped.values()]


def _meaning(finding: Finding) -> str:
    """What a message says but for the quantity it is about, which neuron, where, and what was measured.

    A circle is told with the first cells that close it, of all that make the mistake.
    """
    return _renumbered(finding.message.partition(CLOSES)[0], finding.code.measures, finding.quantity)


def _sentence(message: str, measures: bool) -> str:
    """What a message says but for where, and what was measured."""
    return _TOKEN.sub(lambda found: _without_place(found, measures), message)


@lru_cache(maxsize=4096)
def _renumbered(message: str, measures: bool, quantity: str | None) -> str:
    own = {quantity, _weight_of(quantity)}
    numbers: dict[str, dict[str, int]] = {}

    def replaced(found: re.Match[str]) -> str:
        name = found["quantity"]
        if name is None or name not in _NEURONS:
            return _without_place(found, measures)
        kind, neurons = _NEURONS[name]
        if measures:
            return kind  # what a sliding reference happens to meet
        if name in own:
            return "□"
        # The first neuron of a layer that is named is its 1st, the next one its 2nd, whatever they are called.
        of = [
            f"{layer}.{numbers.setdefault(layer, {}).setdefault(neuron, len(numbers[layer]))}"
            for layer, neuron in neurons
        ]
        return f"{kind}[{' '.join(of)}]"

    return _TOKEN.sub(replaced, message.replace(partial_label(quantity), "□", 1) if quantity else message)


def _without_place(found: re.Match[str], measures: bool) -> str:
    if found["quantity"] is not None:
        return found[0]
    if found["number"] is not None:
        return "#" if measures else found[0]
    return ""


def _weight_of(quantity: str | None) -> str | None:
    """The weight by which a gradient is the derivative."""
    weight = (quantity or "").rpartition("_d")[2]
    return weight if weight in NETWORK.keys(Role.WEIGHT) else None


def _with_neurons() -> dict[str, tuple[str, tuple[tuple[str, str], ...]]]:
    """Quantities of single neurons or connections: what they are, and of which neurons, each with its layer."""
    layer_of = {neuron: str(depth) for depth, layer in enumerate(NETWORK.neurons) for neuron in layer}
    last = str(len(NETWORK.neurons) - 1)
    found: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {}
    for neuron, layer in layer_of.items():
        found[neuron] = "sum", ((layer, neuron),)
        found[f"a_{neuron}"] = "activation", ((layer, neuron),)
    for n, neuron in enumerate(NETWORK.neurons[-1], start=1):
        found[f"t{n}"] = "target", ((last, neuron),)
        found[f"E{n}"] = "error", ((last, neuron),)
    for connection in NETWORK.connections:
        source = connection.source.removeprefix("a_")
        ends = ((layer_of[source], source), (layer_of[connection.neuron], connection.neuron))
        found[connection.weight] = "weight", ends
    return found


_NEURONS = _with_neurons()

__all__ = ["Mistake", "Place", "mistakes"]
