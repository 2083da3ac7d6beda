"""The sheet "Learning rates": E_total of every rate side by side, on two charts, and summed up in a table."""

from __future__ import annotations

import numpy as np

from sheetprop.network import Role
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, address, column_range, if_filled, reference
from sheetprop.workbook.cell import Value
from sheetprop.workbook.chart import Line, error_chart
from sheetprop.workbook.contents import (
    COMPARISON_COLUMN,
    FIRST_ROW,
    HEADER_ROW,
    ITERATIONS_NAME,
    LEARNING_RATES,
    RATES_NAME,
    Contents,
    IterationTable,
)
from sheetprop.workbook.table import ROW, Column

THRESHOLD = 0.005
THRESHOLD_ROW, THRESHOLD_COLUMN = 2, 3
CHART_SIZE = {"width": 760, "height": 360}


def write(book: Book, contents: Contents) -> None:
    """Write the sheet."""
    sheet = book.sheet(LEARNING_RATES, theme.ACCENT)
    tables = contents.tables
    last = tables[0].last_row
    book.heading(sheet, "Learning rates compared")
    sheet.write_string(THRESHOLD_ROW, 0, "Threshold for E_total", book.look(theme.LABEL))
    book.changeable(sheet, THRESHOLD_ROW, THRESHOLD_COLUMN, "threshold", THRESHOLD)
    sheet.write_string(
        THRESHOLD_ROW, THRESHOLD_COLUMN + 1, "Change it: the table below counts again.", book.look(theme.NOTE, indent=1)
    )
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 5, 17)
    sheet.set_column(COMPARISON_COLUMN - 2, COMPARISON_COLUMN - 1, 4)
    sheet.set_column(COMPARISON_COLUMN, COMPARISON_COLUMN + len(tables), 14)
    sheet.set_row(HEADER_ROW, 48)
    waiting = "E_total" in contents.blank
    _write_summary(book, sheet, tables, waiting)
    _write_comparison(book, sheet, contents, waiting)
    _write_charts(book, sheet, tables, waiting)
    book.file.define_name(ITERATIONS_NAME, "=" + reference(LEARNING_RATES, FIRST_ROW, COMPARISON_COLUMN, last))
    book.file.define_name(RATES_NAME, "=" + reference(LEARNING_RATES, FIRST_ROW, 0, FIRST_ROW + len(tables) - 1))
    sheet.freeze_panes(FIRST_ROW, 0)
    sheet.repeat_rows(HEADER_ROW)


def _write_summary(book: Book, sheet: Sheet, tables: tuple[IterationTable, ...], waiting: bool) -> None:
    headings = (
        "Learning rate η",
        "First E_total",
        "Final E_total",
        "Iterations until E_total ≤ threshold",
        "Iterations in which E_total rose",
        "Sheet",
    )
    for column, heading in enumerate(headings):
        sheet.write_string(HEADER_ROW, column, heading, book.look(theme.HEADING))
    error = book.look(theme.CELL, num_format=theme.ROLE_NUMBERS[Role.ERROR], align="center")
    count = book.look(theme.CELL, num_format='#,##0;-0;"never"', align="center")
    for row, table in enumerate(tables, start=FIRST_ROW):
        column = COMPARISON_COLUMN + 1 + table.index
        first, last = address(FIRST_ROW, column), address(table.last_row, column)
        values = table.values["E_total"]
        sheet.write_computed(
            row, 0, f"={table.rate_name}", table.rate,
            book.look(theme.CELL, num_format=theme.GIVEN_NUMBER, align="center", bold=True),
        )  # fmt: skip
        reached = book.look(theme.CELL, num_format="#,##0", align="center")
        everything = column_range(FIRST_ROW, column, table.last_row)
        if waiting:
            formulas = (
                f"={if_filled(first)}",
                f"={if_filled(last)}",
                f'=IF(COUNT({everything})=0,"",{_reached_formula(everything).removeprefix("=")})',
                _rises_formula_waiting(everything, column, table),
            )
            for at, (formula, look) in enumerate(zip(formulas, (error, error, reached, count), strict=True), start=1):
                sheet.write_computed(row, at, formula, "", look)
        else:
            sheet.write_computed(row, 1, f"={first}", float(values[0]), error)
            sheet.write_computed(row, 2, f"={last}", float(values[-1]), error)
            sheet.write_computed(row, 3, _reached_formula(everything), iterations_until(values, THRESHOLD), reached)
            sheet.write_computed(row, 4, _rises_formula(everything, column, table), rises(values), count)
        sheet.write_url(row, 5, f"internal:'{table.sheet}'!A1", book.look(theme.CELL | theme.LINK), table.sheet)


