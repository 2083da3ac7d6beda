"""Gradient descent: the numbers of every iteration are those that others get."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from sheetprop import Assignment, Layout, Network, load_assignment, trajectory
from sheetprop.descent import compute
from sheetprop.network import NETWORK, SIGMOID, Layer

THREE_LAYERS = Network(3, (Layer("h", 4, SIGMOID), Layer("g", 3, SIGMOID), Layer("o", 2, SIGMOID)))


def trained_by_torch(assignment: Assignment, sizes: Sequence[int], rate: float) -> dict[str, np.ndarray]:
    """E_total, weights and gradients by key at each iteration, with torch's autograd and SGD in double precision."""
    torch = pytest.importorskip("torch")
    inputs, targets = (torch.tensor(x, dtype=torch.float64) for x in (assignment.inputs, assignment.targets))
    shapes = [(after, before) for before, after in pairwise(sizes)]
    parts = torch.tensor(assignment.weights, dtype=torch.float64).split([math.prod(shape) for shape in shapes])
    layers = [torch.nn.Parameter(part.reshape(shape).clone()) for part, shape in zip(parts, shapes, strict=True)]
    optimizer = torch.optim.SGD(layers, lr=rate)
    rows = []
    for _ in range(assignment.iterations):
        activation = inputs
        for layer in layers:
            activation = torch.sigmoid(layer @ activation)
        error = ((targets - activation) ** 2).sum() / 2
        optimizer.zero_grad()
        error.backward()
        weights = torch.cat([layer.detach().ravel() for layer in layers])
        gradients = torch.cat([layer.grad.ravel() for layer in layers])
        rows.append([error.item(), *weights.tolist(), *gradients.tolist()])
        optimizer.step()
    numbers = range(1, len(assignment.weights) + 1)
    keys = ["E_total", *(f"w{n}" for n in numbers), *(f"dE_dw{n}" for n in numbers)]
    return dict(zip(keys, np.array(rows).T, strict=True))


@pytest.mark.parametrize(
    ("targets", "published"), [((0.5, 0.5), 0.0141813779378917), ((0.01, 0.99), 0.24251985734837728)]
)
def test_the_first_error_is_the_published_one(targets: Sequence[float], published: float) -> None:
    """E_total of the initial weights is what the published workbooks show, whatever the learning rate."""
    frame = trajectory(load_assignment(targets=targets, iterations=2))
    first = frame[frame["iteration"] == 0]
    assert len(first) == 6
    assert first["E_total"].to_numpy() == pytest.approx(published, rel=1e-14, abs=0)


@pytest.mark.parametrize("template", ["course", "course-targets-01-99", "signed-weights"])
def test_every_iteration_is_that_of_torch(template: str) -> None:
    """Over 50 iterations errors, weights and gradients are those of torch's autograd and SGD at every rate."""
    assignment = load_assignment(template, iterations=50)
    found = compute(assignment)
    for n, rate in enumerate(assignment.learning_rates):
        for key, expected in trained_by_torch(assignment, (2, 2, 2), rate).items():
            np.testing.assert_allclose(found[key][n], expected, rtol=1e-11, atol=1e-15, err_msg=f"{key} at {rate}")


def test_another_architecture_is_trained_by_the_same_code() -> None:
    """Nothing is bound to the 2-2-2 network: a 3-4-3-2 network follows torch too."""
    weights = np.random.default_rng(4).uniform(-1, 1, 30)
    assignment = Assignment(
        title="",
        inputs=(0.2, -0.7, 1.1),
        targets=(0.1, 0.8),
        weights=tuple(weights.tolist()),
        learning_rates=(0.5, 3.0),
        iterations=30,
        layout=Layout.FULL,
        network=THREE_LAYERS,
    )
    found = compute(assignment)
    for n, rate in enumerate(assignment.learning_rates):
        expected = trained_by_torch(assignment, (3, 4, 3, 2), rate)
        assert len(expected) == 61
        for key, values in expected.items():
            np.testing.assert_allclose(found[key][n], values, rtol=1e-11, atol=1e-15, err_msg=key)


def test_training_moves_the_weights_by_the_rate_times_the_gradient() -> None:
    """From each row to the next a weight falls by η·∂E/∂w, in every trajectory of the frame."""
    frame = trajectory(load_assignment(iterations=4, learning_rates=(0.5, 2.0)))
    for rate, rows in frame.groupby("lr"):
        for n in range(1, 9):
            w, gradient = rows[f"w{n}"].to_numpy(), rows[f"dE_dw{n}"].to_numpy()
            assert w[1:] == pytest.approx(w[:-1] - rate * gradient[:-1], rel=1e-15, abs=0)
            assert (w[1:] != w[:-1]).all()


def test_the_frame_has_a_row_per_rate_and_iteration() -> None:
    """Rates in their given order, iterations from 0, and the columns lr, iteration, then every key."""
    frame = trajectory(load_assignment(learning_rates=(2.0, 0.1, 0.5), iterations=7))
    assert list(frame.columns) == ["lr", "iteration", *NETWORK.keys()]
    assert frame["lr"].tolist() == [2.0] * 7 + [0.1] * 7 + [0.5] * 7
    assert frame["iteration"].tolist() == [*range(7)] * 3
    assert frame["iteration"].dtype.kind == "i"
    assert not frame.isna().any(axis=None)


def test_rates_do_not_touch_each_other() -> None:
    """A rate's numbers are the same to the last digit whether it is computed alone or among others."""
    together = compute(load_assignment(learning_rates=(0.1, 1e6, 2.0), iterations=9, inputs=(300, 300)))
    for n, rate in enumerate((0.1, 1e6, 2.0)):
        alone = compute(load_assignment(learning_rates=(rate,), iterations=9, inputs=(300, 300)))
        for key, values in alone.items():
            np.testing.assert_array_equal(together[key][n], values[0])


def test_what_overflows_stays_no_number() -> None:
    """Once EXP overflows, the errors and weights are NaN from there on, and nothing comes back or is infinite."""
    computed = compute(load_assignment(learning_rates=(1e6,), iterations=8, inputs=(300, 300)))
    for key, (values,) in computed.items():
        missing = np.isnan(values)
        assert not np.isinf(values).any(), key
        assert (missing[1:] >= missing[:-1]).all(), key
    for key in ("E_total", "w5", "dE_dw1", "a_o1"):
        assert not np.isnan(computed[key][0, 0])
        assert np.isnan(computed[key][0, -1])
    for key in NETWORK.keys()[:4]:
        assert not np.isnan(computed[key]).any()


def test_nothing_is_infinite() -> None:
    """A spreadsheet has no infinity: an error too large for a number is NaN, while what it is made of is not."""
    computed = compute(load_assignment(targets=(1e200, 0.5), learning_rates=(0.5,), iterations=3))
    assert not any(np.isinf(values).any() for values in computed.values())
    assert np.isnan(computed["E1"][0, 0])
    assert np.isnan(computed["E_total"][0, 0])
    assert computed["dE_da_o1"][0, 0] == -1e200
    assert np.isfinite(computed["E2"][0, 0])
