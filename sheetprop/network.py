"""The network: its quantities and their equations, declared once.

Everything that speaks of the network derives from the :class:`Network` built here: the Excel formula of a
column, the NumPy evaluation, the printed equation and what a grader expects. A network is built from a
description (layers, activation, error, update rule); another architecture is another description.

The equations are those of D. E. Rumelhart, G. E. Hinton and R. J. Williams, "Learning representations by
back-propagating errors", Nature 323 (1986), equations 1 to 8, for one training example and no biases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from enum import Enum
from functools import cached_property, lru_cache, reduce
from operator import add
from typing import Any

from sheetprop.expression import Expression, Number, Symbol, exp


class Role(Enum):
    """What a quantity is to the network; the value says it to people."""

    TARGET = "target"
    INPUT = "input"
    WEIGHT = "weight"
    FORWARD = "forward"
    ERROR = "error"
    STEP = "chain-rule step"
    GRADIENT = "gradient"


RATE = "lr"
ITERATION = "iteration"


@dataclass(frozen=True)
class Activation:
    """An activation function of the weighted sum ``x``.

    ``derivative`` is written with its output ``a``, as backpropagation uses it.
    """

    name: str
    symbol: str
    function: Expression
    derivative: Expression

    def value(self, x: Expression) -> Expression:
        """The function of a weighted sum."""
        return self.function.substitute({X.key: x})

    def slope(self, a: Expression) -> Expression:
        """Its derivative where the output is ``a``."""
        return self.derivative.substitute({A.key: a})


@dataclass(frozen=True)
class Error:
    """An error of one output ``a`` against its target ``t``, and its derivative by that output."""

    name: str
    function: Expression
    derivative: Expression

    def value(self, t: Expression, a: Expression) -> Expression:
        """The error of an output."""
        return self.function.substitute({T.key: t, A.key: a})

    def slope(self, t: Expression, a: Expression) -> Expression:
        """How it changes with that output."""
        return self.derivative.substitute({T.key: t, A.key: a})


@dataclass(frozen=True)
class UpdateRule:
    """How a weight's next value follows from the weight ``w``, its gradient ``g`` and the learning rate ``lr``."""

    name: str
    function: Expression

    def next(self, w: Expression, gradient: Expression, rate: Expression) -> Expression:
        """The next value of a weight."""
        return self.function.substitute({W.key: w, G.key: gradient, RATE: rate})


@dataclass(frozen=True)
class Layer:
    """``size`` neurons named ``prefix`` 1, 2, …, fully connected to the layer before."""

    prefix: str
    size: int
    activation: Activation


X, A, T, W, G = map(Symbol, "xatwg")
"""What activations, errors and rules are written with."""
SIGMOID = Activation("sigmoid", "σ", 1 / (1 + exp(-X)), A * (1 - A))
HALF_SQUARED_ERROR = Error("half squared error", Number(0.5) * (T - A) ** 2, A - T)
GRADIENT_DESCENT = UpdateRule("gradient descent", W - Symbol(RATE) * G)


@dataclass(frozen=True)
class Quantity:
    """One named number of the network at one iteration.

    ``equation`` gives it from other quantities of the same iteration (None for what is given and for weights);
    ``next`` gives its value one iteration later (weights only); ``shorthand`` is another way to write the
    equation, as σ(h1) or as a product of partial derivatives; ``source`` and ``destination`` say where in the
    network it comes from and goes to.
    """

    key: str
    label: str
    role: Role
    meaning: str
    source: str
    destination: str
    equation: Expression | None = None
    next: Expression | None = None
    shorthand: str | None = None

    def __str__(self) -> str:
        """The quantity as an equation for people: a_h1 = σ(h1) = 1/(1 + exp(−h1))."""
        sides = [self.label, self.shorthand, self.equation and self.equation.text(partial_label)]
        return " = ".join(dict.fromkeys(side for side in sides if side))


@dataclass(frozen=True)
class Connection:
    """A weight: what it multiplies (``source``) and the neuron whose sum it adds to."""

    weight: str
    source: str
    neuron: str


