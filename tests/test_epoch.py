"""An epoch: what a plain PyTorch loop computes, the same again for the same seed, and for several processes."""

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torchvision")

import torch
from torch import nn
from torch.nn import functional

from sheetprop.cnn import epoch as epochs
from sheetprop.cnn.architectures import Architecture, Published, architecture
from sheetprop.cnn.epoch import Trainer, check_batch, normalised
from sheetprop.cnn.examination import SHOWN, examine
from sheetprop.cnn.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout2d,
    Flatten,
    Layer,
    Linear,
    LogSoftmax,
    MaxPool2d,
    ReLU,
)
from sheetprop.cnn.layers import Dropout as DropoutLayer
from sheetprop.cnn.mnist import Digits, Mnist, load
from sheetprop.cnn.modules import Dropout
from sheetprop.cnn.processes import ALONE, Processes, joined, launched
from sheetprop.cnn.recipe import Augmentation, Recipe, Schedule
from sheetprop.cnn.results import Settings
from sheetprop.errors import InputError
from tests.digits import write_digits

RECIPE = Recipe(3, 32, 0.05, Schedule("step", 1, 0.5))
CPU = torch.device("cpu")
TRAIN, TEST = 172, 100
"""Images: the last batch of 32 has 12."""
PATIENCE_SECONDS = 120


def network_of(*layers: Layer, normalise: bool = True) -> Architecture:
    """A small CNN, with ``layers`` in its middle."""
    normalisation = [BatchNorm2d(8)] if normalise else []
    return Architecture(
        "small",
        "",
        (
            *(Conv2d(1, 8, 3, bias=False), ReLU(), *normalisation, MaxPool2d(2)),
            *layers,
            *(Conv2d(8, 16, 3, padding=1), ReLU(), AvgPool2d(3), Flatten(), Linear(256, 10), LogSoftmax()),
        ),
        RECIPE,
        Published(0.0, 0.0),
    )


def plain_network(normalise: bool) -> nn.Sequential:
    """The same without anything in its middle, as a student writes it."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, bias=False),
        nn.ReLU(),
        *([nn.BatchNorm2d(8)] if normalise else []),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.AvgPool2d(3),
        nn.Flatten(),
        nn.Linear(256, 10),
        nn.LogSoftmax(dim=1),
    )


SMALL = network_of()
RANDOM = network_of(DropoutLayer(0.1), Dropout2d(0.1))
"""With all that is random in training."""
WITHOUT_STATISTICS = network_of(normalise=False)


def settings_of(network: Architecture = SMALL, recipe: Recipe = RECIPE, seed: int = 3, **changes: Any) -> Settings:
    """A run on the CPU."""
    return Settings(network, recipe, seed, "cpu", **{"precision": "float32"} | changes)


def part_of(data: Mnist, train: int = TRAIN, test: int = TEST) -> Mnist:
    """The first images of both sets."""
    return Mnist(
        Digits(data.train.images[:train], data.train.labels[:train]),
        Digits(data.test.images[:test], data.test.labels[:test]),
        data.folder,
    )


@pytest.fixture(scope="session")
def data(digits_folder: Path) -> Mnist:
    """172 digits to train with and 100 to test with."""
    return part_of(load(digits_folder))


def same(first: tuple[dict[str, torch.Tensor], ...], second: tuple[dict[str, torch.Tensor], ...]) -> bool:
    """Whether weights, statistics and momentum are equal to the last bit."""
    return all(
        ours.keys() == its.keys() and all(torch.equal(ours[name], its[name]) for name in ours)
        for ours, its in zip(first, second, strict=True)
    )


def numbered(count: int) -> Digits:
    """Images with their number in two pixels, labelled with its last digit."""
    images = torch.zeros(count, 28, 28, dtype=torch.uint8)
    number = torch.arange(count)
    images[:, 0, 0], images[:, 0, 1] = number // 256, number % 256
    return Digits(images, number % 10)


def numbers_of(images: torch.Tensor) -> list[int]:
    """The numbers in those images."""
    return (images[:, 0, 0].int() * 256 + images[:, 0, 1].int()).tolist()


# One process


@pytest.mark.parametrize(
    ("network", "tolerance"), [(SMALL, 1e-3), (WITHOUT_STATISTICS, 1e-5)], ids=["with batch statistics", "without"]
)
def test_an_epoch_is_that_of_a_plain_loop(data: Mnist, network: Architecture, tolerance: float) -> None:
    """Losses, accuracies, weights and statistics over three epochs are those of a loop as students write it.

    Its order of the images is the trainer's; the rate halves each epoch, and the last batch is not full. The tolerance
    is wider for batch statistics, which torch sums less exactly on the CPU where channels lie last.
    """
    trainer = Trainer(settings_of(network, Recipe(3, 32, 0.02, Schedule("step", 1, 0.5))), data)
    torch.manual_seed(3)
    plain = plain_network(normalise=network is SMALL)
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.02, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    for epoch in (1, 2, 3):
        plain.train()
        total = right = 0.0
        for images, labels in zip(*(part.split(32) for part in trainer.shown_images(epoch)), strict=True):
            logs = plain(normalised(images))
            loss = functional.nll_loss(logs, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
            right += int((logs.argmax(1) == labels).sum())
        scheduler.step()
        expected = total / TRAIN, pytest.approx(100 * right / TRAIN, abs=0.6)
        assert trainer.train(epoch) == (pytest.approx(expected[0], rel=tolerance), expected[1])
        plain.eval()
        with torch.no_grad():
            loss = functional.nll_loss(plain(normalised(data.test.images)), data.test.labels)
        assert trainer.evaluate()[0] == pytest.approx(loss.item(), rel=tolerance)
    for (name, ours), its in zip(trainer.network.state_dict().items(), plain.state_dict().values(), strict=True):
        torch.testing.assert_close(ours.contiguous(), its, rtol=tolerance, atol=tolerance, msg=name)


def test_evaluation_is_that_of_all_images_at_once(data: Mnist, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without dropout, with the statistics as they are and without changing them, however many are taken at a time."""
    trainer = Trainer(settings_of(RANDOM), data)
    trainer.train(1)
    before = trainer.state()
    loss, accuracy = trainer.evaluate()
    trainer.network.eval()
    with torch.no_grad():
        logs = trainer.network(normalised(data.test.images))
    assert loss == pytest.approx(functional.nll_loss(logs, data.test.labels).item(), rel=1e-5)
    assert accuracy == pytest.approx(100 * (logs.argmax(1) == data.test.labels).double().mean().item())
    monkeypatch.setattr(epochs, "EVALUATED_AT_ONCE", 50)
    assert trainer.evaluate() == (pytest.approx(loss, rel=1e-5), accuracy)
    assert same(trainer.state(), before)


