"""Each mistake in a formula is told once, by its kind, in its own cells, and what is advised makes the sheet right."""

from collections.abc import Callable

import pytest

from sheetprop.network import NETWORK
from sheetprop.submission.findings import Code, Severity, Status
from tests.student import ASKED, GRADIENTS, HANDOUT, STEPS, WEIGHTS, Student, errors, only_error, with_code

SLIPS = [
    # quantity, what stands in its right formula, what the student has instead, its kind, what the message names
    ("dE_dw3", "a_h2*(1-a_h2)", "a_h1*(1-a_h1)", Code.HANDOUT_MISTAKE, "uses a_h1 (J4) where a_h2 (L4) belongs"),
    ("dE_dw4", "a_h2*(1-a_h2)", "a_h1*(1-a_h1)", Code.HANDOUT_MISTAKE, "uses a_h1 (J4) where a_h2 (L4) belongs"),
    ("h1", "w2*i2", "w2*i1", Code.WRONG_QUANTITY, "i1 (C4) where i2 (D4)"),
    ("o2", "w7", "w5", Code.WRONG_QUANTITY, "w5 (M4) where w7 (O4)"),
    ("E2", "t2", "t1", Code.WRONG_QUANTITY, "t1 (A4) where t2 (B4)"),
    ("dE_dw1", "w7", "w6", Code.WRONG_QUANTITY, "w6 (N4) where w7 (O4)"),
    ("dE_dw8", "a_h2", "a_h1", Code.WRONG_QUANTITY, "a_h1 (J4) where a_h2 (L4)"),
    ("a_o2", "o2", "o1", Code.WRONG_QUANTITY, "o1 (Q4) where o2 (S4)"),
    ("o1", "w6*a_h2", "w6*h2", Code.PRE_ACTIVATION, "weighted sum h2 (K4) where its activation a_h2 (L4)"),
    ("dE_dw7", ")*a_h1", ")*h1", Code.PRE_ACTIVATION, "weighted sum h1 (I4) where its activation a_h1 (J4)"),
    ("E1", "a_o1", "o1", Code.PRE_ACTIVATION, "weighted sum o1 (Q4) where its activation a_o1 (R4)"),
    ("w2", "dE_dw2", "dE_dw3", Code.WRONG_GRADIENT, "∂E/∂w3 (Z4), another weight's gradient; ∂E/∂w2 (Y4)"),
    ("a_h1", "-h1", "h1", Code.WRONG_SIGN, "−h1"),
    ("dE_dw5", "(a_o1-t1)", "(t1-a_o1)", Code.WRONG_SIGN, "t1 − a_o1"),
    ("dE_dw6", "(1-a_o1)", "(1+a_o1)", Code.WRONG_SIGN, "1 + a_o1 stands where 1 − a_o1 belongs"),
    ("w5", "-lr", "+lr", Code.WRONG_SIGN, "w5 + η·∂E/∂w5 stands where w5 − η·∂E/∂w5 belongs"),
    ("a_h2", "1/(1+EXP(-h2))", "1/1+EXP(-h2)", Code.PRECEDENCE, "1/1 + exp(−h2), where 1/(1 + exp(−h2)) is meant"),
    ("E1", "0.5*(t1-a_o1)^2", "0.5*t1-a_o1^2", Code.PRECEDENCE, "(t1 − a_o1)²"),
    ("E_total", "+", "*", Code.WRONG_OPERATOR, "E1·E2 stands where E1 + E2 belongs"),
    ("h2", "+", "*", Code.WRONG_OPERATOR, "w3·i1 + w4"),
    ("dE_dw5", "*a_h1", "/a_h1", Code.WRONG_OPERATOR, "/a_h1"),
    ("dE_dw7", "*a_o2*(1-a_o2)", "", Code.MISSING_PART, "lacks a factor: a_o2·(1 − a_o2)"),
    ("o1", "+w6*a_h2", "", Code.MISSING_PART, "lacks a term: w6·a_h2"),
    ("E2", "^2", "", Code.MISSING_PART, "computes t2 − a_o2 where (t2 − a_o2)² belongs"),
    ("dE_dw6", "*a_h2", "*a_h2*a_h2", Code.EXTRA_PART, "factor too many: a_h2 (L4)"),
    ("h1", "w2*i2", "w2*i2+i1", Code.EXTRA_PART, "term too many: i1 (C4)"),
    ("E1", "0.5", "2", Code.WRONG_CONSTANT, "the constant 2 where ½ belongs"),
    ("a_o2", "(1+", "(2+", Code.WRONG_CONSTANT, "the constant 2 where 1 belongs"),
    ("w3", "dE_dw3[-1]", "dE_dw3", Code.WRONG_ROW, "takes ∂E/∂w3 (Z5) where ∂E/∂w3 (Z4) belongs"),
    ("w1", "lr", "lr[slides]", Code.SLIDING_REFERENCE, "the empty cell B2 in the place of the learning rate (B1)"),
    ("w6", "=w6[-1]", "=w6[$0]", Code.STUCK_REFERENCE, "w6 (N4) on every row where w6 (N5) belongs"),
    ("w4", "lr", "w1[$0]", Code.WRONG_RATE, "w1 (E4) in the place of the learning rate (B1)"),
    ("a_h1", "h1", "a_h1", Code.WRONG_QUANTITY, "makes the sheet circular"),
    ("a_o1", "=1/(1+EXP(-o1))", "=EXP(-o1)^3+w8/7-i1", Code.WRONG_FORMULA, "not the network's equation"),
]
"""One slip of the hand each, in a whole column of a sheet that is right otherwise."""
IDS = [f"{key}: {old} to {new or 'nothing'}" for key, old, new, *_ in SLIPS]
WRITTEN = [
    # whole formulas, where the slip leaves less of the right one
    ("h1", "=h1[-1]-lr*dE_dw1[-1]", Code.OVERWRITTEN, "overwritten with the update of a weight"),
    ("h1", "=w3*i1+w4*i2", Code.OVERWRITTEN, "computes h2 instead"),
    (
        "dE_dw3",
        "=((a_o1-t1)*a_o1*(1-a_o1)*w5+(a_o2-t2)*a_o2*(1-a_o2)*w7)*a_h2*(1-a_h2)*i1",
        Code.WRONG_QUANTITY,
        "w5 (M4) and w7 (O4) where w6 (N4) and w8 (P4)",
    ),
    ("E1", "=E_total-E2", Code.CIRCULAR, "E1, E_total are computed from each other"),
    ("a_h1", "=TANH(h1)", Code.OTHER_ACTIVATION, "tanh of the weighted sum"),
    ("a_o2", "=(o2+ABS(o2))/2", Code.OTHER_ACTIVATION, "ReLU of the weighted sum"),
    ("dE_dw5", "=-1*(a_o1-t1)*a_o1*(1-a_o1)*a_h1", Code.EXTRA_PART, "a factor too many: −1"),
    ("h1", "=(w1*i1+w2*i2)/0", Code.EXTRA_PART, "a divisor too many: 0"),
    ("dE_dw6", "=ABS(a_o1-t1)*a_o1*(1-a_o1)*a_h2", Code.EXTRA_PART, "computes abs(a_o1 − t1) where a_o1 − t1 belongs"),
]


