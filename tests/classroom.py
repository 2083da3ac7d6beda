"""An invented class: 40 students, their school's files, and what they hand in, made by filling their hand-outs.

``python -m tests.classroom school FOLDER`` writes the roster and the gradebook exports; ``python -m tests.classroom
fill HOMEWORK SUBMISSIONS.zip`` plays the students: most fill their hand-out rightly, some make a mistake, one takes
another's, one hands in a broken file, one nothing.
"""

from __future__ import annotations

import csv
import io
import re
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sheetprop.assigned import Entry, read_assigned

FIRST = ("Ada", "Grace", "Alan", "Emmy", "Carl", "Sofia", "Leonhard", "Maryam", "Srinivasa", "Hypatia")
LAST = ("Álvarez", "Brandt", "O'Connor", "Đặng")
POINTS = 100
CANVAS, MOODLE, ROSTER = "canvas-export.csv", "moodle-worksheet.csv", "roster.csv"
COLUMN = "Backpropagation (881)"


@dataclass(frozen=True)
class Learner:
    """A student: the school's id, the platforms' number, and a name."""

    id: str
    number: str
    first: str
    last: str

    @property
    def name(self) -> str:
        """First name first."""
        return f"{self.first} {self.last}"

    @property
    def email(self) -> str:
        """An address that does not exist."""
        return f"{self.id}@students.example"


CLASS = [
    Learner(f"s{1001 + n}", str(70001 + n), FIRST[n % len(FIRST)], LAST[n // len(FIRST)])
    for n in range(len(FIRST) * len(LAST))
]


def write_school(folder: Path) -> None:
    """Write a roster, Canvas's gradebook export and Moodle's grading worksheet."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / ROSTER, [["Name", "Student ID", "E-mail"], *([s.name, s.id, s.email] for s in CLASS)])
    canvas = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Essay (880)", COLUMN, "Current Score"],
        ["    Points Possible", "", "", "", "", "20.0", f"{POINTS}.0", "(read only)"],
        *([f"{s.last}, {s.first}", s.number, s.id, s.id, "Monday", "17.5", "", "87.5"] for s in CLASS),
        ["Student, Test", "69999", "", "", "Monday", "", "", ""],
    ]
    _write(folder / CANVAS, canvas)
    moodle = [
        ["Identifier", "Full name", "ID number", "Email address", "Status", "Grade", "Maximum Grade",
         "Grade can be changed", "Last modified (submission)", "Last modified (grade)", "Feedback comments"],
        *([f"Participant {s.number}", s.name, s.id, s.email, "Submitted for grading", "", f"{POINTS}.00", "Yes",
           "Friday, 20 November 2026, 5:03 PM", "-", ""] for s in CLASS),
    ]  # fmt: skip
    _write(folder / MOODLE, moodle)


def _write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


Change = Callable[[str], str]
"""Makes a student's formula of the right one, which is without its =."""


MISTAKES: dict[int, tuple[str, Callable[[str], str]]] = {
    2: ("E_total", lambda formula: formula.replace("+", "-")),
    5: ("w5", lambda formula: formula.replace("-", "+", 1)),
    8: ("a_h1", lambda formula: formula.replace("-", "")),
    11: ("E1", lambda formula: formula.replace("0.5*", "")),
    14: ("w2", lambda formula: formula.replace("rate_", "2*rate_")),
    17: ("o1", lambda formula: formula.replace("+", "*")),
    21: ("E_total", lambda formula: formula.replace("+", "-")),
}
"""Which student of the class is wrong in which column, and how."""
COPIER, COPIED, BROKEN, ABSENT = 25, 24, 30, 33


def fill(homework: Path, archive: Path) -> None:
    """Write the archive of submissions that Canvas would make of a class that fills its hand-outs."""
    entries = {entry.id: entry for entry in read_assigned(homework).entries}
    with zipfile.ZipFile(archive, "w") as target:
        for n, learner in enumerate(CLASS):
            if n == ABSENT:
                continue
            entry = entries[CLASS[COPIED].id if n == COPIER else learner.id]
            column, change = MISTAKES.get(n, (None, str))
            data = filled(homework, entry, column, change)
            plain = re.sub(r"\W", "", f"{learner.last}{learner.first}".lower())
            name = f"{plain}_{learner.number}_{440000 + n}_{Path(entry.handout).name}"
            target.writestr(name, data[: len(data) // 2] if n == BROKEN else data)


def filled(homework: Path, entry: Entry, column: str | None = None, change: Change = str) -> bytes:
    """A student's hand-out with the formulas of its answer key, those under one heading changed.

    Where they are changed no cell keeps a computed value, as in a file that no spreadsheet program has computed.
    """
    handout, key = Package(homework / entry.handout), Package(homework / entry.answer_key)
    for name, part in handout.sheets.items():
        if name.startswith("lr "):
            answers = dict(_cells(key.parts[key.sheets[name]].decode()))
            xml = handout.parts[part].decode()
            letter = _letter(xml, handout.strings, column)
            handout.parts[part] = _filled_sheet(xml, answers, letter, change).encode()
    return handout.packed()


def _letter(xml: str, strings: list[str], heading: str | None) -> str | None:
    """The letter of the column under a heading."""
    for place, cell in _cells(xml):
        text = re.search(r't="s"><v>(\d+)</v>', cell)
        if text and heading is not None and strings[int(text[1])] == heading and re.fullmatch(r"[A-Z]+6", place):
            return place.rstrip("6")
    return None


def _filled_sheet(xml: str, answers: dict[str, str], wrong: str | None, change: Change) -> str:
    """A sheet with the answers' formulas in its blank cells, those of one column changed."""

    def put(blank: re.Match[str]) -> str:
        formula, value = (re.search(rf"<{tag}>(.*?)</{tag}>", answers.get(blank["place"], "")) for tag in "fv")
        if formula is None or value is None:
            return blank[0]
        own = change(formula[1]) if blank["letter"] == wrong else formula[1]
        return f'<c r="{blank["place"]}" s="{blank["style"]}"><f>{own}</f><v>{value[1]}</v></c>'

    xml = re.sub(r'<c r="(?P<place>(?P<letter>[A-Z]+)\d+)" s="(?P<style>\d+)"/>', put, xml)
    return xml if wrong is None else re.sub(r"(</f>)<v>[^<]*</v>", r"\1", xml)


class Package:
    """A workbook's parts, and which of them is which sheet."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as package:
            self.parts = {info.filename: package.read(info) for info in package.infolist()}
        names = re.findall(r'<sheet name="([^"]*)"', self.parts["xl/workbook.xml"].decode())
        self.sheets = {name: f"xl/worksheets/sheet{n}.xml" for n, name in enumerate(names, start=1)}

    @property
    def strings(self) -> list[str]:
        """The texts that cells refer to."""
        items = re.findall(r"<si>(.*?)</si>", self.parts["xl/sharedStrings.xml"].decode(), re.DOTALL)
        return ["".join(re.findall(r"<t[^>]*>(.*?)</t>", item, re.DOTALL)) for item in items]

    def packed(self) -> bytes:
        """The file."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
            for name, data in self.parts.items():
                package.writestr(name, data)
        return buffer.getvalue()


def _cells(xml: str) -> list[tuple[str, str]]:
    return re.findall(r'(?s)(?=<c r="([A-Z]+\d+)")(<c .*?(?:/>|</c>))', xml)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["school", folder]:
            write_school(Path(folder))
        case ["fill", homework, archive]:
            fill(Path(homework), Path(archive))
        case _:
            sys.exit(__doc__)
