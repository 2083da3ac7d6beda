"""A training step recorded as a CUDA graph: launched as a whole, since its kernels take less time than their calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

WARM_UP_STEPS = 3
"""Before a step may be recorded: libraries choose their algorithms and reserve memory in the first ones."""


class CapturedStep:
    """A step that is replayed with other images; called as the step that it records."""

    def __init__(
        self,
        step: Callable[[torch.Tensor, torch.Tensor], None],
        images: torch.Tensor,
        labels: torch.Tensor,
        state: Sequence[torch.Tensor],
    ) -> None:
        """Record ``step`` for batches of the form of ``images`` and ``labels``; ``state`` is all that it changes."""
        self._images, self._labels = images.clone(), labels.clone()
        before = [tensor.detach().clone() for tensor in state]
        device = images.device
        random_state = torch.cuda.get_rng_state(device)
        side = torch.cuda.Stream(device)
        side.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(side):
            for _ in range(WARM_UP_STEPS):
                step(self._images, self._labels)
        torch.cuda.current_stream(device).wait_stream(side)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            step(self._images, self._labels)
        with torch.no_grad():
            for tensor, value in zip(state, before, strict=True):
                tensor.copy_(value)
        torch.cuda.set_rng_state(random_state, device)

    def __call__(self, images: torch.Tensor, labels: torch.Tensor) -> None:
        """Do the step with these."""
        self._images.copy_(images)
        self._labels.copy_(labels)
        self._graph.replay()
