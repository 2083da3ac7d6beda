"""The learning rate that updates really use, by whatever way it reaches them, and rules that are not the network's."""

import pytest
from openpyxl.utils.cell import get_column_letter

from sheetprop.network import NETWORK, partial
from sheetprop.submission.findings import Code, Finding, Severity, Status, Submission
from tests.student import WEIGHTS, Student, errors


def only_error(submission: Submission) -> Finding:
    """The one mistake of a submission, which is told once in all updates; JSON has it once as well."""
    (told,) = [mistake for mistake in submission.mistakes if mistake.severity is Severity.ERROR]
    assert told.quantities == tuple(WEIGHTS)
    assert [found["code"] for found in submission.to_dict()["findings"]].count(told.code.value) == 1
    return told.first


def column(student: Student, n: int) -> str:
    """The letter of the n-th column to the right of the table, one left free."""
    return get_column_letter(student.column + len(list(student.columns)) + 1 + n)


def beside(student: Student, n: int, heading: str, formula: str, first: str | float | None = None) -> None:
    """Fill a column beside the table; # in the formula is the column's own cell one iteration before."""
    letter = column(student, n)
    student[f"{letter}{student.header}"] = heading
    for k in range(student.iterations):
        row = student.header + 1 + k
        content = first if k == 0 and first is not None else formula.replace("#", f"{letter}{row - 1}")
        student[f"{letter}{row}"] = student.written(content, k) if isinstance(content, str) else content


def from_beside(student: Student, template: str) -> None:
    """Updates that take what stands beside the table, one row before, in the place of @."""
    for n, weight in enumerate(WEIGHTS):
        for k in range(1, student.iterations):
            cell = f"{column(student, n)}{student.header + k}"
            student.fill(weight, student.written(template.format(w=weight), k).replace("@", cell), at=k)


@pytest.mark.parametrize("heading", ["{w} new", "step {w}", "Δ", "Schrittweite", ""])
@pytest.mark.parametrize(
    ("helper", "update"),
    [
        ("={w}-lr*dE_d{w}", "=@"),
        ("=lr*dE_d{w}", "={w}[-1]-@"),
        ("=-lr*dE_d{w}", "={w}[-1]+@"),
        ("=0.5*dE_d{w}", "={w}[-1]-@"),
    ],
)
def test_rates_reach_the_updates_through_any_column(heading: str, helper: str, update: str) -> None:
    """New weights or steps in columns of their own, whatever they are called; the rate's cell or number is found."""
    student = Student()
    for n, weight in enumerate(WEIGHTS):
        beside(student, n, heading.format(w=weight), helper.format(w=weight))
    from_beside(student, update)
    submission = student.judged()
    assert not errors(submission)
    rate = submission.tables[0].learning_rate
    assert rate is not None
    assert rate.value == 0.5
    assert rate.cell == (None if "0.5" in helper else "B1")


def test_a_typed_rate_beside_a_cell_that_says_another() -> None:
    """Each update is told with both numbers, and the reference to the cell cures it."""
    student = Student(rate=1.5)
    for weight in WEIGHTS:
        student.fill(weight, f"={weight}[-1]-0.5*dE_d{weight}[-1]")
    submission = student.judged()
    assert submission.status is Status.WRONG
    found = errors(submission)
    assert [finding.quantity for finding in found] == WEIGHTS
    assert {finding.code for finding in found} == {Code.WRONG_RATE}
    assert "the learning rate 0.5" in found[0].message
    assert "B1 says that the learning rate is 1.5" in found[0].message
    for finding in found:
        student.follow(finding)
    assert not errors(student.judged())


@pytest.mark.parametrize("typed", ["0.5", "50%", "1/2"])
def test_a_typed_rate_beside_a_cell_that_says_the_same(typed: str) -> None:
    """The same number in both places is right, however it is typed."""
    student = Student()
    for weight in WEIGHTS:
        student.fill(weight, f"={weight}[-1]-{typed}*dE_d{weight}[-1]")
    assert not errors(student.judged())


