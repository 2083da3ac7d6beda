"""Generate, confirm and explain the backpropagation workbook that courses teach with."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheetprop.assignment import Assignment, load_assignment
    from sheetprop.descent import trajectory
    from sheetprop.errors import InputError
    from sheetprop.generation import Generation, generate
    from sheetprop.network import NETWORK, Network, Quantity, Role
    from sheetprop.options import Layout
    from sheetprop.verification import Mismatch, Verification, verify

__version__ = "0.1.0"

_HOMES = {
    "Assignment": "assignment",
    "Generation": "generation",
    "InputError": "errors",
    "Layout": "options",
    "Mismatch": "verification",
    "NETWORK": "network",
    "Network": "network",
    "Quantity": "network",
    "Role": "network",
    "Verification": "verification",
    "generate": "generation",
    "load_assignment": "assignment",
    "trajectory": "descent",
    "verify": "verification",
}

__all__ = [
    "NETWORK",
    "Assignment",
    "Generation",
    "InputError",
    "Layout",
    "Mismatch",
    "Network",
    "Quantity",
    "Role",
    "Verification",
    "__version__",
    "generate",
    "load_assignment",
    "trajectory",
    "verify",
]


def __getattr__(name: str) -> Any:
    # Loaded on first use: the command's --help must not wait for NumPy and the formula engine.
    if name in _HOMES:
        return getattr(import_module(f"sheetprop.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'sheetprop' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
