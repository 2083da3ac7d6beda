"""A student's own workbook with the wrong cells coloured and commented, and a first sheet that says what to mend.

openpyxl would lose charts, shapes and more. So the file stays the zip package that it is, and only what has to change
in it does: the sheets with findings, the styles, the list of sheets.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from lxml import etree

from sheetprop.errors import InputError
from sheetprop.package import (
    BOOK_TYPE,
    MACRO_BOOK_TYPE,
    MAIN,
    MAIN_STRICT,
    SPREADSHEET_TYPE,
    Element,
    Package,
    PackageError,
    local_name,
    namespace,
    office,
)
from sheetprop.report import wording
from sheetprop.report.cells import Area, areas, colour
from sheetprop.report.comments import Remark, add_comments
from sheetprop.report.feedback_sheet import FILLS, Place, feedback_sheet
from sheetprop.report.styles import Styles
from sheetprop.styles import edit_styles
from sheetprop.submission.findings import Finding, Submission

SHEET_NAME = "Feedback"
SHEETS = ("worksheet", "chartsheet", "dialogsheet")
MOST_AREAS = 200
"""Of one finding that are coloured and commented."""
MACRO_ENDINGS = (".xlsm", ".xltm")
"""Of files whose copies are called .xlsm; those of all others are .xlsx."""
SHEET_DIGITS = 6
"""That no sheet's own number has."""
LONGEST_MESSAGE, LONGEST_FORMULA = 1_000, 600
"""Characters in a comment."""


def annotate(source: bytes, submission: Submission, links: bool = True) -> bytes:
    """A copy of a student's workbook: wrong cells coloured and commented, and a first sheet "Feedback".

    ``links`` makes the places of findings lead there. Raises InputError where ``source`` cannot be annotated.
    """
    try:
        return _Annotation(source, submission, links).save()
    except (PackageError, ValueError, etree.LxmlError) as error:
        # What libraries say is not for users.
        reason = " ".join(str(error).split()) if isinstance(error, PackageError) else "it is damaged"
    except Exception:  # a defect of ours must not cost the judgement, which is made
        reason = "it holds something unexpected"
    raise InputError(f"{wording.harmless(wording.file_name(submission))}: cannot be annotated: {reason}")


