"""The gradebook's sheet of the class: who handed in what, and the submissions whose student is not known."""

from __future__ import annotations

from sheetprop.report.list_book import LIST_TOP, NUMBER, WRAPPED, ListBook, for_paper, row_height
from sheetprop.report.look import GREY
from sheetprop.report.wording import count
from sheetprop.school.roll import Pupil, Roll
from sheetprop.workbook import theme
from sheetprop.workbook.book import Sheet

STUDENTS = "Students"
HEADINGS = ("student", "ID", "score", "status", "submission", "known by", "remark")
WIDTHS = (28, 14, 9, 13, 44, 26, 40)
SCORE, STATUS, SUBMISSION, KNOWN_BY, REMARK = range(2, 7)
NOBODYS = "Submissions whose student is not known"


def write_students(book: ListBook, sheet: Sheet, roll: Roll) -> None:
    """Write the sheet."""
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    for_paper(sheet)
    book.heading(sheet, STUDENTS)
    absent = sum(not pupil.handed_in for pupil in roll.pupils)
    about = f"{count(len(roll.pupils), 'student')}, {absent:,} of them handed in nothing"
    if roll.unmatched:
        about += f"; {count(len(roll.unmatched), 'submission')} below the list without a student"
    sheet.write_string(LIST_TOP - 1, 0, f"{about}.", book.look(theme.SUBTITLE))
    book.headings(sheet, LIST_TOP, HEADINGS)
    row = LIST_TOP
    for pupil in roll.pupils:
        row += 1
        _write_pupil(book, sheet, row, pupil)
    last = max(row, LIST_TOP + 1)
    if roll.unmatched:
        row += 2
        book.text(sheet, row, 0, NOBODYS, theme.SECTION)
        for column in range(1, len(HEADINGS)):
            sheet.write_blank(row, column, None, book.look(theme.SECTION))
    for handed_in in roll.unmatched:
        row += 1
        sheet.write_number(row, SCORE, handed_in.score, book.look(NUMBER, num_format="0.0#"))
        sheet.write_string(row, STATUS, handed_in.status.value, book.look(NUMBER))
        book.text(sheet, row, SUBMISSION, handed_in.path, WRAPPED)
        book.text(sheet, row, KNOWN_BY, "", WRAPPED)
        book.text(sheet, row, REMARK, handed_in.how, WRAPPED)
    sheet.autofilter(LIST_TOP, 0, last, len(HEADINGS) - 1)
    sheet.freeze_panes(LIST_TOP + 1, 1)
    sheet.repeat_rows(LIST_TOP)


def _write_pupil(book: ListBook, sheet: Sheet, row: int, pupil: Pupil) -> None:
    grey = {} if pupil.handed_in else GREY
    texts = {
        0: pupil.student.name,
        1: pupil.student.id,
        SUBMISSION: "; ".join(each.path for each in pupil.handed_in),
        KNOWN_BY: "; ".join(dict.fromkeys(each.how for each in pupil.handed_in)),
        REMARK: pupil.remark,
    }
    sheet.set_row(row, row_height((text, WIDTHS[column] - 2) for column, text in texts.items()))
    middle = NUMBER | {"valign": "top"} | grey
    if pupil.score is None:
        sheet.write_blank(row, SCORE, None, book.look(middle))
    else:
        sheet.write_number(row, SCORE, pupil.score, book.look(middle, num_format="0.0#", bold=True))
    book.text(sheet, row, STATUS, ", ".join(dict.fromkeys(each.status.value for each in pupil.handed_in)), middle)
    for column, text in texts.items():
        book.text(sheet, row, column, text, WRAPPED | grey)


__all__ = ["STUDENTS", "write_students"]
