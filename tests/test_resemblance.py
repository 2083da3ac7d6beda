"""Which submissions share something rare: copies are found, what a class has in common is no evidence."""

import io
import os
import random
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from sheetprop import validate
from sheetprop.report.gradebook import write_gradebook
from sheetprop.report.pairs_sheet import ABOUT, NOTHING, PAIRS, TOO_FEW
from sheetprop.submission.findings import Status, Submission, Trait
from sheetprop.submission.grade.record import decode, encode
from sheetprop.submission.grade.submission import grade
from sheetprop.submission.resemblance.resemblance import MOST_PAIRS, Kind, Pair, Resemblance, find_pairs
from tests.student import ASKED, FORWARD, GRADIENTS, WEIGHTS, Student

# openpyxl does not know data bars as they have been since Excel 2010.
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")
SIZE = 40
HABITS = {
    "E1": ["=(t1-a_o1)^2/2", "=0.5*(t1-a_o1)*(t1-a_o1)", "=1/2*((t1-a_o1)^2)", "=(a_o1-t1)^2*0.5"],
    "a_h1": ["=1/(1+EXP(0-h1))", "=EXP(h1)/(1+EXP(h1))", "=(1/(1+EXP(-h1)))", "=(1+EXP(-h1))^-1"],
    "h1": ["=SUM(w1*i1,w2*i2)", "=i1*w1+i2*w2", "=(w1*i1)+(w2*i2)", "=w1*i1 + w2*i2"],
    "E_total": ["=SUM(E1,E2)", "=E2+E1", "=(E1+E2)", "=E1 + E2"],
}
"""Ways to write a right formula."""
SAMPLES = ("57718873", "697b879d", "dc9679d3", "4d9bf854", "f790b706", "5b108deb", "e6456a22")
"""Real workbooks that are made of three: three of the first, and two each of the others."""

Make = Callable[[Student], object]


def made(change: Make = lambda student: None, **settings: object) -> bytes:
    """The file of a student who does something otherwise than the hand-out."""
    student = Student(**settings)  # type: ignore[arg-type]
    change(student)
    return student.book.saved()


def independent(seed: int) -> Make:
    """What a student does alone: a mistake, now and then two, and a few habits."""
    rng = random.Random(seed)

    def change(student: Student) -> None:
        for key in rng.sample([*GRADIENTS, *FORWARD[:8], *WEIGHTS], rng.choice([1, 1, 1, 2])):
            right = student.equation(key)
            used = [name for name in [*FORWARD[:8], *WEIGHTS, *GRADIENTS] if name in right and name != key]
            student.fill(key, right.replace(rng.choice(used), rng.choice(FORWARD[:8])))
        for key, habits in HABITS.items():
            if rng.random() < 0.5:
                student.fill(key, rng.choice(habits))

    return change


def peculiar(student: Student) -> None:
    """Two mistakes and two habits that nobody else has."""
    student.fill("dE_dw6", "=(a_o1-t1)*a_o1*(1-a_o1)*a_h1*1.01")
    student.fill("h2", "=w3*i1-w4*i2")
    student.fill("E2", "=POWER((t2-a_o2),2)/2")
    student.fill("o1", "=SUMPRODUCT(w5,a_h1)+SUMPRODUCT(w6,a_h2)")


def graded(name: str, data: bytes) -> Submission:
    """What the validator says of a file."""
    return grade(data, f"{name}.xlsx", ASKED)


@pytest.fixture(scope="module")
def alone() -> list[Submission]:
    """A class in which everyone worked alone, from the same hand-out."""
    return [graded(f"s{n}", made(independent(n))) for n in range(SIZE)]


@pytest.fixture(scope="module")
def original() -> Submission:
    """One more, with mistakes and habits of its own."""
    return graded("original", made(peculiar))


def only_pair(submissions: list[Submission]) -> Pair:
    """The one pair that there is."""
    (pair,) = find_pairs(submissions).pairs
    return pair