class _Annotation:
    """The copy in the making."""

    def __init__(self, source: bytes, submission: Submission, links: bool) -> None:
        self._package = Package(source)
        self._submission, self._links = submission, links
        workbook = self._package.related("", "officeDocument")
        if workbook is None:
            raise PackageError("not a workbook")
        self._part = workbook
        root = self._package.read(workbook)
        if local_name(root) != "workbook" or namespace(root) not in (MAIN, MAIN_STRICT):
            raise PackageError("not an Excel workbook (.xlsx or .xlsm)")
        self._main, self._office = namespace(root), office(root)
        self._book = self._package.edit(workbook)
        sheets = self._book.find(f"{{{self._main}}}sheets")
        if sheets is None or len(sheets) == 0:
            raise PackageError("a workbook without sheets")
        self._sheets = sheets
        # By name in lower case: its entry in the workbook, and its part.
        self._parts = self._find_parts()
        self._styles = Styles(edit_styles(self._package, workbook))
        self._mistakes = wording.gravest_first(submission.mistakes)

    def save(self) -> bytes:
        """The annotated workbook."""
        self._unselect()
        named = (each.sheet for mistake in self._mistakes for each in mistake.findings)
        for name in dict.fromkeys(sheet.lower() for sheet in named if sheet is not None):
            self._mark(name)
        self._add_feedback()
        # A template's copy is a workbook.
        macros = self._submission.path.lower().endswith(MACRO_ENDINGS)
        self._package.retype(self._part, MACRO_BOOK_TYPE if macros else BOOK_TYPE)
        return self._package.save()

    def _find_parts(self) -> dict[str, tuple[Element, str | None]]:
        relations = {relation.id: relation for relation in self._package.relations(self._part)}
        parts = {}
        for sheet in self._sheets.iterchildren(f"{{{self._main}}}sheet"):
            relation = relations.get(sheet.get(f"{{{self._office}}}id", ""))
            part = relation.target if relation is not None and relation.kind == "worksheet" else None
            parts[sheet.get("name", "").lower()] = sheet, part if part is not None and part in self._package else None
        return parts

    def _unselect(self) -> None:
        """Unselect all sheets: with several selected, what a reader types goes into each of them."""
        for relation in self._package.relations(self._part):
            part = relation.target
            if part is None or relation.kind not in SHEETS or part not in self._package:
                continue
            data = self._package.part(part)
            if any("tabSelected".encode(encoding) in data for encoding in ("ascii", "utf-16-le", "utf-16-be")):
                root = self._package.edit(part)
                for view in root.iterfind(f"{{{namespace(root)}}}sheetViews/{{{namespace(root)}}}sheetView"):
                    view.attrib.pop("tabSelected", None)

    def _mark(self, name: str) -> None:
        """Colour and comment the cells of a sheet: each place of a mistake with its own words and formulas."""
        _, part = self._parts.get(name, (None, None))
        if part is None:
            return
        marks: list[tuple[Area, str]] = []
        remarks: dict[Area, list[Remark]] = {}
        told = [(n, each) for n, mistake in enumerate(self._mistakes, 1) for each in mistake.findings]
        for number, finding in told:
            if finding.sheet is None or finding.sheet.lower() != name:
                continue
            named = areas(finding.cells)[:MOST_AREAS]
            if finding.severity in FILLS:
                marks += [(area, FILLS[finding.severity]) for area in named]
            for cell in dict.fromkeys(area.first for area in named):
                remarks.setdefault(cell, []).append(_remark(number, finding, cell, named[0].first))
        if not remarks:
            return
        sheet = self._package.edit(part)
        colour(sheet, marks, self._styles)
        add_comments(self._package, part, sheet, remarks)

    def _add_feedback(self) -> None:
        places = [self._place(mistake.first) for mistake in self._mistakes]
        folder = posixpath.join(posixpath.dirname(self._part), "worksheets")
        part = self._package.unused(posixpath.join(folder, "sheet{}.xml"))
        data = feedback_sheet(self._submission, places, self._main, self._styles)
        self._package.add(part, data, SPREADSHEET_TYPE + "worksheet+xml")
        numbers = [sheet.get("sheetId", "") for sheet, _ in self._parts.values()]
        used = {int(number) for number in numbers if number.isdecimal() and len(number) < SHEET_DIGITS}
        sheet = etree.Element(f"{{{self._main}}}sheet")
        sheet.set("name", self._new_name())
        sheet.set("sheetId", str(max(used, default=0) + 1))
        sheet.set(f"{{{self._office}}}id", self._package.relate(self._part, "worksheet", part, self._office))
        self._sheets.insert(0, sheet)
        # What counts sheets counts from the first.
        for name in self._book.iterfind(f"{{{self._main}}}definedNames/{{{self._main}}}definedName"):
            if name.get("localSheetId") is not None:
                name.set("localSheetId", str(int(name.get("localSheetId")) + 1))
        for view in self._book.iterfind(f"{{{self._main}}}bookViews/{{{self._main}}}workbookView"):
            view.set("activeTab", "0")
            view.attrib.pop("firstSheet", None)

    def _new_name(self) -> str:
        name, number = SHEET_NAME, 1
        while name.lower() in self._parts:
            number += 1
            name = f"{SHEET_NAME} {number}"
        return name

    def _place(self, finding: Finding) -> Place:
        """Where a finding is; what cannot be seen cannot be linked to."""
        if finding.sheet is None:
            return Place("", None)
        entry, part = self._parts.get(finding.sheet.lower(), (None, None))
        text = f"{finding.sheet}: {finding.cells.replace(',', ', ')}" if finding.cells else finding.sheet
        if entry is not None and entry.get("state", "visible") != "visible":
            return Place(f"{text} (hidden sheet)", None)
        named = areas(finding.cells)
        if entry is None or part is None or not self._links or (finding.cells and not named):
            return Place(text, None)
        quoted = entry.get("name", "").replace("'", "''")
        return Place(text, f"'{quoted}'!{named[0] if named else 'A1'}")


def _remark(number: int, finding: Finding, cell: Area, first: Area) -> Remark:
    # Found and expected are those of the finding's first cell.
    at = "" if cell == first else f" in {first}"
    formulas: Sequence[tuple[str, str | None]] = [("Found", finding.found), ("Expected", finding.expected)]
    return Remark(
        f"{finding.severity.value.capitalize()} (no. {number})",
        [
            ("", wording.clean(finding.message, LONGEST_MESSAGE)),
            *((f"{word}{at}: ", wording.clean(text, LONGEST_FORMULA)) for word, text in formulas if text),
        ],
    )
