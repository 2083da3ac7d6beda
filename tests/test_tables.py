"""Iteration tables are found by their headings, wherever they stand and whichever way they run."""

import re

import pytest

from sheetprop.network import ITERATION, NETWORK, RATE
from sheetprop.submission.findings import Code, FoundTable, Status, Submission
from tests.student import FORWARD, GIVEN, GRADIENTS, HANDOUT, WEIGHTS, Student, errors, only_error, with_code


def only_table(submission: Submission) -> FoundTable:
    """The one table of a submission."""
    (table,) = submission.tables
    return table


def check(student: Student, found: FoundTable) -> None:
    """A table is where the student has it, with each column under its quantity and the rate in its cell."""
    first = student.header + 1 + student.gap
    assert (found.sheet, found.header_row, found.first_row) == (student.sheet, student.header, first)
    assert (found.last_row, found.iterations) == (first + student.iterations - 1, student.iterations)
    where = {key: student.cell(key, 0) for key in student.columns}
    strip = str.isdigit if student.across else str.isalpha
    assert found.columns == {key: "".join(filter(strip, cell)) for key, cell in where.items()}
    assert found.learning_rate is not None
    assert (found.learning_rate.cell, found.learning_rate.value) == (student.rate_cell or None, student.rate)
    assert found.transposed is student.across
    assert found.live


@pytest.mark.parametrize("gap", [0, 1, 3])
@pytest.mark.parametrize(("header", "column"), [(1, 5), (3, 1), (31, 2), (106, 40)])
def test_anywhere_on_the_sheet(header: int, column: int, gap: int) -> None:
    """The headings' row, the first column and blank rows below the headings do not matter."""
    student = Student(header=header, column=column, gap=gap)
    submission = student.judged()
    check(student, only_table(submission))
    assert submission.status is Status.RIGHT
    assert not submission.findings


@pytest.mark.parametrize("rate_cell", ["B1", "AZ300", "A200"])
def test_rate_anywhere(rate_cell: str) -> None:
    """The cell that the updates refer to is the rate's, wherever it stands and whether it has a label or not."""
    student = Student(rate_cell=rate_cell)
    check(student, only_table(student.judged()))


@pytest.mark.parametrize("label", ["η =", "LR", "learning rate", "h", ""])
def test_rate_by_its_label_above(label: str) -> None:
    """The rate's label may stand above it, or be missing."""
    student = Student(rate_cell="AH2")
    student["AG2"] = ""
    student["AH1"] = label
    check(student, only_table(student.judged()))


def test_other_order_of_columns() -> None:
    """Columns may stand in any order, among columns of other things."""
    student = Student(columns=[*reversed(GRADIENTS), *FORWARD, *WEIGHTS, *GIVEN], column=3)
    for k in range(12):
        student[f"B{4 + k}"] = f"note {k}"
    student["B3"] = "remarks"
    check(student, only_table(student.judged()))
    assert student.judged().status is Status.RIGHT


def test_iteration_and_every_step() -> None:
    """A column that counts the iterations, and columns for every step of the chain rule, are known too."""
    student = Student(columns=[ITERATION, *NETWORK.keys()])
    check(student, only_table(student.judged()))
    assert not student.judged().findings


def test_rate_in_a_column() -> None:
    """A learning rate that stands on every row is known as the rate, and no weight's update slides."""
    student = Student(columns=[RATE, *HANDOUT], rate_cell="")
    submission = student.judged()
    assert submission.status is Status.RIGHT
    rate = only_table(submission).learning_rate
    assert rate is not None
    assert rate.value == 0.5


def test_rate_as_a_defined_name() -> None:
    """A rate that formulas call by its name is found in its cell."""
    student = Student()
    student.book.names["eta"] = "Sheet1!$B$1"
    for key in WEIGHTS:
        student.replace(key, "lr", "eta")
    submission = student.judged()
    check(student, only_table(submission))
    assert submission.status is Status.RIGHT


def test_across() -> None:
    """A table whose iterations run to the right is found, and a mistake in it told in its row."""
    student = Student(across=True, header=4, column=5, rate_cell="B1")
    submission = student.judged()
    check(student, only_table(submission))
    assert not submission.findings
    student.replace("a_h1", "-h1", "h1")
    finding = only_error(student.judged())
    assert (finding.code, finding.cells) == (Code.WRONG_SIGN, student.cells("a_h1"))
    student.follow(finding)
    assert student.is_right()
    assert not student.judged().findings


