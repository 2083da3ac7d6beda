"""What students hand in to spoil the class's archive, or to have another file taken for theirs."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BOOK = b"PK\x03\x04 stands for a workbook"
SECRET = b"PK\x03\x04 stands for somebody else's workbook"
A_LINK = "This is a link to another file or folder"


def zipped(members: dict[str, bytes | zipfile.ZipInfo], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive of these members; one that is a ZipInfo is a link, to where its comment says."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            if isinstance(data, zipfile.ZipInfo):
                archive.writestr(data, data.comment)
            else:
                archive.writestr(name, data)
    return buffer.getvalue()


def link(name: str, target: str) -> zipfile.ZipInfo:
    """A symbolic link as archives of Unix have it."""
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    info.comment = target.encode()
    return info


def claiming(data: bytes, member: str, size: int) -> bytes:
    """An archive that claims another size of a member, in its directory and before the member."""
    changed = bytearray(data)
    for mark, sizes, name, length in ((b"PK\x03\x04", 22, 30, 26), (b"PK\x01\x02", 24, 46, 28)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            (characters,) = struct.unpack_from("<H", data, at + length)
            if data[at + name : at + name + characters] == member.encode():
                struct.pack_into("<I", changed, at + sizes, size)
    return bytes(changed)


@dataclass(frozen=True)
class HandIn:
    """One student's file in the class's archive: its name, its bytes, and what each submission of it is refused for."""

    name: str
    make: Callable[[], bytes]
    gets: tuple[str, ...]


HAND_INS = {
    "20,000 empty members": HandIn(
        "bob.zip", lambda: zipped({f"{n}.xlsx": b"" for n in range(20_000)}), ("too many parts (more than 1,000)",)
    ),
    "20,000 empty members that are no workbooks": HandIn(
        "bob.zip", lambda: zipped({f"{n}.txt": b"" for n in range(20_000)}), ("too many parts (more than 1,000)",)
    ),
    "60,000 signatures": HandIn("bob.xlsx", lambda: BOOK + b"PK\x01\x02" * 60_000, ("",)),
    "60,000 signatures in an archive": HandIn(
        "bob.zip", lambda: zipped({"bob.xlsx": BOOK + b"PK\x01\x02" * 60_000}, zipfile.ZIP_STORED), ("",)
    ),
    "60,000 signatures before the directory's end": HandIn(
        "bob.zip", lambda: b"PK\x03\x04" + b"PK\x01\x02" * 60_000 + zipped({})[-22:], ("This archive",)
    ),
    "a workbook that claims 4 GB, in an archive": HandIn(
        "bob.zip", lambda: claiming(zipped({"bob.xlsx": BOOK}), "bob.xlsx", 2**32 - 2), ("too large",)
    ),
    "an archive that claims 4 GB, in an archive": HandIn(
        "bob.zip", lambda: claiming(zipped({"deep.zip": BOOK}), "deep.zip", 2**32 - 2), ("an archive in an archive",)
    ),
    "a bomb": HandIn("bob.zip", lambda: zipped({"bob.xlsx": bytes(110_000_000)}), ("too large",)),
    "a link": HandIn("bob.zip", lambda: zipped({"x": link("bob.xlsx", "../alice.xlsx")}), (A_LINK,)),
    "a link to a folder": HandIn("bob.zip", lambda: zipped({"x": link("d", "../alice"), "d/bob.xlsx": BOOK}), ("",)),
    "no archive at all": HandIn("bob.zip", lambda: b"PK\x03\x04" + bytes(100), ("This archive is cut off",)),
    "an archive of nothing": HandIn("bob.zip", lambda: zipped({}), ("This archive has no workbook in it",)),
    "an archive of 300 hand-ins of 4 MB": HandIn(
        "bob.zip",
        lambda: claiming_all(zipped({f"{n}.xlsx": BOOK for n in range(300)}), 4_000_000),
        ("This archive unpacks to more than 500 MB",),
    ),
}
"""By what is hostile in them. A submission with "" is read as any."""


def claiming_all(data: bytes, size: int) -> bytes:
    """An archive whose members all claim a size in its directory."""
    changed, at = bytearray(data), -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        struct.pack_into("<I", changed, at + 24, size)
    return bytes(changed)


def link_to_a_file(folder: Path, outside: Path) -> None:
    """A hand-in that is a link to another's."""
    (folder / "bob.xlsx").symlink_to(outside / "secret.xlsx")


def link_to_a_folder(folder: Path, outside: Path) -> None:
    """A hand-in that lies behind a link."""
    (folder / "bob").symlink_to(outside, target_is_directory=True)


def link_to_an_archive(folder: Path, outside: Path) -> None:
    """A link that ends as an archive does."""
    (folder / "bob.zip").symlink_to(outside / "secret.zip")


def relative_link(folder: Path, outside: Path) -> None:
    """A link that leads upwards."""
    (folder / "bob.xlsx").symlink_to(os.path.relpath(outside / "secret.xlsx", folder))


def link_to_a_link(folder: Path, outside: Path) -> None:
    """A link to a link."""
    (outside / "on.xlsx").symlink_to(outside / "secret.xlsx")
    (folder / "bob.xlsx").symlink_to(outside / "on.xlsx")


LINKS = (link_to_a_file, link_to_a_folder, link_to_an_archive, relative_link, link_to_a_link)