def test_a_typed_rate_of_1_is_one_beside_another_number() -> None:
    """A slip in one update takes no rate from the others."""
    student = Student(rate=1.0, rate_cell="")
    for weight in WEIGHTS:
        student.fill(weight, f"={weight}[-1]-1.0*dE_d{weight}[-1]")
    student.fill("w1", "=w1[-1]-1.0*0.59")
    assert {finding.quantity for finding in errors(student.judged())} == {"w1"}


def test_a_typed_rate_is_the_one_of_most_updates() -> None:
    """Also where that is 1, and one update has another: that one is wrong, not all the others."""
    student = Student(rate=1.0, rate_cell="")
    for weight in WEIGHTS:
        student.fill(weight, f"={weight}[-1]-1*dE_d{weight}[-1]")
    student.fill("w1", "=w1[-1]-0.3*dE_dw1[-1]")
    (finding,) = errors(student.judged())
    assert (finding.code, finding.quantity) == (Code.WRONG_RATE, "w1")
    assert finding.expected == "=E4-1*X4"


def in_a_column(student: Student) -> None:
    """Updates with the rate of their own row, from the column AG."""
    for weight in WEIGHTS:
        for k in range(1, student.iterations):
            formula = student.written(f"={weight}[-1]-@*dE_d{weight}[-1]", k)
            student.fill(weight, formula.replace("@", f"{column(student, 0)}{student.header + k}"), at=k)


@pytest.mark.parametrize("formula", ["=#*0.9", "=#-0.01"])
@pytest.mark.parametrize("heading", ["η", "Schrittweite", ""])
def test_a_rate_that_changes_from_row_to_row_is_told_once(formula: str, heading: str) -> None:
    """However many updates use it."""
    student = Student()
    beside(student, 0, heading, formula, first=0.5)
    in_a_column(student)
    finding = only_error(student.judged())
    assert finding.code is Code.CHANGING_RATE
    assert "0.5 at first" in finding.message


def test_one_other_number_in_a_column_of_rates_is_told_once() -> None:
    """A slip of the finger in the column of rates."""
    student = Student()
    beside(student, 0, "η", "=#", first=0.5)
    student[f"{column(student, 0)}9"] = 0.05
    for k in range(6, 12):
        student[f"{column(student, 0)}{student.header + 1 + k}"] = 0.5
    in_a_column(student)
    finding = only_error(student.judged())
    assert finding.code is Code.CHANGING_RATE
    assert "0.05 in the update of row 10" in finding.message


def test_a_column_of_one_rate_is_right() -> None:
    """The same rate in every row."""
    student = Student()
    beside(student, 0, "η", "=#", first=0.5)
    in_a_column(student)
    assert not errors(student.judged())


def test_momentum_is_told_once() -> None:
    """In the update itself."""
    student = Student(iterations=20)
    for weight in WEIGHTS:
        own = f"={weight}[-1]-lr*dE_d{weight}[-1]"
        student.fill(weight, f"{own}+0.9*({weight}[-1]-{weight}[-2])", at=range(2, 20))
    finding = only_error(student.judged())
    assert finding.code is Code.OTHER_RULE
    assert "momentum 0.9" in finding.message


@pytest.mark.parametrize(
    ("velocity", "first", "update"),
    [
        ("=0.9*#+dE_d{w}", "=dE_d{w}", "={w}[-1]-lr*@"),
        ("=0.9*#+lr*dE_d{w}", "=lr*dE_d{w}", "={w}[-1]-@"),
        ("=0.9*#-lr*dE_d{w}", "=-lr*dE_d{w}", "={w}[-1]+@"),
        ("=0.9*#+0.1*dE_d{w}", "=0.1*dE_d{w}", "={w}[-1]-lr*@"),
    ],
)
@pytest.mark.parametrize("iterations", [20, 90])
def test_velocities_in_columns_are_momentum(velocity: str, first: str, update: str, iterations: int) -> None:
    """With the rate inside or outside of the velocity, and damped, in few rows and in many."""
    student = Student(iterations=iterations)
    for n, weight in enumerate(WEIGHTS):
        beside(student, n, f"v{n + 1}", velocity.format(w=weight), first.format(w=weight))
    from_beside(student, update)
    finding = only_error(student.judged())
    assert finding.code is Code.OTHER_RULE
    assert "momentum 0.9" in finding.message