def bare(path: str, *traits: tuple[str, str], student: str | None = None) -> Submission:
    """A submission of which only traits matter, each a kind and what it is of."""
    own = tuple(Trait(kind, f"{hash((kind, of)) & (2**64 - 1):016x}", of) for kind, of in traits)
    return Submission(path, Status.RIGHT, (), (), (), student=student, traits=own)


def test_people_who_worked_alone_are_no_pairs(alone: list[Submission], original: Submission) -> None:
    """A common hand-out, ordinary mistakes and ordinary habits make no pair."""
    found = find_pairs([*alone, original])
    assert (found.pairs, found.submissions) == ((), SIZE + 1)


def test_the_same_file_is_found(alone: list[Submission]) -> None:
    """A file handed in under two names is a pair, whose evidence says that it is one file."""
    pair = only_pair([*alone, replace(alone[7], path="copy.xlsx")])
    assert (pair.first, pair.second) == ("s7.xlsx", "copy.xlsx")
    assert pair.evidence[0] == "the same file, byte for byte"


def test_a_copy_in_another_place_is_found(alone: list[Submission], original: Submission) -> None:
    """The table moved, the sheet renamed, the headings changed: the same unusual mistakes still tell."""

    def disguised(student: Student) -> None:
        peculiar(student)
        for key in student.columns:
            student.head(key, f" {key.replace('dE_dw', 'grad w')}")

    copy = graded("copy", made(disguised, sheet="My work", header=9, column=4, iterations=15))
    pair = only_pair([*alone, original, copy])
    assert (pair.first, pair.second) == ("original.xlsx", "copy.xlsx")
    mistakes = [text for text in pair.evidence if "mistake" in text]
    assert mistakes == [
        "the same mistake in h2: =w3*i1-w4*i2",
        "the same mistake in ∂E/∂w6: =(a_o1-t1)*a_o1*(1-a_o1)*a_h1*1.01",
    ]


def test_a_copy_with_other_numbers_is_found(alone: list[Submission], original: Submission) -> None:
    """Own numbers put into somebody else's formulas: mistakes and spellings tell."""
    given = {key: value * 1.5 for key, value in ASKED.given.items()}
    pair = only_pair([*alone, original, graded("copy", made(peculiar, given=given))])
    assert (pair.first, pair.second) == ("original.xlsx", "copy.xlsx")
    assert "the same spelling: E =POWER((t-a_o),2)/2" in pair.evidence


def test_spelling_is_blanks_and_parentheses_too(alone: list[Submission]) -> None:
    """Two formulas that differ in a blank are spelled in two ways; two of neighbouring neurons in one."""

    def spelled(formula: str) -> set[str]:
        submission = graded("x", made(lambda student: student.fill("E1", formula)))
        return {trait.text for trait in submission.traits if trait.kind == "spelling/E"}

    assert spelled("=0.5*(t1-a_o1)^2") == {"the same spelling: E =0.5*(t-a_o)^2"}
    assert spelled("=0.5*(t1 -a_o1)^2") - spelled("=0.5*(t1-a_o1)^2") == {"the same spelling: E =0.5*(t -a_o)^2"}


def test_what_many_share_is_no_evidence(alone: list[Submission]) -> None:
    """A mistake and a source that half of the class has pair nobody, and are told as common."""
    shared = (
        Trait("mistake/h", "aa", "the same mistake in h1"),
        Trait("mistake/o", "ab", "the same mistake in o1"),
        Trait("origin/file", "ac", "made at the same second"),
    )
    half = [replace(one, traits=(*one.traits, *shared)) if n % 2 else one for n, one in enumerate(alone)]
    found = find_pairs(half)
    assert not found.pairs
    assert (20, "made at the same second") in found.common


