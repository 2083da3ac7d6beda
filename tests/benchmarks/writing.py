"""Writing the workbook, against a plain XlsxWriter loop over the same cells and against bare compression."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from sheetprop import Layout, load_assignment
from sheetprop.descent import compute
from sheetprop.workbook import theme, write_workbook
from sheetprop.workbook.book import Book
from sheetprop.workbook.contents import FIRST_ROW, Contents
from sheetprop.workbook.learning_rate import formula_patterns
from sheetprop.workbook.table import Column
from tests.benchmarks.cells import read_cells, write_plainly
from tests.benchmarks.report import Row, faster, within
from tests.benchmarks.timing import Contender, best_of, fresh_folder

NAME = "writing"


def rows(quick: bool, repeats: int) -> list[Row]:
    """The whole workbook, and the tables of the six learning rates alone."""
    assignment = load_assignment(iterations=50 if quick else 1_000, layout=Layout.CLASSIC)
    contents = Contents(assignment, compute(assignment))

    def whole(folder: Path) -> None:
        write_workbook(contents, folder / "ours.xlsx")

    def tables(folder: Path) -> None:
        _write_tables(contents, folder / "ours.xlsx", folder)

    return [
        row
        for what, ours in (("workbook", whole), ("six tables alone", tables))
        for row in _compare(what, ours, repeats)
    ]


def _compare(what: str, ours: Contender, repeats: int) -> list[Row]:
    with fresh_folder() as folder:
        ours(folder)
        cells = read_cells(folder / "ours.xlsx")
        parts, level = _parts(folder / "ours.xlsx")

    def plain(folder: Path) -> None:
        write_plainly(cells, folder / "plain.xlsx")

    def floor(folder: Path) -> None:
        with zipfile.ZipFile(folder / "floor.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=level) as package:
            for name, content in parts.items():
                package.writestr(name, content)

    best = best_of({"ours": ours, "plain": plain, "floor": floor}, repeats)
    size = sum(map(len, parts.values())) / 2**20
    return [
        faster(NAME, f"{what}: XlsxWriter's write_formula, cell by cell", best["ours"], best["plain"], 7,
               f"{cells.formulas:,} formulas; the loop writes no charts and no names"),
        within(NAME, f"{what}: deflating its finished XML", best["ours"], best["floor"], 3, stretch=True,
               note=f"{size:.1f} MiB of XML, zlib level {level}"),
    ]  # fmt: skip


def _write_tables(contents: Contents, path: Path, folder: Path) -> None:
    book = Book(path, folder, contents.assignment.title)
    for table in contents.tables:
        columns = []
        for key in table.columns:
            look = book.look(theme.role_cell(table.network[key].role))
            columns.append(Column(table.values[key].tolist(), look, *formula_patterns(table, key)))
        book.sheet(table.sheet, theme.ACCENT).write_table(FIRST_ROW, 0, columns)
    book.close()


def _parts(path: Path) -> tuple[dict[str, bytes], int]:
    """The files in a workbook, and the compression level that its largest one was written with."""
    with zipfile.ZipFile(path) as package:
        parts = {info.filename: package.read(info) for info in package.infolist()}
        largest = max(package.infolist(), key=lambda info: info.file_size)

    # A zip file does not say its level; the one that comes to the same size is it.
    def deviation(level: int) -> int:
        deflated = zlib.compress(parts[largest.filename], level, wbits=-zlib.MAX_WBITS)
        return abs(len(deflated) - largest.compress_size)

    levels = (zlib.Z_DEFAULT_COMPRESSION, *range(zlib.Z_BEST_SPEED, zlib.Z_BEST_COMPRESSION + 1))
    return parts, min(levels, key=deviation)
