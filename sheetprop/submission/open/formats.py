"""Saying what a file is that is no Excel workbook, and what to hand in instead."""

from __future__ import annotations

import re
from collections.abc import Collection

from sheetprop.submission.open.archive import HAND_IN, SAVE_ANEW, SEND_AGAIN

OLE2 = bytes.fromhex("d0cf11e0a1b11ae1")
OLD_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")
OTHER_FORMATS = {
    b"Rar!": f"a RAR archive, not a workbook: unpack it and {HAND_IN}",
    b"7z\xbc\xaf\x27\x1c": f"a 7-Zip archive, not a workbook: unpack it and {HAND_IN}",
    b"\x1f\x8b": f"a gzip archive, not a workbook: unpack it and {HAND_IN}",
    b"\x89PNG": f"a picture, not a workbook: {HAND_IN}",
    b"\xff\xd8\xff": f"a picture, not a workbook: {HAND_IN}",
    b"GIF8": f"a picture, not a workbook: {HAND_IN}",
    b"{\\rtf": f"a text document (RTF), not a workbook: {HAND_IN}",
}
TEXT = re.compile(rb"[^\x00-\x08\x0e-\x1a\x1c-\x1f]+")


def what_it_is(data: bytes) -> str:
    """The sentence for a file that is not even packed like a workbook."""
    if not data.strip(b"\0"):
        state = "empty (0 bytes)" if not data else "empty (it has nothing but zeros)"
        return f"This file is {state}, saving or uploading it failed: {SEND_AGAIN}"
    if data.startswith(OLE2):
        return _which_ole2(data)
    if data.startswith(OLD_BIFF):
        return f"This is an old Excel workbook (.xls), whatever its name says: {SAVE_ANEW}"
    for beginning, format_ in OTHER_FORMATS.items():
        if data.startswith(beginning):
            return f"This is {format_}"
    if b"%PDF-" in data[:1024]:
        return f"This is a PDF document, not a workbook: {HAND_IN}"
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = data[:20_000].decode("utf-16", "replace").encode() if wide else data[:20_000]
    if TEXT.fullmatch(text):
        return _which_text(text.removeprefix(b"\xef\xbb\xbf").strip().lower())
    return f"This is not an Excel workbook, or it is damaged from its first byte on: {SEND_AGAIN}"


def _which_ole2(data: bytes) -> str:
    """What a file is in the container that Office used up to 2003, and uses for encrypted files to this day."""

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if has("DRMEncryptedDataSpace"):
        return (
            "This workbook is encrypted by its organization's rights management: remove its sensitivity label or "
            "restricted access in Excel (File > Info > Protect Workbook), save it and hand in that file"
        )
    if has("EncryptedPackage"):
        return (
            "This workbook is protected by a password: remove the password in Excel "
            "(File > Info > Protect Workbook), save it and hand in that file"
        )
    if has("Workbook") or has("Book"):
        return f"This is an old Excel workbook (.xls), whatever its name says: {SAVE_ANEW}"
    if has("WordDocument"):
        return f"This is an old Word document (.doc), not a workbook: {HAND_IN}"
    if has("PowerPoint Document"):
        return f"This is an old PowerPoint presentation (.ppt), not a workbook: {HAND_IN}"
    return f"This is a file of an old Office program, not a workbook: {HAND_IN}"


def _which_text(text: bytes) -> str:
    """What a text file is; ``text`` is its beginning in lower case."""
    if b"urn:schemas-microsoft-com:office:spreadsheet" in text:
        return f"This is an old XML spreadsheet (Excel 2003), whatever its name says: {SAVE_ANEW}"
    if text.startswith((b"<!doctype html", b"<html", b"mime-version:")) or b"<table" in text or b"<html" in text:
        return f"This is a web page (HTML) under the name of a workbook: {SAVE_ANEW}"
    if b"docs.google.com/" in text and len(text) < 2000:
        return (
            "This is only a link to a Google sheet: in Google Sheets choose File > Download > Microsoft Excel (.xlsx) "
            "and hand in that file"
        )
    if text.startswith(b"<"):
        return f"This is an XML file, not a workbook: {HAND_IN}"
    lines = [line for line in text.splitlines()[:10] if line.strip()]
    if len(lines) > 1 and any(all(line.count(mark) for line in lines) for mark in (b",", b";", b"\t")):
        return f"This is a text file (CSV), which holds values but no formulas: {HAND_IN}"
    return f"This is a text file, not a workbook: {HAND_IN}"


def what_zip_is(names: Collection[str], mimetype: bytes) -> str:
    """The sentence for a zip file that is no workbook, by the names of its members in lower case.

    ``mimetype`` is what its member of that name begins with, as OpenDocument files have one.
    """
    if mimetype.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return (
            "This is an OpenDocument spreadsheet (.ods), whatever its name says: "
            "save it as an Excel workbook (.xlsx) and hand in that file"
        )
    if mimetype.startswith(b"application/vnd.oasis.opendocument"):
        return f"This is an OpenDocument file, not a spreadsheet: {HAND_IN}"
    if "xl/workbook.bin" in names:
        return f"This is a binary Excel workbook (.xlsb), whatever its name says: {SAVE_ANEW}"
    if "word/document.xml" in names:
        return f"This is a Word document, not a workbook: {HAND_IN}"
    if "ppt/presentation.xml" in names:
        return f"This is a PowerPoint presentation, not a workbook: {HAND_IN}"
    if any(name.endswith((".iwa", "index.zip")) for name in names):
        return "This is an Apple Numbers document: export it (File > Export To > Excel) and hand in that file"
    if any(name.endswith((".xlsx", ".xlsm", ".xls")) for name in names):
        return f"This is a zip archive with workbooks in it: unpack it and {HAND_IN}"
    return f"This is a zip archive without an Excel workbook in it: {HAND_IN}"
