"""The layers as torch modules."""

from __future__ import annotations

import dataclasses

import torch
from torch import nn

from sheetprop.cnn import layers
from sheetprop.cnn.architectures import Architecture

LEVELS = 2**16


def build(architecture: Architecture) -> nn.Sequential:
    """The network, initialised at random as torch does it: float32 images N×1×28×28 to N×10 log-probabilities."""
    return nn.Sequential(*(_module(layer) for layer in architecture.layers))


def _module(layer: layers.Layer) -> nn.Module:
    match layer:
        case layers.Conv2d(inputs, outputs, kernel, padding, bias):
            return nn.Conv2d(inputs, outputs, kernel, padding=padding, bias=bias)
        case layers.ReLU():
            return nn.ReLU(inplace=True)
        case layers.Dropout2d(probability):
            return nn.Dropout2d(probability)
        case layers.Dropout(probability):
            return Dropout(probability)
        case layers.LogSoftmax():
            return nn.LogSoftmax(dim=1)
        case _:
            module: nn.Module = getattr(nn, layer.kind)(*dataclasses.astuple(layer))
            return module


class Dropout(nn.Dropout):
    """torch's Dropout, several times as fast on the CPU.

    There, torch draws 64 random bits for each number, which took more than half of these networks' training time;
    16 are enough: the probability is kept within 1/65,536.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``x`` with numbers set to zero at random and the others scaled up, while training."""
        if not self.training or x.device.type != "cpu":
            return super().forward(x)
        words = torch.empty((x.numel() + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
        draws = words.view(torch.int16)[: x.numel()]
        dropped = round(self.p * LEVELS)
        kept = (draws >= dropped - LEVELS // 2).to(x.dtype).mul_(LEVELS / (LEVELS - dropped))
        # The mask lies in memory as x does, channels last or not: numbers are independent, any order will do.
        return x * (kept.as_strided(x.shape, x.stride()) if _dense(x) else kept.view(x.shape))


def _dense(x: torch.Tensor) -> bool:
    return x.is_contiguous() or x.is_contiguous(memory_format=torch.channels_last)
