"""Functions in a whole sheet: what is written with them is right or wrong as the plain formula would be."""

import re

import pytest

from sheetprop.submission.findings import Code, Severity, Status
from tests.student import GIVEN, WEIGHTS, Student, errors, only_error, with_code

SIGMOID = {"SIGMOID": "_xlfn.LAMBDA(_xlpm.x,1/(1+EXP(-_xlpm.x)))"}
RIGHT = {
    "h1": [
        "{=MMULT(w1:w2,TRANSPOSE(i1:i2))}",
        "=MMULT(w1:w2,TRANSPOSE(i1:i2))",
        "=INDEX(MMULT(w1:w2,TRANSPOSE(i1:i2)),1)",
        "=SUMPRODUCT(w1:w2,i1:i2)",
        "=SUMPRODUCT(w1:w2*i1:i2)",
        "{=SUM(w1:w2*i1:i2)}",
        '=IF(i1<>"",w1*i1+w2*i2,"")',
        '=IF(i1="","",w1*i1+w2*i2)',
        "=IF(ISNUMBER(w1),w1*i1+w2*i2,0)",
        "=CHOOSE(2,0,w1*i1+w2*i2)",
        "=OFFSET(i1,0,2)*i1+w2*OFFSET(i1,0,1)",
    ],
    "a_h1": [
        "=_xlfn.LET(_xlpm.x,EXP(-h1),1/(1+_xlpm.x))",
        "=_xlfn.LAMBDA(_xlpm.x,1/(1+EXP(-_xlpm.x)))(h1)",
        "=SIGMOID(h1)",
        "=_xlfn.SINGLE(SIGMOID(h1))",
        "=IFERROR(1/(1+EXP(-h1)),0)",
        "=(1+TANH(h1/2))/2",
    ],
}


def student_with(key: str, formula: str) -> Student:
    """A sheet with one column written otherwise, and names for formulas."""
    student = Student()
    student.fill(key, formula)
    student.book.names.update(SIGMOID)
    return student


@pytest.mark.parametrize("results", [True, False])
@pytest.mark.parametrize(("key", "formula"), [(key, formula) for key, all_ in RIGHT.items() for formula in all_])
def test_right_with_functions(key: str, formula: str, results: bool) -> None:
    """A right formula is right in any words, with full marks, with stored values and without."""
    student = student_with(key, formula)
    student.book.stored = Student().book.computed  # as Excel, which knows all of them, has stored them
    submission = student.judged(results=results)
    assert not submission.findings
    assert submission.status is Status.RIGHT
    assert submission.score == submission.max_score


@pytest.mark.parametrize("results", [True, False])
@pytest.mark.parametrize(
    ("key", "formula", "wrong"),
    [
        ("h1", "{=MMULT(w2:w3,TRANSPOSE(i1:i2))}", "w"),
        ("h1", "=SUMPRODUCT(w1:w2,t2:i1)", "i"),
        ("a_h1", "=SIGMOID(h2)", "h2 "),
        ("a_h1", "=_xlfn.LET(_xlpm.x,EXP(h1),1/(1+_xlpm.x))", "sign"),
        ("a_h1", "=_xlfn.LAMBDA(_xlpm.x,1/(1-EXP(-_xlpm.x)))(h1)", "sign"),
        ("a_h1", "=IFERROR(1/(1+EXP(-h2)),0)", "h2 "),
        ("h1", '=IF(i1<>"",w1*i1+w2*i1,"")', "i1 "),
    ],
)
def test_mistakes_inside_functions(key: str, formula: str, wrong: str, results: bool) -> None:
    """A mistake inside is told at its cells, with a formula that cures it."""
    student = student_with(key, formula)
    finding = only_error(student.judged(results=results))
    assert (finding.quantity, finding.cells) == (key, student.cells(key))
    assert wrong in finding.message
    student.follow(finding)
    if "SIGMOID" not in str(finding.expected):  # which the engine alone cannot compute
        assert student.is_right()
    assert not errors(student.judged(results=False))


