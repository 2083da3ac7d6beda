"""No hand-in spoils the class's archive, and none is somebody else's file."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sheetprop.submission.open.archive import Unreadable
from sheetprop.submission.open.intake import Source, find_hand_ins, find_submissions
from tests.adversary.intake import A_LINK, BOOK, HAND_INS, LINKS, SECRET, claiming, link, zipped


def answer(source: Source) -> bytes | str:
    """What is read of a submission, or why it is not."""
    try:
        return source.read()
    except Unreadable as error:
        return str(error)


@pytest.mark.parametrize("kind", HAND_INS)
def test_one_students_file_makes_only_itself_unreadable(tmp_path: Path, kind: str) -> None:
    """The others of the class are read whatever one of them hands in, from an archive as from a folder."""
    attack = HAND_INS[kind]
    members = {"alice/alice.xlsx": BOOK, f"bob/{attack.name}": attack.make(), "cy/cy.xlsx": BOOK}
    (tmp_path / "class.zip").write_bytes(zipped(members, zipfile.ZIP_STORED))
    alice, *bob, cy = find_submissions([tmp_path])
    assert (answer(alice), answer(cy)) == (BOOK, BOOK)
    assert len(bob) == len(attack.gets)
    for source, words in zip(bob, attack.gets, strict=True):
        found = answer(source)
        assert words in found if isinstance(found, str) else words == ""
    (tmp_path / "class.zip").unlink()
    for name, data in members.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(data)
    alice, *bob, cy = find_submissions([tmp_path])
    assert (answer(alice), answer(cy)) == (BOOK, BOOK)


def test_a_workbook_that_claims_4_gb_is_refused_alone(tmp_path: Path) -> None:
    """Directly in the class's archive: all others are read."""
    data = zipped({"alice.xlsx": BOOK, "bob.xlsx": BOOK, "cy.xlsx": BOOK})
    (tmp_path / "class.zip").write_bytes(claiming(data, "bob.xlsx", 2**32 - 2))
    alice, bob, cy = map(answer, find_submissions([tmp_path]))
    assert (alice, cy) == (BOOK, BOOK)
    assert "too large" in str(bob)


def test_a_large_class_in_one_archive_is_read(tmp_path: Path) -> None:
    """3,450 workbooks, each with a directory of its own, stored as they are: parts are counted where they are told."""
    book = zipped({f"xl/part{n}.xml": b"" for n in range(30)})
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        for n in range(3450):
            archive.writestr(f"student {n}.xlsx", book)
    found = find_submissions([tmp_path])
    assert len(found) == 3450
    assert found[-1].read() == book


@pytest.mark.parametrize("make", LINKS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("given", ["folder", "file"])
def test_links_are_not_followed(tmp_path: Path, make: Callable[[Path, Path], None], given: str) -> None:
    """A hand-in that is a link, or lies behind one, is listed and refused, by a folder or by its own name."""
    folder, outside = tmp_path / "class", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "secret.xlsx").write_bytes(SECRET)
    (outside / "secret.zip").write_bytes(zipped({"x.xlsx": SECRET}))
    make(folder, outside)
    (path,) = folder.iterdir()
    if given == "file" and path.is_dir():
        return  # a folder that a teacher names is the teacher's
    (source,) = find_submissions([folder if given == "folder" else path])
    assert str(answer(source)).startswith(A_LINK)


def test_links_in_an_archive_are_not_followed(tmp_path: Path) -> None:
    """They are told as what they are, whatever they end in."""
    members = {"a": link("bob.xlsx", "alice.xlsx"), "b": link("cy.zip", "alice.zip"), "c": link("dee", "alice")}
    (tmp_path / "class.zip").write_bytes(zipped({"alice.xlsx": BOOK, **members}))
    found = find_hand_ins([tmp_path])
    assert [answer(source) for source in found.submissions[:1]] == [BOOK]
    assert all(str(answer(source)).startswith(A_LINK) for source in [*found.submissions[1:], *found.others])
    assert (len(found.submissions), len(found.others)) == (3, 1)


def test_others_are_told_apart(tmp_path: Path) -> None:
    """Files of other endings are no submissions by themselves; what is hidden is nothing at all."""
    (tmp_path / "a").mkdir()
    for name in ("a/hw.pdf", "a/hw", "a/.hidden", "a/hw.xlsx", "x.rar"):
        (tmp_path / name).write_bytes(b"%PDF-")
    packed = io.BytesIO(zipped({"b/hw.docx": b"", "b/": b"", "__MACOSX/hw": b"", "b/hw.xlsx": BOOK}))
    (tmp_path / "z.zip").write_bytes(packed.getvalue())
    found = find_hand_ins([tmp_path])
    shown = [
        [source.name.removeprefix(f"{tmp_path}/") for source in kind] for kind in (found.submissions, found.others)
    ]
    assert shown == [["a/hw.xlsx", "z.zip/b/hw.xlsx"], ["a/hw", "a/hw.pdf", "x.rar", "z.zip/b/hw.docx"]]
    assert len({source.slug for source in found.submissions + found.others}) == 6
