"""Assignments: templates load, and every value that cannot be used is refused with one line that helps."""

import math
import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sheetprop import InputError, load_assignment
from sheetprop.assignment import Range
from sheetprop.rubric import CRITERIA
from sheetprop.template import KEYS, template_names, template_text

SHIPPED = ["course", "course-targets-01-99", "signed-weights"]
COURSE = {
    "inputs": (0.05, 0.1),
    "targets": (0.5, 0.5),
    "weights": (0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55),
    "learning_rates": (0.1, 0.2, 0.5, 0.8, 1.0, 2.0),
    "iterations": 100,
    "layout": "full",
}
LIST = ", ".join(CRITERIA)
Write = Callable[[str | bytes], Path]


@pytest.fixture
def template(tmp_path: Path) -> Write:
    """Write a template file; returns its path."""

    def write(text: str | bytes) -> Path:
        path = tmp_path / "mine.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def refusal(template: str | Path = "course", **changes: Any) -> str:
    """The one line with which an assignment is refused."""
    with pytest.raises(InputError) as caught:
        load_assignment(template, **changes)
    assert str(caught.value).splitlines() == [str(caught.value)]
    return str(caught.value)


def test_the_course_is_the_default() -> None:
    """Without a word said, the assignment is the one of the course."""
    assignment = load_assignment()
    assert {key: getattr(assignment, key) for key in COURSE} == COURSE
    assert assignment.seed is None


def test_the_templates_that_ship_are_known_by_name() -> None:
    """Exactly these templates come with sheetprop."""
    assert template_names() == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_templates_load(name: str) -> None:
    """Each shipped template is a whole assignment with a title."""
    assignment = load_assignment(name)
    assert assignment.title
    assert len(assignment.weights) == 8


def test_shipped_templates_differ_where_they_say() -> None:
    """One has the other targets, one has weights of both signs."""
    assert load_assignment("course-targets-01-99").targets == (0.01, 0.99)
    assert {math.copysign(1, w) for w in load_assignment("signed-weights").weights} == {1, -1}


def test_given_values_stand_by_key_in_the_order_of_the_columns() -> None:
    """``given`` has each constant under the key of its column."""
    assert load_assignment().given == {
        "t1": 0.5, "t2": 0.5, "i1": 0.05, "i2": 0.1,
        "w1": 0.15, "w2": 0.2, "w3": 0.25, "w4": 0.3, "w5": 0.4, "w6": 0.45, "w7": 0.5, "w8": 0.55,
    }  # fmt: skip
    assert "".join(load_assignment().given) == "t1t2i1i2w1w2w3w4w5w6w7w8"


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("", {}),
        ("iterations = 7\n", {"iterations": 7}),
        ('layout = "classic"\ntargets = [0, 1]\n', {"layout": "classic", "targets": (0.0, 1.0)}),
        ("learning_rates = 0.3\n", {"learning_rates": (0.3,)}),
        ('# a comment\r\n\r\ntitle = "Übung"\r\n', {"title": "Übung"}),
    ],
)
def test_what_a_template_leaves_out_is_as_in_the_course(template: Write, text: str, changed: dict[str, Any]) -> None:
    """A template of one's own says only what differs."""
    assignment = load_assignment(template(text))
    expected = COURSE | changed
    assert {key: getattr(assignment, key) for key in expected} == expected


def test_a_template_saved_by_notepad_loads(template: Write) -> None:
    """The byte order mark that Windows editors put before UTF-8 text is no error."""
    assert load_assignment(template(b"\xef\xbb\xbfiterations = 7\r\n")).iterations == 7


