"""The verb ``autograder``: a folder and archive with which Gradescope judges hand-ins, and what it runs there.

What Gradescope runs where, and what it expects: https://gradescope-autograders.readthedocs.io/en/latest/specs/.
"""

from __future__ import annotations

import json
import shutil
import stat
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import chdir
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from sheetprop.assigned import FILE as ASSIGNED
from sheetprop.assigned import Entry, read_assigned, write_assigned, write_key
from sheetprop.errors import InputError
from sheetprop.json_text import json_text
from sheetprop.options import DEFAULT_TEMPLATE
from sheetprop.output import begun_beside, check_folder, check_output, discard_unfinished, written_whole
from sheetprop.report.gradescope import failure, refusal, results
from sheetprop.report.stream import write_json
from sheetprop.report.wording import count
from sheetprop.submission.batch.grading import PLEASE_REPORT
from sheetprop.submission.findings import Status
from sheetprop.submission.open.intake import find_submissions
from sheetprop.template import load_assignment, template_folder, template_text
from sheetprop.validation import Validation, validate

RUN, SETUP = "run_autograder", "setup.sh"
SCRIPTS = "autograder"
"""Their folder among the templates."""
TEMPLATE, REQUIREMENTS = "template.toml", "requirements.txt"
PACKAGE = Path(__file__).parent
EXECUTABLE, PLAIN = 0o755, 0o644
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every member of the archive, so that the same input gives the same bytes."""


@dataclass(frozen=True)
class Autograder:
    """What was written; ``students`` is how many have numbers of their own, None where all have the template's."""

    folder: Path
    archive: Path
    title: str
    points: float
    students: int | None

    def to_dict(self) -> dict[str, Any]:
        """For ``autograder --json``."""
        return {
            "folder": str(self.folder),
            "archive": str(self.archive),
            "title": self.title,
            "points": self.points,
            "students": self.students,
        }

    def to_json(self) -> str:
        """One JSON document."""
        return json_text(self.to_dict())

    def __str__(self) -> str:
        numbers = "" if self.students is None else f", with the numbers of {count(self.students, 'student')}"
        return (
            f"Wrote {self.archive}: an autograder for “{self.title}”{numbers}.\n"
            f"  On Gradescope, make a programming assignment of {self.points:g} points and upload this archive.\n"
            f"  {self.folder}: the same, to look into"
        )


def write_autograder(
    *,
    path: str | Path,
    template: str | Path = DEFAULT_TEMPLATE,
    assigned: str | Path | None = None,
    force: bool = False,
) -> Autograder:
    """Write the folder ``path`` and beside it the zip archive of the same name, which Gradescope takes.

    They hold the template, this very sheetprop, and a list of the packages that it needs. With ``assigned``, which is
    what ``assign`` wrote, students are judged by their own numbers. An autograder that is there already is replaced
    only with ``force``. Raises InputError, before anything is written, where something cannot be used.
    """
    folder, templates = Path(path), template_folder()
    archive = folder.parent / f"{folder.name}.zip"
    assignment, text = load_assignment(template), template_text(template)
    listed = read_assigned(assigned) if assigned is not None else None
    needed = _requirements()
    _check(folder, archive, force)
    with written_whole(archive) as unfinished:
        new = unfinished.parent / "folder"
        new.mkdir()
        for name in (SETUP, RUN):
            # Bash takes no line ends of Windows, which a checkout may have.
            script = (templates / SCRIPTS / name).read_text(encoding="utf-8")
            (new / name).write_text(script, encoding="utf-8", newline="\n")
        (new / TEMPLATE).write_text(text, encoding="utf-8", newline="\n")
        (new / REQUIREMENTS).write_text("".join(f"{line}\n" for line in needed), encoding="utf-8", newline="\n")
        if listed is not None:
            write_assigned(new / ASSIGNED, listed.entries)
            if listed.key is not None:
                write_key(new, listed.key)
        generated = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(PACKAGE, new / PACKAGE.name, ignore=generated)
        shutil.copytree(templates, new / PACKAGE.name / templates.name, ignore=generated, dirs_exist_ok=True)
        _pack(new, unfinished)
        _put(new, folder)
    students = None if listed is None else len(listed.entries)
    return Autograder(folder, archive, assignment.title, assignment.points, students)


def _check(folder: Path, archive: Path, force: bool) -> None:
    """Raise InputError where folder or archive cannot be written, or the folder is anything else than an autograder."""
    if folder.name in ("", ".."):
        raise InputError(f"{folder}: name a folder of its own for the autograder")
    check_folder(folder, folder / RUN, force, what="an autograder")
    if folder.is_dir() and not (folder / RUN).is_file() and any(folder.iterdir()):
        raise InputError(f"{folder}: holds other files; name a folder of its own for the autograder")
    check_output(archive, force, what="archive", suffix=".zip")
    discard_unfinished(folder.parent, folder.name)


