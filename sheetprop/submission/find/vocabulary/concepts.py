"""The concepts that headings are made of, in any language."""

from __future__ import annotations

from enum import StrEnum


class Concept(StrEnum):
    """What one word of a heading says."""

    TARGET = "target"
    Y = "y"
    """Alone a target; the network's output where targets are called otherwise."""
    INPUT = "input"
    WEIGHT = "weight"
    HIDDEN = "hidden"
    OUTPUT = "output neuron"
    OUT = "what a neuron hands on"
    NETWORK = "network"
    PREDICTED = "predicted"
    ACTUAL = "actual"
    """What was to come out where something is predicted; what came out where there is a target."""
    NET = "weighted sum"
    ACTIVATED = "activated"
    ERROR = "error"
    LOSS_LETTER = "letter for an error"
    TOTAL = "total"
    DERIVATIVE = "derivative sign"
    GRADIENT = "gradient"
    CHANGE = "change"
    NEW = "new"
    OLD = "old"
    RATE = "learning rate"
    ITERATION = "iteration"
    FIRST = "first"
    SECOND = "second"
    FILLER = "filler"
    """Says nothing of its own: of, neuron, value."""
    HELPER = "helper"
    """What a student adds besides the network's quantities: a velocity, a check, a difference."""
