"""A very hidden sheet of a hand-out: the line that says whose it is and which numbers it asks for.

No program shows such a sheet to its user; Excel, LibreOffice and Google Sheets keep it when they save, the last two as
an ordinary hidden one. Document properties, the other place, are lost in Google Sheets.
"""

from __future__ import annotations

from sheetprop.handout import HandoutRecord
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book

NAME = "Record"


def write(book: Book, record: HandoutRecord, key: bytes | None = None) -> None:
    """Write the sheet, its line signed with a key if there is one."""
    sheet = book.hidden_sheet(NAME)
    sheet.write_string(0, 0, record.to_text(key), book.look(theme.BASE))