def first_row(key: str) -> int:
    """The iteration from which a column computes: a weight's first value is given."""
    return int(key in WEIGHTS)


@pytest.mark.parametrize(("key", "old", "new", "code", "said"), SLIPS, ids=IDS)
def test_slip_is_told_and_its_advice_cures(key: str, old: str, new: str, code: Code, said: str) -> None:
    """A slip gets one error of its kind, in its cells and no others, and copying the advice down makes all right."""
    student = Student()
    student.replace(key, old, new)
    assert not student.is_right()
    finding = only_error(submission := student.judged())
    assert (finding.code, finding.quantity, finding.sheet) == (code, key, "Sheet1")
    # where a reference slides, or is stuck, the first row still has the right one
    start = first_row(key) + (code in (Code.SLIDING_REFERENCE, Code.STUCK_REFERENCE))
    assert finding.cells == student.cells(key, start)
    assert finding.found == student[student.cell(key, start)]
    assert said in finding.message
    assert submission.status is Status.WRONG
    student.follow(finding)
    assert student.is_right()
    assert not student.judged().findings


@pytest.mark.parametrize(("key", "formula", "code", "said"), WRITTEN, ids=[f"{k}{f}" for k, f, *_ in WRITTEN])
def test_other_formula_is_told_and_its_advice_cures(key: str, formula: str, code: Code, said: str) -> None:
    """A column that computes something else is told as that, and the advice is the network's own equation."""
    student = Student()
    start = int("[-1]" in formula)
    student.fill(key, formula, at=range(start, 12))
    finding = only_error(student.judged())
    assert (finding.code, finding.quantity, finding.cells) == (code, key, student.cells(key, start))
    assert said in finding.message
    student.follow(finding)
    assert student.is_right()
    assert not student.judged().findings


