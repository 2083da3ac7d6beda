"""The network: its quantities, their equations, and gradients that are gradients."""

import math
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from sheetprop import NETWORK, Network, Role, load_assignment
from sheetprop.network import SIGMOID, Layer, partial
from sheetprop.workbook.contents import Contents

CLASSIC = [
    "t1", "t2", "i1", "i2", "w1", "w2", "w3", "w4", "h1", "a_h1", "h2", "a_h2", "w5", "w6", "w7", "w8", "o1", "a_o1",
    "o2", "a_o2", "E1", "E2", "E_total", "dE_dw1", "dE_dw2", "dE_dw3", "dE_dw4", "dE_dw5", "dE_dw6", "dE_dw7",
    "dE_dw8",
]  # fmt: skip
STEPS = [
    "dE_da_o1", "dE_da_o2", "da_o1_do1", "da_o2_do2", "dE_do1", "dE_do2", "dE1_da_h1", "dE1_da_h2", "dE2_da_h1",
    "dE2_da_h2", "dE_da_h1", "dE_da_h2", "da_h1_dh1", "da_h2_dh2", "dE_dh1", "dE_dh2",
]  # fmt: skip


def network_of(inputs: int, **layers: int) -> Network:
    """A network of sigmoid layers by name and size."""
    return Network(inputs, tuple(Layer(prefix, size, SIGMOID) for prefix, size in layers.items()))


NETWORKS = {
    "2-2-2": NETWORK,
    "3-4-2": network_of(3, h=4, o=2),
    "3-4-3-2": network_of(3, h=4, g=3, o=2),
    "2-3-1": network_of(2, h=3, o=1),
    "3-2": network_of(3, o=2),
}
each_network = pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)


def nodes_of(network: Network, given: dict[str, Any], exp: Callable[[Any], Any]) -> dict[str, Any]:
    """Every sum, activation and error by key: the forward pass as a textbook has it, without our equations."""
    nodes = dict(given)
    weights = iter([given[f"w{n}"] for n in range(1, len(network.keys(Role.WEIGHT)) + 1)])
    handed_on = [given[f"i{n}"] for n in range(1, network.inputs + 1)]
    for layer in network.layers:
        sums = [sum(next(weights) * x for x in handed_on) for _ in range(layer.size)]
        handed_on = [1 / (1 + exp(-x)) for x in sums]
        for n, (x, activation) in enumerate(zip(sums, handed_on, strict=True), start=1):
            nodes |= {f"{layer.prefix}{n}": x, f"a_{layer.prefix}{n}": activation}
    errors = [(given[f"t{n}"] - x) ** 2 / 2 for n, x in enumerate(handed_on, start=1)]
    return nodes | {f"E{n}": error for n, error in enumerate(errors, start=1)} | {"E_total": sum(errors)}


def random_points(network: Network, count: int = 5) -> list[dict[str, float]]:
    """Targets, inputs and weights by key."""
    random = np.random.default_rng(20)
    keys = network.keys(Role.TARGET, Role.INPUT, Role.WEIGHT)
    return [dict(zip(keys, random.uniform(-2, 2, len(keys)).tolist(), strict=True)) for _ in range(count)]


def evaluated(network: Network, given: dict[str, float]) -> dict[str, float]:
    """Every quantity by key, by the network's equations."""
    values = dict(given)
    for quantity in network.quantities:
        if quantity.equation:
            values[quantity.key] = quantity.equation.evaluate(values)
    return values


@pytest.mark.parametrize(
    ("layout", "expected"), [("classic", CLASSIC), ("full", ["iteration", *CLASSIC[:23], *STEPS, *CLASSIC[23:]])]
)
def test_layouts_have_their_columns_in_their_order(layout: str, expected: Sequence[str]) -> None:
    """Classic has exactly the hand-out's 31 columns; full adds the iteration and every step before the gradients."""
    columns = Contents(load_assignment(layout=layout), {}).columns
    assert list(columns) == expected
    assert len(columns) == {"classic": 31, "full": 48}[layout]


def test_labels_are_what_people_write() -> None:
    """A key's label is the key, except that derivatives are written with ∂ and the learning rate is η."""
    assert [NETWORK.label(key) for key in CLASSIC[:23]] == CLASSIC[:23]
    derivatives = {"dE_dw8": "∂E/∂w8", "dE_da_o1": "∂E/∂a_o1", "da_h1_dh1": "∂a_h1/∂h1", "dE1_da_h2": "∂E1/∂a_h2"}
    for key, label in derivatives.items() | {"lr": "η", "iteration": "iteration"}.items():
        assert NETWORK.label(key) == label


FORWARD = CLASSIC[:23]
BY_OUTPUTS = [*FORWARD, "dE_do1", "dE_do2"]