def test_changes_win_over_the_template(template: Write) -> None:
    """What is asked for beside a template replaces the template's value, even a wrong one; None leaves it."""
    path = template("iterations = 0\ntargets = [0.1, 0.2]\n")
    assignment = load_assignment(path, iterations=5, targets=None, layout="classic")
    assert (assignment.iterations, assignment.targets, assignment.layout) == (5, (0.1, 0.2), "classic")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("iterations = 5\nlerning_rates = [0.5]\n", 2, "unknown key 'lerning_rates'; did you mean 'learning_rates'?"),
        ("colour = 3\n", 1, "unknown key 'colour'; the keys are title, inputs, targets, weights"),
        ("# one\n\n[network]\nlayers = 3\n", 3, "unknown key 'network'"),
        ('\n\niterations = "many"\n', 3, "iterations: 'many' is not a whole number"),
        ("iterations = 2.5\n", 1, "iterations: 2.5 is not a whole number"),
        ("iterations = true\n", 1, "iterations: True is not a whole number"),
        ("iterations = 0\n", 1, "iterations: 0 is not possible"),
        ("title = 3\n", 1, "title: 3 is not a text"),
        ('# inputs\ninputs = "0.05, 0.1"\n', 2, "inputs: '0.05, 0.1' is not a number"),
        ('targets = [0.1, "b"]\n', 1, "targets: 'b' is not a number"),
        ("title = 'x'\nweights = [\n  1, 2, 3,\n  4, 5, 6, 7,\n]\n", 2, "weights: expected 8 numbers (w1 … w8), got 7"),
        ("inputs = [1, 2, 3]\n", 1, "inputs: expected 2 numbers (i1 … i2), got 3"),
        ("inputs = [1, nan]\n", 1, "inputs: i2 is nan"),
        ("learning_rates = [0.5, -inf]\n", 1, "learning_rates: -inf is not possible"),
        ('\nlayout = "wide"\n', 2, "layout: 'wide' is not a layout; the layouts are full, classic"),
    ],
)
def test_a_wrong_template_is_refused_by_file_and_line(template: Write, text: str, line: int, message: str) -> None:
    """The message names the file, the line of the key, what is wrong and what would be right."""
    path = template(text)
    assert refusal(path).startswith(f"{path}, line {line}: {message}")


@pytest.mark.parametrize(
    ("text", "line", "remedy"),
    [
        ("iterations = 5\nweights = [1, 2\ntitle = 3\n", 3, "a bracket is not closed; close it"),
        ("iterations 5\n", 1, "write a key, = and a value, as in iterations = 100"),
        ("title = a\n", 1, "the value is none; write texts in quotation marks, numbers with a decimal point"),
        ("iterations = 5\niterations = 6\n", 2, "this is set twice; leave one out"),
        ("[rubric]\n[rubric]\n", 2, "this table is there twice; make one of both"),
        ('title = "Mine\niterations = 5\n', 1, "a text is not closed, or holds a character that does not show"),
        ('title = "C:\\d"\n', 1, "a text has a backslash; write two, or put the text into single quotation marks"),
    ],
)
def test_what_is_not_toml_is_refused_by_file_and_line(template: Write, text: str, line: int, remedy: str) -> None:
    """A slip of the TOML itself is found by file and line too."""
    path = template(text)
    shown = text.splitlines()[line - 1]
    assert refusal(path) == f"{path}, line {line}: not a TOML file: “{shown}”: {remedy}"


def test_what_is_not_text_is_refused(template: Write) -> None:
    """A file that is no UTF-8 text, as a workbook given by mistake, is refused by name."""
    path = template(b"PK\x03\x04\xff\xfe")
    assert refusal(path).startswith(f"{path}: not a TOML file")


