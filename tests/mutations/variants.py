"""Right workbooks in many forms: the two layouts of sheetprop, and layouts as people make them."""

from __future__ import annotations

import random
from pathlib import Path

from sheetprop.assignment import Assignment
from sheetprop.descent import compute
from sheetprop.generation import generate
from sheetprop.network import ITERATION, NETWORK, RATE, Role
from sheetprop.template import load_assignment
from sheetprop.workbook.contents import FIRST_ROW, HEADER_ROW, Contents
from tests.mutations.formula import Binary, Number, Raw, Ref
from tests.mutations.model import PARAMETER, Content, Rate, Sheet, Table, Variant, a1, quoted
from tests.mutations.spelling import HINTS, RATES, Spelling
from tests.mutations.styles import Style, read

GIVEN = NETWORK.keys(Role.TARGET, Role.INPUT, Role.WEIGHT)
CONSTANT = NETWORK.keys(Role.TARGET, Role.INPUT)
HANDOUT = NETWORK.keys_except(Role.STEP)
GROUPED = [
    *NETWORK.keys(Role.TARGET, Role.INPUT, Role.WEIGHT),
    *("h1", "h2", "a_h1", "a_h2", "o1", "o2", "a_o1", "a_o2"),
    *NETWORK.keys(Role.ERROR, Role.GRADIENT),
]
WEIGHTS_FIRST = [*NETWORK.keys(Role.WEIGHT), *[key for key in HANDOUT if NETWORK[key].role is not Role.WEIGHT]]
STEPS = NETWORK.keys(Role.STEP)
DELTAS, HIDDEN_DELTAS = ["dE_do1", "dE_do2"], ["dE_dh1", "dE_dh2"]
HELPERS = [
    DELTAS,
    [*DELTAS, *HIDDEN_DELTAS],
    [*DELTAS, "dE_da_h1", "dE_da_h2"],
    ["dE_da_o1", "dE_da_o2", "da_o1_do1", "da_o2_do2"],
    ["da_h1_dh1", "da_h2_dh2"],
    ["dE_da_h1", "dE_da_h2"],
    STEPS,
]
ODD_LABELS = ["A", "B", "C", "D", "P", "Q", "R", "S"]
NAMES = ["eta", "learning_rate", "alpha", "Lrate", "ETA"]
EQUATIONS = [
    "h1 = w1*i1 + w2*i2",
    "h2 = w3*i1 + w4*i2",
    "a_h1 = σ(h1) = 1/(1 + exp(-h1))",
    "E_total = E1 + E2",
    "E1 = ½ * (t1 - a_o1)²",
    "∂E_total/∂w5 = ∂(E1 + E2)/∂w5",
    "∂E/∂w5 = (a_o1 - t1) * a_o1 * (1 - a_o1) * a_h1",
    "∂E1/∂a_h1 = (a_01 - t1) * a_o1 * (1 - a_o1) * w5",
]
SHEET_NAMES = ["Sheet{n}", "lr={rate}", "η={rate}", "{rate}", "LR {rate} ", "Lr_{rate}"]


def variant(seed: int, folder: Path) -> Variant:
    """Write a right workbook to ``folder`` in the form that ``seed`` says; the same for the same seed."""
    made = unwritten(seed, folder / f"variant-{seed}.xlsx")
    if made.writer != "generated":
        made.write()
    return made


def unwritten(seed: int, path: Path) -> Variant:
    """The variant without its file, unless sheetprop itself writes it."""
    rng = random.Random(f"variant {seed}")
    return _generated(rng, seed, path) if rng.random() < 0.18 else _Maker(rng, seed, path).variant()


