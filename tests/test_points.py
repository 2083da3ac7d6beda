"""Fair points: every full mark is earned, a mistake costs once what it is worth, and right means that all is there."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sheetprop.errors import InputError
from sheetprop.rubric import Per
from sheetprop.submission.findings import Code, Finding, Severity, Status, Submission
from sheetprop.submission.grade.idea import idea, most_apart
from sheetprop.template import load_assignment
from tests.student import ASKED, FORWARD, GRADIENTS, HANDOUT, STEPS, WEIGHTS, Student, errors, only_error, with_code

MATHEMATICS = ("forward", "error", "gradients", "updates")


def shares(submission: Submission) -> dict[str, float]:
    """The share of its points that each criterion lost."""
    return {line.criterion: 1 - line.points / line.max_points for line in submission.score_lines}


def lost(submission: Submission) -> dict[str, float]:
    """The same of those criteria that lost any, to be compared."""
    return {criterion: pytest.approx(share, abs=2e-3) for criterion, share in shares(submission).items() if share}


def reason(submission: Submission, criterion: str) -> str:
    """Why a criterion has its points."""
    (line,) = [line for line in submission.score_lines if line.criterion == criterion]
    return line.reason


def cost(submission: Submission) -> float:
    """How many points a submission lost."""
    return submission.max_score - submission.score


CHANGES: dict[str, Callable[[Student, random.Random], object]] = {
    "a typed cell": lambda student, pick: student.typed(pick.choice(FORWARD), at=pick.randrange(12)),
    "a typed weight": lambda student, pick: student.typed(pick.choice(WEIGHTS), at=pick.randrange(1, 12)),
    "a wrong sign": lambda student, pick: student.replace(pick.choice(("h1", "o2", "E_total")), "+", "-"),
    "a wrong gradient": lambda student, pick: student.fill(key := pick.choice(GRADIENTS), f"{student.equation(key)}*2"),
    "another start": lambda student, pick: student.fill(pick.choice(WEIGHTS), 0.77, at=0),
    "a rounded cell": lambda student, pick: student.fill("a_h1", "=ROUND(1/(1+EXP(-h1)),9)", at=pick.randrange(12)),
    "another form": lambda student, pick: student.fill("a_o2", "=EXP(o2)/(1+EXP(o2))"),
    "an empty cell": lambda student, pick: student.own.pop(student.cell(pick.choice(GRADIENTS), pick.randrange(12))),
    "the last row half filled": lambda student, pick: [student.own.pop(student.cell(key, 11)) for key in GRADIENTS],
    "a drifting input": lambda student, pick: student.fill("i1", 0.06, at=range(6, 12)),
    "a text": lambda student, pick: student.fill("E1", "done", at=11),
    "no chart": lambda student, pick: student.book.charts.clear(),
    "nothing": lambda student, pick: None,
}


@pytest.mark.parametrize("seed", range(40))
def test_right_exactly_where_all_points_are_reached_and_nothing_is_an_error(seed: int) -> None:
    """Over submissions with random changes, iterations asked, rates and rubrics."""
    pick = random.Random(seed)
    student = Student()
    for name in pick.sample(sorted(CHANGES), pick.choice((0, 1, 1, 2))):
        CHANGES[name](student, pick)
    rubric = {key: pick.choice((0.0, 1.0, 3.333, 20.0)) for key in ASKED.rubric} | {"forward": 10.0}
    asked = replace(
        ASKED,
        rubric=rubric if seed % 3 else ASKED.rubric,
        iterations=pick.choice((5, 12, 12, 12, 13)),
        learning_rates=pick.choice(((0.5,), (0.5,), (0.5, 2.0))),
        per=pick.choice(list(Per)),
    )
    submission = student.judged(asked)
    full = submission.score == submission.max_score
    assert (submission.status is Status.RIGHT) is (full and not errors(submission))
    assert (submission.status is Status.WRONG) is bool(errors(submission))


@pytest.mark.parametrize("digits", [5, 15])
def test_a_typed_column_earns_no_formula_points(digits: int) -> None:
    """Numbers that are right, in a column that should compute, cost that column's share: not wrong, but not right."""
    student = Student()
    student.typed("o1", digits=digits)
    submission = student.judged()
    assert not errors(submission)
    assert submission.status is Status.INCOMPLETE
    assert lost(submission) == {"forward": 1 / 8}
    assert reason(submission, "forward") == "typed: o1"