@pytest.mark.parametrize("name", ["nope", "nope.toml", "folder/course.toml", "a" * 300])
def test_an_unknown_template_lists_the_names(name: str) -> None:
    """Who mistypes a template's name learns which there are."""
    message = refusal(name)
    assert name in message
    for shipped in SHIPPED:
        assert shipped in message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"iterations": 0}, "iterations: 0 is not possible; the least is 1"),
        ({"iterations": -1}, "iterations: -1 is not possible; the least is 1"),
        ({"iterations": 2_000_000}, "iterations: 2,000,000 do not fit on a sheet; at most 1,000,000"),
        ({"iterations": 2.5}, "iterations: 2.5 is not a whole number"),
        ({"iterations": "5"}, "iterations: '5' is not a whole number"),
        ({"learning_rates": [0.5, 0.2, 0.5]}, "learning_rates: 0.5 is given twice"),
        ({"learning_rates": [1, 1.0]}, "learning_rates: 1.0 is given twice"),
        ({"learning_rates": [math.nan]}, "learning_rates: nan is not possible"),
        ({"learning_rates": [math.inf]}, "learning_rates: inf is not possible"),
        ({"learning_rates": [0.0]}, "learning_rates: 0.0 is not possible"),
        ({"learning_rates": [0.5, -0.5]}, "learning_rates: -0.5 is not possible"),
        ({"learning_rates": []}, "learning_rates: none given"),
        ({"learning_rates": [n + 1 for n in range(31)]}, "learning_rates: 31 are too many; at most 30"),
        ({"weights": [0.1] * 7}, "weights: expected 8 numbers (w1 … w8), got 7"),
        ({"weights": [0.1] * 9}, "weights: expected 8 numbers (w1 … w8), got 9"),
        ({"weights": [0.1] * 6 + [math.nan, 0.1]}, "weights: w7 is nan; it must be a finite number"),
        ({"weights": ["a"] * 8}, "weights: 'a' is not a number"),
        ({"inputs": [1]}, "inputs: expected 2 numbers (i1 … i2), got 1"),
        ({"inputs": [10**400, 1]}, "inputs: "),
        ({"targets": [0.5, -math.inf]}, "targets: t2 is -inf; it must be a finite number"),
        ({"layout": "wide"}, "layout: 'wide' is not a layout; the layouts are full, classic"),
        ({"weigths": [0.1] * 8}, "unknown key 'weigths'; did you mean 'weights'?"),
        ({"seed": -1}, "seed: -1 is negative"),
        ({"seed": 2.5}, "seed: 2.5 is not a whole number"),
        ({"seed": "x"}, "seed: 'x' is not a whole number"),
        ({"seed": 1, "weights": [0.1] * 8}, "weights: given twice, as numbers and by a seed"),
    ],
    ids=lambda value: None if isinstance(value, str) else str(value)[:40],
)
def test_values_that_cannot_be_used_are_refused(changes: dict[str, Any], message: str) -> None:
    """Each is an InputError of one line that names the value and what would be possible."""
    assert refusal(**changes).startswith(message)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("learning_rates", np.array([0.25, 0.5]), (0.25, 0.5)),
        ("weights", np.full(8, 0.5), (0.5,) * 8),
        ("iterations", np.int64(5), 5),
        ("learning_rates", [np.float64(0.5), 1], (0.5, 1.0)),
        ("targets", (0, 1), (0.0, 1.0)),
    ],
    ids=lambda value: None if isinstance(value, str) else type(value).__name__,
)
def test_numbers_of_any_kind_are_numbers(key: str, value: Any, expected: Any) -> None:
    """NumPy's numbers and arrays serve as well as Python's."""
    assert getattr(load_assignment(**{key: value}), key) == expected


@pytest.mark.parametrize("iterations", [1, 1_000_000])
def test_the_limits_themselves_are_possible(iterations: int) -> None:
    """One row, and as many as a sheet has room for, can be asked for."""
    assert load_assignment(iterations=iterations).iterations == iterations


def test_a_seed_draws_the_same_weights_again() -> None:
    """Random weights lie from −1 to 1 in steps of 0.01, are the same for a seed and others for another."""
    drawn = [load_assignment(seed=seed).weights for seed in range(40)]
    assert drawn == [load_assignment(seed=seed).weights for seed in range(40)]
    assert len(set(drawn)) == 40
    every = [w for weights in drawn for w in weights]
    assert all(-1 <= w <= 1 and w == round(w, 2) for w in every)
    assert min(every) < -0.9
    assert max(every) > 0.9


def test_a_seed_is_remembered_and_changes_only_the_weights() -> None:
    """The assignment tells which seed its weights were drawn with; all else is as the template says."""
    assignment = load_assignment("course-targets-01-99", seed=7)
    assert assignment.seed == 7
    assert assignment.targets == (0.01, 0.99)
    assert assignment.weights != COURSE["weights"]


def test_a_seed_keeps_its_weights_for_years() -> None:
    """Students keep their numbers when sheetprop or NumPy is updated."""
    assert load_assignment(seed=7).weights == (0.89, 0.25, 0.37, 0.8, 0.16, 0.55, 0.67, -0.55)


COURSE_RUBRIC = {
    "forward": 20, "error": 10, "gradients": 25, "updates": 20, "initial_values": 5, "iterations": 5,
    "learning_rates": 5, "chart": 5, "live": 5,
}  # fmt: skip


