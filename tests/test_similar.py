"""A class's files are written many at a time: the numbers and the bytes are those of files written one by one."""

import io
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from sheetprop import Assignment, Layout, assign, load_assignment
from sheetprop.assigned import Entry, read_assigned, write_key
from sheetprop.assigning import portions
from sheetprop.assignment import Range
from sheetprop.descent import MOST_NUMBERS, at_once, compute, compute_all
from sheetprop.errors import InputError
from sheetprop.output import written_whole
from sheetprop.personal import draw_all
from sheetprop.workbook import (
    form,
    handout_contents,
    write_handout,
    write_similar_handout,
    write_similar_workbook,
    write_workbook,
)
from sheetprop.workbook.book import Book, reference
from sheetprop.workbook.cell import Value
from sheetprop.workbook.chart import Line, error_chart
from sheetprop.workbook.contents import Contents
from sheetprop.workbook.table import ROW, Column

SMALL = load_assignment(iterations=5, learning_rates=(0.1, 2.0))


@dataclass(frozen=True)
class Student:
    """Somebody with an id and a name."""

    id: str
    name: str


STUDENTS = (
    Student("1", "Ada Lovelace"),
    Student("=1+1", 'O\'Connor/Brandt & <b> "Bo"'),
    Student("<r>2</r>", "<r>rich</r>"),
    Student("_x0041_", "\u202eمحمد 😀"),
    Student("3" * 300, "long " * 60),
    Student("4", ""),
)
ASSIGNMENTS = {
    "full": SMALL,
    "classic": replace(SMALL, layout=Layout.CLASSIC),
    "overflowing": replace(SMALL, inputs=(300.0, 300.0), learning_rates=(0.1, 1e6), iterations=12),
    "overflowing at once": replace(SMALL, targets=(1e200, 0.5)),
    "some columns": replace(SMALL, fill=("gradients", "h1"), equations=False),
    "weights alone": replace(SMALL, fill=("weights",), layout=Layout.CLASSIC),
    "one iteration": replace(SMALL, iterations=1, learning_rates=(0.5,)),
    "marked title": replace(SMALL, title="<r>50 % & more</r>"),
    "title too long for a cell": replace(SMALL, title="😀" * 20_000),
}


def others(assignment: Assignment) -> list[Assignment]:
    """The assignment itself, and two with other weights."""
    return [assignment, *(assignment.with_random_weights(seed) for seed in (1, 2))]


def note(told: list[Sequence[object]], *step: object) -> None:
    """Append what progress tells."""
    told.append(step)


def with_few_numbers(count: int) -> Assignment:
    """An assignment in which targets alone are drawn, all from as few numbers."""
    return replace(draw_all(SMALL, ["somebody"], 1)["somebody"], personal={"targets": Range(0.1, count / 10, 0.1)})


def packed_fast(path: Path) -> bytes:
    """The same package, compressed at the level that is used for many."""
    package = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(package, "w") as new:
        for part in old.infolist():
            new.writestr(part, old.read(part), zipfile.ZIP_DEFLATED, form.LEVEL)
    return package.getvalue()


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_computed_together_is_computed_alone(name: str) -> None:
    """Trajectories of several assignments at once are, to the last bit, those of each alone; blanks too."""
    all_of_them = others(ASSIGNMENTS[name])
    for blank in ((), {"h1", "dE_dw3", "w5"}):
        for own, together in zip(all_of_them, compute_all(all_of_them, blank), strict=True):
            alone = compute(own, blank)
            assert together.keys() == alone.keys()
            for key, values in alone.items():
                assert values.tobytes() == together[key].tobytes(), key


def test_a_long_training_is_computed_alone() -> None:
    """What is computed at once is bounded in memory, and one is always possible."""
    assert at_once(SMALL) > 1
    assert at_once(load_assignment(iterations=1_000_000)) == 1
    for count in (10, 100, 1_000, 3_000):
        assignment = load_assignment(iterations=count)
        numbers = count * len(assignment.learning_rates) * len(assignment.network.keys())
        assert at_once(assignment) == 1 or at_once(assignment) * numbers <= MOST_NUMBERS