def test_one_student_is_no_pair(alone: list[Submission]) -> None:
    """Who hands in twice is not paired with themselves; two students are."""
    mine, again, other = (replace(alone[0], path=path, student=of) for path, of in [("a", "7"), ("b", "7"), ("c", "8")])
    assert not find_pairs([*alone[1:], mine, again]).pairs
    assert {(pair.first, pair.second) for pair in find_pairs([*alone[1:], mine, again, other]).pairs} == {
        ("a", "c"),
        ("b", "c"),
    }


def test_many_copies_are_a_chain(alone: list[Submission]) -> None:
    """Nine copies of one file are nine pairs, not forty-five, and of very many every one is in a pair."""
    for copies in (9, 30):
        found = find_pairs([*alone, *(replace(alone[0], path=f"copy {n}") for n in range(copies))])
        assert len(found.pairs) == copies
        assert {name for pair in found.pairs for name in (pair.first, pair.second)} == {
            "s0.xlsx",
            *(f"copy {n}" for n in range(copies)),
        }


def test_in_a_few_submissions_rarity_says_little() -> None:
    """Two or three from one hand-out are no pair, whatever else they share; typed wrong numbers make one."""
    plain = graded("plain", made())
    other = graded("other", made(lambda student: student.fill("dE_dw3", "=dE_dw1")))
    third = graded("third", made(lambda student: student.fill("E1", HABITS["E1"][0])))
    assert not find_pairs([plain]).pairs
    assert not find_pairs([plain, other]).pairs
    assert not find_pairs([plain, other, third]).pairs

    def typed(student: Student) -> None:
        student.fill("o1", 0.98123457, at=4)

    one, two = graded("one", made(typed)), graded("two", made(typed, column=3, rate_cell="B2"))
    pair = only_pair([plain, one, two])
    assert (pair.first, pair.second) == ("one.xlsx", "two.xlsx")
    assert "0.98123457" in pair.evidence[0]


def test_round_numbers_typed_are_no_evidence_alone() -> None:
    """A number of few digits can be typed twice by chance."""

    def typed(student: Student) -> None:
        student.fill("o1", 0.9, at=4)

    assert not find_pairs([graded("one", made(typed)), graded("two", made(typed, column=3))]).pairs


def test_other_numbers_than_asked_are_evidence(alone: list[Submission]) -> None:
    """Two who begin with the same weights of nobody else are a pair; two who begin as asked are none."""
    given = ASKED.given | dict(zip(WEIGHTS, (0.31, -0.42, 0.77, 0.18, -0.9, 0.63, 0.29, -0.11), strict=True))
    one, two = (graded(name, made(independent(seed), given=given)) for name, seed in (("one", 91), ("two", 92)))
    pair = only_pair([*alone, one, two])
    assert pair.evidence[0].startswith("the same initial numbers: w1 = 0.31, w2 = -0.42")


def with_properties(data: bytes, creator: str, saved_by: str, created: datetime) -> bytes:
    """The file with other properties."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    book.properties.creator, book.properties.lastModifiedBy, book.properties.created = creator, saved_by, created
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_whose_file_it_was_is_evidence(alone: list[Submission]) -> None:
    """Files made at one second, or saved by one person, are a pair; those of a program's own date or name are not."""

    def of(seed: int, creator: str, saved_by: str, created: datetime) -> Submission:
        return graded(f"{seed}", with_properties(made(independent(seed)), creator, saved_by, created))

    second, other = datetime(2026, 3, 4, 5, 6, 7), datetime(2026, 3, 4, 5, 6, 8)
    pair = only_pair([*alone, of(201, "Admin", "Ada Lovelace", second), of(202, "user", "Emmy Noether", second)])
    assert pair.evidence == ("the file was first made at the same second, 2026-03-04 05:06:07",)
    pair = only_pair([*alone, of(201, "Ada Lovelace", "Ada Lovelace", second), of(202, "x", "Ada  Lovelace", other)])
    assert pair.evidence == ("the file was made or saved by Ada Lovelace",)
    excel = datetime(2015, 6, 5, 18, 17, 20)
    assert not find_pairs([*alone, of(201, "Admin", "Admin", excel), of(202, "Admin", "Admin", excel)]).pairs


