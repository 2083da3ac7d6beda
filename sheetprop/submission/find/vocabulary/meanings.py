"""What concepts mean together, with the number behind them: the network's own quantities."""

from __future__ import annotations

from collections.abc import Iterable

from sheetprop.network import NETWORK
from sheetprop.submission.find.vocabulary.concepts import Concept

HIDDEN, OUTPUT = NETWORK.layers[0].prefix, NETWORK.layers[-1].prefix
_H, _AH, _O, _AO = f"{HIDDEN}{{}}", f"a_{HIDDEN}{{}}", f"{OUTPUT}{{}}", f"a_{OUTPUT}{{}}"
_T, _I, _W, _E = "t{}", "i{}", "w{}", "E{}"

Meaning = tuple[frozenset[Concept], tuple[str, ...]]
NUMBERED: tuple[Meaning, ...] = (
    (frozenset({Concept.TARGET}), (_T,)),
    (frozenset({Concept.TARGET, Concept.OUTPUT}), (_T,)),
    (frozenset({Concept.TARGET, Concept.OUT}), (_T,)),
    (frozenset({Concept.TARGET, Concept.Y}), (_T,)),
    (frozenset({Concept.Y}), (_T, _AO)),
    (frozenset({Concept.INPUT}), (_I,)),
    (frozenset({Concept.WEIGHT}), (_W,)),
    (frozenset({Concept.HIDDEN}), (_H, _AH)),
    (frozenset({Concept.NET, Concept.HIDDEN}), (_H,)),
    (frozenset({Concept.INPUT, Concept.HIDDEN}), (_H,)),
    (frozenset({Concept.NET, Concept.INPUT, Concept.HIDDEN}), (_H,)),
    (frozenset({Concept.NETWORK, Concept.INPUT, Concept.HIDDEN}), (_H,)),
    (frozenset({Concept.ACTIVATED, Concept.HIDDEN}), (_AH,)),
    (frozenset({Concept.OUT, Concept.HIDDEN}), (_AH,)),
    (frozenset({Concept.OUTPUT, Concept.HIDDEN}), (_AH,)),
    (frozenset({Concept.NETWORK, Concept.OUTPUT, Concept.HIDDEN}), (_AH,)),
    (frozenset({Concept.NETWORK, Concept.OUT, Concept.HIDDEN}), (_AH,)),
    (frozenset({Concept.ACTIVATED, Concept.OUT, Concept.HIDDEN}), (_AH,)),
    (frozenset({Concept.ACTIVATED, Concept.OUTPUT, Concept.HIDDEN}), (_AH,)),
    (frozenset({Concept.ACTIVATED, Concept.NET, Concept.HIDDEN}), (_AH,)),
    (frozenset({Concept.OUTPUT}), (_O, _AO)),
    (frozenset({Concept.OUT}), (_AO, _AH)),
    (frozenset({Concept.NET, Concept.OUTPUT}), (_O,)),
    (frozenset({Concept.INPUT, Concept.OUTPUT}), (_O,)),
    (frozenset({Concept.NET, Concept.INPUT, Concept.OUTPUT}), (_O,)),
    (frozenset({Concept.NETWORK, Concept.INPUT, Concept.OUTPUT}), (_O,)),
    (frozenset({Concept.ACTIVATED, Concept.OUTPUT}), (_AO,)),
    (frozenset({Concept.OUT, Concept.OUTPUT}), (_AO,)),
    (frozenset({Concept.ACTIVATED, Concept.OUT, Concept.OUTPUT}), (_AO,)),
    (frozenset({Concept.ACTIVATED, Concept.NET, Concept.OUTPUT}), (_AO,)),
    (frozenset({Concept.ACTIVATED, Concept.OUT}), (_AO, _AH)),
    (frozenset({Concept.NETWORK, Concept.OUTPUT}), (_AO,)),
    (frozenset({Concept.NETWORK, Concept.OUT}), (_AO,)),
    (frozenset({Concept.ACTUAL}), (_T, _AO)),
    (frozenset({Concept.ACTUAL, Concept.OUTPUT}), (_AO, _T)),
    (frozenset({Concept.ACTUAL, Concept.OUT}), (_AO, _T)),
    (frozenset({Concept.ACTUAL, Concept.Y}), (_T, _AO)),
    (frozenset({Concept.PREDICTED}), (_AO,)),
    (frozenset({Concept.PREDICTED, Concept.OUTPUT}), (_AO,)),
    (frozenset({Concept.PREDICTED, Concept.Y}), (_AO,)),
    (frozenset({Concept.ERROR}), (_E,)),
    (frozenset({Concept.ERROR, Concept.OUTPUT}), (_E,)),
    (frozenset({Concept.ERROR, Concept.OUT}), (_E,)),
    (frozenset({Concept.LOSS_LETTER}), (_E,)),
)
"""Concepts that name a quantity together with a number; of several quantities, the likelier first."""
UNNUMBERED: tuple[Meaning, ...] = (
    (frozenset({Concept.ERROR}), ("E_total",)),
    (frozenset({Concept.TOTAL}), ("E_total",)),
    (frozenset({Concept.ERROR, Concept.TOTAL}), ("E_total",)),
    (frozenset({Concept.NET, Concept.ERROR}), ("E_total",)),  # the sum of errors
    (frozenset({Concept.LOSS_LETTER}), ("E_total",)),
    (frozenset({Concept.ERROR, Concept.TARGET}), ("E_total",)),  # E_t
    (frozenset({Concept.LOSS_LETTER, Concept.TOTAL}), ("E_total",)),
)
"""Concepts that name a quantity without a number."""
_NUMBERED, _UNNUMBERED = dict(NUMBERED), dict(UNNUMBERED)
_KEYS = frozenset(NETWORK.keys())
_CONNECTIONS = {(c.source, c.neuron): c.weight for c in NETWORK.connections}


def meaning(concepts: Iterable[Concept], numbers: Iterable[str]) -> tuple[str, ...]:
    """The quantities that concepts and numbers may mean, the likelier first; none where they mean none."""
    found, digits = list(concepts), list(numbers)
    named = frozenset(found)
    twice = found.count(Concept.OUTPUT) > 1 and len(named) == 1
    if twice:  # the output of output neuron 1
        named = frozenset({Concept.OUT, Concept.OUTPUT})
    if not digits:
        keys = _UNNUMBERED.get(named, ())
    elif len(digits) == 1:
        keys = tuple(key.format(digits[0]) for key in _NUMBERED.get(named, ()))
    else:
        keys = ()
    return tuple(key for key in keys if key in _KEYS)


def connected(sources: Iterable[str], neuron: str) -> str | None:
    """The weight of a connection, as from i1 to h1."""
    return next((_CONNECTIONS[end] for source in sources if (end := (source, neuron)) in _CONNECTIONS), None)