def _reached_formula(errors: str) -> str:
    # SUMPRODUCT makes every spreadsheet program compare the whole range without an array formula.
    first = f"SUMPRODUCT(MATCH(TRUE,{errors}<=threshold,0))-1"
    return f'=IF(COUNTIF({errors},"<="&threshold)=0,"not reached",{first})'


def _rises_formula(errors: str, column: int, table: IterationTable) -> str:
    later = column_range(FIRST_ROW + 1, column, table.last_row)
    earlier = column_range(FIRST_ROW, column, table.last_row - 1)
    count = f"SUMPRODUCT(--({later}>{earlier}))" if table.iterations > 1 else "0"
    return f'=IF(COUNT({errors})<ROWS({errors}),"#NUM! from iteration "&COUNT({errors}),{count})'


def _rises_formula_waiting(errors: str, column: int, table: IterationTable) -> str:
    """The same where cells may still be blank: only numbers count as risen, and nothing shows before the first."""
    later = column_range(FIRST_ROW + 1, column, table.last_row)
    earlier = column_range(FIRST_ROW, column, table.last_row - 1)
    count = f"SUMPRODUCT(ISNUMBER({later})*({later}>{earlier}))" if table.iterations > 1 else "0"
    overflowed = f"SUMPRODUCT(--ISERROR({errors}))>0"
    return f'=IF({overflowed},"#NUM! from iteration "&COUNT({errors}),IF(COUNT({errors})=0,"",{count}))'


def iterations_until(errors: np.ndarray, threshold: float) -> Value:
    """The first iteration at which the error is at or below ``threshold``, or that it never is."""
    reached = np.flatnonzero(errors <= threshold)
    return float(reached[0]) if reached.size else "not reached"


def rises(errors: np.ndarray) -> Value:
    """In how many iterations the error rose, or from which iteration on it is #NUM!."""
    overflowed = np.flatnonzero(np.isnan(errors))
    return f"#NUM! from iteration {overflowed[0]}" if overflowed.size else float(np.sum(np.diff(errors) > 0))


def _write_comparison(book: Book, sheet: Sheet, contents: Contents, waiting: bool) -> None:
    tables = contents.tables
    sheet.write_string(HEADER_ROW - 1, COMPARISON_COLUMN + 1, "E_total at learning rate", book.look(theme.LABEL))
    sheet.write_string(HEADER_ROW, COMPARISON_COLUMN, "iteration", book.look(theme.HEADING))
    number = book.look(theme.BASE, num_format=theme.ROLE_NUMBERS[Role.ERROR])
    columns = [Column([float(n) for n in range(contents.assignment.iterations)], book.look(theme.COUNT))]
    for table in tables:
        sheet.write_computed(
            HEADER_ROW, COMPARISON_COLUMN + 1 + table.index, f"={table.rate_name}", table.rate,
            book.look(theme.HEADING, num_format='"η = "' + theme.GIVEN_NUMBER, align="right"),
        )  # fmt: skip
        source = f"'{table.sheet}'!{table.letter('E_total')}{ROW}"
        if waiting:
            columns.append(Column([""] * table.iterations, number, if_filled(source)))
        else:
            columns.append(Column(table.values["E_total"].tolist(), number, source))
    sheet.write_table(FIRST_ROW, COMPARISON_COLUMN, columns)


def _write_charts(book: Book, sheet: Sheet, tables: tuple[IterationTable, ...], waiting: bool) -> None:
    top = FIRST_ROW + len(tables) + 1
    iterations = reference(LEARNING_RATES, FIRST_ROW, COMPARISON_COLUMN, tables[0].last_row)
    lines = [
        Line(
            f"={reference(LEARNING_RATES, HEADER_ROW, COMPARISON_COLUMN + 1 + table.index)}",
            # Where this sheet shows an empty text, a chart would show a 0; where a cell is blank, a gap.
            table.range("E_total")
            if waiting
            else reference(LEARNING_RATES, FIRST_ROW, COMPARISON_COLUMN + 1 + table.index, table.last_row),
            table.values["E_total"],
            theme.SERIES_COLOURS[table.index % len(theme.SERIES_COLOURS)],
            theme.SERIES_DASHES[table.index % len(theme.SERIES_DASHES)],
            f"η = {table.rate:.15g}",
        )
        for table in tables
    ]
    for place, scale in enumerate(("linear", "logarithmic")):
        title = f"E_total by learning rate, {scale}"
        chart = error_chart(book, title, iterations, lines, scale == "logarithmic", waiting)
        chart.set_legend({"position": "right", "font": {"name": "Calibri", "size": 10}})
        chart.set_size(CHART_SIZE)
        options = {"object_position": 3, "description": f"E_total of every learning rate, {scale} scale"}
        sheet.insert_chart(top + place * 19, 0, chart, options)
