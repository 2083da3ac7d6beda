"""The sheet "Feedback" of an annotated workbook: what the submission comes to, and every finding with its cells."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from lxml import etree

from sheetprop.package import Element
from sheetprop.report import look, wording
from sheetprop.report.cells import address
from sheetprop.report.styles import Format, Styles
from sheetprop.submission.findings import Severity, Submission
from sheetprop.submission.mistake import Mistake
from sheetprop.workbook.theme import ACCENT, MUTED

FILLS = {Severity.ERROR: "#FFC7CE", Severity.WARNING: "#FFE699"}
"""Of wrong cells: stronger than in the reports, to be seen among a student's own colours."""
WIDTHS = (9, 11, 25, 54, 38, 38)
"""Of the columns, in characters."""
FINDING_TITLES = ("No.", "Severity", "Where", "What", "Found", "Expected")
SCORE_TITLES = ("Points", "Of", "Criterion", "Why", "", "")
LINE, FORMULA_LINE, ROOM, TALLEST = 15.0, 13.5, 7.0, 409.0
"""Points: of a line, of one in a formula, around a row's text, and the most a row can have."""
LONGEST_TEXT, LONGEST_FORMULA, LONGEST_PLACE = 1_000, 600, 120
"""Characters that are shown; a row has no room for more."""

MOST_PLACES = 12
"""Of one mistake that are listed; each is marked on its own sheet."""

NAME = Format(size=20, bold=True, colour=ACCENT)
SUBTITLE = Format(colour=MUTED)
SECTION = Format(size=13, bold=True, colour=ACCENT)
HEADING = Format(bold=True, colour="#FFFFFF", fill=ACCENT)
POINTS = Format(rule=True, horizontal="center")
TEXT = Format(rule=True, wrap=True, literal=True)
LINK = replace(TEXT, colour="#1D4ED8", underline=True)
FORMULA = replace(TEXT, font="Consolas", size=10, colour="#374151", indent=1)


@dataclass(frozen=True)
class Place:
    """Where a finding is, for people, and what a link to it leads to (None: no link)."""

    text: str
    location: str | None


def feedback_sheet(submission: Submission, places: Sequence[Place], namespace: str, styles: Styles) -> bytes:
    """The XML of the sheet; ``places`` are where the mistakes are told, the gravest first."""
    page = _Page(namespace, styles)
    _head(page, submission)
    if submission.score_lines:
        _score(page, submission)
    _findings(page, wording.gravest_first(submission.mistakes), places)
    return page.to_xml()


def _head(page: _Page, submission: Submission) -> None:
    page.row([(0, "Feedback", NAME)], height=32)
    page.row([(0, PurePosixPath(submission.path).name, SUBTITLE)], height=18)
    page.row([], height=9)
    colours = look.STATUS_COLOURS[submission.status]
    status = Format(size=13, bold=True, horizontal="center", fill=colours["bg_color"], colour=colours["font_color"])
    counts = [(wording.counted(submission, severity), severity.value) for severity in Severity]
    summary = ", ".join(wording.count(number, kind) for number, kind in counts if number)
    page.row(
        [
            (0, submission.status.value.capitalize(), status),
            (1, "", status),
            (2, wording.score(submission) if submission.score_lines else "", replace(SECTION, horizontal="center")),
            (3, summary, SUBTITLE),
        ],
        height=26,
        merge=(0, 1),
    )
    page.row([], height=12)


def _score(page: _Page, submission: Submission) -> None:
    page.row([(0, "Score", SECTION)], height=24)
    page.row(_headings(SCORE_TITLES), height=22, merge=(3, 5))
    for line in submission.score_lines:
        page.row(
            [
                (0, line.points, POINTS),
                (1, line.max_points, POINTS),
                (2, line.title, TEXT),
                (3, line.reason, TEXT),
                (4, "", TEXT),
                (5, "", TEXT),
            ],
            merge=(3, 5),
        )
    total = replace(POINTS, bold=True)
    bold = replace(TEXT, bold=True)
    rest = [(column, "", bold) for column in (3, 4, 5)]
    page.row([(0, submission.score, total), (1, submission.max_score, total), (2, "Total", bold), *rest])
    page.row([], height=12)


def _findings(page: _Page, mistakes: Sequence[Mistake], places: Sequence[Place]) -> None:
    page.row([(0, "Findings", SECTION)], height=24)
    if not mistakes:
        page.row([(0, "Nothing to remark.", Format())], height=20)
        return
    page.row(_headings(FINDING_TITLES), height=22)
    for number, (mistake, place) in enumerate(zip(mistakes, places, strict=True), 1):
        finding, further = mistake.first, wording.elsewhere(mistake, MOST_PLACES)
        colours = look.SEVERITY_COLOURS[finding.severity]
        severity = replace(
            POINTS, bold=True, colour=colours["font_color"], fill=FILLS.get(finding.severity, colours["bg_color"])
        )
        link = place.location is not None
        row = page.row(
            [
                (0, number, POINTS),
                (1, finding.severity.value, severity),
                (2, wording.clean(place.text, LONGEST_PLACE), LINK if link else TEXT),
                (3, f"{finding.message}\nAlso in: {further}" if further else finding.message, TEXT),
                (4, finding.found or "", FORMULA),
                (5, finding.expected or "", FORMULA),
            ]
        )
        if place.location is not None:
            page.link(address(row, 3), place.location, wording.clean(place.text, LONGEST_PLACE))


