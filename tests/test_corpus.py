"""Workbooks that students published, judged: what the labels tell is found, and nothing that they do not tell.

The labels beside the workbooks were made by another program and by hand, and can be wrong: where the validator says
otherwise and is right, DISPUTED tells why.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from openpyxl.utils.cell import range_boundaries

import sheetprop
from sheetprop.submission.findings import Code, Finding, FoundTable, Severity, Submission

FOLDER = os.environ.get("SHEETPROP_SUBMISSIONS")
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="SHEETPROP_SUBMISSIONS does not name the folder with students' workbooks"
)

ENCRYPTED = "legacy-xls-named-xlsx"
"""No old Excel file as its name says: its streams are those of rights management, which nobody else can open."""
STATUS = {"right": "right", "class-file mistake only": "wrong", "own mistakes": "wrong", "incomplete": "incomplete"}


class Disputed(NamedTuple):
    """Quantities of a sheet (None: of all) that are in error, or that are not, against what the labels say; and why."""

    workbook: str
    sheet: str | None
    quantities: str
    evidence: str


DISPUTED_ERRORS = [
    Disputed("2c261b7e", "Sheet2", "E1", "U31 is =1/2*(B31-R31)^2: t2 for t1. Both are .5, so no number shows it."),
    Disputed("5b799b02", "Sheet1", "a_o1 a_o2", "S17 is .5639, while 1/(1+e^.25732) = .4360; U17 .5765 for .4235."),
    Disputed(
        "00fbbb8e",
        "Sheet1",
        "w1 w2 w3 w4 w5 w6 w7 w8",
        "E22 is =E21-$G$49*X21: G49 is w3 of row 49. The stored numbers are still those of a rate of 1.",
    ),
]
"""What is wrong although the labels do not say so."""