@pytest.mark.parametrize("heading", ["a_o1", "a_o1 "])
@pytest.mark.parametrize("formula", ["={}", "=IFERROR({},0)"])
def test_columns_of_an_excel_table(formula: str, heading: str) -> None:
    """A formula may name them, also where its value is asked of the engine, which finds no heading that ends blank."""
    student = Student()
    student.head("a_o1", heading)
    student.book.tables["Steps"] = (student.sheet, f"A3:{student.cell('dE_dw8', 11)}")
    student.book.stored = Student().book.computed
    for k in range(student.iterations):
        error = f"0.5*(Steps[[#This Row],[t1]]-Steps[[#This Row],[{heading}]])^2"
        student[student.cell("E1", k)] = formula.format(error)
    assert not errors(student.judged())
    for k in range(student.iterations):
        error = f"0.5*(Steps[[#This Row],[t2]]-Steps[[#This Row],[{heading}]])^2"
        student[student.cell("E1", k)] = formula.format(error)
    assert "uses t2 (B4) where t1 (A4) belongs" in only_error(student.judged()).message


@pytest.mark.parametrize("results", [True, False])
def test_arrays_that_fill_cells(results: bool) -> None:
    """The cells that an array formula fills are its elements, across a row and down a column."""
    student = Student()
    student.fill("a_h1", 0.0)
    for k in range(1, 12):
        del student.own[student.cell("a_h1", k)]
    student[student.cell("a_h1", 0)] = f"{{{student.cells('a_h1')}=1/(1+EXP(-{student.cells('h1')}))}}"
    student.book.stored = Student().book.computed
    assert not student.judged(results=results).findings
    student[student.cell("a_h1", 0)] = f"{{{student.cells('a_h1')}=1/(1+EXP({student.cells('h1')}))}}"
    student.book.stored = {}
    finding = only_error(student.judged(results=False))
    assert (finding.code, finding.cells) == (Code.WRONG_SIGN, student.cells("a_h1"))


def test_matrix_product_over_two_cells() -> None:
    """{=MMULT(…)} over h1 and h2 side by side is one formula for both; swapped it is wrong in both."""
    columns = ["t1", "t2", "i1", "i2", "w1", "w2", "w3", "w4", "h1", "h2", *list(Student().columns)[9:]]
    columns = list(dict.fromkeys(columns))
    for rows, wrong in ((("w1:w2", "w3:w4"), 0), (("w3:w4", "w1:w2"), 2)):
        student = Student(columns=columns)
        for k in range(12):
            first, second = student.cell("h1", k), student.cell("h2", k)
            del student.own[second]
            weights = ",".join(student.written(part, k) for part in rows)
            inputs = student.written("i1:i2", k)
            product = f"MMULT({inputs},TRANSPOSE(_xlfn.VSTACK({weights})))"
            student[first] = f"{{{first}:{second}={product}}}"
        found = errors(student.judged(results=False))
        assert {finding.quantity for finding in found} == ({"h1", "h2"} if wrong else set())


@pytest.mark.parametrize("formula", ["=IF(w5>0,w5*a_h1+w6*a_h2,1)", "=MAX(w5*a_h1+w6*a_h2,-5)"])
def test_what_is_not_followed_is_said(formula: str) -> None:
    """What the numbers decide is not followed: a note where the numbers agree, an error where they do not."""
    (finding,) = (submission := student_with("o1", formula).judged()).findings
    assert (finding.code, finding.severity, finding.quantity) == (Code.NOT_FOLLOWED, Severity.NOTE, "o1")
    assert submission.status is Status.RIGHT
    wrong = only_error(student_with("o1", formula.replace("a_h2", "a_h1")).judged())
    assert (wrong.code, wrong.quantity) == (Code.WRONG_FORMULA, "o1")
    assert "not followed" in wrong.message


def test_pow_says_to_write_power() -> None:
    """POW is Google's: the advice is the same formula with POWER, for others Excel's operator."""
    student = student_with("E1", "=0.5*POW(t1-a_o1,2)")
    (finding,) = with_code(student.judged(results=False), Code.UNKNOWN_FUNCTION)
    assert "write POWER" in finding.message
    assert finding.expected == "=0.5*POWER(A4-R4,2)"
    student.follow(finding)
    assert not student.judged().findings


@pytest.mark.parametrize("formula", ["=INT((w1*i1+w2*i2)*10000)/10000", '=VALUE(TEXT(w1*i1+w2*i2,"0.0000"))'])
def test_rounding_by_any_function(formula: str) -> None:
    """INT, TEXT and their like are told as rounding."""
    (finding,) = with_code(student_with("h1", formula).judged(), Code.ROUNDED)
    assert "h1 is rounded" in finding.message