def _generated(rng: random.Random, seed: int, path: Path) -> Variant:
    settings = _assignment(rng)
    changes = {"layout": rng.choice(["full", "classic"]), "iterations": rng.choice([12, 20, rng.randint(12, 70)])}
    changes |= {"targets": settings.targets, "inputs": settings.inputs, "weights": settings.weights}
    made = generate(path=path, verify_numbers=False, force=True, learning_rates=settings.learning_rates, **changes)
    contents = Contents(made.assignment, compute(made.assignment))
    tables = []
    for source in contents.tables:
        columns = {key: n + 1 for n, key in enumerate(source.columns)}
        rate = Rate(source.rate, "name", source.rate_name, source.sheet, (3, 4))
        table = Table(source.sheet, HEADER_ROW + 1, FIRST_ROW + 1, source.iterations, columns, {}, rate)
        for key in source.columns:
            if key == ITERATION:
                continue
            quantity = NETWORK[key]
            equation = NETWORK.equation(key, source.columns)
            formula = None
            if quantity.next is not None:
                formula = read(quantity.next.excel(lambda name: name if name == RATE else f"prev_{name}"))
            elif equation is not None:
                formula = read(equation.excel(str))
            for k in range(table.count):
                given = formula is None or (k == 0 and quantity.next is not None)
                table.contents[key, k] = Raw(f"{key[0]}_{key[1]}") if given or formula is None else formula
        tables.append(table)
    return Variant(seed, path, made.assignment, tables, writer="generated", notes=[f"generated {changes['layout']}"])


def _assignment(rng: random.Random) -> Assignment:
    """The course's numbers half of the time, else others."""
    changes: dict[str, object] = {"targets": rng.choice([(0.5, 0.5), (0.5, 0.5), (0.01, 0.99)])}
    if rng.random() < 0.5:
        changes["targets"] = rng.choice(
            [(0.5, 0.5), (0.01, 0.99), (rng.randint(1, 99) / 100, rng.randint(1, 99) / 100)]
        )
        changes["inputs"] = rng.sample([0.05, 0.1, 0.2, 0.35, 0.5, 0.8, 1, 1.5, -0.4, -1, 2], 2)
        changes["weights"] = [rng.choice([-1, 1]) * rng.randint(1, 100) / 100 for _ in range(8)]
    count = rng.choice([1, 1, 1, 1, 2, 3])
    changes["learning_rates"] = rng.sample([0.1, 0.2, 0.5, 0.8, 1.0, 2.0, 0.05, 5.0, 10.0], count)
    return load_assignment(iterations=rng.choice([10, 12, 15, 20, 30, 68, rng.randint(10, 70)]), **changes)


