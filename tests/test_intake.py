"""Which files are submissions, and that no archive, folder or name does harm."""

import io
import os
import re
import zipfile
from pathlib import Path

import pytest

from sheetprop.errors import InputError
from sheetprop.submission.open import intake
from sheetprop.submission.open.archive import Unreadable
from sheetprop.submission.open.intake import Source, find_submissions

BOOK = b"PK\x03\x04 stands for a workbook"


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def written(folder: Path, files: dict[str, bytes]) -> Path:
    """A folder with these files."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def names(sources: list[Source], folder: Path) -> list[str]:
    """The names of submissions, below a folder."""
    return [source.name.removeprefix(f"{folder}/") for source in sources]


def refusal(source: Source) -> str:
    """Why a submission cannot be read."""
    with pytest.raises(Unreadable) as error:
        source.read()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_folders_are_searched_in_order(tmp_path: Path) -> None:
    """All workbooks below a folder are submissions, sorted; locks, hidden files and other files are not."""
    wanted = ["a/deep/er/x.XLSX", "a/old.xls", "b.xlsm", "c.csv", "d.ods", "e.numbers", "f.xltx", "g.xlsb"]
    other = ["~$b.xlsm", ".~lock.b.xlsm#", ".hidden.xlsx", ".git/x.xlsx", "__MACOSX/b.xlsm", ".DS_Store", "notes.txt"]
    written(tmp_path, dict.fromkeys(reversed(wanted + other), BOOK))
    found = find_submissions([tmp_path])
    assert names(found, tmp_path) == wanted
    assert all(source.read() == BOOK for source in found)


def test_names_are_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A teacher sees the path that was typed, not one made absolute."""
    written(tmp_path, {"class/anna/bp.xlsx": BOOK})
    monkeypatch.chdir(tmp_path)
    assert [source.name for source in find_submissions(["class"])] == ["class/anna/bp.xlsx"]


def test_given_files_are_submissions_whatever_they_end_in(tmp_path: Path) -> None:
    """A file that was given by its name is judged, or refused, but never passed over."""
    written(
        tmp_path, {"~$bp.txt": b"text", ".bp": b"", "book.zip": zipped({"[Content_Types].xml": b"", "x.xlsx": BOOK})}
    )
    paths = sorted(tmp_path.iterdir())
    assert [source.path for source in find_submissions(paths)] == paths
    assert all(source.read() == source.path.read_bytes() for source in find_submissions(paths))


def test_the_same_file_counts_once(tmp_path: Path) -> None:
    """A file given by itself, by its folder, by another way there and by its archive twice is one submission."""
    written(tmp_path, {"a.xlsx": BOOK, "all.zip": zipped({"b.xlsx": BOOK})})
    paths = [tmp_path / "a.xlsx", tmp_path, f"{tmp_path}/../{tmp_path.name}", tmp_path / "all.zip"]
    assert names(find_submissions(paths), tmp_path) == ["a.xlsx", "all.zip/b.xlsx"]


def test_archives_are_searched(tmp_path: Path) -> None:
    """A course platform's archive gives one submission per workbook in it, named by where it is."""
    members = {
        "Ben Bo_2/bp.xlsx": b"2",
        "Anna Au_1/bp.xlsx": b"1",
        "Anna Au_1/": b"",
        "__MACOSX/._bp.xlsx": b"",
        "a.txt": b"",
    }
    written(
        tmp_path, {"all.zip": zipped({**members, "\x01nameless.xlsx": b""}).replace(b"\x01nameless", b"\x00nameless")}
    )
    found = find_submissions([tmp_path / "all.zip"])
    assert names(found, tmp_path) == ["all.zip/Anna Au_1/bp.xlsx", "all.zip/Ben Bo_2/bp.xlsx"]
    assert [source.read() for source in found] == [b"1", b"2"]
    assert [source.slug for source in found] == ["Anna-Au_1-bp", "Ben-Bo_2-bp"]


def test_archives_in_archives_are_followed_once(tmp_path: Path) -> None:
    """A student's archive in the platform's archive is searched; an archive in that one is refused, not followed."""
    deepest = zipped({"x.xlsx": BOOK})
    inner = zipped({"bp.xlsx": b"anna's", "more.zip": deepest})
    document = zipped({"[Content_Types].xml": b""})
    members = {
        "anna/work.zip": inner,
        "ben/none.zip": zipped({"a.txt": b""}),
        "cy/broken.zip": inner[:-30],
        "dee/book.zip": document,
    }
    written(tmp_path, {"all.zip": zipped(members)})
    found = find_submissions([tmp_path])
    assert names(found, tmp_path / "all.zip") == [
        "anna/work.zip/bp.xlsx",
        "anna/work.zip/more.zip",
        "ben/none.zip",
        "cy/broken.zip",
        "dee/book.zip",
    ]
    assert found[0].read() == b"anna's"
    assert "an archive in an archive" in refusal(found[1])
    assert "no workbook in it" in refusal(found[2])
    assert "cut off or damaged" in refusal(found[3])
    assert found[4].read() == document


