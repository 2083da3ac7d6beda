"""One process, or several that torchrun started to train together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from sheetprop.errors import InputError


@dataclass(frozen=True)
class Processes:
    """How many train together, and which of them this one is; the first, ``rank`` 0, writes and speaks."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0

    @property
    def first(self) -> bool:
        """Whether this one writes and speaks."""
        return self.rank == 0

    def share(self, network: nn.Module, device: torch.device) -> nn.Module:
        """The network with gradients averaged over all processes."""
        if self.count == 1:
            return network
        shared: nn.Module = DistributedDataParallel(network, [device.index] if device.type == "cuda" else None)
        return shared

    def total(self, numbers: torch.Tensor) -> torch.Tensor:
        """The sum of every process's ``numbers``."""
        if self.count > 1:
            distributed.all_reduce(numbers)
        return numbers

    def follow_first(self, tensors: Iterable[torch.Tensor]) -> None:
        """Take over the first process's ``tensors``, in place."""
        if self.count > 1:
            for tensor in tensors:
                distributed.broadcast(tensor, 0)

    @contextmanager
    def one_voice(self) -> Iterator[None]:
        """Have only the first process say what is wrong with the input: all of them find the same."""
        try:
            yield
        except InputError:
            if self.first:
                raise
            raise SystemExit(2) from None

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """Have the first process do it before the others do."""
        if not self.first:
            self.wait()
        yield
        if self.first:
            self.wait()

    def wait(self) -> None:
        """Wait until every process is here."""
        if self.count > 1:
            distributed.barrier()


ALONE = Processes()


def launched() -> Processes:
    """What torchrun, if it started this process, says in the environment."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1 or "RANK" not in os.environ:
        return ALONE
    return Processes(int(os.environ["RANK"]), count, int(os.environ.get("LOCAL_RANK", "0")))


@contextmanager
def joined(processes: Processes, device: torch.device) -> Iterator[None]:
    """Within it, the processes can reach each other."""
    if processes.count == 1:
        yield
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield
    finally:
        distributed.destroy_process_group()