class _Maker:
    """Makes one workbook as a person would: the same habits in every table of it."""

    def __init__(self, rng: random.Random, seed: int, path: Path) -> None:
        self.rng, self.seed, self.path = rng, seed, path
        self.assignment = _assignment(rng)
        self.values = self.assignment.given
        self.sheets: list[Sheet] = []
        self.names: dict[str, str] = {}
        self.notes: list[str] = []
        self.spelling = Spelling(rng)
        self.transposed = rng.random() < 0.12
        self.rate_style = rng.choice(
            ["cell"] * 9 + ["relative", "relative", "column", "name", "literal", "other sheet"]
        )
        self.order = self._order()
        self.helpers = rng.choice([[]] * 9 + HELPERS)
        self.odd_labels = rng.random() < 0.3
        self.delta_labels = rng.random() < 0.3
        self.indexed = rng.random() < 0.4
        self.parameters = rng.choice(["", "", "above", "left", "above"])
        self.given_by = rng.choice(["column"] * 6 + ["first", "parameter" if self.parameters else "first", "literal"])
        self.first_row = "parameter" if self.parameters and rng.random() < 0.6 else "typed"
        self.following = rng.choice(["typed"] * 3 + ["above", "above", "first"] + ["parameter"] * bool(self.parameters))
        self.spaced = rng.choice(["", "", "", "+-", "+-*", "+-*/,", ","])
        self.hint = rng.choice([""] * 8 + ["blank", "text", "equations"])
        # an Excel table has its labels right above its rows, all there, each once
        self.structured = self.rng.random() < 0.06 and not self.transposed and not self.hint
        self.dollars = frozenset(
            rng.choice([[]] * 8 + [CONSTANT, NETWORK.keys(Role.WEIGHT), NETWORK.keys()]) if not self.transposed else []
        )
        self.note_all()

    def note_all(self) -> None:
        """Remember in words what was chosen, for whoever looks at a failure."""
        self.notes += [
            "transposed" if self.transposed else "rows down",
            f"rate {self.rate_style}",
            f"given by {self.given_by}, first {self.first_row}, following {self.following}",
            f"helpers {' '.join(self.helpers)}",
            f"parameters {self.parameters}",
            f"hint {self.hint}",
            "structured" if self.structured else "",
        ]

    def _order(self) -> list[str]:
        order = list(self.rng.choice([HANDOUT, HANDOUT, HANDOUT, GROUPED, WEIGHTS_FIRST]))
        if self.rng.random() < 0.1:
            self.rng.shuffle(order)
            self.notes.append("columns shuffled")
        return order

    def variant(self) -> Variant:
        """The workbook; still to be written."""
        writer = self.rng.choice(["openpyxl", "xlsxwriter", "xlsxwriter"])
        if self.structured:
            writer = "xlsxwriter"
        digits = self.rng.choice([17, 17, 15, 10]) if writer == "xlsxwriter" else None
        tables = self._tables()
        for table in tables:
            if self.rng.random() < 0.2:
                self._decoys(next(sheet for sheet in self.sheets if sheet.name == table.sheet), table, tables)
        if self.rng.random() < 0.15:
            self.sheets.append(Sheet("Notes", True, {(2, 2): "to do", (3, 2): 0.5, (4, 2): "w1", (4, 3): 0.15}))
        made = Variant(self.seed, self.path, self.assignment, tables, self.sheets, self.names, writer, digits)
        made.notes = self.notes
        return made

    def _tables(self) -> list[Table]:
        rates = self.assignment.learning_rates
        together = len(rates) > 1 and self.rng.random() < 0.4
        beside = together and self.rng.random() < 0.25
        pattern = self.rng.choice(SHEET_NAMES)
        if self.rate_style == "other sheet":
            self.rates_sheet = Sheet("Params", cells={(1, 1): "Learning rates"})
        tables: list[Table] = []
        row = self.rng.choice([1, 1, 2, 5, 20])
        style_seed = self.rng.random()
        for n, rate in enumerate(rates):
            if not together or not tables:
                name = pattern.format(n=n + 1, rate=rate)
                sheet = Sheet(name, cells={})
                self.sheets.append(sheet)
                top = row
                if self.rng.random() < 0.5:
                    top = self._junk(sheet, top)
                left = self.rng.choice([1, 1, 1, 2, 4])
            table = self._table(sheet, top, left, n, rate, style_seed)
            tables.append(table)
            lowest, rightmost = table.corners[1]
            if beside:
                left = rightmost + self.rng.randint(2, 5)
            else:
                top = lowest + self.rng.randint(2, 5)
        if self.rate_style == "other sheet":
            self.sheets.insert(self.rng.choice([0, len(self.sheets)]), self.rates_sheet)
        if len(tables) > 1 and not together and self.rng.random() < 0.1:
            self.sheets[-1].hidden = self.sheets[-1].name == tables[-1].sheet
            self.notes.append("last sheet hidden")
        if together:
            self.notes.append("tables beside each other" if beside else "tables on one sheet")
        return tables

    def _decoys(self, sheet: Sheet, table: Table, tables: list[Table]) -> None:
        """What people add around a table: a copy of the error for a chart, its least value, a remark."""
        if table.transposed or sum(other.sheet == table.sheet for other in tables) > 1:
            return
        (top, left), (bottom, right) = table.corners
        if self.rng.random() < 0.5:
            sheet.cells[top, right + 3] = self.rng.choice(["E_total", f"LR={table.rate.value}", "Error", "Total error"])
            for k in range(table.count):
                sheet.cells[table.first + k, right + 3] = f"={table.cell('E_total', k)}"
        if self.rng.random() < 0.5:
            column = table.columns["E_total"]
            first, last = table.cell("E_total", 0), table.cell("E_total", table.count - 1)
            sheet.cells[bottom + 2, column] = f"=MIN({first}:{last})"
            sheet.cells[bottom + 2, column - 1 or 9] = "min"
        else:
            sheet.cells[bottom + 2, left] = self.rng.choice(
                ["The error falls.", "E_total decreases with η", "t1 = 0.5"]
            )
        self.notes.append("decoys")

    def _junk(self, sheet: Sheet, row: int) -> int:
        """A title and equations as text, as class files have them; returns the next free row."""
        column = self.rng.choice([1, 3, 13])
        if self.rng.random() < 0.6:
            sheet.cells[row, 1] = "Neural Network Design (BackProp)"
            row += 1
        for equation in self.rng.sample(EQUATIONS, self.rng.randint(0, len(EQUATIONS))):
            sheet.cells[row, column] = equation
            row += 1
        if self.rng.random() < 0.2:
            sheet.cells[row, 1], sheet.cells[row, 2] = "Name", "A. Student"
            row += 1
        return row + self.rng.randint(0, 2)

    def _table(self, sheet: Sheet, top: int, left: int, n: int, rate: float, style_seed: float) -> Table:
        parameters: dict[str, str] = {}
        values = {key: self.values[key] for key in GIVEN}
        if self.parameters == "above":
            top = self._parameters_above(sheet, top, left, parameters, values)
        rate_place = None
        if self.rate_style in ("cell", "relative", "name"):
            rate_place = (top + 1, left + self.rng.choice([1, 1, 5, 6, 9]))
            self._label_rate(sheet, rate_place)
            sheet.cells[rate_place] = rate
            top += 2 + self.rng.choice([0, 0, 1])
        if self.parameters == "left":
            for line, key in enumerate(GIVEN):
                sheet.cells[top + line, left] = key
                sheet.cells[top + line, left + 1] = values[key]
                parameters[key] = _absolute(top + line, left + 1)
            left += 3
        table = self._frame(sheet, top, left, n, rate, rate_place)
        table.parameters = parameters
        self._fill(sheet, table, values, style_seed if self.rng.random() < 0.8 else self.rng.random())
        return table

    def _parameters_above(
        self, sheet: Sheet, top: int, left: int, parameters: dict[str, str], values: dict[str, float]
    ) -> int:
        if self.rng.random() < 0.8:
            for line, key in enumerate(GIVEN):
                row, column = top + line % 6, left + line // 6 * 3
                sheet.cells[row, column], sheet.cells[row, column + 1] = key, values[key]
                parameters[key] = _absolute(row, column + 1)
            return top + 7
        for n, key in enumerate(GIVEN):
            sheet.cells[top, left + n], sheet.cells[top + 1, left + n] = key, values[key]
            parameters[key] = _absolute(top + 1, left + n)
        return top + 3

    def _label_rate(self, sheet: Sheet, place: tuple[int, int]) -> None:
        row, column = place
        above = self.rng.random() < 0.2 or column == 1
        sheet.cells[(row - 1, column) if above else (row, column - 1)] = self.rng.choice(RATES)

    def _frame(
        self, sheet: Sheet, top: int, left: int, n: int, rate: float, rate_place: tuple[int, int] | None
    ) -> Table:
        """Where the table's columns are, and its labels."""
        keys = self._keys()
        header, start = (left, top) if self.transposed else (top, left)
        hint_lines = 1 if self.hint else 0
        columns: dict[str, int] = {}
        gap_after = self.rng.choice(keys) if self.rng.random() < 0.06 else None
        position = start
        for key in keys:
            columns[key] = position
            position += 2 if key == gap_after else 1
        labels = {key: self.spelling.label(key) for key in keys}
        if self.odd_labels:
            odd = ODD_LABELS if self.rng.random() < 0.7 else [""] * len(ODD_LABELS)
            labels |= dict(zip([key for key in self.helpers if key in columns], odd, strict=False))
        elif self.delta_labels:
            labels |= {key: self.spelling.delta(key) for key in self.helpers if key in DELTAS + HIDDEN_DELTAS}
        labels = {key: label or "index" for key, label in labels.items()} if self.structured else labels
        contiguous = gap_after is None or gap_after == keys[-1]
        structured = self.structured and contiguous and len(set(map(str.lower, labels.values()))) == len(labels)
        return Table(
            sheet.name,
            header,
            header + 1 + hint_lines,
            self.assignment.iterations,
            columns,
            labels,
            self._rate(sheet, n, rate, rate_place),
            self.transposed,
            self.spaced,
            self.dollars,
            f"Table{n + 1}" if structured else None,
        )

    def _keys(self) -> list[str]:
        keys = list(self.order)
        # the gradients come last in most tables, and what leads to them stands before them, beside them or apart
        before = keys.index("dE_dw1")
        place = self.rng.choice([before, before, len(keys), self.rng.randint(0, len(keys))])
        keys[place:place] = self.helpers
        if self.rate_style == "column":
            keys.insert(self.rng.choice([0, len(keys)]), RATE)
        if self.indexed:
            keys.insert(0, ITERATION)
        return keys

    def _rate(self, sheet: Sheet, n: int, rate: float, place: tuple[int, int] | None) -> Rate:
        match self.rate_style:
            case "column":
                return Rate(rate, "column")
            case "literal":
                return Rate(rate, "literal", repr(rate) if self.rng.random() < 0.7 else f"{rate:g}")
            case "other sheet":
                cell = (n + 2, 2)
                self.rates_sheet.cells |= {(n + 2, 1): self.rng.choice(RATES), cell: rate}
                return Rate(rate, "cell", quoted("Params", sheet.name) + _absolute(*cell), "Params", cell)
        assert place
        if self.rate_style == "name":
            name = self.rng.choice(NAMES) + (f"_{n + 1}" if len(self.assignment.learning_rates) > 1 else "")
            self.names[name] = f"'{sheet.name}'!{_absolute(*place)}"
            return Rate(rate, "name", name, sheet.name, place)
        if self.rate_style == "relative":
            # typed anew in every row: no $, or one that would not help, and still the right cell
            row, letter = place[0], a1(place).rstrip("0123456789")
            return Rate(rate, "cell", self.rng.choice([f"{letter}{row}", f"{letter}${row}"]), sheet.name, place)
        # who clicks the cell from another sheet gets the own sheet's name too
        own = quoted(sheet.name, "another") if self.rng.random() < 0.05 else ""
        return Rate(rate, "cell", own + _absolute(*place), sheet.name, place)

    def _fill(self, sheet: Sheet, table: Table, values: dict[str, float], style_seed: float) -> None:
        style = Style(random.Random(f"style {style_seed}"), table.columns, self.given_by, values)
        index_from, by_formula = self.rng.choice([0, 1]), self.rng.random() < 0.3
        for key in table.columns:
            content: Content
            if key == ITERATION:
                for k in range(table.count):
                    content = Binary("+", Ref(ITERATION, -1), Number("1"))
                    table.contents[key, k] = content if k and by_formula else float(k + index_from)
            elif key == RATE:
                for k in range(table.count):
                    table.contents[key, k] = Ref(RATE, -1) if k and by_formula else table.rate.value
            else:
                self._fill_column(table, key, style, values.get(key))
        self._write_hints(sheet, table)

    def _fill_column(self, table: Table, key: str, style: Style, value: float | None) -> None:
        if value is not None:
            typed = self.first_row == "typed"
            table.contents[key, 0] = value if typed else Ref(key, at=PARAMETER)
        if key in CONSTANT:
            assert value is not None
            following: dict[str, Content] = {
                "typed": value,
                "above": Ref(key, -1),
                "first": Ref(key, at=0),
                "parameter": Ref(key, at=PARAMETER),
            }
            for k in range(1, table.count):
                table.contents[key, k] = following[self.following]
            return
        formula = style.formula(key)
        for k in range(1 if value is not None else 0, table.count):
            table.contents[key, k] = formula

    def _write_hints(self, sheet: Sheet, table: Table) -> None:
        if self.hint not in ("text", "equations"):
            return
        for key, across in table.columns.items():
            if key in (ITERATION, RATE):
                continue
            place = (across, table.header + 1) if table.transposed else (table.header + 1, across)
            quantity = NETWORK[key]
            if self.hint == "equations" and quantity.equation is not None:
                sheet.cells[place] = quantity.equation.text()
            else:
                sheet.cells[place] = HINTS[quantity.role]


def _absolute(row: int, column: int) -> str:
    cell = a1((row, column))
    letters = cell.rstrip("0123456789")
    return f"${letters}${row}"