def test_rows_with_formulas_earn_their_share() -> None:
    """Of a gradient with formulas in nine of twelve rows, a quarter of its share is lost."""
    student = Student()
    student.typed("dE_dw5", at=range(9, 12))
    assert lost(student.judged()) == {"gradients": 1 / 8 / 4}


def test_a_weights_first_row_is_given() -> None:
    """It is a number in every right sheet and costs nothing; the others do."""
    student = Student()
    student.typed("w3", at=[11])
    assert lost(student.judged()) == {"updates": 1 / 8 / 11}


def test_given_inputs_earn_nothing_as_forward_pass() -> None:
    """Where the whole forward pass is typed, no point of it is left, though inputs and targets are there."""
    student = Student()
    for key in FORWARD[:8]:
        student.typed(key)
    assert lost(student.judged()) == {"forward": 1}


def test_a_missing_dollar_is_one_mistake() -> None:
    """In eight updates it costs one eighth of them; per column it costs all."""
    student = Student()
    for key in WEIGHTS:
        student.fill(key, f"={key}[-1]-lr[slides]*dE_d{key}[-1]")
    submission = student.judged()
    assert len(errors(submission)) == 8
    assert lost(submission) == {"updates": 1 / 8}
    assert reason(submission, "updates") == "wrong by 1 mistake: w1, w2, w3, w4, w5, w6, w7, w8"
    assert lost(student.judged(replace(ASKED, per=Per.COLUMN))) == {"updates": 1}


def test_one_idea_costs_the_same_in_helpers_and_in_columns() -> None:
    """The slope of the hidden neurons without its factor (1 − a): in two helper columns, or in four gradients."""
    columns = Student()
    for key, neuron in (("dE_dw1", 1), ("dE_dw2", 1), ("dE_dw3", 2), ("dE_dw4", 2)):
        columns.replace(key, f"*(1-a_h{neuron})", "")
    helpers = Student()
    for n, (own, other) in ((1, ("w5", "w7")), (2, ("w6", "w8"))):
        column = "AG" if n == 1 else "AH"
        for k in range(12):
            delta = f"=((a_o1-t1)*a_o1*(1-a_o1)*{own}+(a_o2-t2)*a_o2*(1-a_o2)*{other})*a_h{n}"
            helpers[f"{column}{4 + k}"] = helpers.written(delta, k)
            for m in (1, 2):
                gradient = f"dE_dw{2 * (n - 1) + m}"
                helpers[helpers.cell(gradient, k)] = helpers.written(f"={column}{4 + k}*i{m}", k)
    assert len(errors(columns.judged())) == 4
    assert len(errors(helpers.judged())) == 2
    assert lost(columns.judged()) == lost(helpers.judged()) == {"gradients": 1 / 8}


@pytest.mark.parametrize("different", [True, False], ids=["each in its own way", "all in the same way"])
def test_a_table_that_is_wrong_everywhere_earns_nothing(different: bool) -> None:
    """Where every column is wrong, nothing of the mathematics is left, though it may be the same idea everywhere."""
    student = Student()
    for n, key in enumerate([*WEIGHTS, *FORWARD, *GRADIENTS]):
        student.fill(key, f"{student.equation(key)}+{1 + n * different / 7:.3f}")
    submission = student.judged()
    assert submission.status is Status.WRONG
    assert [shares(submission)[criterion] for criterion in MATHEMATICS] == [1, 1, 1, 1]