SUM = "(a_o1-t1)*a_o1*(1-a_o1)*w5+(a_o2-t2)*a_o2*(1-a_o2)*w7"
DISGUISED = {
    "another column fetched": ("a_o1", "1/(1+EXP(-o1))", "h2", Code.OVERWRITTEN),
    "an error left out of the sum": ("E_total", "+E2", "", Code.MISSING_PART),
    "an update without the rate": ("w7", "lr*", "", Code.MISSING_PART),
    "another rate typed into one update": ("w4", "lr", "0.1", Code.WRONG_RATE),
    "a gradient without its input": ("dE_dw1", "*i1", "", Code.MISSING_PART),
    "parentheses left out of a difference": ("dE_dw8", "(a_o2-t2)", "a_o2-t2", Code.PRECEDENCE),
    "one of two paths left out": ("dE_dw1", "+(a_o2-t2)*a_o2*(1-a_o2)*w7", "", Code.MISSING_PART),
    "all but one factor left out": ("dE_dw5", "(a_o1-t1)*a_o1*(1-a_o1)*a_h1", "a_h1", Code.MISSING_PART),
    "a factor twice, before parentheses": ("dE_dw8", "(a_o2-t2)*a_o2", "(a_o2*a_o2-t2)*a_o2", Code.EXTRA_PART),
    "an update that only repeats": ("w1", "-lr*dE_dw1[-1]", "", Code.MISSING_PART),
    "parentheses left out of a sum": ("dE_dw1", f"({SUM})", SUM, Code.PRECEDENCE),
}


@pytest.mark.parametrize(
    ("key", "old", "new", "code"),
    [pytest.param(*case, id=name) for name, case in DISGUISED.items()],
)
def test_slips_that_look_like_something_else(key: str, old: str, new: str, code: Code) -> None:
    """A slip is told as what the student did, not as what its result happens to look like."""
    student = Student()
    student.replace(key, old, new)
    finding = only_error(student.judged())
    assert (finding.code, finding.quantity, finding.cells) == (code, key, student.cells(key, first_row(key)))
    student.follow(finding)
    assert student.is_right()
    assert not student.judged().findings


@pytest.mark.parametrize(("first", "last"), [(5, 5), (5, 11), (0, 4)], ids=["one cell", "from a row on", "up to a row"])
def test_only_the_wrong_rows_are_named(first: int, last: int) -> None:
    """A mistake in some rows of a column is told for these rows, in the first one's cells."""
    student = Student()
    student.replace("o2", "w7", "w6", at=range(first, last + 1))
    finding = only_error(student.judged())
    cells = student.cell("o2", first) if first == last else student.cells("o2", first, last)
    assert (finding.code, finding.cells) == (Code.WRONG_QUANTITY, cells)
    assert f"w6 (N{first + 4}) where w7 (O{first + 4})" in finding.message
    student.follow(finding)
    assert student.is_right()
    assert not errors(student.judged())


@pytest.mark.parametrize("change", ["-0.3", "+(-0.3)"])
def test_a_number_alone_where_a_weights_change_belongs(change: str) -> None:
    """It is a typed rate, and the gradient is lacking; what is advised cures both."""
    student = Student()
    student.fill("w7", f"=w7[-1]{change}")
    rate, gradient = errors(student.judged())
    assert "is updated with 0.3 in the place of the learning rate (B1)" in rate.message
    assert "lacks a factor: ∂E/∂w7 (AD4)" in gradient.message
    student.follow(rate)
    assert student.is_right()