def test_a_sheet_made_once_is_evidence(alone: list[Submission]) -> None:
    """Excel gives every new sheet an identity, which a copy keeps; those that it counts up from zero say nothing."""

    def with_identity(data: bytes, identity: str) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(buffer, "w") as after:
            for name in before.namelist():
                part = before.read(name)
                if name == "xl/worksheets/sheet1.xml":
                    space = "http://schemas.microsoft.com/office/spreadsheetml/2014/revision"
                    uid = f'<worksheet xmlns:xr="{space}" xr:uid="{{{identity}}}" '
                    part = part.replace(b"<worksheet ", uid.encode(), 1)
                after.writestr(name, part)
        return buffer.getvalue()

    def two(identity: str) -> list[Submission]:
        return [graded(f"{seed}", with_identity(made(independent(seed)), identity)) for seed in (201, 202)]

    pair = only_pair([*alone, *two("E05D4224-8D0B-4358-B5F0-90B78F7EE376")])
    assert pair.evidence == ("the sheet 'Sheet1' was made once, in one file, and copied with it",)
    assert not find_pairs([*alone, *two("00000000-0001-0000-0000-000000000000")]).pairs


def test_traits_are_kept_but_no_part_of_the_contract(original: Submission) -> None:
    """JSON for others has no traits; what is kept between runs has them all."""
    assert original.traits
    long = graded("long", made(lambda student: student.fill("E1", student.equation("E1") + "+0" * 150)))
    assert max(len(trait.text) for trait in long.traits) == 200
    assert "traits" not in original.to_dict()
    assert decode(encode(original)) == original


def test_habits_tell_nothing_in_a_small_class() -> None:
    """What two of seven share may be what half of the people do; of seventy it is rare."""
    habits = [(f"{Kind.SPELLING}/{k}", f"{k}") for k in range(12)] + [(Kind.NOTE, f"{k}") for k in range(9)]
    habits.append((Kind.FORMULAS, "all"))
    for size, pairs in ((7, 0), (70, 1)):
        others = [bare(f"s{n}", (Kind.NOTE, f"own {n}")) for n in range(size - 2)]
        assert len(find_pairs([*others, bare("a", *habits), bare("b", *habits)]).pairs) == pairs


def test_a_section_of_a_large_course_is_no_group_of_copies() -> None:
    """Twenty with a hand-out of their own are two percent of a thousand; its origin tells nothing of them."""
    section = [bare(f"a{n}", (Kind.ORIGIN, "hand-out"), (Kind.PERSON, "its teacher")) for n in range(20)]
    others = [bare(f"s{n}", (Kind.NOTE, f"own {n}")) for n in range(980)]
    assert not find_pairs([*section, *others]).pairs
    assert find_pairs([*section[:2], *others]).pairs


def test_a_large_class_takes_little_memory() -> None:
    """Less than 4 KB are kept per submission: no text that nobody shares, no pairs of all that hand in one file."""

    def alone(n: int) -> Submission:
        own = [(f"{Kind.SPELLING}/{k}", f"{n} {k}".ljust(200)) for k in range(15)]
        return bare(f"s{n}", *own, *((Kind.NOTE, f"{k}") for k in range(15)))

    def same(n: int) -> Submission:
        return bare(f"s{n}", (Kind.FILE, "one"))

    for make, pairs in ((alone, 0), (same, MOST_PAIRS)):
        tracemalloc.start()
        try:
            found = find_pairs(make(n) for n in range(1000))
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert len(found.pairs) == pairs
        assert most / 1000 < 4096


