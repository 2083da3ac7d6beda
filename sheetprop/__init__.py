"""Generate, confirm and explain the backpropagation workbook that courses teach with, and judge students' own."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheetprop.assigning import Assigning, assign
    from sheetprop.assignment import Assignment
    from sheetprop.autograder import Autograder, write_autograder
    from sheetprop.descent import trajectory
    from sheetprop.errors import InputError
    from sheetprop.generation import Generation, generate
    from sheetprop.network import NETWORK, Network, Quantity, Role
    from sheetprop.options import Layout
    from sheetprop.prediction import predict
    from sheetprop.submission.findings import Code, Finding, Severity, Status, Submission
    from sheetprop.template import load_assignment, template_text
    from sheetprop.training import Training, train_cnn
    from sheetprop.validation import Validation, validate
    from sheetprop.verification import Mismatch, Verification, verify

__version__ = "0.1.0"

_HOMES = {
    "Assigning": "assigning",
    "Assignment": "assignment",
    "Autograder": "autograder",
    "Code": "submission.findings",
    "Finding": "submission.findings",
    "Generation": "generation",
    "InputError": "errors",
    "Layout": "options",
    "Mismatch": "verification",
    "NETWORK": "network",
    "Network": "network",
    "Quantity": "network",
    "Role": "network",
    "Severity": "submission.findings",
    "Status": "submission.findings",
    "Submission": "submission.findings",
    "Training": "training",
    "Validation": "validation",
    "Verification": "verification",
    "assign": "assigning",
    "generate": "generation",
    "load_assignment": "template",
    "predict": "prediction",
    "template_text": "template",
    "train_cnn": "training",
    "trajectory": "descent",
    "validate": "validation",
    "verify": "verification",
    "write_autograder": "autograder",
}

__all__ = [
    "NETWORK",
    "Assigning",
    "Assignment",
    "Autograder",
    "Code",
    "Finding",
    "Generation",
    "InputError",
    "Layout",
    "Mismatch",
    "Network",
    "Quantity",
    "Role",
    "Severity",
    "Status",
    "Submission",
    "Training",
    "Validation",
    "Verification",
    "__version__",
    "assign",
    "generate",
    "load_assignment",
    "predict",
    "template_text",
    "train_cnn",
    "trajectory",
    "validate",
    "verify",
    "write_autograder",
]


def __getattr__(name: str) -> Any:
    # Loaded on first use: the command's --help must not wait for NumPy and the formula engine.
    if name in _HOMES:
        return getattr(import_module(f"sheetprop.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'sheetprop' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
