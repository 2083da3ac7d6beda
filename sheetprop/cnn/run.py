"""A run: epoch after epoch, each kept in a checkpoint, until the last one, an interruption or a loss that is none."""

from __future__ import annotations

import math
import time

from sheetprop.cnn.checkpoint import Checkpoint
from sheetprop.cnn.device import environment
from sheetprop.cnn.epoch import Trainer
from sheetprop.cnn.mnist import Mnist
from sheetprop.cnn.plan import Planned
from sheetprop.cnn.processes import ALONE, Processes
from sheetprop.cnn.results import INTERRUPTED, TERMINATED, Epoch, Run, Settings
from sheetprop.errors import InputError, Terminated


class Watcher:
    """What wants to know how a run goes on; this one does nothing with it."""

    def begins(self, settings: Settings, epochs: int, images: int) -> None:
        """A run begins after so many ``epochs`` were done before, with so many training ``images`` per epoch."""

    def shown(self, images: int) -> None:
        """So many images of the epoch were handed to the device."""

    def ends(self, epoch: Epoch) -> None:
        """An epoch is done."""


UNWATCHED = Watcher()


def run(
    planned: Planned,
    data: Mnist,
    processes: Processes = ALONE,
    watcher: Watcher = UNWATCHED,
) -> tuple[Run, Trainer]:
    """Train as ``planned``, from the start or from a checkpoint; keep one after each epoch.

    Returns the run, not yet examined, and the trainer with the network after the run's last epoch. A run that is
    interrupted, or whose loss is not a number any more, ends there and says so. Raises InputError
    where the checkpoint is of other data.
    """
    settings, path, resumed = planned.settings, planned.path, planned.resumed
    if resumed and resumed.data != data.checksum:
        raise InputError(f"--resume: {path} was trained on other images than those in {data.folder}")
    trainer = Trainer(settings, data, processes)
    epochs = list(resumed.epochs) if resumed else []
    continued = (*resumed.resumed, len(epochs)) if resumed and len(epochs) < settings.recipe.epochs else ()
    if resumed:
        continued = continued or resumed.resumed
        trainer.restore(resumed.network, resumed.momentum)
    kept = Checkpoint(settings, tuple(epochs), continued, data.checksum, *trainer.state())
    if processes.first and not resumed:
        kept.save(path)
    stopped = None
    watcher.begins(settings, len(epochs), trainer.images_per_epoch * processes.count)
    try:
        while len(epochs) < settings.recipe.epochs:
            epoch = _epoch(trainer, len(epochs) + 1, watcher)
            if not (math.isfinite(epoch.train_loss) and math.isfinite(epoch.test_loss)):
                rate = epoch.learning_rate
                stopped = f"the loss was not a number any more in epoch {epoch.epoch}, at learning rate {rate:g}"
                break
            epochs.append(epoch)
            kept = Checkpoint(settings, tuple(epochs), continued, kept.data, *trainer.state())
            if processes.first:
                kept.save(path)
            watcher.ends(epoch)
    except KeyboardInterrupt:
        stopped = INTERRUPTED
    except Terminated:
        stopped = TERMINATED
    if stopped:
        trainer.restore(kept.network, kept.momentum)
    sizes = len(data.train), len(data.test)
    machine = environment(trainer.device) | {"training images, SHA-256": kept.data}
    done = Run(settings, kept.epochs, stopped, continued, machine, *sizes)
    return done, trainer


def _epoch(trainer: Trainer, number: int, watcher: Watcher) -> Epoch:
    began = time.perf_counter()
    train_loss, train_accuracy = trainer.train(number, watcher.shown)
    test_loss, test_accuracy = trainer.evaluate()
    seconds = time.perf_counter() - began
    rate = trainer.settings.recipe.rate(number)
    return Epoch(number, rate, train_loss, train_accuracy, test_loss, test_accuracy, seconds)
