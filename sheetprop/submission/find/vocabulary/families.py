"""Names that are clear only beside each other: z1 … z4, a1 … a4, w11 w12 w21 w22 and v11 …, as families of names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from sheetprop.network import NETWORK

NET_STEMS = ("z", "net", "s", "sum", "zeta", "netz")
ACTIVATED_STEMS = ("a", "out", "act", "sig", "sigma", "sigmoid", "phi", "f", "y", "output")
AMBIGUOUS_STEMS = ("y", "output")
"""Names that mean something of their own with 1 and 2: a target, a weighted sum."""
WEIGHT_STEMS = ("w", "v", "u", "wh", "wo")


_NAME = re.compile(rf"(?:{'|'.join({*NET_STEMS, *ACTIVATED_STEMS, *WEIGHT_STEMS})})[1-9]{{1,3}}")


@dataclass(frozen=True)
class Family:
    """Names that stand for quantities where all of them stand together, and no other heading names the quantities.

    ``unless`` are names whose presence says that these mean something else.
    """

    names: Mapping[str, str]
    unless: tuple[str, ...] = ()


class Renaming:
    """Names of a family, each with the quantity's own name in its place."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """Take what each name stands for."""
        self.names = dict(names)
        longest = sorted(self.names, key=len, reverse=True)
        parts = (re.fullmatch(r"(\D+)(\d+)", name) for name in longest)
        spelled = "|".join(rf"{part[1]}[ _]?{'[ _,]?'.join(part[2])}" for part in parts if part)
        self._pattern = re.compile(rf"(?<![a-ce-z0-9])({spelled})(?![0-9])")

    def apply(self, text: str) -> str | None:
        """A normal text with the family's names replaced; None where it has none."""
        new, count = self._pattern.subn(lambda found: self.names[re.sub(r"[ _,]", "", found[0])], text)
        return new if count else None


def renamings(names: Sequence[str], settled: Set[str]) -> Renaming | None:
    """What the names of a line stand for, by the first of each kind of family that fits; None where none does.

    ``settled`` are the quantities that other headings name plainly.
    """
    present, taken = {name for name in names if _NAME.fullmatch(name)}, set(settled)
    if len(present) < 2:
        return None
    found: dict[str, str] = {}
    for family in (*_weights(names), *FAMILIES):
        fits = present.issuperset(family.names) and not present.intersection(family.unless)
        own = {family.names[name] for name in family.names}
        if fits and not taken & own and not found.keys() & family.names.keys():
            found |= family.names
            taken |= own
    return Renaming(found) if found else None


def _layered(depth: int, activated: bool) -> tuple[str, ...]:
    return tuple(f"a_{key}" if activated else key for key in NETWORK.neurons[depth])


def _numbered(stem: str, keys: Collection[str]) -> dict[str, str]:
    return {f"{stem}{n}": key for n, key in enumerate(keys, start=1)}


def _neurons(stems: Sequence[str], activated: bool) -> Iterator[Family]:
    """One name for all neurons, numbered through; or for those of one layer."""
    layers = [_layered(depth, activated) for depth in range(1, len(NETWORK.neurons))]
    for stem in stems:
        through = _numbered(stem, [key for layer in layers for key in layer])
        yield Family(through)
        if stem in AMBIGUOUS_STEMS:
            continue
        # out1 is the network's output first, z1 and a1 those of the layer that comes first.
        ordered = reversed(layers) if stem == "out" else layers
        for layer in ordered:
            names = _numbered(stem, layer)
            yield Family(names, tuple(name for name in through if name not in names))


def _output_weights() -> dict[str, str]:
    last = NETWORK.neurons[-1]
    weights = [c.weight for c in NETWORK.connections if c.neuron in last]
    return _numbered("v", weights)


FAMILIES: tuple[Family, ...] = (
    *_neurons(NET_STEMS, activated=False),
    *_neurons(ACTIVATED_STEMS, activated=True),
    Family(_output_weights(), unless=(f"v{len(_output_weights()) + 1}",)),  # v1 … v8 are velocities
)
"""Families of neurons and weights by one number, in order of precedence."""


def _weights(names: Sequence[str]) -> Iterator[Family]:
    """Weights by two numbers: neuron and source within a layer, or neurons numbered through the network.

    Of two letters, the one that comes first is the hidden layer's. Which number is the neuron's, formulas show; here
    the columns' order w11 w12 w21 w22 is that of w1 w2 w3 w4.
    """
    numbers = {key: n for n, key in enumerate((key for layer in NETWORK.neurons for key in layer), start=1)}
    for stem in WEIGHT_STEMS:
        through, back, layered = {}, {}, {}
        for connection in NETWORK.connections:
            source, neuron = connection.source.removeprefix("a_"), connection.neuron
            through[f"{stem}{numbers[source]}{numbers[neuron]}"] = connection.weight
            back[f"{stem}{numbers[neuron]}{numbers[source]}"] = connection.weight
            depth = next(n for n, layer in enumerate(NETWORK.neurons) if neuron in layer)
            layered[f"{stem}{depth}{neuron[-1]}{source[-1]}"] = connection.weight
        yield from (Family(through), Family(back), Family(layered))
    firsts = {stem: names.index(f"{stem}11") for stem in WEIGHT_STEMS if f"{stem}11" in names}
    layers = [[c for c in NETWORK.connections if c.neuron in layer] for layer in NETWORK.neurons[1:]]
    for stem in sorted(firsts, key=firsts.__getitem__):
        for layer in layers:
            yield Family({f"{stem}{c.neuron[-1]}{c.source[-1]}": c.weight for c in layer})


__all__ = ["FAMILIES", "Family", "Renaming", "renamings"]