def test_a_wrong_formula_that_comes_to_a_number_is_told_as_a_formula() -> None:
    """Nothing is typed in there."""
    student = Student()
    student.fill("a_h2", "=1/1+EXP(0*h2)")
    finding = only_error(student.judged())
    assert finding.found == "=1/1+EXP(0*K4)"
    assert "has a formula that comes to 2 whatever the other cells hold" in finding.message


def test_same_mistake_in_two_places_of_a_column_is_one_finding() -> None:
    """Rows apart that have the same mistake are one finding with two ranges."""
    student = Student()
    student.replace("a_h2", "-h2", "h2", at=[2, 3, 8, 9, 10])
    finding = only_error(student.judged())
    assert finding.cells == f"{student.cells('a_h2', 2, 3)},{student.cells('a_h2', 8, 10)}"


def test_different_mistakes_are_different_findings() -> None:
    """Two columns, and two mistakes in one column, are told apart; following all advice makes the sheet right."""
    student = Student()
    student.replace("a_h1", "-h1", "h1", at=range(6))
    student.replace("a_h1", "1/(1+EXP(-h1))", "1/1+EXP(-h1)", at=range(6, 12))
    student.replace("w5", "-lr", "+lr")
    found = errors(student.judged())
    assert {(f.code, f.quantity, f.cells) for f in found} == {
        (Code.WRONG_SIGN, "a_h1", student.cells("a_h1", 0, 5)),
        (Code.PRECEDENCE, "a_h1", student.cells("a_h1", 6, 11)),
        (Code.WRONG_SIGN, "w5", student.cells("w5", 1)),
    }
    for finding in found:
        student.follow(finding)
    assert student.is_right()


@pytest.mark.parametrize("key", [key for key in HANDOUT if NETWORK[key].equation or key in WEIGHTS])
def test_consequences_are_no_mistakes(key: str) -> None:
    """A wrong column is the only one that is told, although every number after it is wrong."""
    student = Student()
    student.fill(key, f"{student.equation(key)}+0.125")
    submission = student.judged()
    assert {(f.quantity, f.cells) for f in errors(submission)} == {(key, student.cells(key, first_row(key)))}
    assert {line.reason for line in submission.score_lines if line.points < line.max_points} == {
        f"wrong: {NETWORK.label(key)}"
    }


def test_two_weights_that_trade_gradients() -> None:
    """Each of two updates that use the other's gradient is told."""
    student = Student()
    student.replace("w5", "dE_dw5", "dE_dw6")
    student.replace("w6", "dE_dw6", "dE_dw5")
    found = errors(student.judged())
    assert [(f.code, f.quantity, f.cells) for f in found] == [
        (Code.WRONG_GRADIENT, "w5", student.cells("w5", 1)),
        (Code.WRONG_GRADIENT, "w6", student.cells("w6", 1)),
    ]


def test_every_update_that_slides_is_told() -> None:
    """Where the rate slides in all updates, the labelled cell is still known as the rate, and each column is told."""
    student = Student()
    for key in WEIGHTS:
        student.replace(key, "lr", "lr[slides]")
    submission = student.judged()
    assert submission.tables[0].learning_rate.cell == "B1"  # type: ignore[union-attr]
    assert [(f.code, f.quantity) for f in errors(submission)] == [(Code.SLIDING_REFERENCE, key) for key in WEIGHTS]
    for finding in errors(submission):
        student.follow(finding)
    assert student.is_right()


def on_another_sheet() -> Student:
    """A sheet whose rate stands on another one."""
    student = Student(rate_cell="", equations={key: f"={key}[-1]-Settings!$B$1*dE_d{key}[-1]" for key in WEIGHTS})
    student.book.sheets["Settings"] = {"A1": "η", "B1": 0.5}
    return student