def _requirements() -> list[str]:
    """What sheetprop needs, as its pyproject.toml says, or the installed package, which was made from that."""
    project = template_folder().parent / "pyproject.toml"
    if project.is_file():  # as it is in a checkout, where the installed package may say what was needed once
        return list(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"])
    try:
        needed = metadata.requires(PACKAGE.name) or []
    except metadata.PackageNotFoundError:
        raise InputError(f"{PACKAGE.name} is not installed: what it needs is not known; install it with pip") from None
    return [line for line in needed if "extra ==" not in line]


def _pack(folder: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            name = path.relative_to(folder).as_posix()
            path.chmod(mode := EXECUTABLE if name in (RUN, SETUP) else PLAIN)
            info = zipfile.ZipInfo(name, LONG_AGO)
            info.create_system = 3  # Unix, which alone has modes; Windows would say otherwise
            info.external_attr = (stat.S_IFREG | mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(info, path.read_bytes())


def _put(new: Path, folder: Path) -> None:
    """Put a folder in the place of another, which is gone only when the new one is there."""
    with begun_beside(folder) as aside:
        old = aside / "old"
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise


def judge_hand_in(root: Path) -> None:
    """Judge what one student, or a group, handed in, and write Gradescope's results.json.

    ``root`` is Gradescope's folder, /autograder. What cannot be judged is a result, of 0 points. What is not the
    student's fault raises: the results then say so, as they do where this process is killed.
    """
    root = root.absolute()
    source, path = root / "source", root / "results" / "results.json"
    path.parent.mkdir(exist_ok=True)
    _write_results(path, failure(0))
    assignment = load_assignment(source / TEMPLATE)
    _write_results(path, failure(assignment.points))
    numbers = source / ASSIGNED if (source / ASSIGNED).exists() else None
    users = _users(root / "submission_metadata.json") if numbers else []
    marks = [mark for user in users for mark in user]
    owners = [] if numbers is None else _owners(numbers, users)
    with chdir(root / "submission"):  # so that students read the names of their files only
        try:
            find_submissions(["."])
        except InputError as error:
            reason = str(error).removeprefix(".: ")
            document = refusal(f"No workbook was found in what you handed in: {reason}.", assignment.points)
        else:
            document = max(_judged(source, numbers, owners), key=lambda found: found["score"])
    if numbers and not owners:
        nobody = f"No numbers were assigned to {', '.join(marks)}: whose numbers the workbook uses was not checked."
        document["output"] = f"{nobody}\n\n{document['output']}"
    _write_results(path, document)


def _write_results(path: Path, document: dict[str, Any]) -> None:
    with written_whole(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="\n") as file:
        write_json(document, file)


def _judged(source: Path, numbers: Path | None, owners: Sequence[Entry]) -> Iterator[dict[str, Any]]:
    """The results by the numbers of each student of a group; by those of the workbook where nobody is known."""
    students: Sequence[str | None] = [own.id for own in owners] or [None]
    for student in students:
        judged = validate(
            paths=["."],
            template=source / TEMPLATE,
            assigned=numbers,
            student=student,
            workers=1,  # the container has half a core, and memory for one process
        )
        _check_judged(judged)
        yield results(judged.submissions)


def _check_judged(judged: Validation) -> None:
    """Raise RuntimeError where a defect of sheetprop kept a submission from being judged."""
    for submission in judged.submissions:
        for finding in submission.findings:
            if submission.status is Status.UNREADABLE and PLEASE_REPORT in finding.message:
                raise RuntimeError(f"{submission.path}: {finding.message}")


def _users(path: Path) -> list[list[str]]:
    """What Gradescope knows each who handed in by: the student id, which the course may lack, and the address."""
    users = json.loads(path.read_text(encoding="utf-8"))["users"]
    marks = [[str(user[key]) for key in ("sid", "email") if user.get(key)] for user in users]
    if not any(marks):
        raise InputError(f"{path}: has neither a student id nor an e-mail address: whose numbers to take is not known")
    return marks


def _owners(numbers: Path, users: Sequence[Sequence[str]]) -> list[Entry]:
    """Whose numbers they may use. Raises InputError where a student's id and address are of two students."""
    assigned = read_assigned(numbers)
    owners: dict[str, Entry] = {}
    for marks in users:
        found = {entry.id: entry for mark in marks if (entry := assigned.find(mark)) is not None}
        if len(found) > 1:
            raise InputError(
                f"{numbers}: {' and '.join(marks)} are of one student on Gradescope, of {' and '.join(found)} in the "
                "list of numbers: run assign with the student ids that Gradescope has"
            )
        owners |= found
    return list(owners.values())


__all__ = ["Autograder", "judge_hand_in", "write_autograder"]
