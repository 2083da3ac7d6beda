"""The gradebook's sheet of submissions that have rare things in common: questions to look into, no verdicts."""

from __future__ import annotations

from bisect import bisect

from sheetprop.report.list_book import LINE_HEIGHT, LIST_TOP, NUMBER, WRAPPED, ListBook, for_paper, row_height
from sheetprop.report.wording import count, harmless
from sheetprop.submission.resemblance.resemblance import LEAST_STRENGTH, Pair, Resemblance
from sheetprop.workbook import theme
from sheetprop.workbook.book import Sheet

PAIRS = "Look into"
ABOUT = (
    "Two submissions in one row have something in common that is rare in this class. There may be good reasons: a "
    "shared hand-out, working in pairs, a common source, one student's file handed in twice. Have a look, and ask. "
    "More dots mean that chance is a less likely reason; nothing here changes a grade."
)
NOTHING = "No two submissions have anything rare in common."
TOO_FEW = "There are no two submissions whose tables could be compared."
COMMON = "Many submissions share the following, so it tells nothing about two of them and is left out above:"
HEADINGS = ("first submission", "second submission", "how much", "what they share")
WIDTHS = (36, 36, 11, 84)
DOTS = (LEAST_STRENGTH, 2 * LEAST_STRENGTH, 4 * LEAST_STRENGTH)
"""Strengths from which on a pair has one dot, two, three."""
MOST_HEIGHT = 400
"""Points: a row can be 409 high."""
ABOUT_LOOK = theme.BASE | {"text_wrap": True, "valign": "top"}


def write_pairs(book: ListBook, sheet: Sheet, resemblance: Resemblance) -> None:
    """Write the sheet."""
    for_paper(sheet)
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    book.heading(sheet, PAIRS)
    sheet.set_row(LIST_TOP - 1, 3 * LINE_HEIGHT)
    sheet.merge_range(LIST_TOP - 1, 0, LIST_TOP - 1, len(WIDTHS) - 1, ABOUT, book.look(ABOUT_LOOK))
    book.headings(sheet, LIST_TOP, HEADINGS)
    row = LIST_TOP
    for pair in resemblance.pairs:
        row += 1
        _write_pair(book, sheet, row, pair)
    last = max(row, LIST_TOP + 1)
    note = book.look(theme.NOTE)
    if not resemblance.pairs:
        row += 1
        sheet.write_string(row, 0, NOTHING if resemblance.submissions > 1 else TOO_FEW, note)
    if resemblance.left_out:
        row += 1
        sheet.write_string(row, 0, f"… and {count(resemblance.left_out, 'pair')} more, which share less", note)
    if resemblance.common:
        row += 2
        sheet.write_string(row, 0, COMMON, note)
    for holders, text in resemblance.common:
        row += 1
        sheet.write_string(row, 0, f"{holders:,} of {resemblance.submissions:,}: {harmless(text)}", note)
    sheet.autofilter(LIST_TOP, 0, last, len(HEADINGS) - 1)
    sheet.freeze_panes(LIST_TOP + 1, 0)
    sheet.repeat_rows(LIST_TOP)


def _write_pair(book: ListBook, sheet: Sheet, row: int, pair: Pair) -> None:
    lines = [f"• {harmless(text)}" for text in pair.evidence]
    texts = ((pair.first, WIDTHS[0]), (pair.second, WIDTHS[1]), ("\n".join(lines), WIDTHS[-1]))
    sheet.set_row(row, min(row_height(texts) + 3, MOST_HEIGHT))
    book.text(sheet, row, 0, pair.first, WRAPPED)
    book.text(sheet, row, 1, pair.second, WRAPPED)
    sheet.write_string(row, 2, "●" * max(bisect(DOTS, pair.strength), 1), book.look(NUMBER, valign="top"))
    sheet.write_string(row, 3, "\n".join(lines), book.look(WRAPPED))


__all__ = ["PAIRS", "write_pairs"]