def test_a_damaged_archive_is_one_submission(tmp_path: Path) -> None:
    """A batch goes on where an archive is cut off, empty or none at all; each is told about."""
    written(
        tmp_path,
        {
            "cut.zip": zipped({"a.xlsx": BOOK})[:-10],
            "empty.zip": zipped({}),
            "fine.xlsx": BOOK,
            "text.zip": b"not an archive",
        },
    )
    cut, empty, fine, text = find_submissions([tmp_path])
    assert "cut off or damaged" in refusal(cut)
    assert "no workbook in it" in refusal(empty)
    assert fine.read() == BOOK
    assert text.read() == b"not an archive"


def test_damaged_members_do_not_stop_the_others(tmp_path: Path) -> None:
    """In an archive with a password, or a damaged or tightly packed member, every other member is read."""
    data = zipped({"a.xlsx": b"aaaa", "b.xlsx": b"bbbb", "c.xlsx": b"cccc"}, zipfile.ZIP_STORED).replace(
        b"aaaa", b"aaba"
    )
    changed = bytearray(data)
    for signature, offset, length in ((b"PK\x01\x02", 8, 46), (b"PK\x03\x04", 6, 30)):
        start = next(
            m.start() for m in re.finditer(re.escape(signature), data) if data[m.start() + length :][:1] == b"b"
        )
        changed[start + offset] |= 1
    written(tmp_path, {"all.zip": bytes(changed)})
    damaged, protected, fine = find_submissions([tmp_path])
    assert "damaged" in refusal(damaged)
    assert "protected by a password" in refusal(protected)
    assert fine.read() == b"cccc"