@pytest.mark.parametrize("formula", ["INT(({})*10000)/10000", "INT(10000*({}))/10000", "ROUND(({})/0.0001,0)*0.0001"])
def test_without_rounding_nothing_is_left_of_its_scaling(formula: str) -> None:
    """What was multiplied to be rounded and divided again is advised as it was before."""
    (finding,) = with_code(student_with("h1", "=" + formula.format("w1*i1+w2*i2")).judged(), Code.ROUNDED)
    assert finding.expected
    assert not set(finding.expected) & set("/0()")


@pytest.mark.parametrize("results", [True, False])
def test_rows_prefilled_for_more_iterations_are_none(results: bool) -> None:
    """They wait for inputs, as IF(A16="","",…) does, and cost nothing."""
    student = Student()
    for key in (key for key in student.columns if key not in GIVEN):
        for k in range(12, 20):
            cell = student.cell(key, k)
            student[cell] = f'=IF({student.cell("t1", k)}="","",{student.written(student.equation(key), k)[1:]})'
            student.book.stored[student.sheet, cell] = ""
    submission = student.judged(results=results)
    assert (submission.status, submission.score) == (Status.RIGHT, submission.max_score)
    assert [table.iterations for table in submission.tables] == [12]


def test_what_could_not_be_judged_in_one_row_costs_that_row() -> None:
    """The others have numbers by which they are right; full marks are for what could be judged."""
    student = Student()
    student.fill("dE_dw5", f"=_xlfn.NEWFUNCTION({student.equation('dE_dw5')[1:]})", at=11)
    submission = student.judged(results=False)
    assert not errors(submission)
    assert submission.status is Status.INCOMPLETE
    assert submission.max_score - submission.score < 1


CROSSING = {
    "absolute": "=w5[$0]:w5[$11]*a_h1+w6*a_h2",
    "relative": "=w5*a_h1+w6*a_h2:a_h2[2]",
    "whole column": "={w5}:{w5}*{a_h1}:{a_h1}+w6*a_h2",
    "at": "=@{w5}:{w5}*a_h1+@w6[$0]:w6[$11]*a_h2",
    "SINGLE": "=_xlfn.SINGLE(w5[$0]:w5[$11])*a_h1+w6*a_h2",
    "in SUM": "=SUM(w5[$0]:w5[$11]*a_h1,w6*a_h2)",
    "names": "=weight_five*a_h1+w6*hidden_two",
}
"""Ways to write o1 in which a range stands where one value belongs: Excel takes the cell in the formula's own row."""


def crossing(formula: str, key: str = "o1") -> Student:
    """A sheet with such a formula in a column, and the results that Excel shows."""
    student = Student()
    letters = {key: student.cell(key, 0).rstrip("0123456789") for key in student.columns}
    student.fill(key, re.sub(r"{(\w+)}", lambda found: letters[found[1]], formula))
    rows = "${}$4:${}$15"
    student.book.names |= {
        name: f"{student.sheet}!{rows.format(letters[key], letters[key])}"
        for name, key in {"weight_five": "w5", "hidden_two": "a_h2"}.items()
    }
    student.book.stored = Student().book.computed
    return student


@pytest.mark.parametrize("results", [True, False])
@pytest.mark.parametrize("formula", CROSSING.values(), ids=CROSSING)
def test_a_range_in_the_place_of_a_value_is_its_cell_in_the_same_row(formula: str, results: bool) -> None:
    """Excel crosses it with the formula's row: what needs another row of the range is no circle, and o1 is right."""
    submission = crossing(formula).judged(results=results)
    assert not submission.findings
    assert submission.status is Status.RIGHT


@pytest.mark.parametrize("formula", CROSSING.values(), ids=CROSSING)
def test_mistakes_beside_crossed_ranges(formula: str) -> None:
    """A wrong operator beside such a range is told as that."""
    head, plus, tail = formula.rpartition("+")
    student = crossing(f"{head}-{tail}" if plus and "SUM" not in formula else formula.replace("w6*", "-w6*"))
    finding = only_error(student.judged(results=False))
    assert (finding.code, finding.quantity, finding.cells) == (Code.WRONG_SIGN, "o1", student.cells("o1"))


def test_whole_columns_are_no_names() -> None:
    """SUM over a whole column is not followed, and is told so in words that hold."""
    student = Student()
    column = student.cell("w5", 0).rstrip("0123456789")
    student.fill("o1", f"=w5*a_h1+w6*a_h2+0*SUM({column}:{column})+SUM(7:7)*0")
    student.book.stored = Student().book.computed
    assert not any("not defined" in finding.message for finding in student.judged().findings)


