"""What tells a submission from others, for the comparison of a class: digests, and texts that say what they are of.

Here nothing is rare or common yet: what a hand-out brings along is among it, and falls out when the class is compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from heapq import nlargest

from sheetprop.assignment import Assignment
from sheetprop.handout import PREFIX
from sheetprop.network import ITERATION, NETWORK, Role
from sheetprop.options import MADE
from sheetprop.submission.find.tables import Cell, ranges
from sheetprop.submission.findings import Code, Finding, Severity, Trait
from sheetprop.submission.grade.initial_values import initial_values
from sheetprop.submission.grade.iterations import LEAST_ITERATIONS
from sheetprop.submission.grade.judgement import Judged
from sheetprop.submission.open.archive import parse_xml
from sheetprop.submission.open.areas import corners
from sheetprop.submission.open.cells import Book, Place
from sheetprop.submission.open.package import Unreadable
from sheetprop.submission.resemblance.resemblance import Kind
from sheetprop.submission.resemblance.spelling import Speller

MOST_TRAITS, MOST_TEXT = 80, 200
MOST_NOTES, NOTE_LENGTH = 12, 15
"""The longest texts beside the tables that are compared, and the length from which on they tell something."""
MOST_VALUES = 10
"""Typed numbers of a column that are compared: tables differ in their length."""
MANY_DIGITS = 5
"""Digits from which on a typed number is hardly typed twice by chance."""
FEW_NUMBERS, ALL_NUMBERS = 3, 8
"""Other initial numbers than asked: so many may be the same by chance, and so many are somebody's own."""
PROPERTIES, PROPERTY_BYTES = "docProps/core.xml", 100_000
SHEET_HEAD = 4_096
"""Bytes of a worksheet in which its identity stands."""
_IDENTITY = re.compile(rb'\buid="\{([0-9A-Fa-f-]{36})\}"')
OWN_DATE = f"{MADE.isoformat()}Z"
DATES_OF_PROGRAMS = {
    OWN_DATE,
    "1996-10-14T23:33:28Z",
    "1996-12-17T01:32:42Z",
    "2006-09-13T11:21:51Z",
    "2006-09-16T00:00:00Z",
    "2006-09-28T05:33:49Z",
    "2015-06-05T18:17:20Z",
    "2015-06-05T18:19:34Z",
}
"""When new workbooks of sheetprop, then of Excel, say that they were made, whenever that was."""
PROGRAMS = {
    *("microsoft excel", "microsoft office", "openpyxl", "xlsxwriter", "apache poi", "sheetjs", "wps", "wps office"),
    *("libreoffice", "google", "google sheets"),
}
NOBODY = PROGRAMS | {
    *("user", "users", "admin", "administrator", "owner", "windows", "windows user", "microsoft office user", "author"),
    *("unknown", "anonymous", "guest", "student", "teacher", "home", "laptop", "desktop", "test", "root", "me"),
    *("hp", "dell", "lenovo", "asus", "acer", "msi", "pc", "mac"),
}
"""Names in files that are no person's, those of programs among them."""
ROLES = (
    ("inputs", "weights", (Role.TARGET, Role.INPUT, Role.WEIGHT)),
    ("forward", "forward pass", (Role.FORWARD, Role.ERROR)),
    ("gradients", "gradients", (Role.STEP, Role.GRADIENT)),
)


class _Traits:
    """The traits found so far, each once."""

    def __init__(self) -> None:
        self.found: dict[str, Trait] = {}

    def add(self, kind: Kind, parts: Iterable[object], text: str, group: str = "") -> None:
        """Add a trait that is the same where ``parts`` are; ``text`` says it."""
        # Of its own kind, whatever the parts: the same name may be a person's and a sheet's.
        digest = blake2b(repr((kind.value, *parts)).encode(errors="replace"), digest_size=8).hexdigest()
        text = " ".join(text.split())
        text = text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 1]}…"
        self.found.setdefault(digest, Trait(f"{kind.value}/{group}" if group else kind.value, digest, text))


