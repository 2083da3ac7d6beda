"""Formulas that refer to other files, which the engine does not have and for which it opens no workbook."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection

FORMULA = re.compile(rb"<f(?: [^<>]*)?>[^<]*\[\d+\][^<]*</f>")
OTHER_FILE = re.compile(r"\[\d+\]")
"""The number of another file, as Excel stores it in formulas: [1]Sheet1!A1."""


def refers_to_other_files(formula: str) -> bool:
    """Whether a formula is computed from cells of another file."""
    return OTHER_FILE.search(formula) is not None


def without_other_files(data: bytes, sheets: Collection[str]) -> bytes:
    """A workbook whose formulas that refer to other files are gone, and their stored values left in their cells.

    ``sheets`` are the parts of its sheets.
    """
    copied = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as book, zipfile.ZipFile(copied, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in dict.fromkeys(book.namelist()):
            part = book.read(name)
            copy.writestr(name, FORMULA.sub(b"", part) if name in sheets else part)
    return copied.getvalue()