def test_the_place_of_a_cell_alone_makes_no_circle() -> None:
    """ROW asks for no value: a formula may name its own cell there."""
    student = Student()
    student.fill("o1", "=w5*a_h1+w6*a_h2+ROW(o1)-ROW(o1)")
    student.book.stored = Student().book.computed
    submission = student.judged()
    assert not errors(submission)
    assert not with_code(submission, Code.CIRCULAR)


BEYOND_THE_ENGINE = [
    "=SUM(w5:w6 w5[$0]:w5[$11])*a_h1+w6*a_h2",
    "=SUM(w5#)*a_h1+w6*a_h2",
    "=TRIMRANGE(w5:w5)*a_h1+w6*a_h2",
    '=w5*a_h1+w6*a_h2+0*VALUE(_xlfn.REGEXEXTRACT("0","0"))',
    "=w5*a_h1+w6*a_h2+0*_xlfn.BINOM.DIST.RANGE(1,1,1)",
]


@pytest.mark.parametrize("results", [True, False])
@pytest.mark.parametrize("formula", BEYOND_THE_ENGINE)
def test_what_only_excel_computes_shows_no_error(formula: str, results: bool) -> None:
    """Without stored values nothing is said of what such a cell shows; with them, its numbers are judged.

    They are no mistake, and earn nothing: nobody can tell whether the formula computes them.
    """
    student = student_with("o1", formula)
    student.book.stored = Student().book.computed
    submission = student.judged(results=results)
    assert not errors(submission)
    assert {finding.code for finding in submission.findings} == {Code.NOT_FOLLOWED}
    assert all(finding.quantity == "o1" for finding in submission.findings)
    assert submission.status is Status.INCOMPLETE


@pytest.mark.parametrize("formula", ['=w5*a_h1+w6*a_h2+"x"', "=w5*a_h1+w6*a_h2+NA()"])
def test_what_shows_an_error_anywhere_is_told(formula: str) -> None:
    """An error that any program shows is told without stored values as well."""
    finding = only_error(student_with("o1", formula).judged(results=False))
    assert (finding.code, finding.quantity) == (Code.ERROR_VALUE, "o1")


def test_a_crossed_range_in_the_wrong_row_has_no_dollar_to_blame() -> None:
    """An update from a whole column of gradients takes its own row's, which the range does, and no $."""
    student = Student()
    student.fill("w5", "=w5[-1]-lr*dE_dw5[$0]:dE_dw5[$11]")
    finding = only_error(student.judged())
    assert (finding.code, finding.quantity) == (Code.WRONG_ROW, "w5")
    assert "$" not in finding.message
    student.follow(finding)
    assert student.is_right()


def test_choose_puts_cells_beside_each_other() -> None:
    """CHOOSE({1,2},…) is an array of both."""
    submission = student_with("o1", "=SUMPRODUCT(w5:w6*CHOOSE({1,2},a_h1,a_h2))").judged(results=False)
    assert not submission.findings
    finding = only_error(student_with("o1", "=SUMPRODUCT(w5:w6*CHOOSE({1,1},a_h1,a_h2))").judged(results=False))
    assert (finding.code, finding.quantity) == (Code.WRONG_QUANTITY, "o1")


def test_a_rate_in_percent() -> None:
    """50% in the formulas is the rate 0.5."""
    student = Student(rate_cell="")
    for key in WEIGHTS:
        student.fill(key, f"={key}[-1]-50%*dE_d{key}[-1]")
    assert not student.judged().findings


@pytest.mark.parametrize("operator", "-+")
def test_helper_cells_on_another_sheet_go_along(operator: str) -> None:
    """A column of helpers on a sheet of its own is followed row by row; a mistake in it is told there, once."""
    student = Student()
    for k in range(student.iterations):
        helper = student.written(f"=(Sheet1!a_o1{operator}Sheet1!t1)*Sheet1!a_o1*(1-Sheet1!a_o1)", k)
        student.book.sheets.setdefault("steps", {})[f"A{k + 1}"] = helper
        student.fill("dE_dw5", f"=steps!A{k + 1}*a_h1", at=k)
        student.fill("dE_dw6", f"=steps!A{k + 1}*a_h2", at=k)
    submission = student.judged()
    if operator == "-":
        assert not submission.findings
        return
    finding = only_error(submission)
    assert (finding.code, finding.sheet, finding.cells) == (Code.WRONG_SIGN, "steps", "A1:A12")
    assert "'steps'!A1 has a wrong sign" in finding.message
    student.follow(finding)
    assert student.is_right()