def traits(
    data: bytes, book: Book, judged: Sequence[Judged], findings: Sequence[Finding], asked: Assignment
) -> tuple[Trait, ...]:
    """What tells a judged workbook from others, at most :data:`MOST_TRAITS`, the most telling first.

    ``data`` is the file, ``findings`` what was found in it.
    """
    found = _Traits()
    found.add(Kind.FILE, (blake2b(data).hexdigest(),), "the same file, byte for byte")
    properties = _properties(book)
    _origins(found, book, properties)
    for table in judged:
        _numbers(found, table, asked)
    for finding in findings:
        if _is_own_mistake(finding):
            _mistake(found, book, judged, finding)
    for table in judged:
        _stored(found, table, asked)
    _spellings(found, book, judged)
    if properties.get("created") != OWN_DATE:  # else headings and notes are the hand-out's
        for table in judged:
            _headings(found, table)
        _notes(found, book, judged)
    return tuple(found.found.values())[:MOST_TRAITS]


def _origins(found: _Traits, book: Book, properties: Mapping[str, str]) -> None:
    """Where the file comes from: the sheets' identities, which copies keep, who made and who saved it."""
    for sheet in book.package.sheets:
        identity = _IDENTITY.search(book.package.head(sheet.part, SHEET_HEAD))
        # Those that begin with zeros Excel counts, for sheets that came to it without one.
        if identity and not identity[1].startswith(b"00000000"):
            text = f"the sheet '{sheet.name}' was made once, in one file, and copied with it"
            found.add(Kind.ORIGIN, (identity[1].upper(),), text, "sheet")
    creator, created = properties.get("creator", "").strip(), properties.get("created", "")
    if creator and creator.casefold() not in PROGRAMS and created and created not in DATES_OF_PROGRAMS:
        text = f"the file was first made at the same second, {created.replace('T', ' ').rstrip('Z')}"
        found.add(Kind.ORIGIN, (created,), text, "file")
    for name in (" ".join(properties.get(role, "").split()) for role in ("lastModifiedBy", "creator")):
        plain = name.casefold().rstrip("0123456789 ")
        if len(plain) > 2 and plain not in NOBODY:
            kind = Kind.PERSON if len(re.findall(r"[^\W\d_]{2,}", name)) > 1 else Kind.ACCOUNT
            found.add(kind, (name.casefold(),), f"the file was made or saved by {name}")


def _properties(book: Book) -> dict[str, str]:
    """The file's own properties by name, as far as they can be read."""
    properties: dict[str, str] = {}

    def end(path: list[str], text: str) -> None:
        if len(path) == 2:
            properties[path[1]] = text

    try:
        xml = book.package.read(PROPERTIES)
        if len(xml) <= PROPERTY_BYTES:
            parse_xml(xml, PROPERTIES, end=end)
    except Unreadable:  # not every program writes them
        pass
    return properties


def _numbers(found: _Traits, table: Judged, asked: Assignment) -> None:
    own = initial_values(table).items()
    other = [(key, f"{value:.12g}") for key, value in own if not asked.tolerances.same(value, asked.given[key])]
    if other:
        kind = Kind.NUMBERS if len(other) > FEW_NUMBERS else Kind.FEW_NUMBERS
        kind = Kind.PERSONAL if len(other) >= ALL_NUMBERS else kind
        text = ", ".join(f"{NETWORK.label(key)} = {value}" for key, value in other)
        found.add(kind, other, f"the same initial numbers: {text}")
    rate = table.parameters.rate
    if rate is not None and not any(asked.tolerances.same(rate, one) for one in asked.learning_rates):
        found.add(Kind.RATES, (f"{rate:.12g}",), f"the learning rate {rate:g}, which was not asked")