def test_rate_on_another_sheet() -> None:
    """A rate on another sheet is found there; where it slides, the rows after the first are told."""
    student = on_another_sheet()
    submission = student.judged()
    assert not submission.findings
    assert submission.tables[0].learning_rate.cell == "'Settings'!B1"  # type: ignore[union-attr]
    for k in range(1, 12):
        student.fill("w2", f"=w2[-1]-Settings!B{k}*dE_dw2[-1]", at=k)
    finding = only_error(student.judged())
    assert (finding.code, finding.quantity, finding.cells) == (Code.SLIDING_REFERENCE, "w2", student.cells("w2", 2))


def test_advice_names_another_sheet_once() -> None:
    """What is advised in the place of a reference to another sheet names that sheet once."""
    student = on_another_sheet()
    student.fill("w2", "=w2[-1]-Settings!$B$2*dE_dw2[-1]")
    finding = only_error(student.judged())
    assert str(finding.expected).count("Settings") == 1
    student.follow(finding)
    assert student.is_right()


@pytest.mark.parametrize("key", STEPS)
def test_chain_rule_steps_are_judged_too(key: str) -> None:
    """In a sheet with columns for every step, a wrong step is told there and not in what uses it."""
    student = Student(columns=NETWORK.keys())
    assert student.judged().status is Status.RIGHT
    old, new = next((a, b) for a, b in [("-", "+"), ("+", "-"), ("*", "/")] if a in student.equation(key))
    student.replace(key, old, new)
    finding = only_error(student.judged())
    assert (finding.quantity, finding.cells) == (key, student.cells(key))
    student.follow(finding)
    assert student.is_right()
    assert not errors(student.judged())


def test_a_step_that_means_something_else() -> None:
    """A step's column that holds something else than its heading says, and is used as what it holds, is no mistake."""
    student = Student(columns=[*HANDOUT, "dE_do1"], equations={"dE_do1": "=a_o1-t1"})
    for key, a in (("dE_dw5", "a_h1"), ("dE_dw6", "a_h2")):
        student.fill(key, f"=dE_do1*a_o1*(1-a_o1)*{a}")
    for key in ("dE_dw1", "dE_dw2", "dE_dw3", "dE_dw4"):
        student.fill(key, Student().equation(key))
    assert student.is_right()
    assert not student.judged().findings


def test_mistake_in_a_helper_column_is_told_there() -> None:
    """A column without a telling heading is judged by what it is used for, once, in its own cells."""
    student = Student()
    student.replace("dE_dw5", "(a_o1-t1)*a_o1*(1-a_o1)", "DELTA")
    for k in range(12):
        row = 4 + k
        student[f"AH{row}"] = student.written("=(a_o1-t1)*a_o1*(1+a_o1)", k)
        for key in ("dE_dw5", "dE_dw6"):
            cell = student.cell(key, k)
            student[cell] = f"=AH{row}*" + student.written({"dE_dw5": "a_h1", "dE_dw6": "a_h2"}[key], k)
    student["AH3"] = "helper"
    finding = only_error(student.judged())
    assert (finding.code, finding.cells) == (Code.WRONG_SIGN, "AH4:AH15")
    assert "∂E/∂w5 and ∂E/∂w6" in finding.message
    student.follow(finding)
    assert student.is_right()
    assert student.judged().status is Status.RIGHT


def test_a_reference_to_a_helper_that_is_stuck_at_the_first_row() -> None:
    """The formula is right in that row, and looks the same in all the others, where it is wrong."""
    student = Student()
    for k in range(12):
        student[f"AG{4 + k}"] = student.written("=(a_o1-t1)*a_o1*(1-a_o1)", k)
        student[student.cell("dE_dw5", k)] = f"=$AG$4*{student.cell('a_h1', k)}"
    finding = only_error(student.judged())
    assert (finding.code, finding.quantity) == (Code.STUCK_REFERENCE, "dE_dw5")
    assert (finding.cells, finding.expected) == (student.cells("dE_dw5", 1), "=AG5*J5")