@pytest.mark.parametrize(
    ("key", "columns", "text"),
    [
        ("h1", FORWARD, "w1·i1 + w2·i2"),
        ("h2", FORWARD, "w3·i1 + w4·i2"),
        ("a_h1", FORWARD, "1/(1 + exp(−h1))"),
        ("o1", FORWARD, "w5·a_h1 + w6·a_h2"),
        ("o2", FORWARD, "w7·a_h1 + w8·a_h2"),
        ("a_o2", FORWARD, "1/(1 + exp(−o2))"),
        ("E1", FORWARD, "½·(t1 − a_o1)²"),
        ("E2", FORWARD, "½·(t2 − a_o2)²"),
        ("E_total", FORWARD, "E1 + E2"),
        ("dE_da_o1", FORWARD, "a_o1 − t1"),
        ("da_o1_do1", FORWARD, "a_o1·(1 − a_o1)"),
        ("da_h2_dh2", FORWARD, "a_h2·(1 − a_h2)"),
        ("dE_da_h1", BY_OUTPUTS, "∂E/∂o1·w5 + ∂E/∂o2·w7"),
        ("dE_da_h2", BY_OUTPUTS, "∂E/∂o1·w6 + ∂E/∂o2·w8"),
        ("dE_dw5", FORWARD, "(a_o1 − t1)·a_o1·(1 − a_o1)·a_h1"),
        ("dE_dw6", FORWARD, "(a_o1 − t1)·a_o1·(1 − a_o1)·a_h2"),
        ("dE_dw7", FORWARD, "(a_o2 − t2)·a_o2·(1 − a_o2)·a_h1"),
        ("dE_dw8", FORWARD, "(a_o2 − t2)·a_o2·(1 − a_o2)·a_h2"),
        ("dE_dw1", BY_OUTPUTS, "(∂E/∂o1·w5 + ∂E/∂o2·w7)·a_h1·(1 − a_h1)·i1"),
        ("dE_dw2", BY_OUTPUTS, "(∂E/∂o1·w5 + ∂E/∂o2·w7)·a_h1·(1 − a_h1)·i2"),
        ("dE_dw3", BY_OUTPUTS, "(∂E/∂o1·w6 + ∂E/∂o2·w8)·a_h2·(1 − a_h2)·i1"),
        ("dE_dw4", BY_OUTPUTS, "(∂E/∂o1·w6 + ∂E/∂o2·w8)·a_h2·(1 − a_h2)·i2"),
    ],
)
def test_equations_are_those_of_the_class(key: str, columns: Sequence[str], text: str) -> None:
    """In terms of the hand-out's columns each equation reads as the class derives it."""
    equation = NETWORK.equation(key, columns)
    assert equation is not None
    assert equation.text(NETWORK.label) == text


@pytest.mark.parametrize("gradient", ["dE_dw3", "dE_dw4"])
def test_gradients_into_the_second_hidden_neuron_use_its_own_activation(gradient: str) -> None:
    """∂E/∂w3 and ∂E/∂w4 use a_h2, which the class hand-out mistook for a_h1."""
    equation = NETWORK.equation(gradient, FORWARD)
    assert equation is not None
    assert "a_h2" in set(equation.symbols())
    assert "a_h1" not in set(equation.symbols())


@pytest.mark.parametrize("n", range(1, 9))
def test_every_weight_steps_against_its_own_gradient(n: int) -> None:
    """w(k+1) = w(k) − η·∂E/∂w(k), and nothing but a weight has a next value."""
    after = NETWORK[f"w{n}"].next
    assert after is not None
    assert after.text(NETWORK.label) == f"w{n} − η·∂E/∂w{n}"
    assert [q.key for q in NETWORK.quantities if q.next] == NETWORK.keys(Role.WEIGHT)


@each_network
def test_forward_pass_is_the_textbook_one(network: Network) -> None:
    """Sums, activations and errors are those of a forward pass written out by hand."""
    for given in random_points(network):
        found, expected = evaluated(network, given), nodes_of(network, given, math.exp)
        keys = network.keys(Role.FORWARD, Role.ERROR)
        assert {key: found[key] for key in keys} == pytest.approx({key: expected[key] for key in keys}, rel=1e-12)
        assert set(expected) == {*given, *keys}


@each_network
def test_every_derivative_is_what_autograd_finds(network: Network) -> None:
    """Every gradient, and every step of the chain rule on the way to it, equals torch.autograd."""
    torch = pytest.importorskip("torch")
    derivatives = network.keys(Role.STEP, Role.GRADIENT)
    for given in random_points(network):
        found = evaluated(network, given)
        leaves = {key: torch.tensor(value, dtype=torch.float64, requires_grad=True) for key, value in given.items()}
        nodes = nodes_of(network, leaves, torch.exp)
        for key in derivatives:
            of, by = key.removeprefix("d").split("_d")
            outcome = nodes["E_total" if of == "E" else of]
            (expected,) = torch.autograd.grad(outcome, nodes[by], retain_graph=True)
            assert found[key] == pytest.approx(expected.item(), rel=1e-12, abs=1e-15), key
    assert len(network.keys(Role.GRADIENT)) == len(network.keys(Role.WEIGHT))


