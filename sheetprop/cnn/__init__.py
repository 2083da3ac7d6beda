"""The CNNs on MNIST: what they are, their data, their training; nothing of it knows the workbook."""

from __future__ import annotations

from importlib.util import find_spec

from sheetprop.errors import InputError

MODULES = ("torch", "torchvision", "platformdirs", "PIL")


def check_installed() -> None:
    """Raise InputError, which says how to install it, where what the CNNs need is missing."""
    missing = [name for name in MODULES if find_spec(name) is None]
    if missing:
        raise InputError(f'{", ".join(missing)} missing; install what the CNNs need with: pip install "sheetprop[cnn]"')