def test_the_network_learns(digits_folder: Path) -> None:
    """After three epochs on 600 digits most others are told right, and the loss has fallen each time."""
    trainer = Trainer(settings_of(recipe=Recipe(3, 32, 0.05)), part_of(load(digits_folder), 600))
    losses = [trainer.train(epoch)[0] for epoch in (1, 2, 3)]
    assert losses == sorted(losses, reverse=True)
    assert trainer.evaluate()[1] > 80


def test_bfloat16_trains_too(data: Mnist) -> None:
    """Close to float32, but not the same; weights and momentum stay float32."""
    recipe = Recipe(2, 32, 0.05)
    exact, short = (Trainer(settings_of(recipe=recipe, precision=name), data) for name in ("float32", "bfloat16"))
    for epoch in (1, 2):
        figures = [trainer.train(epoch) for trainer in (exact, short)]
    assert figures[1][0] == pytest.approx(figures[0][0], rel=0.1)
    assert figures[1][0] != figures[0][0]
    assert short.evaluate()[0] == pytest.approx(exact.evaluate()[0], rel=0.1)
    for tensors in short.state():
        assert {tensor.dtype for tensor in tensors.values()} <= {torch.float32, torch.int64}


@pytest.mark.parametrize("network", [RANDOM, architecture("gap-8k")], ids=lambda network: network.name)
def test_the_same_seed_gives_the_same_numbers(data: Mnist, network: Architecture) -> None:
    """To the last bit, with dropout and random changes of the images; another seed gives others from the first on."""
    recipe = Recipe(2, 50, 0.01, augmentation=Augmentation(10, 0.1, (0.9, 1.1)))
    few = part_of(data, 70, 30)
    made = []
    for seed in (7, 7, 8):
        torch.manual_seed(len(made))  # what happened before must not matter
        trainer = Trainer(settings_of(network, recipe, seed), few)
        begun = trainer.state()
        figures = [trainer.train(epoch) + trainer.evaluate() for epoch in (1, 2)]
        made.append((begun, figures, trainer.state()))
    (begun, figures, state), again, other = made
    assert figures == again[1]
    assert same(begun, again[0])
    assert same(state, again[2])
    assert figures[0] != other[1][0]
    assert not same(begun, other[0])