def test_a_bomb_in_an_archive_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member beyond the limit of a file is refused by its declared size; a student's archive has a limit as well."""
    monkeypatch.setattr("sheetprop.submission.open.archive.FILE_BYTES", 1_000_000)
    bombs = zipped({"bomb.xlsx": bytes(3_000_000), "bomb 2.xlsx": bytes(3_000_000)})
    written(tmp_path, {"all.zip": zipped({"anna.zip": bombs, "bomb.xlsx": bytes(3_000_000), "fine.xlsx": BOOK})})
    *bombs, fine = find_submissions([tmp_path])
    assert ["too large" in refusal(bomb) for bomb in bombs] == [True] * 3
    assert fine.read() == BOOK
    monkeypatch.setattr(intake, "HAND_IN_BYTES", 5_000_000)
    archive, _, fine = find_submissions([tmp_path])
    assert "unpacks to more than" in refusal(archive)
    assert fine.read() == BOOK


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many members are refused as a whole; in an archive that a student packed only that one is."""
    monkeypatch.setattr(intake, "HAND_IN_PARTS", 20)
    inner = {"a.zip": zipped({f"{n}.xlsx": BOOK for n in range(21)}), "b.zip": zipped({"b.xlsx": BOOK})}
    written(tmp_path, {"flat.zip": zipped({f"{n}.xlsx": b"" for n in range(20_001)}), "nested.zip": zipped(inner)})
    flat, many, fine = find_submissions([tmp_path])
    assert "too many parts (more than 20,000)" in refusal(flat)
    assert "too many parts (more than 20)" in refusal(many)
    assert fine.read() == BOOK


@pytest.mark.parametrize(
    ("member", "shown", "slug"),
    [
        ("../../evil.xlsx", "../../evil.xlsx", "evil"),
        ("/etc/evil.xlsx", "/etc/evil.xlsx", "etc-evil"),
        ("C:\\class\\evil.xlsx", "C:/class/evil.xlsx", "C-class-evil"),
        ("a\nb\x1b[31m.xlsx", "a\ufffdb\ufffd[31m.xlsx", "a-b-31m"),
        ("Müller Łukasz/Übung 1.xlsx", "Müller Łukasz/Übung 1.xlsx", "Muller-Lukasz-Ubung-1"),
        ("王小明.xlsx", "王小明.xlsx", "WangXiaoMing"),
        ("con.xlsx", "con.xlsx", "_con"),
        ("LPT1.final.xlsx", "LPT1.final.xlsx", "_LPT1.final"),
        (f"{'long ' * 50}.xlsx", f"{'long ' * 50}.xlsx", ("long-" * 16)[:-1]),
    ],
)
def test_member_names_are_only_shown(tmp_path: Path, member: str, shown: str, slug: str) -> None:
    """Whatever path a member claims: it is shown in one line, named safely, and written nowhere."""
    folder = written(tmp_path / "in", {"all.zip": zipped({member: BOOK})})
    (source,) = find_submissions([folder])
    assert source.name == f"{folder}/all.zip/{shown}"
    assert (source.slug, source.read()) == (slug, BOOK)
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "all.zip"]


def test_names_that_tell_no_encoding_are_shown_right(tmp_path: Path) -> None:
    """Umlauts in the archives of a Mac, which do not say that they are in UTF-8, are shown as typed."""
    marked = zipped({"Müller.xlsx": BOOK})
    start = marked.index(b"PK\x01\x02")
    unmarked = bytearray(marked)
    unmarked[7] &= ~8 & 0xFF
    unmarked[start + 9] &= ~8 & 0xFF
    written(tmp_path, {"all.zip": bytes(unmarked), "bad.zip": marked.replace("ü".encode(), b"\xfc!")})
    fine, bad = find_submissions([tmp_path])
    assert (fine.name, fine.read()) == (f"{tmp_path}/all.zip/Müller.xlsx", BOOK)
    assert "file names that cannot be read" in refusal(bad)


def test_slugs_are_unique_whatever_the_case(tmp_path: Path) -> None:
    """Every submission of a batch has its own report folder, on Windows too, and always the same one."""
    files = [
        "a/BP.xlsx",
        "a-bp.xlsx",
        "a-bp-2.xlsx",
        "A bp.csv",
        "con.xlsx",
        "_con.xls",
        ("x" * 200) + ".xlsx",
        ("x" * 201) + ".xlsx",
    ]
    written(
        tmp_path,
        {**dict.fromkeys(files, BOOK), "all.zip": zipped({"a/bp.xlsx": BOOK, "é/-.xlsx": BOOK, "--.xlsx": BOOK})},
    )
    slugs = [source.slug for source in find_submissions([tmp_path])]
    assert len({slug.lower() for slug in slugs}) == len(slugs) == 11
    assert all(re.fullmatch(r"[A-Za-z0-9_-]([A-Za-z0-9._-]{0,78}[A-Za-z0-9_-])?", slug) for slug in slugs)
    assert slugs == [source.slug for source in find_submissions([tmp_path])]


def test_links_in_circles_end(tmp_path: Path) -> None:
    """A folder with links to itself is searched once; a link is a submission that cannot be read."""
    written(tmp_path, {"sub/a.xlsx": BOOK})
    for name in ("again", "and again", "and on"):  # each way round multiplies the ways
        (tmp_path / "sub" / name).symlink_to(tmp_path)
    (tmp_path / "gone.xlsx").symlink_to(tmp_path / "nowhere")
    gone, fine, *circles = find_submissions([tmp_path])
    assert fine.name == f"{tmp_path}/sub/a.xlsx"
    assert len(circles) == 3
    assert all(refusal(link).startswith("This is a link to another file or folder") for link in (gone, *circles))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    """A pipe that ends in .xlsx is passed over in a folder and refused where it is given."""
    written(tmp_path, {"a.xlsx": BOOK})
    os.mkfifo(tmp_path / "pipe.xlsx")
    assert names(find_submissions([tmp_path]), tmp_path) == ["a.xlsx"]
    with pytest.raises(InputError, match="neither a file nor a folder"):
        find_submissions([tmp_path / "pipe.xlsx"])


def test_nothing_to_judge_is_an_error(tmp_path: Path) -> None:
    """A path that is not there, a folder without submissions and no path at all are told in one line."""
    written(tmp_path, {"notes.txt": b""})
    with pytest.raises(InputError, match=r"bp\.xlsx: no such file or folder$"):
        find_submissions([tmp_path / "bp.xlsx"])
    with pytest.raises(InputError, match="no submissions in this folder"):
        find_submissions([tmp_path])
    with pytest.raises(InputError, match=r"^no submissions"):
        find_submissions([])


def test_what_changes_after_the_search_is_noticed(tmp_path: Path) -> None:
    """A file that vanishes before it is read, and an archive that is replaced, give no wrong bytes."""
    written(tmp_path, {"a.xlsx": BOOK, "all.zip": zipped({"a.xlsx": b"old", "b.xlsx": b"old"})})
    plain, first, second = find_submissions([tmp_path])
    assert first.read() == b"old"
    (tmp_path / "a.xlsx").unlink()
    (tmp_path / "all.zip").write_bytes(zipped({"a.xlsx": b"renewed"}))
    assert "cannot be read" in refusal(plain)
    assert first.read() == b"renewed"
    assert "no longer in its archive" in refusal(second)


def test_large_archives_are_read_in_no_time(tmp_path: Path) -> None:
    """A thousand submissions of an archive are found and read within a second or so: its directory is read once."""
    written(tmp_path, {"all.zip": zipped({f"student {n}/bp.xlsx": b"%d" % n for n in range(1000)})})
    found = find_submissions([tmp_path])
    opened = intake._open_archive.cache_info().misses
    assert sorted(int(source.read()) for source in found) == list(range(1000))
    assert intake._open_archive.cache_info().misses == opened