def test_pairs_beyond_the_limit_are_counted(alone: list[Submission]) -> None:
    """No more pairs are listed than anyone looks into; how many were left out is told."""
    submissions = [bare(f"s{n}", (Kind.FILE, f"{n // 2}")) for n in range(2 * MOST_PAIRS + 6)]
    found = find_pairs(submissions)
    assert (len(found.pairs), found.left_out) == (MOST_PAIRS, 3)


def rows_of(path: Path) -> list[list[object]]:
    """What the sheet says, row by row."""
    return [list(row) for row in openpyxl.load_workbook(path)[PAIRS].iter_rows(values_only=True)]


def test_the_gradebook_lists_pairs_as_questions(tmp_path: Path, alone: list[Submission]) -> None:
    """The sheet says what it is and is not; names are texts, whatever they begin with."""
    hostile = ('=HYPERLINK("http://x")', "<r>x</r>")
    found = write_gradebook(tmp_path / "book.xlsx", [*alone[1:], *(replace(alone[0], path=path) for path in hostile)])
    assert isinstance(found, Resemblance)
    rows = rows_of(tmp_path / "book.xlsx")
    assert rows[2][0] == ABOUT
    assert "good reasons" in ABOUT
    assert rows[3] == ["first submission", "second submission", "how much", "what they share"]
    first, second, dots, shared = rows[4]
    assert (first, second, dots) == (hostile[0], f" {hostile[1]}", "●●●")
    assert str(shared).splitlines()[0] == "• the same file, byte for byte"
    sheet = openpyxl.load_workbook(tmp_path / "book.xlsx")[PAIRS]
    assert (sheet["A5"].data_type, sheet.freeze_panes, sheet.auto_filter.ref) == ("s", "A5", "A4:D5")


def test_the_gradebook_says_when_there_is_no_pair(tmp_path: Path, alone: list[Submission]) -> None:
    """Nothing in common, and nothing to compare, are told in words."""
    for submissions, text in ((alone[:9], NOTHING), (alone[:1], TOO_FEW), ([], TOO_FEW)):
        write_gradebook(tmp_path / "book.xlsx", submissions)
        assert rows_of(tmp_path / "book.xlsx")[4][0] == text


def test_the_summary_points_to_the_pairs(tmp_path: Path) -> None:
    """With a report, the last line of the text says how many pairs there are and where; without one, nothing does."""
    (tmp_path / "in").mkdir()
    data = made()
    for name in ("one", "two"):
        (tmp_path / "in" / f"{name}.xlsx").write_bytes(data)
    line = "1 pair of submissions shares something rare: see 'Look into' in the gradebook"
    told = validate(paths=[tmp_path / "in"], report=tmp_path / "report", workers=1)
    assert str(told).splitlines()[-1] == line
    silent = validate(paths=[tmp_path / "in"], workers=1)
    assert "something rare" not in str(silent)
    assert silent.to_dict() == told.to_dict()


@pytest.mark.skipif(not os.environ.get("SHEETPROP_SUBMISSIONS"), reason="SHEETPROP_SUBMISSIONS names no folder")
def test_real_copies_are_told_from_a_common_hand_out() -> None:
    """Among real workbooks, most of them made from one hand-out, the strongest pairs are those of one origin."""
    folder = Path(os.environ["SHEETPROP_SUBMISSIONS"])
    others = [path for path in sorted(folder.glob("*.xlsx")) if path.stem not in SAMPLES][:25]
    chosen = [*(folder / f"{name}.xlsx" for name in SAMPLES), *others]
    found = find_pairs(grade(path.read_bytes(), path.stem, ASKED) for path in chosen)
    strongest = {frozenset((pair.first, pair.second)) for pair in found.pairs[:4]}
    first, second, third, *rest = SAMPLES
    assert {frozenset(rest[:2]), frozenset(rest[2:])} < strongest
    assert frozenset.union(*(strongest - {frozenset(rest[:2]), frozenset(rest[2:])})) == {first, second, third}
    assert len(found.pairs) < 12