def test_stacked() -> None:
    """Two tables below each other are two, each judged by itself with its own rate."""
    first = Student()
    second = Student(header=30, rate_cell="B28", rate=2.0, book=first.book)
    submission = first.judged()
    assert len(submission.tables) == 2
    check(first, submission.tables[0])
    check(second, submission.tables[1])
    second.replace("w5", "dE_dw5", "dE_dw6")
    assert only_error(first.judged()).cells == second.cells("w5", 1)


@pytest.mark.parametrize("space", [0, 1, 5])
def test_side_by_side(space: int) -> None:
    """Two tables beside each other are two, however near."""
    first = Student()
    second = Student(column=32 + space, rate_cell="AJ1", rate=2.0, book=first.book)
    submission = first.judged()
    assert [table.columns["w1"] for table in submission.tables] == [first.cell("w1", 0)[:-1], second.cell("w1", 0)[:-1]]
    check(first, submission.tables[0])
    check(second, submission.tables[1])
    assert not errors(submission)
    second.replace("o1", "+", "-")
    assert only_error(first.judged()).cells == second.cells("o1")


def test_one_sheet_per_rate() -> None:
    """Tables on several sheets are found in the order of the tabs; a mistake is told on its own sheet."""
    first = Student(sheet="LR 0.5")
    second = Student(sheet="LR 2.0", rate=2.0, book=first.book)
    submission = first.judged()
    assert [table.sheet for table in submission.tables] == ["LR 0.5", "LR 2.0"]
    second.replace("E_total", "+", "-")
    finding = only_error(first.judged())
    assert (finding.sheet, finding.cells) == ("LR 2.0", second.cells("E_total"))


def test_inputs_in_a_list() -> None:
    """Inputs and targets may stand in a labelled list instead of columns; formulas refer to them with $."""
    places = {"t1": "$B$24", "t2": "$B$25", "i1": "$B$26", "i2": "$B$27"}
    right = Student()
    equations = {}
    for key in (*FORWARD, *GRADIENTS):
        equations[key] = right.equation(key)
        for name, cell in places.items():
            equations[key] = equations[key].replace(name, cell)
    student = Student(columns=[key for key in HANDOUT if key not in GIVEN], equations=equations)
    for name, cell in places.items():
        place = cell.replace("$", "")
        student[place] = student.given[name]
        student[place.replace("B", "A")] = name
    submission = student.judged()
    check(student, only_table(submission))
    assert not submission.findings
    assert submission.score == submission.max_score
    student.replace("E2", "$B$25", "$B$24")
    finding = only_error(student.judged())
    assert (finding.code, finding.cells) == (Code.WRONG_QUANTITY, student.cells("E2"))
    assert re.search(r"B24 .*where t2 \(B25\) belongs", finding.message)
    student.follow(finding)
    assert student.is_right()
    assert not student.judged().findings


def test_a_list_of_inputs_ends_where_the_table_beside_it_begins() -> None:
    """Equations noted above it name more quantities, but the numbers of the table are no values of the list."""
    steps = dict(zip(["dE_do1", "dE_do2", "dE_dh1", "dE_dh2"], "ABCD", strict=True))
    student = Student([*HANDOUT, *steps], header=11, column=4, rate_cell="B9", iterations=15)
    for row, note in enumerate(["h2 = w3*i1 + w4*i2", "a_h1 = 1/(1+EXP(-h1))", "E_total = E1 + E2"], 2):
        student[f"A{row}"] = note
    for row, key in enumerate([*GIVEN, *WEIGHTS], 11):
        student[f"A{row}"] = key
        student[f"B{row}"] = student.given[key]
        student.fill(key, f"=$B${row}", at=range(student.iterations) if key in GIVEN else 0)
    for key, heading in steps.items():
        student.head(key, heading)
    submission = student.judged()
    assert len(submission.tables) == 1
    assert not errors(submission)


def test_inputs_in_cells_without_labels() -> None:
    """Inputs that stand in cells without a label are known by what the formulas do with them."""
    right, cells = Student(), {"t1": "$AH$5", "t2": "$AH$6", "i1": "$AH$7", "i2": "$AH$8"}
    equations = {key: right.equation(key) for key in (*FORWARD, *GRADIENTS)}
    for name, cell in cells.items():
        equations = {key: formula.replace(name, cell) for key, formula in equations.items()}
    student = Student(columns=[key for key in HANDOUT if key not in GIVEN], equations=equations)
    for name, cell in cells.items():
        student[cell.replace("$", "")] = student.given[name]
    submission = student.judged()
    assert not submission.findings
    assert submission.score == submission.max_score