@each_network
def test_gradients_are_slopes_of_the_error(network: Network) -> None:
    """Moving one weight a little moves E_total by its gradient: central finite differences."""
    epsilon = 1e-5
    for given in random_points(network):
        found = evaluated(network, given)
        for weight in network.keys(Role.WEIGHT):
            up, down = (
                nodes_of(network, given | {weight: given[weight] + step}, math.exp)["E_total"]
                for step in (epsilon, -epsilon)
            )
            assert found[partial("E", weight)] == pytest.approx((up - down) / (2 * epsilon), rel=1e-6, abs=1e-9)


@each_network
def test_equations_without_the_steps_give_the_same_numbers(network: Network) -> None:
    """With every step inserted, as the classic layout has it, an equation needs no step and keeps its value."""
    columns = network.keys(*(role for role in Role if role is not Role.STEP))
    for given in random_points(network, 2):
        values = evaluated(network, given)
        for key in network.keys(Role.FORWARD, Role.ERROR, Role.GRADIENT):
            equation = network.equation(key, columns)
            assert equation is not None
            assert set(equation.symbols()) <= set(columns)
            assert equation.evaluate(values) == pytest.approx(values[key], rel=1e-12, abs=1e-15)


@each_network
def test_a_quantity_follows_from_quantities_before_it(network: Network) -> None:
    """The order of the columns is an order of computation, without a quantity that has two places."""
    keys = network.keys()
    assert len(set(keys)) == len(keys)
    for n, quantity in enumerate(network.quantities):
        assert set(quantity.equation.symbols() if quantity.equation else ()) <= set(keys[:n])
        assert (quantity.equation is None) == (quantity.role in (Role.TARGET, Role.INPUT, Role.WEIGHT))


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        (
            "w1",
            "dE_dw1 dE_dh1 dE_da_h1 dE1_da_h1 dE_do1 dE_da_o1 da_o1_do1 dE2_da_h1 dE_do2 dE_da_o2 da_o2_do2 da_h1_dh1",
        ),
        ("w8", "dE_dw8 dE_do2 dE_da_o2 da_o2_do2"),
    ],
)
def test_derivation_is_the_chain_rule_in_reading_order(weight: str, expected: str) -> None:
    """The derivation of a gradient goes from it through the steps, each where it is first used."""
    assert [q.key for q in NETWORK.derivation(weight)] == expected.split()


@each_network
def test_derivation_leaves_no_step_out(network: Network) -> None:
    """A derivation starts with the gradient, holds every step that it rests on once, and ends at a leaf."""
    for weight in network.keys(Role.WEIGHT):
        derivation = network.derivation(weight)
        keys = [q.key for q in derivation]
        used = {key for q in derivation if q.equation for key in q.equation.symbols()}
        assert keys[0] == partial("E", weight)
        assert len(keys) == len(set(keys))
        assert {key for key in used if network[key].role is Role.STEP} == set(keys[1:])
        assert derivation[-1].equation is not None
        assert not {network[key].role for key in derivation[-1].equation.symbols()} & {Role.STEP, Role.GRADIENT}


@pytest.mark.parametrize(
    ("key", "columns", "missing"),
    [
        ("h1", ["i1", "w1", "w2"], "i2"),
        ("dE_dw1", [key for key in CLASSIC if key != "t2" and key[0] != "d"], "t2"),
        ("E_total", [], "t1"),
    ],
)
def test_an_equation_needs_what_is_given(key: str, columns: Sequence[str], missing: str) -> None:
    """An equation in terms of columns that lack a given quantity is refused, and the message says which."""
    with pytest.raises(ValueError, match=rf"{key} cannot be computed: .*\b{missing}\b.* not among the columns"):
        NETWORK.equation(key, columns)


def test_any_network_goes_to_other_processes() -> None:
    """Whatever its shape, equal networks are one object in each, and what is computed from one stays behind."""
    layers = (Layer("h", 3, SIGMOID), Layer("o", 1, SIGMOID))
    network = Network(2, layers)
    bare = len(pickle.dumps(network))
    assert len(network.quantities) > 40
    assert len(pickle.dumps(network)) == bare
    one, other = (pickle.loads(pickle.dumps(network)) for _ in range(2))
    assert one == network
    assert one is other
    assert [str(quantity) for quantity in one.quantities] == [str(quantity) for quantity in network.quantities]
    assert pickle.loads(pickle.dumps(NETWORK)) is NETWORK
