"""The rubric's criteria: their keys in templates and what they are called; each class sets its own points."""

from __future__ import annotations

from collections.abc import Mapping

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
