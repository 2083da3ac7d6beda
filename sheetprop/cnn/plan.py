"""What is to be trained: the settings of each run, from the recipe and what was asked, or from a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from sheetprop.cnn.architectures import architecture
from sheetprop.cnn.checkpoint import Checkpoint, load_checkpoint
from sheetprop.cnn.device import choose_precision
from sheetprop.cnn.recipe import Augmentation, Schedule
from sheetprop.cnn.results import OPTIONS, Settings
from sheetprop.errors import InputError
from sheetprop.options import AUTO, DEFAULT_ARCHITECTURE, DEFAULT_SEED

LARGEST_SEED = 2**32 - 1
"""As NumPy's; a longer one would not fit the name of a sheet."""
MOST_RUNS = 200
"""More tell nothing more of chance, and each takes a sheet."""
MAY_DIFFER = ("epochs", "device")
"""What a run that goes on need not have in common with its beginning."""


@dataclass(frozen=True)
class Planned:
    """A run: its settings, where its checkpoint is kept, and the one that it goes on from, if so."""

    settings: Settings
    path: Path
    resumed: Checkpoint | None = None


def plan(
    *,
    checkpoint: Path,
    arch: str | None,
    epochs: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    schedule: str | None,
    augmentation: str | None,
    seed: int | None,
    runs: int,
    device: torch.device,
    precision: str,
    processes: int,
    resume: bool,
    force: bool,
) -> list[Planned]:
    """``runs`` runs with consecutive seeds; what is None is as the recipe or, with ``resume``, the checkpoint says.

    ``checkpoint`` is where that of a single run is kept; of several, each has its seed in its name. Raises InputError
    where an option is none or contradicts the checkpoint, where there is none to go on from, or one is there that
    ``force`` does not give up.
    """
    recipe: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": None if learning_rate is None else float(learning_rate),
        "schedule": None if schedule is None else Schedule.parse(schedule),
        "augmentation": None if augmentation is None else Augmentation.parse(augmentation),
    }
    changes = {key: value for key, value in recipe.items() if value is not None}
    chosen = None if arch is None else architecture(arch)
    if runs < 1:
        raise InputError(f"--runs {runs}: at least 1 is needed")
    if runs > MOST_RUNS:
        raise InputError(f"--runs {runs}: each has sheets of its own; at most {MOST_RUNS} are possible")
    largest = LARGEST_SEED - (runs - 1)
    if seed is not None and not 0 <= seed <= largest:
        raise InputError(f"--seed {seed}: must be a whole number from 0 to {largest}")
    first_seed = DEFAULT_SEED if seed is None else seed
    paths = [checkpoint]
    if runs > 1:
        paths = [checkpoint.with_stem(f"{checkpoint.stem}-seed{first_seed + n}") for n in range(runs)]
    if resume:
        if runs > 1 and seed is None and not paths[0].exists():
            raise InputError(f"--resume: {paths[0]}: no such file; give the --seed that the runs were begun with")
        beginning = load_checkpoint(paths[0])
        settings = beginning.settings
        asked = changes | {"architecture": chosen and chosen.name, "seed": seed}
        asked["precision"] = None if precision == AUTO else precision
        _check_same(settings, asked, paths[0])
        if precision == AUTO:
            precision = settings.precision
        if epochs is not None:
            settings = replace(settings, recipe=replace(settings.recipe, epochs=epochs))
        first_seed = settings.seed
    else:
        chosen = chosen or architecture(DEFAULT_ARCHITECTURE)
        settings = Settings(chosen, replace(chosen.recipe, **changes), first_seed, "", AUTO)
    settings = replace(settings, device=str(device), precision=choose_precision(precision, device), processes=processes)
    return [
        _planned(replace(settings, seed=first_seed + number), path, resume, force) for number, path in enumerate(paths)
    ]


def _planned(settings: Settings, path: Path, resume: bool, force: bool) -> Planned:
    if not path.exists():
        return Planned(settings, path)
    if resume:
        kept = load_checkpoint(path)
        _check_same(kept.settings, settings.to_dict(), path)
        _check_epochs(kept, settings.recipe.epochs, path)
        return Planned(settings, path, kept)
    if not force:
        raise InputError(
            f"{path}: a checkpoint is there already; use --resume to go on from it, or --force to start anew"
        )
    return Planned(settings, path)


def _check_same(kept: Settings, asked: Mapping[str, Any], path: Path) -> None:
    """Raise InputError where what was asked, None or not there if nothing, is not as the run began."""
    began = kept.to_dict()
    for key, option in OPTIONS.items():
        value = asked.get(key)
        if value is not None and key not in MAY_DIFFER and str(value) != str(began[key]):
            raise InputError(
                f"--resume: {path} was begun with {option} {began[key]}, not {value}; "
                f"leave {option} out, or start anew with --force"
            )


def _check_epochs(kept: Checkpoint, epochs: int, path: Path) -> None:
    done, began = len(kept.epochs), kept.settings.recipe
    if epochs < done:
        raise InputError(f"--epochs {epochs}: {path} has {done} epoch{'s' if done > 1 else ''} already")
    if epochs != began.epochs and began.schedule.kind == "cosine":
        raise InputError(
            f"--epochs {epochs}: {path} was begun with {began.epochs}, on which the cosine schedule depends; "
            "leave it out, or start anew with --force"
        )