def test_another_helper_column_of_the_chain_rule() -> None:
    """A formula may take one helper for another and have a second slip; both are named by their cells."""
    student = Student()
    for k in range(12):
        student[f"AG{4 + k}"] = student.written("=(a_o1-t1)*a_o1*(1-a_o1)", k)
        student[f"AH{4 + k}"] = student.written("=(a_o2-t2)*a_o2*(1-a_o2)", k)
        for key, delta, source in zip(GRADIENTS[4:], ("AG", "AG", "AH", "AH"), ("a_h1", "a_h2") * 2, strict=True):
            student[student.cell(key, k)] = f"={delta}{4 + k}*{student.cell(source, k)}"
    assert not errors(student.judged())
    for k in range(12):
        student[student.cell("dE_dw5", k)] = f"=AH{4 + k}*{student.cell('h1', k)}"
    finding = only_error(student.judged())
    assert "uses AH4 where AG4 belongs" in finding.message
    assert "uses the weighted sum h1 (I4) where its activation a_h1 (J4) belongs" in finding.message
    assert finding.expected == "=AG4*J4"


def test_gradients_inside_the_updates_are_judged() -> None:
    """A sheet without gradient columns, with the gradient inside each update, is right, and a slip in it is found."""
    right = Student()
    gradients = {key: right.equation(key)[1:] for key in GRADIENTS}

    def inside(key: str) -> str:
        above = gradients[f"dE_d{key}"]
        for name in dict.fromkeys(sorted([*WEIGHTS, "a_o1", "a_o2", "a_h1", "a_h2"], key=len, reverse=True)):
            above = above.replace(name, f"{name}[-1]")
        return f"={key}[-1]-lr*{above}"

    student = Student(
        columns=[key for key in HANDOUT if key not in GRADIENTS], equations={key: inside(key) for key in WEIGHTS}
    )
    assert student.is_right()
    assert student.judged().status is Status.RIGHT
    student.replace("w7", "a_h1[-1]", "a_h2[-1]")
    finding = only_error(student.judged())
    assert (finding.code, finding.quantity, finding.cells) == (Code.WRONG_QUANTITY, "w7", student.cells("w7", 1))
    student.follow(finding)
    assert student.is_right()


@pytest.mark.parametrize(
    ("key", "formula"),
    [
        ("h1", "=SUMPRODUCT(E{0}:F{0},C{0}:D{0})"),
        ("a_h1", "=EXP(I{0})/(EXP(I{0})+1)"),
        ("a_h1", "=(1+TANH(I{0}/2))/2"),
        ("E1", "=(A{0}-R{0})^2/2"),
        ("E1", "=SUMXMY2(A{0},R{0})*50%"),
        ("dE_dw5", "=-(A{0}-R{0})*(R{0}-R{0}^2)*J{0}"),
        ("dE_dw6", "=AB{0}/J{0}*L{0}"),
        ("dE_dw3", "=X{0}/(M{0}*AB{0}/J{0}+O{0}*AD{0}/J{0})/J{0}/(1-J{0})*(N{0}*AB{0}+P{0}*AD{0})/J{0}*L{0}*(1-L{0})"),
    ],
)
def test_any_equal_form_is_right(key: str, formula: str) -> None:
    """What a formula computes is judged, not how it is written."""
    student = Student()
    for row in range(4, 16):
        student[f"{student.cell(key, 0)[:-1]}{row}"] = formula.format(row)
    assert student.is_right()
    assert not student.judged().findings


def test_equal_numbers_hide_no_mistake() -> None:
    """t1 for t2 is wrong also where both targets are 0.5 and every number of the sheet is right."""
    student = Student(given=ASKED.given | {"t1": 0.5, "t2": 0.5})
    student.replace("E2", "t2", "t1")
    assert student.is_right()
    finding = only_error(student.judged())
    assert (finding.code, finding.cells) == (Code.WRONG_QUANTITY, student.cells("E2"))


@pytest.mark.parametrize("slip", ["=U{0}+V{0}", "=SUM(U{0},V{0})", "=SUM(U{0}:V{0})"])
def test_everything_from_the_row_above(slip: str) -> None:
    """Where all references of a formula stand a row too high, the advice moves all of them, also those of a range."""
    student = Student()
    for k in range(1, 12):
        student[student.cell("E_total", k)] = slip.format(3 + k)
    finding = only_error(student.judged())
    assert (finding.code, finding.cells) == (Code.WRONG_ROW, student.cells("E_total", 1))
    student.follow(finding)
    assert student.is_right()
    assert not student.judged().findings