@dataclass(frozen=True)
class Network:
    """A fully connected feed-forward network without biases, trained on one example.

    ``inputs`` counts the inputs i1, i2, …; ``layers`` are the layers after them, the last one the output.
    """

    inputs: int
    layers: tuple[Layer, ...]
    error: Error = HALF_SQUARED_ERROR
    update: UpdateRule = GRADIENT_DESCENT

    def __getitem__(self, key: str) -> Quantity:
        return self._by_key[key]

    def __str__(self) -> str:
        """The network in a few words: 2-2-2, sigmoid, half squared error."""
        sizes = "-".join(str(size) for size in (self.inputs, *(layer.size for layer in self.layers)))
        activations = dict.fromkeys(layer.activation.name for layer in self.layers)
        return ", ".join([sizes, *activations, self.error.name])

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> Any:
        # What is computed from it is not sent to other processes, and in each there is one of each kind.
        return declared, (self.inputs, self.layers, self.error, self.update)

    def keys(self, *roles: Role) -> list[str]:
        """Keys of the quantities with these roles (all without any), in the order of the sheet's columns."""
        return [q.key for q in self.quantities if not roles or q.role in roles]

    def keys_except(self, *roles: Role) -> list[str]:
        """Keys of the quantities with other roles than these, in the order of the sheet's columns."""
        return [q.key for q in self.quantities if q.role not in roles]

    def label(self, key: str) -> str:
        """How a quantity, the learning rate or the iteration is shown to people."""
        return {RATE: "η", ITERATION: "iteration"}.get(key) or self[key].label

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Every quantity in the order of the sheet's columns, which is also an order of computation."""
        return (*self._given(), *self._forward(), *self._errors(), *self._steps(), *self._gradients())

    @cached_property
    def neurons(self) -> tuple[tuple[str, ...], ...]:
        """Keys of the inputs, then of every layer's weighted sums."""
        sizes = [("i", self.inputs), *((layer.prefix, layer.size) for layer in self.layers)]
        return tuple(tuple(f"{prefix}{n + 1}" for n in range(size)) for prefix, size in sizes)

    @cached_property
    def connections(self) -> tuple[Connection, ...]:
        """Every weight, layer by layer, by the neuron it leads to, then by where it comes from."""
        ends = [
            (source, neuron)
            for depth in range(1, len(self.neurons))
            for neuron in self.neurons[depth]
            for source in self.outputs(depth - 1)
        ]
        return tuple(Connection(f"w{n}", *end) for n, end in enumerate(ends, start=1))

    def outputs(self, depth: int) -> tuple[str, ...]:
        """What layer ``depth`` hands on (0: the inputs): the inputs themselves, or activations."""
        return tuple(key if depth == 0 else f"a_{key}" for key in self.neurons[depth])

    def equation(self, key: str, columns: Iterable[str]) -> Expression | None:
        """The equation of ``key`` in terms of ``columns`` only: the equations of all others are inserted.

        Raises ValueError where a quantity that has no equation is not among ``columns``.
        """
        return _inserted(self, key, frozenset(columns))

    def derivation(self, weight: str) -> list[Quantity]:
        """The chain rule for ∂E/∂``weight``: its gradient, then every step it needs, in order of first use."""
        pending, found = [partial("E", weight)], dict[str, Quantity]()
        while pending:
            quantity = self[pending.pop(0)]
            found[quantity.key] = quantity
            used = dict.fromkeys(quantity.equation.symbols() if quantity.equation else ())
            pending[:0] = [key for key in used if self[key].role is Role.STEP and key not in found]
        return list(found.values())

    @cached_property
    def _hash(self) -> int:
        # Equations are looked up by it all the time, and it walks all the trees.
        return hash((self.inputs, self.layers, self.error, self.update))

    @cached_property
    def _by_key(self) -> Mapping[str, Quantity]:
        return {q.key: q for q in self.quantities}

    def _given(self) -> Iterator[Quantity]:
        for n, _ in enumerate(self.neurons[-1], start=1):
            yield Quantity(f"t{n}", f"t{n}", Role.TARGET, f"target of output {n}", "given", f"E{n}")
        for n, key in enumerate(self.neurons[0], start=1):
            yield Quantity(key, key, Role.INPUT, f"input {n}", "given", ", ".join(self.neurons[1]))

    def _forward(self) -> Iterator[Quantity]:
        for depth, layer in enumerate(self.layers, start=1):
            last = depth == len(self.layers)
            where = "output" if last else "hidden"
            incoming = [c for c in self.connections if c.neuron in self.neurons[depth]]
            for weight, source, neuron in map(astuple, incoming):
                after = self.update.next(Symbol(weight), Symbol(partial("E", weight)), Symbol(RATE))
                yield Quantity(
                    weight, weight, Role.WEIGHT, f"weight from {source} to {neuron}", source, neuron, next=after
                )
            for n, neuron in enumerate(self.neurons[depth], start=1):
                terms = [Symbol(c.weight) * Symbol(c.source) for c in incoming if c.neuron == neuron]
                yield Quantity(
                    neuron,
                    neuron,
                    Role.FORWARD,
                    f"weighted sum into {where} neuron {n}",
                    ", ".join(self.outputs(depth - 1)),
                    f"a_{neuron}",
                    total(terms),
                )
                yield Quantity(
                    f"a_{neuron}",
                    f"a_{neuron}",
                    Role.FORWARD,
                    f"{layer.activation.name} activation of {where} neuron {n}",
                    neuron,
                    f"E{n}" if last else ", ".join(self.neurons[depth + 1]),
                    layer.activation.value(Symbol(neuron)),
                    shorthand=f"{layer.activation.symbol}({neuron})",
                )

    def _errors(self) -> Iterator[Quantity]:
        parts = []
        for n, output in enumerate(self.outputs(len(self.layers)), start=1):
            value = self.error.value(Symbol(f"t{n}"), Symbol(output))
            meaning = f"{self.error.name} of output {n}"
            parts.append(Quantity(f"E{n}", f"E{n}", Role.ERROR, meaning, f"t{n}, {output}", "E_total", value))
        yield from parts
        sources = ", ".join(part.key for part in parts)
        value = total([Symbol(part.key) for part in parts])
        yield Quantity("E_total", "E_total", Role.ERROR, "total error", sources, "every gradient", value)

    def _steps(self) -> Iterator[Quantity]:
        for depth in range(len(self.layers), 0, -1):
            neurons, slope = self.neurons[depth], self.layers[depth - 1].activation.slope
            if depth == len(self.layers):
                for n, a in enumerate(self.outputs(depth), start=1):
                    yield self._step("E", a, self.error.slope(Symbol(f"t{n}"), Symbol(a)))
            else:
                yield from self._steps_into(depth)
            for neuron in neurons:
                yield self._step(f"a_{neuron}", neuron, slope(Symbol(f"a_{neuron}")))
            for neuron in neurons:
                yield self._product("E", f"a_{neuron}", neuron, partial(f"a_{neuron}", neuron))

    def _steps_into(self, depth: int) -> Iterator[Quantity]:
        """∂E/∂a of a hidden layer; each output's error apart where the outputs come next."""
        next_is_output = depth + 1 == len(self.layers)
        leaving = {a: [c for c in self.connections if c.source == a] for a in self.outputs(depth)}
        if next_is_output:
            for n, _ in enumerate(self.neurons[depth + 1]):
                for a, connections in leaving.items():
                    c = connections[n]
                    yield self._product(f"E{n + 1}", c.neuron, a, c.weight, error="E")
        for a, connections in leaving.items():
            if next_is_output:
                shares: list[Expression] = [Symbol(partial(f"E{n}", a)) for n, _ in enumerate(connections, start=1)]
            else:
                shares = [Symbol(partial("E", c.neuron)) * Symbol(c.weight) for c in connections]
            yield self._step("E", a, total(shares))

    def _gradients(self) -> Iterator[Quantity]:
        for weight, source, neuron in map(astuple, self.connections):
            step = self._product("E", neuron, weight, source)
            yield replace(step, role=Role.GRADIENT, meaning=f"gradient of E_total by {weight}", destination=weight)

    def _step(self, of: str, by: str, equation: Expression, shorthand: str | None = None) -> Quantity:
        used = ", ".join(partial_label(key) for key in dict.fromkeys(equation.symbols()))
        meaning = f"how {of} changes with {by}"
        key = partial(of, by)
        return Quantity(key, partial_label(key), Role.STEP, meaning, used, "gradients", equation, None, shorthand)

    def _product(self, of: str, through: str, by: str, local: str, error: str | None = None) -> Quantity:
        """∂of/∂by by the chain rule through ``through``, whose derivative by ``by`` is the quantity ``local``."""
        outer = partial(error or of, through)
        shorthand = f"{partial_label(outer)}·{partial_label(partial(through, by))}"
        return self._step(of, by, Symbol(outer) * Symbol(local), shorthand)