def test_the_rubric_of_the_course_has_every_criterion() -> None:
    """The course gives points for every criterion there is, a hundred in all, in the order of the criteria."""
    rubric = load_assignment().rubric
    assert rubric == COURSE_RUBRIC
    assert list(rubric) == list(CRITERIA)
    assert sum(rubric.values()) == 100


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("[rubric]\nchart = 0\n", {"chart": 0}),
        ("[rubric]\ngradients = 40\nlive = 2.5\n", {"gradients": 40, "live": 2.5}),
        ("rubric = { error = 15 }\n", {"error": 15}),
        ("rubric.error = 15\n", {"error": 15}),
        ("[rubric]\n", {}),
        ("iterations = 20\n", {}),
    ],
)
def test_a_partial_rubric_keeps_the_other_points(template: Write, text: str, changed: dict[str, float]) -> None:
    """A criterion that a template leaves out has the points of the course; an empty rubric leaves all."""
    assert load_assignment(template(text)).rubric == COURSE_RUBRIC | changed


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# mine\n[rubric]\nchat = 5\n", "line 3: rubric: unknown criterion 'chat'; did you mean 'chart'?"),
        ("iterations = 5\n\n[rubric]\nxyz = 5\n", f"line 4: rubric: unknown criterion 'xyz'; the criteria are {LIST}"),
        ("[rubric]\nerror = 10\nchart = -5\n", "line 3: rubric.chart: -5 is not possible; points are 0 or more"),
        ("[rubric]\nchart = nan\n", "line 2: rubric.chart: nan is not possible; points are 0 or more"),
        ("[rubric]\nchart = inf\n", "line 2: rubric.chart: inf is not possible; points are 0 or more"),
        ("[rubric]\nchart = 'five'\n", "line 2: rubric.chart: 'five' is not a number"),
        ("[rubric]\nchart = true\n", "line 2: rubric.chart: True is not a number"),
        ("# mine\nrubric = 5\n", "line 2: rubric: 5 is not a table of points; write [rubric] and lines such as"),
        ("rubric = [1, 2]\n", "line 1: rubric: [1, 2] is not a table of points"),
        ("[[rubric]]\nchart = 5\n", "line 1: rubric: [{'chart': 5}] is not a table of points"),
        ("[rubrik]\nchart = 5\n", "line 1: unknown key 'rubrik'; did you mean 'rubric'?"),
    ],
)
def test_a_rubric_that_cannot_be_used_is_refused(template: Write, text: str, says: str) -> None:
    """The one line has the file, the line of the criterion, the value, and what would be possible."""
    path = template(text)
    assert refusal(path).startswith(f"{path}, {says}")


def test_a_rubric_can_be_given_to_the_function() -> None:
    """Points given as a mapping are checked like a template's."""
    assert load_assignment(rubric=COURSE_RUBRIC | {"chart": 0}).rubric["chart"] == 0
    assert refusal(rubric={"chat": 5}).startswith("rubric: unknown criterion 'chat'; did you mean 'chart'?")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("points = 200\n", "line 1: points: 200 are asked for, but the points of [rubric] add up to 100; change one"),
        ("title = 'x'\npoints = 100\n[rubric]\nchart = 0\n", "line 2: points: 100 are asked for, but the points of"),
        ("points = -1\n", "line 1: points: -1 is not possible; points are 0 or more"),
        ("[personal]\n\ninputs = [1, 2]\n", "line 3: personal.inputs: [1, 2] is not a range; write { from = 0.1, to ="),
        ("[personal]\nweights = { from = 1, to = -1, step = 0.1 }\n", "line 2: personal.weights: no numbers from 1.0"),
        ("personal.inputs = { from = 1, to = 2 }\n", "line 1: personal.inputs: {'from': 1, 'to': 2} is not a range"),
        (
            "[personal]\nrates = 'same'\n",
            "line 2: personal: unknown key 'rates'; the keys are targets",
        ),
        ("[handout]\n# columns\nfill = ['gradient']\n", "line 3: fill: 'gradient' is nothing to fill; name some of"),
        ("[handout]\nfill = []\n", "line 2: fill: nothing is left to students; name some of weights, forward"),
        ("layout = 'classic'\nhandout.fill = ['steps']\n", "line 2: fill: the classic layout has no column for steps"),
        ("[handout]\nequations = 1\n", "line 2: handout.equations: 1 is neither true nor false"),
        ("[tolerances]\ngiven = 2\n", "line 2: tolerances.given: 2 is not possible; a tolerance is relative, above 0"),
        ("[texts]\ntask = 'a'\nhandin = 'b'\n", "line 3: texts: unknown key 'handin'; did you mean 'hand_in'?"),
        ('texts.task = "a\\u0007b"\n', "line 1: texts.task: the character '\\x07' cannot stand in a workbook; take it"),
        ("texts = 'a'\n", "line 1: texts: 'a' is not a table of texts; write [texts] and lines such as task ="),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_by_line(template: Write, text: str, says: str) -> None:
    """Whatever key of whatever table is wrong, its own line is named with what would be possible."""
    path = template(text)
    assert refusal(path).startswith(f"{path}, {says}")


