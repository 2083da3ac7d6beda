"""How people spell the headings of the quantities and the label of the learning rate."""

from __future__ import annotations

import random
import re

from sheetprop.network import ITERATION, NETWORK, RATE, Role

TARGETS = ["t{}"] * 6 + ["T{}", "target{}", "Target {}", "t_{}"]
INPUTS = ["i{}"] * 6 + ["I{}", "x{}", "input{}", "Input {}", "i_{}"]
WEIGHTS = ["w{}"] * 6 + ["W{}", "w_{}"]
NEURONS = [("{}", "a_{}")] * 6 + [
    ("{}", "a{}"),
    ("{}", "A_{}"),
    ("{}", "out_{}"),
    ("net_{}", "out_{}"),
    ("{}", "act_{}"),
    ("net_{}", "a_{}"),
    ("net {}", "out {}"),
]
ERRORS = ["E{}"] * 5 + ["e{}", "Error{}", "Error {}", "E_{}"]
TOTALS = ["E_total"] * 4 + ["E_tot", "Etotal", "Etot", "E Total", "E-total", "E_T", "E_Total", "Total Error", "Loss"]
GRADIENTS = ["∂E/∂{}"] * 5 + [
    "∂E_total/∂{}",
    "∂E_t/∂{}",
    "∂Etotal/∂{}",
    "𝜕E/𝜕{}",
    "dE/d{}",
    "dE_d{}",
    "d{}",
    "E∂{}",
    "DE/D{}",
    "δE/δ{}",
    "∂E/∂{} ",
    "∂E / ∂{}",
]
DELTAS = ["delta_{}", "δ_{}", "δ{}", "delta {}", "d_{}"]
RATES = ["η =", "η", "LR", "Learning Rate", "Learning rate =", "n=", "eta", "α", "lr", "learning rate:", "η="]
INDEXES = ["k", "#", "iteration", "Iteration", "iter", "n", "Epoch", "No.", "S.No", ""]
HINTS = {
    Role.TARGET: "target",
    Role.INPUT: "input",
    Role.WEIGHT: "weight",
    Role.FORWARD: "forward",
    Role.ERROR: "error",
    Role.STEP: "step",
    Role.GRADIENT: "gradient",
}


class Spelling:
    """One person's way to write headings."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.simple = {
            Role.TARGET: rng.choice(TARGETS),
            Role.INPUT: rng.choice(INPUTS),
            Role.WEIGHT: rng.choice(WEIGHTS),
        }
        self.sums, self.activations = rng.choice(NEURONS)
        # some write a_01 for a_o1, with a zero
        self.zero = rng.random() < 0.06 and self.activations == "a_{}"
        self.errors = rng.choice(ERRORS)
        self.total = rng.choice(TOTALS)
        self.gradients = rng.choice(GRADIENTS)
        self.deltas = rng.choice(DELTAS)
        self.upper = rng.random() < 0.06
        self.stray_blanks = rng.random() < 0.1
        self.index = rng.choice(INDEXES)

    def label(self, key: str) -> str:
        """The heading of a quantity, the learning rate's column or the index."""
        text = self._label(key)
        if self.upper and not re.match("[∂𝜕δ]", text):
            text = text.upper()
        if self.stray_blanks and self.rng.random() < 0.2:
            text += " "
        return text

    def _label(self, key: str) -> str:
        if key == ITERATION:
            return self.index
        if key == RATE:
            return "η"
        role, number = NETWORK[key].role, key[-1]
        if role in self.simple:
            return self.simple[role].format(number)
        if role is Role.FORWARD:
            name = key.removeprefix("a_")
            written = (self.activations if key != name else self.sums).format(name)
            return written.replace("o", "0") if self.zero and key.startswith("a_o") else written
        if role is Role.ERROR:
            return self.total if key == "E_total" else self.errors.format(number)
        if role is Role.GRADIENT:
            return self.gradients.format(f"w{number}")
        return self.step(key)

    def step(self, key: str) -> str:
        """The heading of a step of the chain rule, written as the gradients are where those are quotients."""
        of, by = key.removeprefix("d").split("_d")
        found = re.match("[∂𝜕δ]|d(?=E/)", self.gradients)
        sign = found[0] if found else "∂"
        return f"{sign}{of}/{sign}{by}"

    def delta(self, key: str) -> str:
        """The heading of ∂E/∂o1 or ∂E/∂h1 where it is called a delta."""
        return self.deltas.format(key[-2:])
