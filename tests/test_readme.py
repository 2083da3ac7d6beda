"""The README tells the truth about the code as it is now."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).parents[1] / "README.md"


def blocks(language: str) -> list[str]:
    """The README's code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.M | re.S)


def test_output_shown_is_the_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first command prints what the README says it prints."""
    from sheetprop import generate

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sheetprop.verification.torch_is_installed", lambda: False)
    (shown,) = blocks("text")
    engine = re.compile(r"formualizer [\d.]+\d")
    assert engine.sub("", str(generate())) == engine.sub("", shown.strip())


def test_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command of the console session is accepted and ends well."""
    import shlex

    from sheetprop.cli import app

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sheetprop.verification.torch_is_installed", lambda: False)
    session = blocks("console")[0]
    lines = [line for line in session.splitlines() if line.startswith("$ sheetprop ")]
    assert len(lines) >= 6
    for line in lines:
        arguments = shlex.split(line.removeprefix("$ sheetprop "), comments=True)
        assert app(arguments, standalone_mode=False) == 0, line


def test_training_commands_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command that trains has options that the command and the recipe take."""
    import shlex

    from sheetprop.cli import app
    from sheetprop.cnn.architectures import architecture
    from sheetprop.cnn.recipe import Augmentation, Schedule

    asked: list[dict[str, Any]] = []
    monkeypatch.setattr("sheetprop.training.train_cnn", lambda **options: asked.append(options))
    monkeypatch.setattr("sheetprop.cnn.check_installed", lambda: None)
    lines = re.findall(r"^\$ .*?(?:sheetprop )?train-cnn(.*)$", blocks("console")[3], re.M)
    assert len(lines) >= 6
    for line in lines:
        assert app(["train-cnn", "--quiet", *shlex.split(line, comments=True)], standalone_mode=False) in (0, None), (
            line
        )
    for options in asked:
        architecture(options["arch"] or "squeeze-13k")
        Schedule.parse(options["schedule"] or "constant")
        Augmentation.parse(options["augment"] or "none")


def test_accuracies_shown_are_near_the_published() -> None:
    """The README's table has all architectures with their parameters, none 0.15 points below the published."""
    from sheetprop.cnn.architectures import ARCHITECTURES

    rows = re.findall(r"^\| (\w+-\d+k) \| ([\d,]+) ((?:\| [\d.]+ % ){4})\|$", README.read_text(encoding="utf-8"), re.M)
    assert [(name, parameters) for name, parameters, _ in rows] == [
        (each.name, f"{each.parameters:,}") for each in ARCHITECTURES
    ]
    for (_, _, figures), each in zip(rows, ARCHITECTURES, strict=True):
        last, published_last, best, published_best = map(float, re.findall(r"[\d.]+", figures))
        assert (published_last, published_best) == (each.published.last, each.published.best)
        assert best >= last >= published_last - 0.15


def test_judgement_shown_is_the_judgement(tmp_path: Path) -> None:
    """The session that judges a sample prints what the README says, with the template that stands below it."""
    import shlex
    import shutil
    import subprocess
    import sys

    session, (template,) = blocks("console")[1], blocks("toml")
    command, _, shown = session.partition("\n")
    shutil.copytree(README.parent / "workbooks", tmp_path / "workbooks")
    (tmp_path / "homework.toml").write_text(template, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "sheetprop", *shlex.split(command.removeprefix("$ sheetprop "))],
        cwd=tmp_path,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert run.stdout == shown
    assert run.returncode == 1


def test_class_shown_is_the_class(tmp_path: Path) -> None:
    """From roster to gradebook in the five commands shown; the last ends with what the README shows.

    The numbers of the template that the second writes are lowered, which no shown line depends on.
    """
    import shlex
    import subprocess
    import sys

    commands = re.findall(r"^\$ (.*)$", blocks("console")[2], re.M)
    shown = blocks("console")[2].partition("…\n")[2]
    assert len(commands) == 5
    for command in commands:
        program, *arguments = shlex.split(command)
        run = subprocess.run(
            [sys.executable, *(["-m", "sheetprop"] if program == "sheetprop" else []), *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(README.parent)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        template = tmp_path / "homework.toml"
        if "template" in arguments:
            text = template.read_text(encoding="utf-8")
            text = re.sub(r"(?m)^iterations = 100$", "iterations = 10", text)
            template.write_text(
                re.sub(r"(?m)^learning_rates = \[.*$", "learning_rates = [0.5]", text), encoding="utf-8"
            )
        assert run.returncode == (1 if arguments[0] == "validate" else 0), run.stdout
    assert run.stdout.endswith(shown)


def test_report_folder_is_as_shown(tmp_path: Path) -> None:
    """The files that the README lists are those in a report's folder, no more and no fewer."""
    from sheetprop import validate
    from sheetprop.report.claim import LOCK
    from sheetprop.submission.open.intake import REPORT_MARK

    validate(paths=[README.parent / "workbooks" / "handout-mistake.xlsx"], report=tmp_path)
    cells = re.findall(r"^\| (`[^|]*) \|", README.read_text(encoding="utf-8"), re.M)
    listed = [name for cell in cells for name in re.findall(r"`([^` ]+\.\w+)`", cell)]
    found = (path for path in tmp_path.rglob("*") if path.is_file() and path.name not in (REPORT_MARK, LOCK))
    written = {path.relative_to(tmp_path).as_posix() for path in found}
    assert {name.replace("<name>", "handout-mistake") for name in listed} == written


def test_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python example runs, and its comments after expressions are their values."""
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("python")
    names: dict[str, object] = {}
    exec(code, names)
    shown = re.findall(r"^(NETWORK\S*.*?\S|(?:result|submission)\.\S+)\s+# ('.*'|True)$", code, re.M)
    assert len(shown) == 4
    for expression, value in shown:
        assert eval(expression, names) == eval(value), expression