def test_a_restored_run_goes_on_as_if_uninterrupted(data: Mnist) -> None:
    """The second epoch after a new start from what was kept is to the last bit that which follows straight on."""
    settings = settings_of(RANDOM, replace(RECIPE, augmentation=Augmentation(7, fill=1)))
    straight = Trainer(settings, data)
    straight.train(1)
    straight.evaluate()
    kept = straight.state()
    expected = straight.train(2), straight.evaluate()
    torch.manual_seed(99)
    resumed = Trainer(settings, data)
    resumed.train(3)  # what it did before is forgotten, and what else draws random numbers does not matter
    resumed.restore(*kept)
    assert same(resumed.state(), kept)
    torch.rand(5)
    assert (resumed.train(2), resumed.evaluate()) == expected
    assert same(resumed.state(), straight.state())


def test_what_was_kept_does_not_change_any_more(data: Mnist) -> None:
    """It is a copy: training goes on without it."""
    trainer = Trainer(settings_of(), data)
    kept = trainer.state()
    copies = tuple({name: tensor.clone() for name, tensor in tensors.items()} for tensors in kept)
    trainer.train(1)
    assert same(kept, copies)
    assert not same(kept, trainer.state())
    assert list(kept[1]) == [name for name, _ in trainer.network.named_parameters()]


def test_every_image_is_shown_once_in_an_epoch() -> None:
    """With its own label, in another order each epoch and with each seed, and in the same order again when asked."""
    data = Mnist(numbered(601), numbered(10), Path())
    orders = []
    for seed in (1, 2):
        trainer = Trainer(settings_of(recipe=Recipe(3, 64), seed=seed), data)
        assert trainer.images_per_epoch == 601
        for epoch in (1, 2, 3):
            images, labels = trainer.shown_images(epoch)
            order = numbers_of(images)
            assert sorted(order) == list(range(601))
            assert labels.tolist() == [number % 10 for number in order]
            assert numbers_of(trainer.shown_images(epoch)[0]) == order
            orders.append(order)
    orders.append(list(range(601)))
    for n, order in enumerate(orders):
        for other in orders[:n]:
            # Of two independent orders one image has the same place in both, on average.
            assert sum(a == b for a, b in zip(order, other, strict=True)) < 10


def test_images_are_changed_anew_each_epoch(data: Mnist) -> None:
    """The same image comes out turned otherwise; its label stays with it, and the data stay as they are."""
    one = Mnist(Digits(data.train.images[:1].repeat(50, 1, 1), torch.full((50,), 4)), data.test, data.folder)
    trainer = Trainer(settings_of(recipe=Recipe(2, 50, augmentation=Augmentation(180))), one)
    first, second = trainer.shown_images(1)[0], trainer.shown_images(2)[0]
    assert len({image.numpy().tobytes() for image in torch.cat([first, second])}) > 90
    assert torch.equal(one.train.images, data.train.images[:1].repeat(50, 1, 1))


def test_progress_is_told_batch_by_batch(data: Mnist) -> None:
    """After each, how many images have been shown; in the end all of them."""
    told: list[int] = []
    trainer = Trainer(settings_of(), data)
    trainer.train(1, told.append)
    assert told == [*range(32, TRAIN, 32), TRAIN]


def test_a_batch_must_fit_the_set_and_the_processes() -> None:
    """The message says what would fit."""
    check_batch(300, 300, ALONE)
    check_batch(64, 300, Processes(0, 2))
    with pytest.raises(InputError, match=r"^--batch-size 301: the training set has only 300 images$"):
        check_batch(301, 300, ALONE)
    for batch, fits in ((64, 63), (1, 3)):
        with pytest.raises(InputError) as caught:
            check_batch(batch, 300, Processes(0, 3))
        assert str(caught.value) == f"--batch-size {batch}: cannot be shared equally by 3 processes; use {fits}"