@pytest.mark.parametrize("per", Per)
@pytest.mark.parametrize("seed", range(4))
def test_more_mistakes_never_cost_less(per: Per, seed: int) -> None:
    """One mistake after the other, the points only fall, and never below none."""
    pick = random.Random(seed)
    student, asked, before = Student(), replace(ASKED, per=per), 0.0
    for key in pick.sample([*WEIGHTS, *FORWARD, *GRADIENTS], 8):
        if pick.random() < 0.3:
            student.fill(key, 0.123, at=range(1, 12))
        else:
            student.fill(key, f"{student.equation(key)}*{pick.choice((2, 3))}")
        submission = student.judged(asked)
        assert cost(submission) >= before - 1e-9
        assert all(line.points >= 0 for line in submission.score_lines)
        before = cost(submission)


@pytest.mark.parametrize("formula", ["=-LN(1/a_h1-1)", "=w1*i1+w2*i2+0*a_h1"])
def test_a_circle_costs_what_it_leaves_without_a_value(formula: str) -> None:
    """A weighted sum computed back from its activation: nothing that needs it can be computed, so nothing is earned."""
    student = Student()
    student.fill("h1", formula)
    submission = student.judged()
    assert only_error(submission).code is Code.CIRCULAR
    assert [shares(submission)[criterion] for criterion in ("error", "gradients")] == [1, 1]
    assert shares(submission)["updates"] > 0.9
    assert shares(submission)["forward"] > 0.7  # h2 of the first row still computes
    assert "without a value: " in reason(submission, "gradients")


def test_a_circle_beside_the_training_costs_only_what_needs_it() -> None:
    """E1 and E_total computed from each other leave both without a value; E2 has one, and training goes on."""
    student = Student()
    student.fill("E1", "=E_total-E2")
    assert lost(student.judged()) == {"error": 2 / 3}


def test_an_error_value_costs_what_it_spoils() -> None:
    """Division by zero in a row in the middle spoils every row after it; the rows before it keep their points."""
    student = Student()
    student.fill("a_h1", "=1/(i1-i1)", at=6)
    submission = student.judged()
    assert submission.status is Status.WRONG
    assert 6 / 12 <= shares(submission)["gradients"] < 1
    assert 5 / 11 - 1e-3 <= shares(submission)["updates"] < 6 / 11
    assert cost(submission) > 30


def test_repeated_last_rows_are_told_and_cost_once() -> None:
    """Five rows pasted over with the values of the row before: one error, and five iterations less."""
    student = Student(iterations=20)
    numbers = student.numbers
    for key in (*WEIGHTS, *FORWARD, *GRADIENTS):
        student.fill(key, float(numbers[key][14]), at=range(15, 20))
    submission = student.judged(replace(ASKED, iterations=20))
    finding = only_error(submission)
    assert (finding.code, finding.cells) == (Code.REPEATED_ROWS, "A19:AE23")
    assert finding.message.startswith("Rows 19–23 repeat row 18: ")
    assert lost(submission)["iterations"] == 0.25
    assert set(lost(submission)) <= {"iterations", "chart"}
    assert submission.tables[0].iterations == 15


def test_repeated_rows_beyond_what_was_asked_cost_as_one_mistake() -> None:
    """Where enough iterations are left, the copies are one mistake of the updates."""
    student = Student(iterations=20)
    numbers = student.numbers
    for key in (*WEIGHTS, *FORWARD, *GRADIENTS):
        student.fill(key, float(numbers[key][14]), at=range(15, 20))
    submission = student.judged()
    assert submission.status is Status.WRONG
    assert lost(submission) == {"updates": 1 / 8}


def test_rows_pasted_as_they_are_repeat_nothing() -> None:
    """Last rows whose own right values are pasted are typed numbers, each of them right."""
    student = Student()
    for key in (*WEIGHTS, *FORWARD, *GRADIENTS):
        student.typed(key, at=range(9, 12))
    submission = student.judged()
    assert [finding.code for finding in submission.findings] == [Code.NOT_LIVE]
    assert submission.tables[0].iterations == 12


