"""The rubric's criteria: their keys in templates and what they are called; each class sets its own points."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

CRITERIA: Mapping[str, str] = {
    "forward": "Forward pass",
    "error": "Error",
    "gradients": "Gradients",
    "updates": "Weight updates",
    "initial_values": "Initial values",
    "iterations": "Iterations",
    "learning_rates": "Learning rates",
    "chart": "Error chart",
    "live": "Live formulas",
}


class Per(StrEnum):
    """What costs the share of a quantity: each mistake once, in however many columns it is, or each wrong column."""

    MISTAKE = "mistake"
    COLUMN = "column"
