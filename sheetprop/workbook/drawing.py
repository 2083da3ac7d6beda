"""The network drawn in cells: boxes for neurons and errors, rows for weights, borders for connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sheetprop.network import Role, partial
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet
from sheetprop.workbook.contents import Contents
from sheetprop.workbook.picks import Shown

BOX_ROWS, GAP_ROWS = 4, 3
LAYER_COLUMNS = 5
"""Of each layer: lines, weights' labels, weights' values, sums, activations."""


@dataclass(frozen=True)
class Drawing:
    """The drawing of the network on ``sheet``, its first caption at (``row``, ``column``), from zero.

    A quantity that is not ``shown`` is left out.
    """

    book: Book
    sheet: Sheet
    contents: Contents
    shown: Mapping[str, Shown]
    row: int
    column: int

    def write(self) -> None:
        """Write captions, boxes and lines, layer by layer, and the errors at the end."""
        network = self.contents.network
        self._caption(self.column, "inputs", Role.INPUT)
        for n, key in enumerate(network.neurons[0]):
            self._box(self._top(n) + 1, self.column, key)
        for depth in range(1, len(network.neurons)):
            self._layer(depth, self.column + 1 + LAYER_COLUMNS * (depth - 1))
        errors = self.column + 1 + LAYER_COLUMNS * len(network.layers)
        self._caption(errors, "error", Role.ERROR)
        self._caption(errors + 1, "total", Role.ERROR)
        outputs = len(network.neurons[-1])
        for n in range(outputs):
            self._box(self._top(n), errors, f"E{n + 1}", f"t{n + 1}")
        self._box((self._top(0) + self._top(outputs - 1) + BOX_ROWS) // 2 - 1, errors + 1, "E_total")

    def _layer(self, depth: int, column: int) -> None:
        network = self.contents.network
        kind = "output" if depth == len(network.layers) else "hidden"
        lines, labels, values, sums, activations = range(column, column + LAYER_COLUMNS)
        self._caption(labels, "weights", Role.WEIGHT)
        self._caption(values, "and gradients", Role.GRADIENT)
        self._caption(sums, f"{kind} sum", Role.FORWARD)
        self._caption(activations, network.layers[depth - 1].activation.name, Role.FORWARD)
        self._lines(lines, depth)
        for n, neuron in enumerate(network.neurons[depth]):
            row = self._top(n)
            incoming = [c.weight for c in network.connections if c.neuron == neuron]
            for offset, key in enumerate(key for weight in incoming for key in (weight, partial("E", weight))):
                self._label(row + offset, labels, key)
                self._number(row + offset, values, key)
            self._box(row, sums, neuron, partial("E", neuron))
            self._box(row, activations, f"a_{neuron}", partial(f"a_{neuron}", neuron))

    def _top(self, n: int) -> int:
        """The first row of the n-th neuron's box."""
        return self.row + 1 + n * (BOX_ROWS + GAP_ROWS)

    def _caption(self, column: int, text: str, role: Role) -> None:
        look = theme.NOTE | {"align": "center", "font_color": theme.ROLE_COLOURS[role][1]}
        self.sheet.write_string(self.row, column, text, self.book.look(look))

    def _box(self, row: int, column: int, *keys: str) -> None:
        """Label over number for each key, one below the other."""
        for n, key in enumerate(key for key in keys if key in self.shown):
            self._label(row + 2 * n, column, key)
            self._number(row + 2 * n + 1, column, key)

    def _label(self, row: int, column: int, key: str) -> None:
        quantity = self.contents.network[key]
        self.sheet.write_string(row, column, quantity.label, self.book.look(theme.role_box(quantity.role, bold=True)))

    def _number(self, row: int, column: int, key: str) -> None:
        look = self.book.look(theme.role_box(self.contents.network[key].role))
        self.sheet.write_computed(row, column, self.shown[key].formula, self.shown[key].value, look)

    def _lines(self, column: int, depth: int) -> None:
        """The connections between two layers of two neurons, as the borders of one merged cell."""
        neurons = self.contents.network.neurons
        if (len(neurons[depth - 1]), len(neurons[depth])) != (2, 2):
            # Borders can draw no other number of lines; the boxes still say what they connect.
            return
        colours = dict.fromkeys(("top_color", "bottom_color", "diag_color"), theme.ROLE_COLOURS[Role.WEIGHT][1])
        look = self.book.look(theme.BASE, top=2, bottom=2, diag_type=3, diag_border=2, **colours)
        self.sheet.merge_range(self._top(0) + 2, column, self._top(1) + 1, column, "", look)


def drawing_rows(contents: Contents) -> int:
    """How many rows the drawing takes, its captions included."""
    return 1 + max(map(len, contents.network.neurons)) * (BOX_ROWS + GAP_ROWS) - GAP_ROWS
