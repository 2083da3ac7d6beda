"""Tells a person who waits how a training goes on."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import Progress, TaskID

from sheetprop.cnn.results import Epoch, Settings
from sheetprop.cnn.run import Watcher

REFRESH_SECONDS = 0.2
"""How often the bar moves: telling it every batch would cost more than some batches."""


class Narrator(Watcher):
    """A line for each epoch, and a bar for what is left of the run."""

    def __init__(self, console: Console, bar: Progress) -> None:
        self._console, self._bar = console, bar
        self._task: TaskID | None = None
        self._per_epoch = self._epochs = self._done = 0
        self._told = self._began = 0.0

    def begins(self, settings: Settings, epochs: int, images: int) -> None:
        """Name the run, and begin its bar."""
        self._per_epoch, self._epochs, self._done = images, settings.recipe.epochs, epochs
        self._console.print(
            f"{settings.architecture.name}, seed {settings.seed}, on {settings.device}: {settings.recipe}"
            + (f"; {epochs} done before" if epochs else ""),
            soft_wrap=True,
        )
        if self._task is not None:
            self._bar.remove_task(self._task)
        # The bar counts only what is trained now: its time left is measured on it.
        self._task = self._bar.add_task("", total=(self._epochs - epochs) * images, rate="")
        self._first, self._began = epochs, time.monotonic()

    def shown(self, images: int) -> None:
        """Move the bar."""
        now = time.monotonic()
        if self._task is None or now - self._told < REFRESH_SECONDS:
            return
        self._told = now
        self._bar.update(
            self._task,
            completed=(self._done - self._first) * self._per_epoch + images,
            description=f"epoch {self._done + 1}/{self._epochs}",
            rate=f"{images / (now - self._began):,.0f} images/s",
        )

    def ends(self, epoch: Epoch) -> None:
        """Say how the epoch went."""
        self._done, self._began = epoch.epoch, time.monotonic()
        self._console.print(
            f"epoch {epoch.epoch:>{len(str(self._epochs))}}/{self._epochs}  lr {epoch.learning_rate:<8.4g}"
            f"train loss {epoch.train_loss:.4f}, {epoch.train_accuracy:6.2f} %   "
            f"test loss {epoch.test_loss:.4f}, {epoch.test_accuracy:6.2f} %   {epoch.seconds:6.1f} s, "
            f"{self._per_epoch / epoch.seconds:,.0f} images/s",
            soft_wrap=True,
        )