@pytest.mark.parametrize(
    ("cells", "rate_cell"),
    [
        ({"A1": "learning rate", "B1": 0.5}, "B1"),
        ({"A1": "learning rate", "C1": 0.5}, "C1"),
        ({"AG1": "η", "AG2": 0.5}, "AG2"),
        ({"A1": "η = 0.5"}, None),
    ],
    ids=["beside", "two beside", "below", "in the text"],
)
def test_rate_of_a_pasted_table(cells: dict[str, str | float], rate_cell: str | None) -> None:
    """Where no formula tells the rate, the label near the table does, and the pasted weights are followed with it."""
    student = Student()
    for key in (*WEIGHTS, *FORWARD, *GRADIENTS):
        student.typed(key)
    del student.own["A1"], student.own["B1"]
    student.own.update(cells)
    submission = student.judged()
    rate = only_table(submission).learning_rate
    assert rate is not None
    assert (rate.cell, rate.value) == (rate_cell, 0.5)
    assert [finding.code for finding in submission.findings] == [Code.NOT_LIVE]


def test_a_check_beside_the_training_is_left_alone() -> None:
    """A second table that trains nothing, as a list of results, is not judged beside the one that trains."""
    student = Student()
    other = Student(sheet="Results", rate_cell="", chart=False, book=student.book)
    for key in WEIGHTS:
        for k in range(12):
            other[other.cell(key, k)] = f"=Sheet1!{student.cell(key, k)}"
    assert [table.sheet for table in student.judged().tables] == ["Sheet1"]
    assert not student.judged().findings


def test_row_of_hints() -> None:
    """A row that explains the columns, below the headings or above them, is no iteration."""
    student = Student(header=6, gap=1)
    for key in HANDOUT:
        cell = student.cell(key, 0)
        row = int("".join(filter(str.isdigit, cell)))
        letters = "".join(filter(str.isalpha, cell))
        student[f"{letters}{row - 1}"] = NETWORK[key].meaning
        student[f"{letters}{row - 3}"] = f"{NETWORK[key].role.value}s"
    submission = student.judged()
    check(student, only_table(submission))
    assert not submission.findings


def test_the_table_ends_where_its_columns_do() -> None:
    """A line of a few numbers below the table, or below a blank row, is not one of its iterations."""
    student = Student()
    for row in (16, 18):
        student[f"A{row}"], student[f"B{row}"], student[f"C{row}"] = "mean", 0.5, 0.25
    check(student, only_table(student.judged()))


def test_decoys() -> None:
    """Equations written out above the table, and headings without numbers below them, are no tables."""
    student = Student(header=40)
    for n, key in enumerate([*FORWARD, *GRADIENTS]):
        student[f"D{3 + n}"] = f"{NETWORK.label(key)} {student.equation(key)}".replace(" =", " = ")
        student[f"A{3 + n}"] = NETWORK.label(key)
    for n, key in enumerate(HANDOUT):
        student[f"{chr(65 + n % 26) if n < 26 else 'A' + chr(65 + n - 26)}34"] = NETWORK.label(key)
    submission = student.judged()
    check(student, only_table(submission))
    assert not submission.findings


def test_own_spelling_of_headings() -> None:
    """A table whose headings are spelled in a student's own way is the same table."""
    student = Student()
    for key in GRADIENTS:
        student.head(key, f"dE_tot / d{key[-2:]}")
    for key, text in {"a_h1": "out_h1", "a_h2": "out_h2", "a_o1": "a_01", "a_o2": "a_02", "E_total": "Loss"}.items():
        student.head(key, text)
    check(student, only_table(student.judged()))
    assert not student.judged().findings


@pytest.mark.parametrize("key", ["h1", "a_h2", "E1", "E_total"])
def test_a_heading_that_says_nothing(key: str) -> None:
    """A heading that is not known takes nothing from the others: its column is followed as a helper."""
    student = Student()
    student.head(key, "?")
    submission = student.judged()
    assert set(HANDOUT) - set(only_table(submission).columns) == {key}
    assert not errors(submission)


@pytest.mark.parametrize("key", GRADIENTS[::3])
def test_a_gradients_heading_that_says_nothing(key: str) -> None:
    """A gradient's column without a telling heading, which the next row's update uses, is no circle."""
    student = Student()
    student.head(key, "?")
    assert not errors(student.judged())


@pytest.mark.parametrize("content", ["empty", "text", "numbers"])
def test_workbooks_without_a_table(content: str) -> None:
    """A workbook without a table is incomplete, has no points, and says what was looked for."""
    student = Student(columns=[], chart=False, rate_cell="")
    assert not student.own
    for row in range(1, 30 if content != "empty" else 1):
        student[f"A{row}"] = "w1" if content == "text" else row / 7
    submission = student.judged()
    assert submission.status is Status.INCOMPLETE
    assert not submission.tables
    assert submission.score == 0
    (finding,) = with_code(submission, Code.NO_TABLE)
    assert "headings" in finding.message