def test_a_range_one_column_off() -> None:
    """The advice for a range that stands one column off is not a range from one corner to another's place."""
    student = Student()
    for k in range(12):
        student[student.cell("E_total", k)] = student.written("=SUM(E2:E_total)", k)
    assert only_error(student.judged()).expected in ("=U4+V4", "=V4+U4", "=SUM(U4:V4)")


def test_looking_ahead_is_told_as_circular() -> None:
    """A forward pass that takes the next row's weight makes the sheet circular, and the finding says so."""
    student = Student()
    student.replace("o1", "w5", "w5[+1]", at=range(11))
    finding = only_error(student.judged())
    assert (finding.code, finding.quantity) == (Code.WRONG_ROW, "o1")
    assert "w5 (M5) where w5 (M4)" in finding.message
    assert "circular" in finding.message
    student.follow(finding)
    assert student.is_right()


def test_a_correction_needs_no_later_row() -> None:
    """w8 + η·∂E/∂w8 is not mended by a weight of the row below, which follows from the cell itself."""
    student = Student()
    student.fill("w8", "=w8[-1]+lr*dE_dw8[-2]", at=range(4, 5))
    found = errors(student.judged())
    assert {finding.code for finding in found} == {Code.WRONG_SIGN, Code.WRONG_ROW}
    student.follow(found[0])
    assert student.is_right()


def test_rate_typed_into_the_formulas() -> None:
    """A rate that stands in no cell is found in the formulas; one update with another rate is wrong."""
    student = Student(rate_cell="")
    submission = student.judged()
    assert submission.status is Status.RIGHT
    rate = submission.tables[0].learning_rate
    assert rate is not None
    assert (rate.cell, rate.value) == (None, 0.5)
    student.replace("w3", "lr", "0.05")
    finding = only_error(student.judged())
    assert (finding.quantity, finding.cells) == ("w3", student.cells("w3", 1))
    assert finding.expected == "=G4-0.5*Z4"


def test_findings_of_severity_error_only_for_mathematics() -> None:
    """A mistake costs no warning beside its error."""
    student = Student()
    student.replace("h1", "+", "-")
    assert [f.severity for f in student.judged().findings] == [Severity.ERROR]
    assert not with_code(student.judged(), Code.STALE_VALUE)


def _named(student: Student) -> str:
    student.book.names["out"] = "Sheet1!$J$4"
    return "out"


def _apart(student: Student) -> str:
    student["AK1"] = "=J4"
    return "$AK$1"


def _elsewhere(student: Student) -> str:
    for k in range(student.iterations):
        student.book.sheets.setdefault("Copy", {})[f"A{1 + k}"] = f"=Sheet1!J{4 + k}"
    return "Copy!$A$1"


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        (_named, "a name means the same cell on every row"),
        (_apart, "the cell that it refers to takes it from there"),
        (_elsewhere, "the cell that it refers to takes it from there"),
        (lambda _: "$J$4", "the $ keeps the row fixed"),
        (lambda _: "OFFSET($J$4,0,0)", "the $ keeps the row fixed"),
    ],
    ids=["name", "cell apart", "another sheet", "dollar", "offset"],
)
def test_references_that_stay_at_the_first_row(reference: Callable[[Student], str], why: str) -> None:
    """Whatever keeps them there, they are right in that row and wrong in all others, and it is said what does."""
    student = Student()
    own = reference(student)
    for k in range(student.iterations):
        student[student.cell("o1", k)] = student.written(f"=w5*{own}+w6*a_h2", k)
    finding = only_error(student.judged())
    assert finding.message == f"o1 refers to a_h1 (J4) on every row where a_h1 (J5) belongs: {why}."
    assert (finding.code, finding.cells) == (Code.STUCK_REFERENCE, student.cells("o1", 1))
    student.follow(finding)
    assert student.is_right()