@pytest.mark.parametrize("layers", [(1,), (2,), (1, 2)])
@pytest.mark.parametrize("by_name", [True, False], ids=["values by name", "values by wiring"])
def test_initial_values_under_another_wiring(layers: tuple[int, ...], by_name: bool) -> None:
    """Where w2 and w3, or w6 and w7, are wired the other way, the values may be by their names or by their wires."""
    equations = {}
    given = dict(ASKED.given)
    if 1 in layers:
        equations |= {"h1": "=w1*i1+w3*i2", "h2": "=w2*i1+w4*i2"}
        trade = {"w2": "w3", "w3": "w2"}
    else:
        trade = {}
    if 2 in layers:
        equations |= {"o1": "=w5*a_h1+w7*a_h2", "o2": "=w6*a_h1+w8*a_h2"}
        trade |= {"w6": "w7", "w7": "w6"}
    back = {1: "w6" if 2 in layers else "w7", 2: "w7" if 2 in layers else "w6"}
    delta = {
        1: f"((a_o1-t1)*a_o1*(1-a_o1)*w5+(a_o2-t2)*a_o2*(1-a_o2)*{back[1]})*a_h1*(1-a_h1)",
        2: f"((a_o1-t1)*a_o1*(1-a_o1)*{back[2]}+(a_o2-t2)*a_o2*(1-a_o2)*w8)*a_h2*(1-a_h2)",
    }
    wires = {"w1": (1, 1), "w2": (1, 2), "w3": (2, 1), "w4": (2, 2)}
    outer = {"w5": (1, 1), "w6": (1, 2), "w7": (2, 1), "w8": (2, 2)}
    for weight, (neuron, source) in wires.items():
        neuron, source = wires[trade.get(weight, weight)] if 1 in layers else (neuron, source)
        equations[f"dE_d{weight}"] = f"={delta[neuron]}*i{source}"
    for weight in outer:
        neuron, source = outer[trade.get(weight, weight)] if 2 in layers else outer[weight]
        equations[f"dE_d{weight}"] = f"=(a_o{neuron}-t{neuron})*a_o{neuron}*(1-a_o{neuron})*a_h{source}"
    if not by_name:
        given |= {key: ASKED.given[other] for key, other in trade.items()}
    submission = Student(equations=equations, given=given).judged()
    assert {finding.code for finding in submission.findings} == {Code.OTHER_CONVENTION}
    assert submission.status is Status.RIGHT


def test_the_reason_counts_tables_exactly() -> None:
    """Of four tables one is short, three have a mistake, two lack a column."""
    student = Student(sheet="A")
    for name in ("B", "C", "D"):
        keys = [key for key in HANDOUT if key != "E1" or name == "B"]
        other = Student(keys, sheet=name, book=student.book, iterations=11 if name == "D" else 12)
        other.replace("o1", "+", "-")
        if name != "B":
            other.fill("E_total", "=E2")
    submission = student.judged()
    assert reason(submission, "forward") == "wrong: o1 (in 3 of 4 tables)"
    assert reason(submission, "iterations") == "11 of 12 (in 1 of 4 tables)"
    assert "(in 2 of 4 tables)" in reason(submission, "error")
    assert reason(submission, "gradients") == "all right"


def test_one_iteration_of_a_hundred_earns_little() -> None:
    """A complete first row is a tenth of what shows the mathematics, and no update at all."""
    submission = Student(iterations=1).judged(replace(ASKED, iterations=100))
    assert submission.status is Status.INCOMPLETE
    assert [lost(submission)[key] for key in MATHEMATICS] == [0.9, 0.9, 0.9, 1]
    assert lost(submission)["iterations"] == 0.99
    assert "only 1 of 100 iterations" in reason(submission, "gradients")


@pytest.mark.parametrize(("rows", "asked", "full"), [(10, 100, True), (8, 15, True), (5, 10, True), (7, 15, False)])
def test_rows_that_show_the_mathematics(rows: int, asked: int, full: bool) -> None:
    """Ten rows, or half of those asked for, are enough for the mathematics; what is missing costs under iterations."""
    submission = Student(iterations=rows).judged(replace(ASKED, iterations=asked))
    assert submission.status is Status.INCOMPLETE
    assert (set(lost(submission)) == {"iterations"}) is full


