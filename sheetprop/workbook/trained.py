"""What the sheets of a trained CNN show: its runs, and under which names the sheets stand in the workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from sheetprop.cnn.results import Examination, Run

TRAINING, MODEL, TARGETS, CONFUSION, SAMPLES, RUN, SUMMARY = (
    "Training",
    "Model",
    "Targets",
    "Confusion",
    "Samples",
    "Run",
    "Summary",
)


@dataclass(frozen=True)
class Trained:
    """Runs of one architecture that differ in their seeds; ``names`` gives sheets other names than their own.

    Every run has an epoch at least; the first one is examined.
    """

    NAMES: ClassVar = (TRAINING, MODEL, TARGETS, CONFUSION, SAMPLES, RUN, SUMMARY)

    runs: tuple[Run, ...]
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def first(self) -> Run:
        """The run whose network the sheets show where they show one."""
        return self.runs[0]

    @property
    def examination(self) -> Examination:
        """What that network makes of the test set."""
        found = self.first.examination
        assert found is not None
        return found

    @property
    def whose(self) -> str:
        """A sentence that says which network that is."""
        run, count = self.first, len(self.runs)
        one_of = f", the first of {count} runs" if count > 1 else ""
        name, seed = run.settings.architecture.name, run.settings.seed
        return f"The network {name} after epoch {run.last.epoch}, trained with seed {seed}{one_of}."

    def training_sheet(self, run: Run) -> str:
        """The name of a run's sheet of epochs: with its seed where there are several runs."""
        return self.named(TRAINING if len(self.runs) == 1 else f"{TRAINING} seed {run.settings.seed}")

    @property
    def wanted(self) -> list[str]:
        """The sheets' own names, in the order of their tabs."""
        if len(self.runs) == 1:
            return [TRAINING, MODEL, TARGETS, CONFUSION, SAMPLES, RUN]
        trainings = [f"{TRAINING} seed {run.settings.seed}" for run in self.runs]
        return [SUMMARY, *trainings, MODEL, TARGETS, CONFUSION, SAMPLES, RUN]

    def named(self, wanted: str) -> str:
        """The name under which a sheet stands in this workbook."""
        return self.names.get(wanted, wanted)
