"""Sheets that are right in their own way: told once as a note, judged that way, and mistakes in them still found."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from sheetprop.network import NETWORK
from sheetprop.submission.findings import Code, Severity, Status
from tests.student import FORWARD, GRADIENTS, WEIGHTS, Student, errors, only_error, with_code

RIGHT = {key: Student().equation(key) for key in [*WEIGHTS, *FORWARD, *GRADIENTS]}
Error = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass
class Way:
    """A way to set up the sheet: its formulas, what the note says, and the gradient by which to check them.

    ``error`` gives E_total from targets, inputs and weights; the gradient columns hold ``factor`` times its derivative.
    """

    equations: dict[str, str]
    note: str
    crossed: tuple[int, ...] = ()
    halved: bool = True
    factor: float = 1.0


def traded(*pairs: tuple[int, int]) -> dict[str, str]:
    """The right formulas where two weights have traded their places in the network, and so have their gradients."""
    trade = {str(a): str(b) for pair in pairs for a, b in (pair, pair[::-1])}

    def renamed(text: str) -> str:
        return re.sub(r"\bw(\d)", lambda found: f"w{trade.get(found[1], found[1])}", text)

    formulas = {key: renamed(RIGHT[key]) for key in FORWARD}
    return formulas | {f"dE_d{renamed(key)}": renamed(RIGHT[f"dE_d{key}"]) for key in WEIGHTS}


def scaled(factor: str, update: str) -> dict[str, str]:
    """Gradient columns that hold a multiple of the gradient, and updates as they then must be; # is the weight."""
    gradients = {key: f"={factor}({RIGHT[key][1:]})" for key in GRADIENTS}
    return gradients | {key: update.replace("#", key) for key in WEIGHTS}


WITHOUT_HALF = {key: RIGHT[key].replace("0.5*", "") for key in ("E1", "E2")}
WAYS = {
    "hidden weights crossed": Way(traded((2, 3)), "h1 = w1·i1 + w3·i2 and h2 = w2·i1 + w4·i2", crossed=(1,)),
    "output weights crossed": Way(traded((6, 7)), "o1 = w5·a_h1 + w7·a_h2 and o2 = w6·a_h1 + w8·a_h2", crossed=(2,)),
    "no half": Way(
        WITHOUT_HALF | {key: f"=2*({RIGHT[key][1:]})" for key in GRADIENTS}, "(t − a_o)² without the ½", halved=False
    ),
    "half in the total": Way(WITHOUT_HALF | {"E_total": "=(E1+E2)/2"}, "stands in E_total instead of E1 and E2"),
    "minus the gradient": Way(scaled("-", "=#[-1]+lr*dE_d#[-1]"), "hold −∂E/∂w, and the updates add it", factor=-1),
    "rate in the gradient": Way(scaled("lr*", "=#[-1]-dE_d#[-1]"), "hold η·∂E/∂w, and the updates sub", factor=0.5),
    "change of the weight": Way(scaled("-lr*", "=#[-1]+dE_d#[-1]"), "−η·∂E/∂w, and the updates add it", factor=-0.5),
}  # fmt: skip
each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def total_error(way: Way, values: dict[str, np.ndarray], weights: list[np.ndarray]) -> np.ndarray:
    """E_total of the sheet's network from its weights, which may be complex."""
    w = dict(zip(WEIGHTS, weights, strict=True))
    if 1 in way.crossed:
        w |= {"w2": w["w3"], "w3": w["w2"]}
    if 2 in way.crossed:
        w |= {"w6": w["w7"], "w7": w["w6"]}

    def sigma(x: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-x))

    a_h1 = sigma(w["w1"] * values["i1"] + w["w2"] * values["i2"])
    a_h2 = sigma(w["w3"] * values["i1"] + w["w4"] * values["i2"])
    a_o1, a_o2 = sigma(w["w5"] * a_h1 + w["w6"] * a_h2), sigma(w["w7"] * a_h1 + w["w8"] * a_h2)
    squares = (values["t1"] - a_o1) ** 2 + (values["t2"] - a_o2) ** 2
    return squares / 2 if way.halved else squares


@each_way
def test_the_sheets_of_these_tests_descend(way: Way) -> None:
    """Each sheet is gradient descent on its own error, by derivatives that were taken from the error alone."""
    student = Student(equations=way.equations)
    values = student.numbers
    weights = [values[key].astype(complex) for key in WEIGHTS]
    np.testing.assert_allclose(values["E_total"], total_error(way, values, weights).real, rtol=1e-12)
    for n, key in enumerate(WEIGHTS):
        stepped = [w + 1e-30j * (m == n) for m, w in enumerate(weights)]
        derivative = total_error(way, values, stepped).imag / 1e-30
        np.testing.assert_allclose(values[f"dE_d{key}"], way.factor * derivative, rtol=1e-9)
        np.testing.assert_allclose(np.diff(values[key]), -0.5 * derivative[:-1], rtol=1e-7)


