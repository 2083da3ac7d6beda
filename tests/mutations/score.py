"""What the validator makes of planted mistakes and of right workbooks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from openpyxl.utils import get_column_letter, range_boundaries

from sheetprop.descent import compute
from tests.mutations.formula import Raw
from tests.mutations.model import Place, Table, Variant, recalculated
from tests.mutations.mutants import mutation
from tests.mutations.naming import all_named
from tests.mutations.planting import JOINT, Planted
from tests.mutations.slips import slipped
from tests.mutations.variants import HANDOUT, variant

RIGHT = "unmutated"
TITLES = ("planted", "caught", "located", "loosely", "exactly", "named", "cured", "missed")
TOLERATED = 2
"""How many errors may be reported elsewhere for a mistake to count as located, though not strictly."""


@dataclass(frozen=True)
class Outcome:
    """What became of one workbook.

    Of a mistake: whether it was ``caught``, ``located`` without or (``loosely``) with few other errors, and whether
    the cells reported are ``exactly`` the wrong ones, the mistake is ``named`` as what it is, and the first cell is
    ``cured`` by the formula that is told to belong there. Of a right workbook, these say that it was found right.
    """

    seed: int
    kind: str
    wrong: bool
    description: str
    caught: bool
    located: bool
    loosely: bool
    exactly: bool
    named: bool = True
    cured: bool = True
    codes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of what was planted, several where it was in one formula."""
        return tuple(self.kind.split(JOINT))

    def __str__(self) -> str:
        """For whoever looks into a failure."""
        slips = f" --slips {len(self.kinds)}" if len(self.kinds) > 1 else ""
        command = f"--replay {self.seed}{slips}" if self.kind != RIGHT else f"--replay-variant {self.seed}"
        lines = [f"{self.kind}, {command}: {self.description}", f"  {'; '.join(self.notes)}"]
        return "\n".join([*lines, *(f"  {remark}" for remark in self.remarks)])


def judge_mutation(seed: int, folder: Path, kind: str | None = None, slips: int = 1) -> Outcome:
    """Plant one mistake, one change that leaves all right, or several slips, and see what the validator says."""
    made, planted = mutation(seed, folder, kind) if slips == 1 else slipped(seed, folder, slips)
    outcome = compare(seed, made, planted, findings(made.path))
    made.path.unlink()
    return outcome


def judge_variant(seed: int, folder: Path) -> Outcome:
    """Whether the validator finds a right workbook right, and its tables where they are."""
    made = variant(seed, folder)
    submission = findings(made.path)
    made.path.unlink()
    errors = _errors(submission)
    missing = list(_tables_not_found(made, submission))
    right = not errors and submission.status in ("right", "incomplete")  # they lack what is no mistake
    remarks = (f"status {submission.status}", *map(describe, errors), *missing)
    outcome = _right(seed, RIGHT, made.path.name, right, errors, made)
    return replace(outcome, exactly=right and not missing, remarks=remarks)


def findings(path: Path) -> Any:
    """The validator's submission for one workbook."""
    from sheetprop.validation import validate

    (submission,) = validate(paths=[path], workers=1).submissions
    return submission


def compare(seed: int, made: Variant, planted: Planted, submission: Any) -> Outcome:
    """What the findings say of what was planted."""
    errors = _errors(submission)
    counted = errors
    if planted.warning_suffices:
        counted = [finding for finding in submission.findings if finding.severity in ("error", "warning")]
    if planted.equal:
        return _right(seed, planted.kind, planted.description, not errors, errors, made)
    here = planted.cells | planted.also
    hits = [f for f in counted if f.sheet == planted.sheet and planted_in(f, here)]
    elsewhere = [f for f in errors if not (f.sheet == planted.sheet and planted_in(f, here))]
    reported = frozenset(place for f in hits for place in cells_of(f.cells or ""))
    remarks = [f"here: {describe(f)}" for f in hits] + [f"elsewhere: {describe(f)}" for f in elsewhere]
    if not remarks:
        remarks = [f"status {submission.status}", *map(describe, submission.findings)]
    return Outcome(
        seed,
        planted.kind,
        True,
        f"{planted.sheet}: {planted.description}",
        bool(errors or hits),
        bool(hits) and not elsewhere,
        bool(hits) and len(elsewhere) <= TOLERATED,
        bool(hits) and not elsewhere and reported == planted.cells,
        bool(hits) and all_named(planted.kinds, hits),
        bool(hits) and all(_cured(made, planted, f) for f in hits),
        _codes(hits),
        tuple(remarks),
        tuple(made.notes),
    )


def _cured(made: Variant, planted: Planted, finding: Any) -> bool:
    """Whether the first cell of a finding shows the right number with the formula that is told to belong there.

    True where that cannot be tried: no formula is told, it is not in a cell of the mistake, or the engine cannot
    follow it.
    """
    expected, place = finding.expected or "", next(cells_of(finding.cells or ""))
    if not expected.startswith("=") or "[" in expected or place not in planted.cells:
        return True
    rows = {
        table.place(*at): (n, table, at)
        for n, table in enumerate(made.tables)
        if table.sheet == planted.sheet
        for at in table.contents
    }
    cells = {at: rows[at] for at in planted.cells}
    n, table, (key, k) = cells[place]
    if k > min(at[1] for _, _, at in cells.values()):
        return True  # it is computed from cells that are wrong
    wrong, table.contents[key, k] = table.contents[key, k], Raw(expected.removeprefix("="))
    with TemporaryDirectory() as folder:
        shown = recalculated(made.plain(Path(folder)), table.sheet).get(place)
    table.contents[key, k] = wrong
    right = float(compute(made.assignment)[key][n][k])
    return isinstance(shown, float) and math.isclose(shown, right, rel_tol=1e-7, abs_tol=1e-12)


