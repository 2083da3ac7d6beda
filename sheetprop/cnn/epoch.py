"""One epoch: every training image once, then the test images."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import torch
from torch import nn
from torch.nn import functional

from sheetprop.cnn.augmentation import augment
from sheetprop.cnn.captured import CapturedStep
from sheetprop.cnn.mnist import Mnist
from sheetprop.cnn.modules import build
from sheetprop.cnn.processes import ALONE, Processes
from sheetprop.cnn.recipe import MEAN, MOMENTUM, STANDARD_DEVIATION
from sheetprop.cnn.results import Settings
from sheetprop.errors import InputError

EVALUATED_AT_ONCE = 1000
"""Images; no figure depends on it."""


class Trainer:
    """A network with its data on a device; nothing waits for the device before an epoch's figures are asked for."""

    def __init__(self, settings: Settings, data: Mnist, processes: Processes = ALONE) -> None:
        """The network begins as ``settings.seed`` makes it, whatever the device."""
        self.settings, self._processes = settings, processes
        self.device = torch.device(settings.device)
        self._train, self._test = data.train.to(self.device), data.test.to(self.device)
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
            # Every batch but the last is of one size, so the fastest algorithms need to be found only once.
            torch.backends.cudnn.benchmark = True
        torch.manual_seed(settings.seed)
        self.network = build(settings.architecture).to(self.device, memory_format=torch.channels_last)
        self._shared = processes.share(self.network, self.device)
        on_gpu = self.device.type == "cuda"
        rate = torch.tensor(settings.recipe.learning_rate, device=self.device) if on_gpu else 0.0
        self.optimizer = torch.optim.SGD(
            self.network.parameters(), lr=rate, momentum=MOMENTUM, fused=self.device.type != "mps"
        )
        for parameter in self.network.parameters():
            # As after a first step that began from rest; a captured step needs it to be there.
            self.optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
        self._loss = torch.zeros((), device=self.device)
        self._correct = torch.zeros((), dtype=torch.int64, device=self.device)
        self._own_batch = settings.recipe.batch_size // processes.count
        self._captured: CapturedStep | None = None

    def state(self) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        """Copies of the network's and the optimiser's tensors by name, on the CPU."""
        network = {name: tensor.detach().cpu().clone() for name, tensor in self.network.state_dict().items()}
        momentum = {name: self._momentum(parameter).cpu().clone() for name, parameter in self._named_parameters()}
        return network, momentum

    def restore(self, network: Mapping[str, torch.Tensor], momentum: Mapping[str, torch.Tensor]) -> None:
        """Go on from what ``state`` kept; in place, so that a captured step goes on from it too."""
        self.network.load_state_dict(dict(network))
        for name, parameter in self._named_parameters():
            self._momentum(parameter).copy_(momentum[name])

    @property
    def images_per_epoch(self) -> int:
        """Training images that this process is shown in an epoch.

        Where several processes share the batches, what the last one has over an equal share is left out.
        """
        batch, count = self.settings.recipe.batch_size, self._processes.count
        full, rest = divmod(len(self._train), batch)
        return (full * batch + rest // count * count) // count

    def train(self, epoch: int, shown: Callable[[int], None] = lambda images: None) -> tuple[float, float]:
        """Train for one epoch, counted from 1; mean loss and accuracy in percent of the images as they were shown.

        ``shown`` is called with how many images were handed to the device. What is random depends on the seed and
        the epoch alone, so that a resumed run goes on as if it had not been interrupted.
        """
        self._set_rate(self.settings.recipe.rate(epoch))
        images, labels = self.shown_images(epoch)
        torch.manual_seed(self._seed("dropout", epoch, self._processes.rank))
        self._shared.train()
        self._loss.zero_()
        self._correct.zero_()
        step = self.fast_step()
        done = 0
        for batch, wanted in zip(images.split(self._own_batch), labels.split(self._own_batch), strict=True):
            (step if len(batch) == self._own_batch else self.step)(batch, wanted)
            done += len(batch)
            shown(done)
        return self._figures(self._loss, self._correct, len(images) * self._processes.count)

    def evaluate(self) -> tuple[float, float]:
        """Mean loss and accuracy in percent of the test images."""
        # Each process has batch statistics of its own share; those that are kept, the first one's, are judged.
        self._processes.follow_first(self.network.buffers())
        rank, count = self._processes.rank, self._processes.count
        labels = self._test.labels[rank::count]
        logs = log_probabilities(self.network, self._test.images[rank::count])
        loss = functional.nll_loss(logs, labels, reduction="sum")
        return self._figures(loss, (logs.argmax(1) == labels).sum(), len(self._test))

    def shown_images(self, epoch: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The training images as this process is shown them in an epoch: in its order, changed at random, with labels.

        Bytes N×28×28 and N labels, on the device.
        """
        order = torch.randperm(len(self._train), generator=self._generator("order", epoch))
        rank, count = self._processes.rank, self._processes.count
        own = order[: self.images_per_epoch * count][rank::count].to(self.device)
        images = augment(
            self._train.images[own], self.settings.recipe.augmentation, self._generator("augmentation", epoch, rank)
        )
        return images, self._train.labels[own]

    def step(self, images: torch.Tensor, labels: torch.Tensor) -> None:
        """Learn from a batch of N×28×28 bytes and N labels, and count it."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.precision == "bfloat16"):
            logs = self._shared(normalised(images))
        loss = functional.nll_loss(logs.float(), labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self._loss += loss.detach() * len(labels)
        self._correct += (logs.argmax(1) == labels).sum()

    def fast_step(self) -> Callable[[torch.Tensor, torch.Tensor], None]:
        """The same for full batches, as fast as the device does it."""
        # Processes that exchange gradients are not captured: their libraries have rules of their own for it.
        if self.device.type != "cuda" or self._processes.count > 1:
            return self.step
        if self._captured is None:
            state = [*self.network.parameters(), *self.network.buffers(), self._loss, self._correct]
            state += [self._momentum(parameter) for parameter in self.network.parameters()]
            batch = slice(0, self._own_batch)
            self._captured = CapturedStep(self.step, self._train.images[batch], self._train.labels[batch], state)
        return self._captured

    def _set_rate(self, rate: float) -> None:
        for group in self.optimizer.param_groups:
            if isinstance(group["lr"], torch.Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate

    def _figures(self, loss: torch.Tensor, correct: torch.Tensor, images: int) -> tuple[float, float]:
        total, right = self._processes.total(torch.stack([loss.float(), correct.float()])).tolist()
        return total / images, 100 * right / images

    def _named_parameters(self) -> list[tuple[str, nn.Parameter]]:
        return list(self.network.named_parameters())

    def _momentum(self, parameter: nn.Parameter) -> torch.Tensor:
        buffer: torch.Tensor = self.optimizer.state[parameter]["momentum_buffer"]
        return buffer

    def _generator(self, *purpose: object) -> torch.Generator:
        return torch.Generator().manual_seed(self._seed(*purpose))

    def _seed(self, *purpose: object) -> int:
        """A seed for one purpose: neighbouring seeds must not share their random numbers."""
        text = "/".join(map(str, (self.settings.seed, *purpose)))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def normalised(images: torch.Tensor) -> torch.Tensor:
    """N×28×28 bytes as the networks take them: N×1×28×28 numbers with mean 0 and standard deviation 1 over MNIST."""
    return images.unsqueeze(1).float().div_(255).sub_(MEAN).div_(STANDARD_DEVIATION)


def log_probabilities(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """N×10 log-probabilities of N×28×28 bytes, in float32 and without what is random in training."""
    network.eval()
    with torch.inference_mode():
        return torch.cat([network(normalised(part)) for part in images.split(EVALUATED_AT_ONCE)])


def check_batch(batch_size: int, images: int, processes: Processes) -> None:
    """Raises InputError where a batch is larger than the training set or cannot be shared equally."""
    if batch_size > images:
        raise InputError(f"--batch-size {batch_size}: the training set has only {images} images")
    if batch_size % processes.count:
        raise InputError(
            f"--batch-size {batch_size}: cannot be shared equally by {processes.count} processes; "
            f"use {max(batch_size // processes.count, 1) * processes.count}"
        )