def test_tables_of_a_template_change_only_what_they_name(template: Write) -> None:
    """A range, a text or a tolerance left out is as in the course; "same" draws nothing."""
    course = load_assignment()
    mine = load_assignment(template("personal.inputs = 'same'\ntexts.hand_in = 'Now.'\ntolerances.given = 1e-4\n"))
    assert mine.personal == {key: numbers for key, numbers in course.personal.items() if key != "inputs"}
    assert mine.texts == {**course.texts, "hand_in": "Now."}
    assert (mine.tolerances.given, mine.tolerances.typed) == (1e-4, course.tolerances.typed)


def test_a_range_has_the_numbers_that_its_digits_say() -> None:
    """Both ends belong to it, and no number has the error of a sum of binary fractions."""
    numbers = Range(0.1, 0.9, 0.05)
    assert [numbers[n] for n in range(numbers.count)] == [round(0.1 + 0.05 * n, 2) for n in range(17)]
    assert Range(-1.0, 1.0, 0.01).count == 201


def test_what_a_hand_out_leaves_to_students_is_named_by_group_or_column() -> None:
    """Groups are all columns of their kind that the layout has; keys are single columns; in the sheet's order."""
    course = load_assignment()
    assert course.filled_columns == [key for key in course.columns if key[0] not in "ti"]
    assert replace(course, fill=("dE_dw3", "error")).filled_columns == ["E1", "E2", "E_total", "dE_dw3"]


def test_the_template_to_start_from_is_the_course_with_every_key_explained() -> None:
    """Every key stands in it, each table and key with a comment above, and it loads as the course."""
    text = template_text()
    named = tomllib.loads(text)
    assert list(named) == list(KEYS)
    lines = text.splitlines()
    for key in named:
        line = next(n for n, line in enumerate(lines) if re.match(rf"\[*{key}\b", line))
        around = lines[line - 1 : line + 2] if key != "targets" else lines[line - 2 : line]
        assert any(line.startswith("#") for line in around), key


def test_mistakes_of_a_hand_out_are_only_those_that_a_template_names(tmp_path: Path) -> None:
    """Another template does not take over the course's; a wrong entry is refused with its line."""
    path = tmp_path / "mine.toml"
    path.write_text("iterations = 20\n", encoding="utf-8")
    assert load_assignment(path).mistakes == ()
    assert load_assignment(iterations=20).mistakes == load_assignment("course-targets-01-99").mistakes != ()
    entry = 'columns = ["dE_dw6"]\nstands = "a_h1"\nbelongs = "a_h2"\n'
    path.write_text(f"[[mistakes]]\n{entry}", encoding="utf-8")
    (mistake,) = load_assignment(path).mistakes
    assert (mistake.columns, mistake.stands, mistake.belongs, mistake.says) == (("dE_dw6",), "a_h1", "a_h2", "")
    for wrong, said in (("stand = 3", "did you mean 'stands'"), ('columns = ["dE_dw66"]', "did you mean 'dE_dw6'")):
        path.write_text(
            f"[[mistakes]]\n{wrong}\n{'' if 'stand' in wrong else entry.partition(chr(10))[2]}", encoding="utf-8"
        )
        with pytest.raises(InputError, match=said):
            load_assignment(path)
