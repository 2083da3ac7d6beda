"""The verb ``train-cnn``: train a CNN on MNIST and leave its epochs in a workbook."""

from __future__ import annotations

import dataclasses
import shutil
import signal
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetprop.cnn import check_installed
from sheetprop.cnn.results import INTERRUPTED, TERMINATED, Run
from sheetprop.errors import InputError, Terminated, reason
from sheetprop.json_text import json_text
from sheetprop.options import DEFAULT_CNN_OUTPUT
from sheetprop.output import check_closed, check_output, written_whole
from sheetprop.workbook.append import append_sheets, free_names
from sheetprop.workbook.trained import Trained
from sheetprop.workbook.training_book import write_training_book

if TYPE_CHECKING:
    from sheetprop.cnn.mnist import Mnist
    from sheetprop.cnn.plan import Planned
    from sheetprop.cnn.processes import Processes
    from sheetprop.cnn.run import Watcher

METRICS = (".csv", ".json")
CHECKPOINT = ".pt"


@dataclass(frozen=True)
class Training:
    """One run or several that differ in their seeds, the workbook and the checkpoints that they left.

    ``path`` is None, and ``runs`` is empty, where not one epoch was completed.
    """

    path: Path | None
    sheets: list[str]
    runs: tuple[Run, ...]
    checkpoints: tuple[Path, ...]
    stopped: str | None

    @property
    def passed(self) -> bool:
        """Whether every run that was asked for came to its end."""
        return self.stopped is None

    @property
    def interrupted(self) -> bool:
        """Whether it was ended from the keyboard, or asked to end from outside."""
        return self.stopped in (INTERRUPTED, TERMINATED)

    @property
    def exit_code(self) -> int:
        """Of the command: 0, or why it ended early."""
        return {None: 0, INTERRUPTED: 128 + signal.SIGINT, TERMINATED: 128 + signal.SIGTERM}.get(self.stopped, 1)

    def to_dict(self) -> dict[str, Any]:
        """As the contract of ``train-cnn --json`` has it: the first run, and all of them where there are several."""
        document: dict[str, Any] = {"path": str(self.path) if self.path else None}
        if self.runs:
            document |= self.runs[0].to_dict()
        if self.stopped:
            document["stopped"] = self.stopped
        if len(self.runs) > 1:
            mean, deviation = self._last_accuracy()
            document["runs"] = [run.to_dict() for run in self.runs]
            document["last_test_accuracy"] = {"mean": mean, "standard_deviation": deviation}
        return document

    def to_json(self) -> str:
        """One JSON document."""
        return json_text(self.to_dict())

    def to_csv(self) -> str:
        """A line per epoch of every run, with the run's seed."""
        import pandas as pd

        rows = [
            {"architecture": run.settings.architecture.name, "seed": run.settings.seed, **dataclasses.asdict(epoch)}
            for run in self.runs
            for epoch in run.epochs
        ]
        return pd.DataFrame(rows).to_csv(index=False, lineterminator="\n")

    def __str__(self) -> str:
        lines = [] if self.path is None else [self._written()]
        for run in self.runs:
            seed = f"Seed {run.settings.seed}: test" if len(self.runs) > 1 else "Test"
            lines.append(
                f"{seed} accuracy after the last epoch {run.last.test_accuracy:.2f} %, "
                f"best {run.best.test_accuracy:.2f} % (epoch {run.best.epoch})"
            )
        if self.runs and self.runs[0].settings.recipe == self.runs[0].settings.architecture.recipe:
            published = self.runs[0].settings.architecture.published
            lines.append(f"Published: {published.last:.2f} %, best {published.best:.2f} %")
        if len(self.runs) > 1:
            mean, deviation = self._last_accuracy()
            lines.append(f"Last epoch, mean of {len(self.runs)} runs {mean:.3f} %, standard deviation {deviation:.3f}")
        if self.stopped:
            lines.append(f"Stopped early: {self.stopped}{self._advice()}.")
        elif self.checkpoints:
            lines.append(f"Checkpoint: {self.checkpoints[0]} (sheetprop predict IMAGE --model {self.checkpoints[0]})")
        return "\n".join(lines)

    def _written(self) -> str:
        settings = self.runs[0].settings
        epochs = sum(len(run.epochs) for run in self.runs)
        trained = f"{epochs} epoch{'s' if epochs > 1 else ''}"
        seconds = sum(run.seconds for run in self.runs)
        return (
            f"Wrote {self.path}: {len(self.sheets)} sheets; {settings.architecture.name} "
            f"({settings.architecture.parameters:,} parameters), {trained} on {settings.device} "
            f"in {seconds:.1f} s."
        )

    def _advice(self) -> str:
        if self.interrupted:
            return "; go on with --resume" + (" --force" if self.path else "")
        return "; try a lower --lr"

    def _last_accuracy(self) -> tuple[float, float]:
        accuracies = [run.last.test_accuracy for run in self.runs]
        return statistics.fmean(accuracies), statistics.stdev(accuracies)


