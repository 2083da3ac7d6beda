"""Weights named by two numbers, as w12: which of them is the neuron's, as the formulas of the sums have it."""

from __future__ import annotations

import re

from sheetprop.network import NETWORK, partial
from sheetprop.submission.find.labels import name_of
from sheetprop.submission.find.tables import Cell, Table
from sheetprop.submission.understand.formula import Reference

_TWO_NUMBERS = re.compile(r"[a-z]+([1-9])([1-9])")


def order_indices(table: Table) -> None:
    """Exchange w12 and w21 where the sums show that the first number is that of the source, not the neuron.

    Headings alone cannot say it: w12 leads from i2 to h1 for some and from i1 to h2 for others.
    """
    for layer in NETWORK.neurons[1:]:
        incoming = [c for c in NETWORK.connections if c.neuron in layer]
        mirrored = {}
        for connection in incoming:
            found = _TWO_NUMBERS.fullmatch(_heading(table, connection.weight))
            if not found or found.groups() != (connection.neuron[-1], connection.source[-1]):
                break
            other = next(
                c for c in incoming if (c.neuron[-1], c.source[-1]) == (connection.source[-1], connection.neuron[-1])
            )
            mirrored[connection.weight] = other.weight
        else:
            if _sums_mirrored(table, {c.neuron: c.weight for c in incoming}, mirrored):
                _exchange(table, mirrored)


def _heading(table: Table, key: str) -> str:
    if key not in table.columns:
        return ""
    heading = table.heading(key)
    return name_of(table.sheets[heading.sheet].texts.get(heading.place, ""))


def _sums_mirrored(table: Table, last: dict[str, str], mirrored: dict[str, str]) -> bool:
    """Whether sums refer to the weights of the mirrored names only."""
    shown = False
    for neuron in last:
        own = {c.weight for c in NETWORK.connections if c.neuron == neuron}
        used = _used(table, neuron) & mirrored.keys()
        if not used:
            continue
        if used != {mirrored[key] for key in own}:
            return False
        shown = True
    return shown


def _used(table: Table, key: str) -> set[str]:
    """The quantities that the first formula of a quantity refers to on its own sheet."""
    if key not in table.columns:
        return set()
    place, cells = table.place(key, 0), table.sheet(key, 0)
    shape = cells.formulas.get(place)
    targets = (piece.at(*place) for piece in (shape.pieces if shape else ()) if isinstance(piece, Reference))
    found = (table.quantity(Cell(cells.name, target)) for target in targets)
    return {quantity for quantity, _ in filter(None, found)}


def _exchange(table: Table, mirrored: dict[str, str]) -> None:
    table.rename(mirrored | {partial("E", key): partial("E", other) for key, other in mirrored.items()})
