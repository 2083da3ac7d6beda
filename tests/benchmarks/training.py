"""An epoch of a CNN, against the plain loop that students wrote: a DataLoader, ``.item()`` per batch.

Same network, same batch, same machine. Images are random: how long it takes does not depend on what they show. On a
machine with a CUDA GPU, also where the time goes and, with SHEETPROP_MNIST, the whole recipe with its accuracy.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.report import Row, faster, skipped, within
from tests.benchmarks.timing import best_of, cores, fresh_folder

if TYPE_CHECKING:
    import torch

    from sheetprop.cnn.results import Settings

NAME = "training"
ARCHITECTURE = "squeeze-13k"
MNIST = os.environ.get("SHEETPROP_MNIST")
FULL = (60_000, 10_000)
PART = (12_000, 2_000)
"""Training and test images: a fifth of MNIST, since the plain loop takes a minute for all of it on two cores."""
QUICK = (256, 128)
RECIPE_SECONDS, RECIPE_SLACK = 10.0, 0.15
"""What the whole recipe may take on one H200, and how many points below the published accuracy it may end."""
BACKWARD = 2
"""A backward pass computes as much as two forward passes."""


def rows(quick: bool, repeats: int) -> list[Row]:
    """The CPU, then the GPU if there is one."""
    try:
        import torch
        import torchvision  # noqa: F401
    except ImportError:
        return [skipped(NAME, "an epoch", 'torch is not installed (pip install -e ".[cnn]")')]
    cpu = _epoch("cpu", QUICK if quick else PART, 1.6, repeats)
    if not torch.cuda.is_available():
        return [cpu, skipped(NAME, "an epoch on CUDA", "torch finds no GPU here")]
    gpu = _epoch("cuda:0", QUICK if quick else FULL, 30, repeats)
    return [cpu, gpu, *_breakdown(QUICK if quick else FULL, repeats), *_recipe(quick)]


def _epoch(device: str, sizes: tuple[int, int], at_least: float, repeats: int) -> Row:
    from sheetprop.cnn.epoch import Trainer
    from sheetprop.cnn.mnist import load

    with fresh_folder() as folder:
        _write_images(folder, sizes)
        ours = Trainer(_settings(device), load(folder))
        plain = _plain_loop(folder, device)

        def epoch(_: Path) -> None:
            ours.train(1)
            ours.evaluate()

        # What is done once (choosing algorithms, recording the step) is not part of an epoch.
        epoch(folder)
        best = best_of({"ours": epoch, "plain": lambda _: plain()}, repeats)
    note = (
        f"{ARCHITECTURE}, batch {ours.settings.recipe.batch_size}, {sizes[0]:,} training and {sizes[1]:,} test images, "
    )
    note += f"{ours.settings.precision}, {cores()} cores"
    return faster(NAME, f"an epoch on {_hardware(device)}: the plain loop", best["ours"], best["plain"], at_least, note)


def _breakdown(sizes: tuple[int, int], repeats: int) -> list[Row]:
    """Where an epoch on the GPU goes, each part waited for; and how far it is from the arithmetic alone."""
    import torch

    from sheetprop.cnn.epoch import Trainer
    from sheetprop.cnn.mnist import load

    with fresh_folder() as folder:
        _write_images(folder, sizes)
        trainer = Trainer(_settings("cuda:0"), load(folder))
        images, labels = trainer.shown_images(1)
        batch = trainer.settings.recipe.batch_size
        trainer.train(1)
        recorded, plain = trainer.fast_step(), trainer.step

        def steps(step: Callable[[torch.Tensor, torch.Tensor], None]) -> Callable[[Path], None]:
            def run(_: Path) -> None:
                trainer.network.train()
                for n in range(0, len(images) - batch + 1, batch):
                    step(images[n : n + batch], labels[n : n + batch])
                torch.cuda.synchronize()

            return run

        def shown(_: Path) -> None:
            trainer.shown_images(2)
            torch.cuda.synchronize()

        best = best_of(
            {
                "recorded": steps(recorded),
                "plain": steps(plain),
                "shown": shown,
                "evaluated": lambda _: trainer.evaluate(),
                "epoch": lambda _: (trainer.train(2), trainer.evaluate()),
            },
            repeats,
        )
    work = 2 * (1 + BACKWARD) * trainer.settings.architecture.multiply_adds * sizes[0] / 1e12
    return [
        faster(NAME, "its steps: launched kernel by kernel", best["recorded"], best["plain"], 1),
        Row(benchmark=NAME, what="its images: ordered and changed at random", ours=best["shown"]),
        Row(benchmark=NAME, what="its evaluation", ours=best["evaluated"]),
        Row(benchmark=NAME, what="its arithmetic", ours=work / best["epoch"], unit="TFLOP/s",
            note=f"{work:.2f} TFLOP in {best['epoch']:.3f} s; an H200 does about 790 in large bfloat16 products"),
    ]  # fmt: skip


def _recipe(quick: bool) -> list[Row]:
    """The whole recipe on real images: seconds from its start to the last evaluation, and the accuracy then."""
    from sheetprop.cnn.mnist import load
    from sheetprop.cnn.plan import Planned
    from sheetprop.cnn.run import run

    what = "the whole recipe on the GPU"
    if quick or not MNIST:
        return [skipped(NAME, what, "SHEETPROP_MNIST is unset" if not MNIST else "too long for --quick")]
    data, settings = load(Path(MNIST)), _settings("cuda:0")
    with fresh_folder() as folder:
        begin = time.perf_counter()
        done, _ = run(Planned(settings, folder / "run.pt"), data)
        seconds = time.perf_counter() - begin
    published = settings.architecture.published.last
    return [
        within(NAME, f"{what}: the time allowed", seconds, RECIPE_SECONDS, 1),
        within(NAME, f"{what}: points below the published accuracy", published - done.last.test_accuracy, RECIPE_SLACK,
               1, unit="points", note=f"{done.last.test_accuracy:.2f} %, published {published:.2f} %"),
    ]  # fmt: skip


def _settings(device: str) -> Settings:
    import torch

    from sheetprop.cnn.architectures import architecture
    from sheetprop.cnn.device import choose_precision
    from sheetprop.cnn.results import Settings

    chosen = architecture(ARCHITECTURE)
    return Settings(chosen, chosen.recipe, 1, device, choose_precision("auto", torch.device(device)))


def _plain_loop(folder: Path, device: str) -> Callable[[], None]:
    """An epoch as the students' notebooks have it."""
    import torch
    from torch import nn
    from torch.nn import functional
    from torchvision import datasets, transforms

    from sheetprop.cnn.architectures import architecture
    from sheetprop.cnn.modules import Dropout, build

    chosen = architecture(ARCHITECTURE)
    normalise = [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
    turned = transforms.Compose([transforms.RandomRotation((-7.0, 7.0), fill=(1,)), *normalise])
    options = {"num_workers": 4, "pin_memory": True} if device.startswith("cuda") else {}
    sets = [datasets.MNIST(str(folder), train=True, transform=turned),
            datasets.MNIST(str(folder), train=False, transform=transforms.Compose(normalise))]  # fmt: skip
    train, test = (torch.utils.data.DataLoader(s, batch_size=chosen.recipe.batch_size, shuffle=True, **options)
                   for s in sets)  # fmt: skip
    layers = [nn.Dropout(layer.p) if isinstance(layer, Dropout) else layer for layer in build(chosen)]
    network = nn.Sequential(*layers).to(device)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)

    def epoch() -> None:
        network.train()
        losses, correct = [], 0
        for images, labels in train:
            images, labels = images.to(device), labels.to(device)
            optimiser.zero_grad()
            output = network(images)
            loss = functional.nll_loss(output, labels)
            losses.append(loss.item())
            loss.backward()
            optimiser.step()
            correct += output.argmax(dim=1).eq(labels).sum().item()
        network.eval()
        with torch.no_grad():
            for images, labels in test:
                images, labels = images.to(device), labels.to(device)
                output = network(images)
                losses.append(functional.nll_loss(output, labels, reduction="sum").item())
                correct += output.argmax(dim=1).eq(labels).sum().item()

    return epoch


def _write_images(folder: Path, sizes: tuple[int, int]) -> None:
    """Random images with random labels, in MNIST's files."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    random = np.random.default_rng(0)
    for part, count in zip(("train", "t10k"), sizes, strict=True):
        for kind, shape, most in (("images-idx3", (count, 28, 28), 256), ("labels-idx1", (count,), 10)):
            header = bytes([0, 0, 8, len(shape)]) + b"".join(side.to_bytes(4, "big") for side in shape)
            values = random.integers(0, most, shape, dtype=np.uint8)
            (raw / f"{part}-{kind}-ubyte").write_bytes(header + values.tobytes())


def _hardware(device: str) -> str:
    import torch

    from sheetprop.cnn.device import environment

    return f"{device} ({environment(torch.device(device))['hardware']})"