@each_way
def test_convention_is_a_note_and_costs_nothing(way: Way) -> None:
    """One note says what the sheet does in its own way; it is right and has full marks."""
    submission = Student(equations=way.equations).judged()
    (note,) = submission.findings
    assert (note.code, note.severity) == (Code.OTHER_CONVENTION, Severity.NOTE)
    assert way.note in note.message
    assert submission.status is Status.RIGHT
    assert submission.score == submission.max_score


@each_way
@pytest.mark.parametrize(
    ("key", "old", "new", "code"),
    [
        ("a_h2", "-h2", "h2", Code.WRONG_SIGN),
        ("dE_dw5", "a_h1", "h1", Code.PRE_ACTIVATION),
        ("dE_dw4", "a_h2*(1-a_h2)", "a_h1*(1-a_h1)", Code.HANDOUT_MISTAKE),
        ("w8", "dE_dw8", "dE_dw7", Code.WRONG_GRADIENT),
    ],
)
def test_mistake_in_such_a_sheet(way: Way, key: str, old: str, new: str, code: Code) -> None:
    """A mistake is told in its cells beside the note, and its advice keeps to the sheet's own way."""
    student = Student(equations=way.equations)
    before = {name: student.numbers[name].tolist() for name in FORWARD}
    student.replace(key, old, new)
    submission = student.judged()
    finding = only_error(submission)
    assert (finding.code, finding.quantity) == (code, key)
    assert finding.cells == student.cells(key, int(key in WEIGHTS))
    assert len(with_code(submission, Code.OTHER_CONVENTION)) == 1
    student.follow(finding)
    assert student.judged().status is Status.RIGHT
    np.testing.assert_allclose([student.numbers[name] for name in FORWARD], list(before.values()), rtol=1e-12)


@each_way
def test_advice_keeps_to_the_convention(way: Way) -> None:
    """Where no slip explains a formula and the network's equation is advised, it is that of the sheet's own way."""
    student = Student(equations=way.equations)
    student.fill("dE_dw3", "=(a_o1+t1)^3*a_h1/w8-i2")
    finding = only_error(student.judged())
    assert (finding.code, finding.cells) == (Code.WRONG_FORMULA, student.cells("dE_dw3"))
    student.follow(finding)
    assert student.judged().status is Status.RIGHT


@each_way
def test_advice_for_an_update_keeps_to_the_convention(way: Way) -> None:
    """An update that no slip explains gets the one that fits what the sheet's gradient columns hold."""
    student = Student(equations=way.equations)
    student.fill("w6", "=w6[-1]^3-(o1[-1]+i2)/7")
    finding = only_error(student.judged())
    assert (finding.code, finding.cells) == (Code.WRONG_FORMULA, student.cells("w6", 1))
    student.follow(finding)
    assert student.judged().status is Status.RIGHT


INCONSISTENT = {
    # the ways, which columns keep to the class instead, and which columns are then wrong
    "one output without half": ({"E1": WITHOUT_HALF["E1"]}, {"E1"}),
    "no half, gradients as with it": (WITHOUT_HALF, {"E1", "E2"}),
    "one gradient of the other sign": ({"dE_dw5": f"=-({RIGHT['dE_dw5'][1:]})"}, {"dE_dw5"}),
    "one gradient with the rate": ({"dE_dw2": f"=lr*({RIGHT['dE_dw2'][1:]})"}, {"dE_dw2"}),
    "updates that add the gradient": ({key: f"={key}[-1]+lr*dE_d{key}[-1]" for key in WEIGHTS}, set(WEIGHTS)),
    "crossed without its gradients": ({key: traded((2, 3))[key] for key in ("h1", "h2")}, {"h1", "h2"}),
    "one neuron crossed": ({"h1": "=w1*i1+w3*i2"}, {"h1"}),
}


@pytest.mark.parametrize(
    ("equations", "wrong"),
    [pytest.param(*case, id=name) for name, case in INCONSISTENT.items()],
)
def test_half_a_convention_is_a_mistake(equations: dict[str, str], wrong: set[str]) -> None:
    """What does not fit the rest of the sheet is an error in its column; no note excuses it."""
    submission = Student(equations=equations).judged()
    assert {finding.quantity for finding in errors(submission)} == wrong
    assert submission.status is Status.WRONG
    assert not with_code(submission, Code.OTHER_CONVENTION)


def test_two_conventions_are_two_notes() -> None:
    """Crossed weights and no ½ in one sheet are both told, and the sheet is right."""
    crossed = traded((2, 3))
    equations = crossed | WITHOUT_HALF | {key: f"=2*({crossed[key][1:]})" for key in GRADIENTS}
    submission = Student(equations=equations).judged()
    assert [finding.code for finding in submission.findings] == [Code.OTHER_CONVENTION] * 2
    assert submission.status is Status.RIGHT


def test_note_points_at_the_headings() -> None:
    """The note names the headings of the columns that it is about."""
    (note,) = Student(equations=WAYS["output weights crossed"].equations).judged().findings
    assert (note.sheet, note.cells) == ("Sheet1", "Q3,S3")
    assert NETWORK.label("o1") in note.message


def test_class_sheet_has_no_note() -> None:
    """A sheet that keeps to the class is judged without a remark."""
    assert not Student().judged().findings