def test_an_examination_counts_and_shows_the_networks_mistakes(data: Mnist) -> None:
    """Rows are true digits; mistakes come the surest first; what is shown is what the first epoch showed."""
    trainer = Trainer(settings_of(RANDOM, replace(RECIPE, augmentation=Augmentation(10))), data)
    trainer.train(1)
    _, accuracy = trainer.evaluate()
    found = examine(trainer, data.test)
    trainer.network.eval()
    with torch.no_grad():
        predicted = trainer.network(normalised(data.test.images)).argmax(1).numpy()
    labels = data.test.labels.numpy()
    for true, taken in ((0, 0), (3, 8), (9, 4)):
        assert found.confusion[true, taken] == ((labels == true) & (predicted == taken)).sum()
    assert found.confusion.sum() == TEST
    assert 100 * found.confusion.trace() / TEST == pytest.approx(accuracy)
    assert len(found.mistakes.labels) == TEST - found.confusion.trace()
    assert (found.mistakes.labels != found.mistakes.predicted).all()
    assert (np.diff(found.mistakes.confidence) <= 0).all()
    images, shown_labels = trainer.shown_images(1)
    np.testing.assert_array_equal(found.shown.images, images[:SHOWN].numpy())
    np.testing.assert_array_equal(found.shown.labels, shown_labels[:SHOWN].numpy())


# The fast dropout


def layouts() -> dict[str, torch.Tensor]:
    """Numbers of one shape that lie in memory in different ways."""
    torch.manual_seed(1)
    x = torch.rand(32, 16, 20, 20) + 0.5
    return {
        "contiguous": x,
        "channels last": x.to(memory_format=torch.channels_last),
        "every second": torch.stack([x, -x], dim=-1).flatten(-2)[..., ::2],
        "transposed": x.transpose(0, 3).contiguous().transpose(0, 3),
        "one number per channel": x[:, :, :1, :1].to(memory_format=torch.channels_last),
        "a part": torch.cat([x, x])[5:37],
        "flat": x.flatten(1),
        "odd": x.flatten()[:1001],
    }


@pytest.mark.parametrize("layout", list(layouts()))
def test_dropout_sets_some_numbers_to_zero_and_scales_the_others_up(layout: str) -> None:
    """Wherever they lie in memory; the result lies as torch's would."""
    x = layouts()[layout]
    made = Dropout(0.25)(x)
    assert made.shape == x.shape
    assert made.stride() == nn.functional.dropout(x, 0.25).stride()
    kept = made != 0
    torch.testing.assert_close(made, x * kept / 0.75, rtol=1e-6, atol=0)
    assert float(kept.float().mean()) == pytest.approx(0.75, abs=5 * (0.25 * 0.75 / x.numel()) ** 0.5)


@pytest.mark.parametrize("p", [0.01, 0.05, 0.1, 0.25, 0.5, 0.9])
def test_dropout_drops_as_many_as_it_should_and_keeps_the_mean(p: float) -> None:
    """Within five standard deviations and the 1/65,536 to which the probability is kept."""
    x = torch.ones(2_000_000)
    made = Dropout(p)(x)
    deviation = (p * (1 - p) / len(x)) ** 0.5
    assert abs(float((made == 0).double().mean()) - p) < 5 * deviation + 2**-16
    assert abs(float(made.double().mean()) - 1) < 5 * deviation / (1 - p)


@pytest.mark.parametrize("layout", ["contiguous", "channels last", "every second"])
def test_the_gradient_of_dropout_is_of_what_was_kept(layout: str) -> None:
    """Zero where a number was dropped, scaled as the number elsewhere."""
    x = layouts()[layout].detach().requires_grad_()
    made = Dropout(0.1)(x)
    made.sum().backward()
    torch.testing.assert_close(x.grad, made.detach() / x.detach())
    assert torch.equal(x.grad == 0, made == 0)


@pytest.mark.parametrize("layout", ["contiguous", "channels last"])
def test_what_dropout_drops_is_independent_of_its_neighbours(layout: str) -> None:
    """In every direction, at every small distance in memory, and from one image to the next."""
    dropped = (Dropout(0.5)(layouts()[layout]) == 0).double() - 0.5
    bound = 5 * 0.25 / dropped.numel() ** 0.5
    for axis in range(4):
        length = dropped.shape[axis] - 1
        product = dropped.narrow(axis, 0, length) * dropped.narrow(axis, 1, length)
        assert abs(float(product.mean())) < 1.1 * bound
    flat = dropped.permute(0, 2, 3, 1).flatten() if layout == "channels last" else dropped.flatten()
    for distance in range(1, 17):
        assert abs(float((flat[distance:] * flat[:-distance]).mean())) < 1.1 * bound


def test_dropout_draws_anew_each_time() -> None:
    """From torch's generator: the same seed gives the same, a second call does not."""
    x, dropout = torch.ones(32, 16, 5, 5), Dropout(0.3)
    torch.manual_seed(4)
    first, second = dropout(x), dropout(x)
    torch.manual_seed(4)
    assert torch.equal(dropout(x), first)
    assert float(((first == 0) == (second == 0)).double().mean()) == pytest.approx(0.58, abs=0.03)