def test_half_a_hand_out_is_not_right() -> None:
    """Rows that only have what was given are no iterations."""
    student = Student()
    for key in (*WEIGHTS, *FORWARD, *GRADIENTS):
        for k in range(6, 12):
            del student.own[student.cell(key, k)]
    submission = student.judged()
    assert submission.status is Status.INCOMPLETE
    assert lost(submission)["iterations"] == 0.5
    assert reason(submission, "iterations") == "6 of 12"
    (finding,) = with_code(submission, Code.TOO_FEW_ITERATIONS)
    assert finding.found == "6"


def test_what_costs_nothing_leaves_a_sheet_right() -> None:
    """Fine rounding, a stale value and another convention are told, and full marks are given."""
    student = Student(equations={"E1": "=(t1-a_o1)^2", "E2": "=(t2-a_o2)^2"} | doubled())
    student.fill("a_h1", "=ROUND(1/(1+EXP(-h1)),12)")
    student.book.stored["Sheet1", student.cell("h1", 4)] = 0.9
    submission = student.judged()
    assert {finding.code for finding in submission.findings} >= {Code.ROUNDED, Code.OTHER_CONVENTION}
    assert (submission.status, cost(submission)) == (Status.RIGHT, 0)


def doubled() -> dict[str, str]:
    """The gradients of an error without the ½."""
    return {key: f"=2*({Student(chart=False).equation(key)[1:]})" for key in GRADIENTS}


def finding(message: str, quantity: str, code: Code = Code.WRONG_QUANTITY) -> Finding:
    """An error in a column."""
    return Finding(code, Severity.ERROR, message, quantity, "Sheet1", "A1")


def test_what_is_one_idea() -> None:
    """The same idea for another neuron is the same mistake; in another kind of quantity, or another idea, it is not."""
    first = finding("∂E/∂w3 uses a_h1 (J4) where a_h2 (L4) belongs: so it is. w3 leads into h2.", "dE_dw3")
    assert idea(first) == idea(finding("∂E/∂w1 uses a_h2 (L9) where a_h1 (J9) belongs: so it is.", "dE_dw1"))
    assert idea(first) != idea(finding("o1 uses a_h1 (J4) where a_h2 (L4) belongs: so it is.", "o1"))
    assert idea(first) != idea(finding("∂E/∂w4 uses h2 (J4) where a_h2 (L4) belongs: so it is.", "dE_dw4"))
    typed = [finding(f"{key} is typed in as 0", key, Code.WRONG_VALUE) for key in ("h1", "h2")]
    assert idea(typed[0]) != idea(typed[1])


def test_each_mistake_is_paid_by_a_quantity_and_each_quantity_pays_once() -> None:
    """One column with three mistakes and three that share one pay for two; the ones with most to lose do."""
    a, b, c, d = ("a",), ("b",), ("c",), ("d",)
    worth = dict.fromkeys(STEPS[:4], 1.0)
    first, *others = STEPS[:4]
    assert len(most_apart({first: {a, b, c}, **{key: {d} for key in others}}, worth)) == 2
    assert most_apart({others[0]: {a}, others[1]: {a}}, worth | {others[0]: 0.5}) == {others[1]}


def test_the_templates_keys(tmp_path: Path) -> None:
    """What a mistake costs and what another student's numbers keep are set in the rubric; refused with their line."""
    path = tmp_path / "own.toml"
    path.write_text('[rubric]\nforward = 30\nper = "column"\nother_students_numbers = 0.5\n', encoding="utf-8")
    assignment = load_assignment(path)
    assert (assignment.per, assignment.other_students_numbers) == (Per.COLUMN, 0.5)
    assert assignment.points == 110
    assert load_assignment().per is Per.MISTAKE
    for line, says in (
        ('per = "cell"', "rubric.per: 'cell' is not possible; write 'mistake' or 'column'"),
        ("other_students_numbers = 1", "rubric.other_students_numbers: 1 is not possible"),
        ("pr = 1", "unknown criterion 'pr'; did you mean 'per'?"),
    ):
        path.write_text(f"[rubric]\nforward = 30\n{line}\n", encoding="utf-8")
        with pytest.raises(InputError, match=r"line 3: ") as refused:
            load_assignment(path)
        assert says in str(refused.value)
