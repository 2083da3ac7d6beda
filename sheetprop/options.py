"""What can be chosen, and what is taken when nothing is said; apart, so that ``--help`` need load nothing else."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

DEFAULT_OUTPUT = "backpropagation.xlsx"
DEFAULT_TEMPLATE = "course"
DEFAULT_CNN_OUTPUT = "mnist-cnn.xlsx"
DEFAULT_ARCHITECTURE = "squeeze-13k"
DEFAULT_SEED = 1
AUTO = "auto"
MADE = datetime(2000, 1, 1)
"""What every workbook of ours says it was made at, so that the same input gives the same bytes."""


class Layout(StrEnum):
    """Which columns the iteration sheets have."""

    FULL = "full"
    CLASSIC = "classic"


ATTEMPTS = ("latest", "best", "mean")
"""Which of several submissions of a student counts."""
