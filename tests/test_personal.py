"""Personal numbers: each student's own, the same again for the same seed and id, and such that teach something."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from sheetprop import InputError, load_assignment
from sheetprop.assignment import Range
from sheetprop.descent import compute
from sheetprop.personal import APART, LEAST_MISS, LEAST_SIZE, draw_all, unsuited

COURSE = load_assignment()
IDS = [f"s{n}" for n in range(60)]


@pytest.fixture(scope="module")
def drawn() -> dict[str, dict[str, float]]:
    """The numbers of a class of sixty."""
    return {student: own.given for student, own in draw_all(COURSE, IDS, 1).items()}


def test_no_two_students_share_their_numbers(drawn: dict[str, dict[str, float]]) -> None:
    """Sixty students have sixty sets of numbers."""
    assert len({tuple(given.values()) for given in drawn.values()}) == len(IDS)


def test_numbers_depend_on_seed_and_id_alone(drawn: dict[str, dict[str, float]]) -> None:
    """Whoever else is in the class, and in whatever order, a student keeps the numbers; another seed gives others."""
    again = draw_all(COURSE, ["s7", "newcomer", "s3"], 1)
    assert again["s7"].given == drawn["s7"]
    assert again["s3"].given == drawn["s3"]
    assert draw_all(COURSE, ["s7"], 2)["s7"].given != drawn["s7"]


def test_students_keep_their_numbers_for_years() -> None:
    """A hand-out that was lost is made again by a later version."""
    given = draw_all(COURSE, ["s1001"], 1)["s1001"].given
    assert given == GIVEN_TO_S1001


GIVEN_TO_S1001 = {
    "t1": 0.8, "t2": 0.3, "i1": 0.8, "i2": 0.9,
    "w1": -0.16, "w2": 0.71, "w3": -0.05, "w4": 0.74, "w5": -0.15, "w6": 0.75, "w7": -0.7, "w8": 0.31,
}  # fmt: skip


def test_numbers_are_those_of_the_ranges(drawn: dict[str, dict[str, float]]) -> None:
    """Every number is one of its range's steps, and both halves of each range are used."""
    for name, keys in (("inputs", ("i1", "i2")), ("targets", ("t1", "t2")), ("weights", ("w1", "w5", "w8"))):
        numbers = COURSE.personal[name]
        possible = {numbers[n] for n in range(numbers.count)}
        found = {given[key] for given in drawn.values() for key in keys}
        assert found <= possible
        middle = (numbers.first + numbers.last) / 2
        assert min(found) < middle < max(found)


def test_numbers_teach(drawn: dict[str, dict[str, float]]) -> None:
    """No sigmoid is flat, there is an error to see, it falls at the lower rates, and nothing is confused unseen."""
    for given in drawn.values():
        own = COURSE.with_given(given)
        course = compute(own)
        for key in ("a_h1", "a_h2", "a_o1", "a_o2"):
            assert 0.05 < course[key][0, 0] < 0.95
        for output, target in (("a_o1", "t1"), ("a_o2", "t2")):
            assert abs(course[output][0, 0] - given[target]) >= LEAST_MISS
        assert abs(course["a_h1"][0, 0] - course["a_h2"][0, 0]) >= APART
        assert (np.diff(course["E_total"][:3], axis=1) < 0).all()
        weights = sorted(own.weights)
        assert all(second > first for first, second in pairwise(weights))
        assert min(map(abs, weights)) >= LEAST_SIZE
        assert given["i1"] != given["i2"]
        assert given["t1"] != given["t2"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"weights": (5.0, 5.1, 5.2, 5.3, 5.4, 5.5, 5.6, 5.7), "inputs": (0.8, 0.9)}, "a sigmoid is saturated"),
        ({"inputs": (0.5, 0.5)}, "two inputs are the same"),
        ({"targets": (0.3, 0.3)}, "two targets are the same"),
        ({"weights": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.0)}, "a weight is nearly 0"),
        ({"targets": (0.62, 0.1)}, "an output is at its target already"),
        ({"learning_rates": (300.0, 400.0)}, "the error does not fall at one of the lower learning rates"),
    ],
)
def test_numbers_that_teach_little_are_not_given(changes: dict[str, tuple[float, ...]], reason: str) -> None:
    """Each of these hides what students should see."""
    good = replace(COURSE, inputs=(0.3, 0.8), targets=(0.2, 0.9))
    assert unsuited(good) is None
    assert unsuited(replace(good, **changes)) == reason


def test_a_template_without_ranges_is_refused() -> None:
    """Where all numbers are shared there is nothing to draw."""
    with pytest.raises(InputError, match="personal: the template has no range to draw from"):
        draw_all(replace(COURSE, personal={}), IDS, 1)


def test_ranges_that_are_too_narrow_are_refused_with_the_reason() -> None:
    """The line says for whom, why, and what to do."""
    one = replace(COURSE, personal={"inputs": Range(0.3, 0.8, 0.5)}, targets=(0.2, 0.9))
    with pytest.raises(InputError, match=r"personal: 500 draws .* another student has the same numbers\); widen"):
        draw_all(one, IDS, 1)
    with pytest.raises(InputError, match="two inputs are the same"):
        draw_all(replace(one, personal={"inputs": Range(0.3, 0.3, 0.5)}), IDS, 1)
