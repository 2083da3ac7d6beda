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
    for found, expected in pairs:
        weight = expected.partition("@")[0]
        after = case.evaluator.name(shifted(expected, 1)) if weight in LEADING_ON else None
        if weight == item.key or after is None or not equal(case.evaluator.name(found), after):
            return None
    (found, expected), *others = pairs
    return Edit(Code.UPDATED_WEIGHTS, Symbol(found), Symbol(expected), also=others[0] if others else None)


__all__ = ["updated_weights"]
