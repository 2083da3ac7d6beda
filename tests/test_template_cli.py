"""``sheetprop template``: a commented template to start one's own from."""

import json
import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from sheetprop.rubric import CRITERIA
from sheetprop.template import KEYS, RUBRIC_SETTINGS, load_assignment, template_names, template_text

Call = Callable[..., subprocess.CompletedProcess[str]]


def test_what_is_printed_can_be_used(call_sheetprop: Call, tmp_path: Path) -> None:
    """Saved as a file, the printed template is taken by generate, and by validate, which finds all of it done."""
    said = call_sheetprop("template")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == template_text("course")
    (tmp_path / "mine.toml").write_text(said.stdout.replace("iterations = 100", "iterations = 11"), encoding="utf-8")
    assert call_sheetprop("generate", "key.xlsx", "--template", "mine.toml").returncode == 0
    judged = call_sheetprop("validate", "key.xlsx", "--template", "mine.toml", "--json")
    (submission,) = json.loads(judged.stdout)["submissions"]
    assert (submission["status"], submission["score"], submission["max_score"]) == ("right", 100, 100)


def test_every_key_is_explained() -> None:
    """The printed template has every key that there is, in the documented order, and comments that tell what it is."""
    text = template_text()
    template = tomllib.loads(text)
    assert list(template) == list(KEYS)
    assert list(template["rubric"]) == [*CRITERIA, *RUBRIC_SETTINGS]
    for key, value in template.items():
        line = re.search(rf"^(?:{key} =|\[+{key}\]+)", text, re.MULTILINE)
        assert line
        above, below = text[: line.start()].splitlines()[-1:], text[line.end() :].splitlines()[1:2]
        together = above[0].startswith("#") or above[0].startswith("inputs")  # inputs and targets are told in one
        assert together or (isinstance(value, dict) and below[0].startswith("#")), key


def test_templates_are_listed(call_sheetprop: Call) -> None:
    """--list names all templates with their titles, also as one JSON document."""
    lines = call_sheetprop("template", "--list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == template_names()
    for line, name in zip(lines, template_names(), strict=True):
        assert line.endswith(f"  {load_assignment(name).title}")
    said = call_sheetprop("template", "--list", "--json")
    expected = [{"name": name, "title": load_assignment(name).title} for name in template_names()]
    assert (said.returncode, json.loads(said.stdout)) == (0, {"templates": expected})


@pytest.mark.parametrize("name", template_names())
def test_each_template_is_written(call_sheetprop: Call, tmp_path: Path, name: str) -> None:
    """--output writes the very text that is printed, from which the same assignment is read."""
    said = call_sheetprop("template", name, "--output", "mine.toml")
    assert said.returncode == 0
    assert said.stdout.startswith("Wrote mine.toml: ")
    assert (tmp_path / "mine.toml").read_bytes().decode() == template_text(name)
    assert load_assignment(tmp_path / "mine.toml") == load_assignment(name)


def test_json_is_one_document(call_sheetprop: Call) -> None:
    """With --json the text stands in one document."""
    document = json.loads(call_sheetprop("template", "signed-weights", "--json").stdout)
    title = load_assignment("signed-weights").title
    text = template_text("signed-weights")
    assert document == {"name": "signed-weights", "title": title, "path": None, "text": text}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["nope"],
            "template: 'nope' is neither a file nor a template's name; give the path of a TOML file or ",
        ),
        (["wrong.toml"], "wrong.toml, line 1: unknown key 'iteration'"),
        (["-o", "mine.txt"], "mine.txt: a template's name must end in .toml"),
        (["-o", "wrong.toml"], "wrong.toml: exists already; use --force"),
        (["-o", "no/mine.toml"], "no/mine.toml: the folder no does not exist"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_refusals(call_sheetprop: Call, tmp_path: Path, arguments: list[str], says: str) -> None:
    """What cannot be done is said in one line, with exit code 2, and nothing is written."""
    (tmp_path / "wrong.toml").write_text("iteration = 3\n")
    said = call_sheetprop("template", *arguments)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith(f"sheetprop: {says}")
    assert said.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.toml"]
    assert (tmp_path / "wrong.toml").read_text() == "iteration = 3\n"


def test_force_replaces(call_sheetprop: Call, tmp_path: Path) -> None:
    """With --force the template takes the place of a file that is there."""
    (tmp_path / "mine.toml").write_text("old")
    assert call_sheetprop("template", "--output", "mine.toml", "--force").returncode == 0
    assert (tmp_path / "mine.toml").read_text(encoding="utf-8") == template_text()