def _right(seed: int, kind: str, description: str, right: bool, errors: list[Any], made: Variant) -> Outcome:
    """The outcome of a workbook in which nothing is wrong."""
    remarks, notes = tuple(map(describe, errors)), tuple(made.notes)
    return Outcome(
        seed, kind, False, description, right, right, right, right, right, right, _codes(errors), remarks, notes
    )


def planted_in(finding: Any, cells: frozenset[Place]) -> bool:
    """Whether a finding names one of these cells."""
    return any(place in cells for place in cells_of(finding.cells or ""))


def cells_of(ranges: str) -> Iterator[Place]:
    """The cells of A1 ranges joined by commas."""
    for area in filter(None, ranges.replace("$", "").split(",")):
        left, top, right, bottom = (edge or 0 for edge in range_boundaries(area.strip()))
        yield from ((row, column) for row in range(top, bottom + 1) for column in range(left, right + 1))


def describe(finding: Any) -> str:
    """A finding in one line."""
    said = f"{finding.severity} {finding.code.value} {finding.quantity} {finding.place}: {finding.message}"
    return f"{said} [{finding.found} | {finding.expected}]"


def _errors(submission: Any) -> list[Any]:
    return [finding for finding in submission.findings if finding.severity == "error"]


def _codes(found: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(finding.code.value for finding in found))


def _tables_not_found(made: Variant, submission: Any) -> Iterator[str]:
    """What the validator got wrong about where the tables are, and the quantities in them."""
    for table in made.tables:
        last = table.first + table.count - 1
        here = [t for t in submission.tables if (t.sheet, t.first_row, t.last_row) == (table.sheet, table.first, last)]
        # two tables beside each other share sheet and rows
        columns = {key: _line(table, key) for key in HANDOUT}
        if not here:
            found = [(t.sheet, t.first_row, t.last_row) for t in submission.tables]
            yield f"table {(table.sheet, table.first, last)} not among {found}"
        elif not any(columns.items() <= t.columns.items() for t in here):
            wrong = {key: here[0].columns.get(key) for key, at in columns.items() if here[0].columns.get(key) != at}
            yield f"columns of {table.sheet}: {wrong} for { ({key: columns[key] for key in wrong}) }"
    if len(submission.tables) > len(made.tables):
        yield f"{len(submission.tables)} tables found, there are {len(made.tables)}"


def _line(table: Table, key: str) -> str:
    across = table.columns[key]
    return str(across) if table.transposed else get_column_letter(across)


@dataclass
class Score:
    """Outcomes by kind, counted."""

    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def failures(self) -> list[Outcome]:
        """Mistakes that were not caught and strictly located, and right workbooks with errors."""
        return [outcome for outcome in self.outcomes if not outcome.located]

    @property
    def blemishes(self) -> list[Outcome]:
        """Mistakes that were located, but in more or fewer cells, under another name, or with a wrong remedy."""
        return [o for o in self.outcomes if o.wrong and o.located and not (o.exactly and o.named and o.cured)]

    def __str__(self) -> str:
        """A table: per kind, how many were planted, caught, located and missed, and as what they were reported."""
        titles = "".join(f"{title:>9}" for title in TITLES)
        header = f"{'kind':24}{titles}  reported as"
        lines = [header, "-" * len(header)]
        for wrong, total in ((True, "all mistakes"), (False, "all that is right")):
            group = [outcome for outcome in self.outcomes if outcome.wrong is wrong]
            kinds = sorted({kind for outcome in group for kind in outcome.kinds})
            lines += [self._line(kind, [o for o in group if kind in o.kinds]) for kind in kinds]
            if group:
                lines += [self._line(total, group, codes=False), ""]
        lines.append("Right workbooks count as caught and located where no error is reported; as exactly with their")
        lines.append("tables found. Located: no error elsewhere; loosely: at most two.")
        return "\n".join(lines)

    def _line(self, kind: str, group: Sequence[Outcome], codes: bool = True) -> str:
        counts = [
            len(group),
            sum(o.caught for o in group),
            sum(o.located for o in group),
            sum(o.loosely for o in group),
            sum(o.exactly for o in group),
            sum(o.named for o in group),
            sum(o.cured for o in group),
            sum(not o.caught for o in group),
        ]
        reported = Counter(code for o in group for code in o.codes).most_common(4) if codes else []
        numbers = "".join(f"{count:>9}" for count in counts)
        return f"{kind:24}{numbers}  {', '.join(f'{code} {n}' for code, n in reported)}".rstrip()


def score(
    mutations: Sequence[int], variants: Sequence[int], workers: int = 1, kind: str | None = None, slips: int = 1
) -> Score:
    """Judge the mutations, with so many ``slips`` in one formula, and the right workbooks with these seeds."""
    with TemporaryDirectory() as folder:
        wrong = partial(_safely, judge_mutation, folder=Path(folder), kind=kind, slips=slips)
        right = partial(_safely, judge_variant, folder=Path(folder))
        if workers == 1:
            return Score([*map(wrong, mutations), *map(right, variants)])
        with ProcessPoolExecutor(workers) as pool:
            found = [*pool.map(wrong, mutations, chunksize=5), *pool.map(right, variants, chunksize=5)]
        return Score(found)


def _safely(judge: Any, seed: int, **settings: Any) -> Outcome:
    """The outcome, also where the validator breaks down."""
    import traceback

    try:
        outcome: Outcome = judge(seed, **settings)
    except Exception as error:  # any breakdown is a failure to report, with its seed
        kind = RIGHT if judge is judge_variant else "breakdown"
        last = traceback.format_exc().splitlines()[-6:]
        return Outcome(seed, kind, kind != RIGHT, repr(error), False, False, False, False, remarks=tuple(last))
    return outcome