def test_other_rules_with_a_memory_are_told_once() -> None:
    """RMSprop: a moving average of the squared gradients in columns of its own."""
    student = Student(iterations=20)
    for n, weight in enumerate(WEIGHTS):
        beside(student, n, f"s{n + 1}", f"=0.99*#+0.01*dE_d{weight}^2", f"=0.01*dE_d{weight}^2")
    for n, weight in enumerate(WEIGHTS):
        for k in range(1, 20):
            formula = student.written(f"={weight}[-1]-lr*{partial('E', weight)}[-1]/(SQRT(@)+0.01)", k)
            student.fill(weight, formula.replace("@", f"{column(student, n)}{student.header + k}"), at=k)
    finding = only_error(student.judged())
    assert finding.code is Code.OTHER_RULE
    assert "another rule" in finding.message


def test_a_slip_in_one_update_is_no_other_rule() -> None:
    """One weight that is updated with the last change of its own is a slip like any."""
    student = Student(iterations=20)
    student.fill("w1", "=w1[-1]-lr*dE_dw1[-1]+0.9*(w1[-1]-w1[-2])", at=range(2, 20))
    assert NETWORK["w1"].key in {finding.quantity for finding in errors(student.judged())}
    assert Code.OTHER_RULE not in {finding.code for finding in errors(student.judged())}


def test_a_column_called_n_counts_the_iterations() -> None:
    """Beside updates with the rate typed in, it says no other rate."""
    student = Student(rate_cell="")
    beside(student, 0, "n", "=#+1", first=1)
    assert not errors(student.judged())


def test_another_tables_rate_on_the_sheet_says_nothing_of_this_one() -> None:
    """Two tables one below the other: the label belongs to the one that uses its cell."""
    first = Student(rate=2.0)
    second = Student(header=30, rate_cell="", book=first.book)
    assert second.sheet == first.sheet
    assert not errors(first.judged())


@pytest.mark.parametrize("told", ["cell", "other sheet", "title"])
@pytest.mark.parametrize("where", ["update", "step column"])
def test_another_rate_is_told_anywhere(told: str, where: str) -> None:
    """By a cell on a sheet of parameters, or in a title; the rate may be typed into a column of steps."""
    student = Student(rate_cell="")
    if told == "cell":
        student["A1"], student["B1"] = "Taux d'apprentissage", 1.5
    elif told == "other sheet":
        student.book.sheets["Parameters"] = {"A1": "Learning rate", "B1": 1.5}
    else:
        student["A1"] = "Training with η = 1.5"
    for n, weight in enumerate(WEIGHTS if where == "step column" else ()):
        beside(student, n, f"step {weight}", f"=0.5*dE_d{weight}")
    if where == "step column":
        from_beside(student, "={w}[-1]-@")
    found = errors(student.judged())
    assert [finding.quantity for finding in found] == WEIGHTS
    assert {finding.code for finding in found} == {Code.WRONG_RATE}
    assert "says that the learning rate is 1.5" in found[0].message


@pytest.mark.parametrize("cell", [0.5, None])
def test_typed_rates_that_change_are_told_once(cell: float | None) -> None:
    """Another number typed into all updates from some row on; no number is called another rate's slip."""
    student = Student(rate=0.5)
    if cell is None:
        student["A1"] = student["B1"] = "notes"
    for weight in WEIGHTS:
        for k in range(1, student.iterations):
            student.fill(weight, f"={weight}[-1]-{0.5 if k < 4 else 0.1}*dE_d{weight}[-1]", at=k)
    found = errors(student.judged())
    assert {finding.code for finding in found} == {Code.CHANGING_RATE}
    assert len({finding.message for finding in found}) == 1
    assert "0.5 at first and 0.1" in found[0].message


def test_a_rate_typed_into_steps_costs_like_one_typed_into_updates() -> None:
    """One idea, one mistake, whichever formulas it stands in."""
    student = Student(rate=1.5)
    for n, weight in enumerate(WEIGHTS):
        beside(student, n, "", f"=0.5*dE_d{weight}")
    from_beside(student, "={w}[-1]-@")
    submission = student.judged()
    assert {finding.code for finding in errors(submission)} == {Code.WRONG_RATE}
    updates = next(line for line in submission.score_lines if line.criterion == "updates")
    assert updates.points == updates.max_points * 7 / 8