@lru_cache(maxsize=256)
def declared(
    inputs: int, layers: tuple[Layer, ...], error: Error = HALF_SQUARED_ERROR, update: UpdateRule = GRADIENT_DESCENT
) -> Network:
    """The network of a description, the same object for equal ones."""
    return Network(inputs, layers, error, update)


@lru_cache(maxsize=4096)
def _inserted(network: Network, key: str, columns: frozenset[str]) -> Expression | None:
    result = network[key].equation
    while result is not None and (others := result.names - columns):
        inserted = {other: found for other in others if (found := network[other].equation) is not None}
        if missing := sorted(others - set(inserted)):
            raise ValueError(f"{key} cannot be computed: {', '.join(missing)} is not among the columns")
        result = result.substitute(inserted)
    return result


def partial(of: str, by: str) -> str:
    """The key of the partial derivative ∂``of``/∂``by``."""
    return f"d{of}_d{by}"


def partial_label(key: str) -> str:
    """∂E/∂w1 for the key dE_dw1; keys of other quantities are their own label."""
    of, found, by = key.removeprefix("d").partition("_d")
    return f"∂{of}/∂{by}" if found else key


def total(terms: Sequence[Expression]) -> Expression:
    """The sum of ``terms``, added from the left."""
    return reduce(add, terms)


NETWORK = declared(2, (Layer("h", 2, SIGMOID), Layer("o", 2, SIGMOID)), HALF_SQUARED_ERROR, GRADIENT_DESCENT)
"""The network of the class: 2 inputs, 2 sigmoid hidden neurons, 2 sigmoid outputs."""
