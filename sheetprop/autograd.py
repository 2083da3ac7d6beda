"""Gradients of the network by torch.autograd, which knows nothing of our equations."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

import numpy as np

from sheetprop.network import HALF_SQUARED_ERROR, SIGMOID, Network, Role, partial


def torch_is_installed() -> bool:
    """Whether torch can be imported; asked without importing it."""
    return find_spec("torch") is not None


def autograd_gradients(network: Network, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """∂E/∂w by key at every point of ``values``, arrays of one shape of targets, inputs and weights by key.

    Written with matrices, layer by layer, in double precision. Raises NotImplementedError for a network with
    other activations than sigmoid or another error than half the squared error.
    """
    import torch

    if network.error != HALF_SQUARED_ERROR or any(layer.activation != SIGMOID for layer in network.layers):
        raise NotImplementedError("only sigmoid layers with half the squared error are built in torch")

    def stacked(keys: list[str]) -> torch.Tensor:
        return torch.tensor(np.stack([values[key].ravel() for key in keys], axis=1), dtype=torch.float64)

    weights = stacked(network.keys(Role.WEIGHT)).requires_grad_()
    activation, used = stacked(network.keys(Role.INPUT)), 0
    for layer in network.layers:
        count = layer.size * activation.shape[1]
        matrix = weights[:, used : used + count].reshape(-1, layer.size, activation.shape[1])
        activation = torch.sigmoid(torch.einsum("noi,ni->no", matrix, activation))
        used += count
    error = ((stacked(network.keys(Role.TARGET)) - activation) ** 2).sum() / 2
    (gradient,) = torch.autograd.grad(error, weights)
    shape = next(iter(values.values())).shape
    return {partial("E", key): gradient[:, n].numpy().reshape(shape) for n, key in enumerate(network.keys(Role.WEIGHT))}
