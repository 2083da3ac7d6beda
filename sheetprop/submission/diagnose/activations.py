"""Other activation functions than the network's, by which a person may have taken a neuron's activation."""

from __future__ import annotations

from collections.abc import Iterator

from sheetprop.expression import Call, Expression, Number, Symbol, exp
from sheetprop.network import NETWORK
from sheetprop.submission.diagnose.derivation import SUMS
from sheetprop.submission.diagnose.edits import Edit, Edited
from sheetprop.submission.findings import Code

X = Symbol("x")
OTHER_ACTIVATIONS: dict[str, Expression] = {
    "tanh": Call("tanh", X),
    "ReLU": (X + Call("abs", X)) / 2,
    "softplus": Call("ln", Number(1) + exp(X)),
    "SiLU": X / (Number(1) + exp(-X)),
}
"""What people call a function, and the function of ``x``; weighted sums themselves are told as that."""


def other_activations(key: str) -> Iterator[Edited]:
    """What a neuron's activation would be by each of the other functions, as the edit back to the network's own."""
    if key in SUMS:
        weighted = Symbol(SUMS[key])
        right = NETWORK[key].equation
        for name, function in OTHER_ACTIVATIONS.items():
            computed = function.substitute({X.key: weighted})
            yield Edit(Code.OTHER_ACTIVATION, computed, right, called=name), computed


__all__ = ["OTHER_ACTIVATIONS", "other_activations"]