def test_dropout_does_nothing_in_evaluation() -> None:
    """The very numbers come out, and nothing is drawn."""
    x = layouts()["channels last"]
    before = torch.get_rng_state()
    assert torch.equal(Dropout(0.5).eval()(x), x)
    assert torch.equal(torch.get_rng_state(), before)


# Two processes


def train_together(folder: str, digits: str) -> None:
    """What each of two processes does: train, and leave what came of it in ``folder``."""
    torch.set_num_threads(1)
    processes, data = launched(), part_of(load(Path(digits)))
    with joined(processes, CPU):
        left: dict[str, Any] = {}
        for name, network in (("plain", WITHOUT_STATISTICS), ("random", RANDOM)):
            trainer = Trainer(settings_of(network, processes=2), data, processes)
            figures = [trainer.train(epoch) + trainer.evaluate() for epoch in (1, 2)]
            left[name] = {"figures": figures, "state": trainer.state()}
        uneven = Mnist(numbered(301), numbered(10), Path())
        trainer = Trainer(
            settings_of(recipe=Recipe(1, 32, augmentation=Augmentation(0)), processes=2), uneven, processes
        )
        left["images"] = trainer.images_per_epoch
        left["order"] = numbers_of(trainer.shown_images(1)[0])
        same_image = Mnist(Digits(data.train.images[:1].repeat(64, 1, 1), data.train.labels[:64]), data.test, Path())
        turned = settings_of(recipe=Recipe(1, 32, augmentation=Augmentation(180)), processes=2)
        left["turned"] = Trainer(turned, same_image, processes).shown_images(1)[0]
    torch.save(left, Path(folder) / f"{processes.rank}.pt")


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What two processes on the CPU left, as torchrun starts them."""
    folder = tmp_path_factory.mktemp("together")
    digits = write_digits(folder / "digits", TRAIN, TEST)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    program = "import sys; from tests.test_epoch import train_together; train_together(*sys.argv[1:])"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(folder), str(digits)],
            env=os.environ | shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            cwd=Path(__file__).parents[1],
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        for process in started:
            _, said = process.communicate(timeout=PATIENCE_SECONDS)
            assert process.returncode == 0, said
    finally:
        for process in started:
            process.kill()
    return [torch.load(folder / f"{rank}.pt") for rank in range(2)]


def test_two_processes_train_as_one(together: list[dict[str, Any]], data: Mnist) -> None:
    """Without batch statistics and dropout, weights, losses and accuracies of both are those of one process."""
    alone = Trainer(settings_of(WITHOUT_STATISTICS), data)
    figures = [alone.train(epoch) + alone.evaluate() for epoch in (1, 2)]
    for left in together:
        for ours, its in zip(left["plain"]["figures"], figures, strict=True):
            assert ours == pytest.approx(its, rel=1e-4)
        for tensors, its in zip(left["plain"]["state"], alone.state(), strict=True):
            for name, tensor in tensors.items():
                torch.testing.assert_close(tensor, its[name], rtol=0, atol=1e-5, msg=name)


def test_two_processes_agree(together: list[dict[str, Any]]) -> None:
    """On every figure and every number of the network, batch statistics included: either could be kept."""
    first, second = (left["random"] for left in together)
    assert first["figures"] == second["figures"]
    assert same(first["state"], second["state"])


def test_two_processes_judge_the_network_that_is_kept(together: list[dict[str, Any]], data: Mnist) -> None:
    """The test figures of the last epoch are those that one process finds for the first one's network."""
    left = together[0]["random"]
    trainer = Trainer(settings_of(RANDOM), data)
    trainer.restore(*left["state"])
    assert left["figures"][-1][2:] == pytest.approx(trainer.evaluate(), rel=1e-5)


def test_two_processes_share_the_images(together: list[dict[str, Any]]) -> None:
    """Each image is shown by one of them; what the last batch has over an equal share is left out."""
    first, second = (left["order"] for left in together)
    assert len(first) == len(second) == together[0]["images"] == together[1]["images"] == 150
    assert len({*first, *second}) == 300
    assert {*first, *second} < set(range(301))


def test_two_processes_change_their_images_each_in_its_own_way(together: list[dict[str, Any]]) -> None:
    """One image, shown 32 times by each, is turned by 64 angles."""
    turned = torch.cat([left["turned"] for left in together])
    assert len({image.numpy().tobytes() for image in turned}) > 55