def test_numbers_drawn_together_are_drawn_alone() -> None:
    """A student's numbers are the same whoever else is in the roster."""
    ids = [f"s{n}" for n in range(150)]
    for student, own in draw_all(SMALL, ids, 3).items():
        assert draw_all(SMALL, [student], 3)[student].given == own.given


def test_of_two_who_would_share_numbers_the_first_keeps_them() -> None:
    """Where few numbers are possible, nobody shares, and who comes first by id has what they would have alone."""
    few = with_few_numbers(5)
    ids = [f"s{n:02}" for n in range(12)]
    drawn = draw_all(few, reversed(ids), 1)
    alone = {student: draw_all(few, [student], 1)[student].targets for student in ids}
    assert list(drawn) == ids
    assert len({own.targets for own in drawn.values()}) == len(ids)
    taken: set[tuple[float, ...]] = set()
    for student in ids:
        assert (drawn[student].targets == alone[student]) is (alone[student] not in taken)
        taken.add(drawn[student].targets)
    assert len(set(alone.values())) < len(ids)


def test_who_gets_no_numbers_is_the_first_by_id() -> None:
    """Where there are too few numbers for all, the message names the first student without any, and the reason."""
    few = with_few_numbers(3)
    with pytest.raises(InputError, match=r"student 's06' \(\d+ times: another student has the same numbers\)"):
        draw_all(few, [f"s{n:02}" for n in range(20)], 1)


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_files_of_many_are_those_of_one(name: str, tmp_path: Path) -> None:
    """Byte for byte, the key and the hand-out of everyone are those that are written alone, but for compression."""
    alone, many = tmp_path / "alone.xlsx", tmp_path / "many.xlsx"
    for own, student in zip(others(ASSIGNMENTS[name]) * 2, STUDENTS, strict=True):
        contents = Contents(replace(own, title=f"{own.title} for {student.name}"), compute(own))
        write_workbook(contents, alone)
        write_similar_workbook(contents, many)
        assert many.read_bytes() == packed_fast(alone)
        write_handout(contents, alone, student)
        write_similar_handout(handout_contents(contents.assignment), many, student)
        assert many.read_bytes() == packed_fast(alone)


@dataclass(frozen=True)
class Sheets:
    """Sheets that differ in one way each from those of the defaults."""

    text: str = "a"
    number: float = 0.5
    value: Value = 1.5
    column: int = 2
    bold: bool = False
    height: int = 20
    under: bool = False
    values: tuple[float, ...] = (0.25, 0.5, 0.75)
    link: str = "back"

    def __call__(self, book: Book) -> None:
        """Write them."""
        for name in ("first", "second"):
            sheet, look = book.sheet(name, "#112233"), book.look(bold=self.bold)
            sheet.set_row(0, self.height)
            sheet.write_string(0, 0, "another", look)
            sheet.write_number(0, 0, self.number, look)
            sheet.write_string(0, 1, self.text, look)
            sheet.write_computed(0, self.column, "=A1<2", self.value, look)
            if self.under:
                sheet.merge_range(1, 0, 1, 2, "", look)
                sheet.write_string(1, 0, self.text, look)
            else:
                sheet.write_string(1, 0, self.text, look)
                sheet.merge_range(1, 0, 1, 2, "", look)
            sheet.write_url(2, 0, "internal:'first'!A1", look, self.link)
            sheet.write_number(4, 0, self.number, look)
            sheet.write_table(3, 1, [Column(self.values, look, f"A{ROW}<2"), Column(self.values[:1], look, blank=look)])
            line = Line(self.text, reference(name, 3, 1, 5), np.array(self.values), "#445566")
            sheet.insert_chart(9, 0, error_chart(book, "chart", reference(name, 3, 0, 5), [line]))