def _is_own_mistake(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR and finding.code is not Code.HANDOUT_MISTAKE


def _mistake(found: _Traits, book: Book, judged: Sequence[Judged], finding: Finding) -> None:
    table = next((table for table in judged if finding in table.findings), None)
    cells = book.sheet(finding.sheet or "")
    if table is None or cells is None or not finding.cells or not finding.quantity:
        return
    places = _places(finding.cells)
    label, stem = NETWORK.label(finding.quantity), finding.quantity.rstrip("0123456789")
    steps = [table.table.step(Cell(cells.name, place)) for place in places]
    # All rows of a table are the same mistake in a longer one; a single row is a place of its own.
    whole = len(steps) > 1 or steps[0] is None
    shape = cells.formulas.get(places[0])
    if shape is not None:
        spelled = Speller(book, table).spelled(shape, Cell(cells.name, places[0]))
        row = "" if whole else f" in iteration {steps[0]} alone"
        text = f"the same mistake in {label}{row}: {spelled}"
        parts = (finding.code.value, finding.quantity, spelled, None if whole else steps[0])
        found.add(Kind.MISTAKE, parts, text, stem)
        return
    values = [cells.number(place) for place in places]
    numbers = [f"{value:.12g}" for value in values if value is not None]
    if numbers:
        given = initial_values(table).values()
        exact = any(_digits(value) >= MANY_DIGITS and value not in given for value in values if value is not None)
        text = f"the same wrong numbers typed for {label} from iteration {steps[0]} on: {', '.join(numbers)}"
        kind = Kind.VALUE if exact else Kind.MISTAKE
        found.add(kind, (finding.quantity, steps[0], *numbers), text, stem)


def _places(cells: str) -> list[Place]:
    """The first cells of ranges joined by commas."""
    places: list[Place] = []
    for area in cells.split(","):
        top, left, bottom, right = corners(area)
        rows = range(top, min(bottom, top + MOST_VALUES) + 1)
        places += [(row, column) for row in rows for column in range(left, min(right, left + MOST_VALUES) + 1)]
        if len(places) >= MOST_VALUES:
            break
    return places[:MOST_VALUES]


def _digits(value: float) -> int:
    mantissa, _, _ = f"{abs(value):.15g}".partition("e")
    return len(mantissa.replace(".", "").strip("0"))


def _stored(found: _Traits, table: Judged, asked: Assignment) -> None:
    """The errors of a pasted table that are not those of the numbers asked for."""
    own = table.table
    as_asked = all(asked.tolerances.same(value, asked.given[key]) for key, value in initial_values(table).items())
    if table.live or "E_total" not in own.columns or own.count < LEAST_ITERATIONS or (as_asked and not table.wrong):
        return
    numbers = [own.number("E_total", step) for step in range(LEAST_ITERATIONS)]
    if None not in numbers:
        values = [f"{number:.12g}" for number in numbers]
        found.add(Kind.STORED, values, f"the same pasted errors E_total: {', '.join(values[:4])}, …")


def _spellings(found: _Traits, book: Book, judged: Sequence[Judged]) -> None:
    """How formulas are written that are right, or wrong as in the class hand-out."""
    styles: dict[str, str] = {}
    for table in judged:
        own = {
            f.quantity for f in table.findings if f.severity is Severity.ERROR and f.code is not Code.HANDOUT_MISTAKE
        }
        speller = Speller(book, table)
        for key in table.table.columns:
            stem = key.rstrip("0123456789")
            for shape, cell in speller.own(key) if key not in own else ():
                style = speller.spelled(shape, cell, alike=True)
                label = NETWORK.label(key).rstrip("0123456789")
                styles[f"{label} {style}"] = stem
    for style, stem in styles.items():
        found.add(Kind.SPELLING, (style,), f"the same spelling: {style}", stem)
    if styles:
        text = f"all {len(styles)} kinds of formulas are spelled the same"
        found.add(Kind.FORMULAS, sorted(styles), text)


def _headings(found: _Traits, table: Judged) -> None:
    own = table.table
    # In the order of the columns, the learning rate's among them.
    keyed = [(own.heading(key), key) for key in own.columns if key != ITERATION]
    placed = sorted(keyed, key=lambda heading: own.main.position(heading[0].place))
    texts_of = [(key, str(own.sheets[cell.sheet].values.get(cell.place))) for cell, key in placed]
    corner = placed[0][0].place
    for name, label, roles in ROLES:
        keys = {*NETWORK.keys(*roles)}
        texts = [text for key, text in texts_of if key in keys]
        if texts:
            found.add(Kind.HEADINGS, texts, f"the same headings of the {label}: {', '.join(texts)}", name)
    text = f"a table of {own.count} iteration{'s' if own.count > 1 else ''} at {ranges([corner])}"
    found.add(Kind.LAYOUT, (own.count, corner, own.across), text)


def _notes(found: _Traits, book: Book, judged: Sequence[Judged]) -> None:
    pieces = [piece for table in judged for piece in table.table.pieces if not piece.across]
    headers = {(piece.cells.name, piece.header) for piece in pieces}
    texts = {
        " ".join(text.split())
        for cells in book
        for (row, _), text in cells.texts.items()
        if len(text) >= NOTE_LENGTH and not text.startswith(PREFIX) and (cells.name, row) not in headers
    }
    for text in nlargest(MOST_NOTES, texts, key=lambda text: (len(text), text)):
        found.add(Kind.NOTE, (text,), f"the same note: {text}")


__all__ = ["traits"]