def _headings(titles: Sequence[str]) -> list[tuple[int, str, Format]]:
    """A header row; its titles stand as the values below them do."""
    looks = (*[replace(HEADING, horizontal="center")] * 2, *[HEADING] * 2, *[replace(HEADING, indent=1)] * 2)
    return [(column, title, look) for column, (title, look) in enumerate(zip(titles, looks, strict=True))]


class _Page:
    """A sheet that is written from top to bottom."""

    def __init__(self, namespace: str, styles: Styles) -> None:
        self._namespace, self._styles = namespace, styles
        self._rows = self._element("sheetData")
        self._merged, self._links = self._element("mergeCells"), self._element("hyperlinks")

    def row(
        self,
        values: Sequence[tuple[int, str | float, Format]],
        height: float | None = None,
        merge: tuple[int, int] | None = None,
    ) -> int:
        """Write a row of (column, value, look), as tall as its texts need; returns its number."""
        number = len(self._rows) + 1
        row = self._element("row", r=str(number), customHeight="1")
        tallest = LINE
        for column, value, form in values:
            cell = self._element("c", r=address(number, column + 1), s=str(self._styles.new(form)))
            if isinstance(value, str):
                text = wording.clean(value, LONGEST_FORMULA if form == FORMULA else LONGEST_TEXT)
                if text:
                    cell.set("t", "inlineStr")
                    cell.append(self._element("is"))
                    self._write(cell[0], text)
                last = merge[1] if merge and merge[0] == column else column
                tallest = max(tallest, _height(text, sum(WIDTHS[column : last + 1]), form))
            else:
                cell.append(self._element("v"))
                cell[0].text = repr(value)
            row.append(cell)
        row.set("ht", f"{height or min(tallest + ROOM, TALLEST):g}")
        if merge:
            ref = f"{address(number, merge[0] + 1)}:{address(number, merge[1] + 1)}"
            self._merged.append(self._element("mergeCell", ref=ref))
        self._rows.append(row)
        return number

    def link(self, cell: str, location: str, text: str) -> None:
        """Have a cell lead elsewhere in the workbook."""
        self._links.append(self._element("hyperlink", ref=cell, location=location, display=text))

    def to_xml(self) -> bytes:
        """The whole sheet."""
        # Its elements take the prefix of what they are put into: none.
        root = etree.fromstring(f'<worksheet xmlns="{self._namespace}"/>')
        properties = self._element("sheetPr")
        properties.append(self._element("tabColor", rgb="FF" + ACCENT.removeprefix("#")))
        properties.append(self._element("pageSetUpPr", fitToPage="1"))
        last = address(len(self._rows), len(WIDTHS))
        views = self._element("sheetViews")
        views.append(self._element("sheetView", showGridLines="0", tabSelected="1", workbookViewId="0"))
        columns = self._element("cols")
        for i, width in enumerate(WIDTHS, 1):
            columns.append(self._element("col", min=str(i), max=str(i), width=str(width), customWidth="1"))
        footer = self._element("headerFooter")
        footer.append(self._element("oddFooter"))
        footer[0].text = "&CPage &P of &N"
        margins = {"left": "0.4", "right": "0.4", "top": "0.5", "bottom": "0.6", "header": "0.3", "footer": "0.3"}
        root.extend([
            properties,
            self._element("dimension", ref=f"A1:{last}"),
            views,
            self._element("sheetFormatPr", defaultRowHeight="15"),
            columns,
            self._rows,
            *(part for part in (self._merged, self._links) if len(part)),
            self._element("pageMargins", **margins),
            self._element("pageSetup", orientation="landscape", fitToWidth="1", fitToHeight="0"),
            footer,
        ])  # fmt: skip
        data: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
        return data

    def _write(self, parent: Element, text: str) -> None:
        content = self._element("t")
        content.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        content.text = text
        parent.append(content)

    def _element(self, name: str, **attributes: str) -> Element:
        return etree.Element(f"{{{self._namespace}}}{name}", attributes)


def _height(text: str, width: int, form: Format) -> float:
    """How many points a text takes in a column, rather too many than too few."""
    if not form.wrap:
        return LINE
    characters = int(width * (0.86 if form == FORMULA else 1.03))
    lines = sum(max(1, len(textwrap.wrap(line, characters))) for line in text.split("\n"))
    return lines * (FORMULA_LINE if form == FORMULA else LINE)
