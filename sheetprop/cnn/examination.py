"""What a trained network makes of the test set, and what its training images looked like."""

from __future__ import annotations

import torch

from sheetprop.cnn.architectures import CLASSES
from sheetprop.cnn.epoch import Trainer, log_probabilities
from sheetprop.cnn.mnist import Digits
from sheetprop.cnn.results import Examination, Examples

SHOWN = 40
"""Training images kept to be looked at."""


def examine(trainer: Trainer, test: Digits) -> Examination:
    """Classify the test images with the trainer's network as it is."""
    logs = log_probabilities(trainer.network, test.images.to(trainer.device)).cpu()
    predicted = logs.argmax(1)
    confidence = logs.max(1).values.exp()
    confusion = torch.bincount(test.labels * CLASSES + predicted, minlength=CLASSES**2).view(CLASSES, CLASSES)
    wrong = torch.nonzero(predicted != test.labels).flatten()
    surest = wrong[confidence[wrong].argsort(descending=True, stable=True)]
    mistakes = Examples(
        test.images[surest].numpy(),
        test.labels[surest].numpy(),
        predicted[surest].numpy(),
        confidence[surest].numpy(),
    )
    images, labels = (part[:SHOWN].cpu() for part in trainer.shown_images(epoch=1))
    logs = log_probabilities(trainer.network, images.to(trainer.device)).cpu()
    shown = Examples(images.numpy(), labels.numpy(), logs.argmax(1).numpy(), logs.max(1).values.exp().numpy())
    return Examination(confusion.numpy(), mistakes, shown)