SHEETS = (
    Sheets(),
    Sheets(text="another"),
    Sheets(text="<r>&</r>"),
    Sheets(text=" \n\t\0 _x0000_"),
    Sheets(number=1e300),
    Sheets(number=-0.0),
    *(Sheets(value=value) for value in (math.nan, True, False, "", "a & <b>", "#NUM!", 7, 1e-300)),
    Sheets(column=5),
    Sheets(bold=True),
    Sheets(height=30),
    Sheets(under=True),
    Sheets(values=(math.nan, 0.5, math.nan)),
    Sheets(values=(0.5, 0.25)),
    Sheets(link="another"),
)


def test_whatever_sheets_have_in_common_and_not(tmp_path: Path) -> None:
    """A form is right for sheets that differ in texts, kinds of values, gaps, places, looks, sizes or order."""
    for n, sheets in enumerate(SHEETS * 2):
        with written_whole(tmp_path / "alone.xlsx") as unfinished:
            book = Book(unfinished, unfinished.parent, f"title {n}")
            sheets(book)
            book.close()
        form.write_similar(tmp_path / "many.xlsx", f"title {n}", sheets)
        assert (tmp_path / "many.xlsx").read_bytes() == packed_fast(tmp_path / "alone.xlsx"), sheets


def test_a_form_is_printed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workbooks of one shape fill one form, though some overflow and some never reach the threshold."""
    forms = []
    printed = form.Form.printed
    monkeypatch.setattr(form, "_FORMS", type(form._FORMS)())
    monkeypatch.setattr(form.Form, "printed", lambda *given: forms.append(1) or printed(*given))
    for own in (
        *others(SMALL),
        replace(SMALL, inputs=(1e4, 1e4), weights=(1e200,) * 8),
        replace(SMALL, targets=(9, 9)),
    ):
        write_similar_workbook(Contents(own, compute(own)), tmp_path / "key.xlsx")
    assert len(forms) == 1


def test_a_workbook_too_large_for_a_form_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would take too much memory is written as ``generate`` writes it."""
    alone, many = tmp_path / "alone.xlsx", tmp_path / "many.xlsx"
    contents, student = Contents(SMALL, compute(SMALL)), STUDENTS[1]
    monkeypatch.setattr(form, "MOST_CELLS", 100)
    write_workbook(contents, alone)
    write_similar_workbook(contents, many)
    assert many.read_bytes() == alone.read_bytes()
    write_handout(contents, alone, student)
    write_similar_handout(handout_contents(SMALL), many, student)
    assert many.read_bytes() == alone.read_bytes()


@pytest.mark.parametrize(("students", "workers"), [(1, 2), (3, 2), (6, 4), (40, 2), (300, 2), (300, 64)])
def test_every_process_has_work(students: int, workers: int) -> None:
    """Portions hold everyone once, in order, and are enough for all processes, or as many as there are students."""
    entries = [Entry(str(n), "", "", "", "", {}) for n in range(students)]
    shares = portions(SMALL, entries, workers)
    assert [entry for share in shares for entry in share] == entries
    assert len(shares) >= min(students, 2 * workers)


def test_files_are_the_same_whatever_the_number_of_processes(tmp_path: Path) -> None:
    """One process or two write the same bytes, and progress is told student by student."""
    (tmp_path / "homework.toml").write_text("iterations = 4\nlearning_rates = [0.5]\n")
    (tmp_path / "roster.csv").write_text("id,name\n" + "".join(f"{n},Student {n}\n" for n in range(20)))
    made = []
    for workers in (1, 2):
        told: list[Sequence[object]] = []
        folder = tmp_path / str(workers)
        folder.mkdir()
        write_key(folder, bytes(32))
        assign(
            roster=tmp_path / "roster.csv",
            output=folder,
            template=tmp_path / "homework.toml",
            workers=workers,
            progress=partial(note, told),
        )
        assert told == [("writing", n, 20) for n in range(1, 21)]
        entries = read_assigned(folder).entries
        made.append([(folder / name).read_bytes() for entry in entries for name in (entry.handout, entry.answer_key)])
    assert made[0] == made[1]
    assert len(made[0]) == 40
