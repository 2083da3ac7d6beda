"""The commonest mistake of textbook readers: hidden gradients from output weights that are already updated."""

from __future__ import annotations

from sheetprop.expression import Symbol
from sheetprop.network import NETWORK, Role
from sheetprop.submission.compare.case import Case, Wrong
from sheetprop.submission.compare.evaluation import shifted
from sheetprop.submission.compare.samples import equal
from sheetprop.submission.diagnose.edits import Edit
from sheetprop.submission.find.tables import WEIGHTS
from sheetprop.submission.findings import Code

BACKWARD = {*NETWORK.keys(Role.STEP, Role.GRADIENT), *WEIGHTS}
"""Quantities of the backward pass."""
_DEEPEST = len(NETWORK.neurons) - 1
LEADING_ON = {c.weight for c in NETWORK.connections if c.neuron in NETWORK.neurons[_DEEPEST]}
"""The weights of the output layer, through which the error reaches the hidden one."""


def updated_weights(case: Case, item: Wrong) -> Edit | None:
    """Where all that is wrong is that weights stand as they are after their update: that, as one edit.

    They may stand in the next row, or in a column of their own for the new weights.
    """
    assert item.diagnosis is not None
    edits = item.diagnosis.edits
    if item.key not in BACKWARD or item.diagnosis.right is None:
        return None
    pairs: list[tuple[str, str]] = []
    for edit in edits:
        if not (isinstance(edit.found, Symbol) and isinstance(edit.expected, Symbol)):
            return None
        pairs.append((edit.found.key, edit.expected.key))
        pairs += [edit.also] if edit.also else []
    named = [(found, _weight(case, expected)) for found, expected in pairs]
    for found, weight in named:
        after = case.evaluator.name(shifted(weight, 1)) if weight is not None else None
        if weight is None or weight.partition("@")[0] == item.key or after is None:
            return None
        if not equal(case.evaluator.name(found), after):
            return None
    pairs = [(found, weight) for found, weight in named if weight is not None]
    (found, expected), *others = pairs
    return Edit(Code.UPDATED_WEIGHTS, Symbol(found), Symbol(expected), also=others[0] if others else None)


def _weight(case: Case, name: str) -> str | None:
    """The output layer's weight that a name is, or that a helper one row back is, as new weights of the row before."""
    if name.partition("@")[0] in LEADING_ON:
        return name
    if not name.startswith("~"):
        return None
    value = case.evaluator.name(name)
    return next((weight for weight in sorted(LEADING_ON) if equal(value, case.evaluator.name(weight))), None)


__all__ = ["updated_weights"]