def train_cnn(
    *,
    path: str | Path = DEFAULT_CNN_OUTPUT,
    arch: str | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    lr: float | None = None,
    schedule: str | None = None,
    augment: str | None = None,
    seed: int | None = None,
    runs: int = 1,
    device: str = "auto",
    precision: str = "auto",
    data: str | Path | None = None,
    append: bool = False,
    resume: bool = False,
    metrics: Sequence[str | Path] = (),
    force: bool = False,
    watcher: Watcher | None = None,
) -> Training | None:
    """Train a CNN on MNIST, once or with ``runs`` seeds from ``seed`` on, and write its epochs to a workbook.

    What is None is as the architecture's recipe says or, with ``resume``, as the checkpoint does. ``data`` is a folder
    with MNIST in torchvision's form; without it, it is kept in the user's cache. A checkpoint is kept beside the
    workbook, from which ``resume`` goes on; ``append`` adds the sheets to a workbook that is there. ``metrics`` are
    files, .csv or .json, for the epochs alone. Files are replaced only with ``force``. The loss not being a number
    any more, or an interruption, ends the training, and the epochs done are written.

    Under torchrun, several processes train together; all but the first return None. Raises InputError, before
    training starts, where something cannot be used; KeyboardInterrupt, or Terminated
    after SIGTERM, where no epoch was complete.
    """
    check_installed()
    from sheetprop.cnn.device import choose_device
    from sheetprop.cnn.epoch import check_batch
    from sheetprop.cnn.mnist import load, no_folder
    from sheetprop.cnn.plan import plan
    from sheetprop.cnn.processes import joined, launched

    path, tables = Path(path), [Path(table) for table in metrics]
    processes = launched()
    with processes.one_voice():
        for table in tables:
            _check_kind(table)
        folder = None if data is None else Path(data)
        if folder is not None and not folder.is_dir():
            raise no_folder(folder)
        chosen = choose_device(device, processes)
        planning = partial(
            plan,
            checkpoint=path.with_suffix(CHECKPOINT),
            arch=arch,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=lr,
            schedule=schedule,
            augmentation=augment,
            seed=seed,
            runs=runs,
            device=chosen,
            precision=precision,
            processes=processes.count,
            resume=resume,
        )
        # What is wrong with the options comes before what is there already.
        planning(force=True)
        _check_files(path, tables, append, force)
        planned = planning(force=force)
        with joined(processes, chosen):
            with processes.first_alone():
                mnist = load(folder)
            check_batch(planned[0].settings.recipe.batch_size, len(mnist.train), processes)
            done, stopped = _train(planned, mnist, processes, watcher)
        if not processes.first:
            return None
        if not done and stopped == INTERRUPTED:
            raise KeyboardInterrupt
        if not done and stopped == TERMINATED:
            raise Terminated(128 + signal.SIGTERM)
        sheets = _export(done, path, append) if done else []
        training = Training(path if done else None, sheets, done, tuple(run.path for run in planned), stopped)
        for table in tables if done else ():
            with written_whole(table) as unfinished:
                text = training.to_csv() if table.suffix.lower() == ".csv" else training.to_json()
                unfinished.write_text(text, encoding="utf-8")
        return training


def _train(
    planned: Sequence[Planned], mnist: Mnist, processes: Processes, watcher: Watcher | None
) -> tuple[tuple[Run, ...], str | None]:
    """The runs that have an epoch, the first of them examined, and why not all came to their end, if so."""
    from sheetprop.cnn.examination import examine
    from sheetprop.cnn.run import UNWATCHED, run

    done: list[Run] = []
    for each in planned:
        finished, trainer = run(each, mnist, processes, watcher or UNWATCHED)
        if processes.first and finished.epochs:
            # One picture of the test set is enough: that of the first run.
            examination = None if done else examine(trainer, mnist.test)
            done.append(dataclasses.replace(finished, examination=examination))
        if finished.stopped:
            return tuple(done), finished.stopped
    return tuple(done), None


def _check_files(path: Path, tables: Sequence[Path], append: bool, force: bool) -> None:
    """Raise InputError where a file could not be written in the end."""
    if append:
        free_names(_existing(path), Trained.NAMES, str(path))
        check_closed(path)
    else:
        check_output(path, force)
    for table in tables:
        check_output(table, force, what="table", suffix=table.suffix.lower())


def _check_kind(table: Path) -> None:
    if table.suffix.lower() not in METRICS:
        raise InputError(f"--metrics {table}: a table's name must end in {' or '.join(METRICS)}")


def _existing(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"--append {path}: cannot be read: {reason(error)}; name a workbook, or leave --append out"
        ) from None


def _export(runs: tuple[Run, ...], path: Path, append: bool) -> list[str]:
    """Write the workbook, or add its sheets to the one that is there; the names of the sheets."""
    trained = Trained(runs)
    if not append:
        return write_training_book(trained, path).sheets
    existing = _existing(path)
    trained = Trained(runs, free_names(existing, trained.wanted, str(path)))
    with tempfile.TemporaryDirectory(prefix="sheetprop-") as folder:
        added = Path(folder) / "added.xlsx"
        sheets = write_training_book(trained, added).sheets
        together = append_sheets(added.read_bytes(), existing, str(path))
    with written_whole(path) as unfinished:
        unfinished.write_bytes(together)
        shutil.copymode(path, unfinished)
    return sheets
