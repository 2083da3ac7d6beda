"""The README tells the truth about the code as it is now."""

import re
from pathlib import Path

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
    (session,) = blocks("console")
    lines = [line for line in session.splitlines() if line.startswith("$ sheetprop ")]
    assert len(lines) >= 6
    for line in lines:
        arguments = shlex.split(line.removeprefix("$ sheetprop "), comments=True)
        assert app(arguments, standalone_mode=False) == 0, line


def test_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python example runs, and its comments after expressions are their values."""
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("python")
    names: dict[str, object] = {}
    exec(code, names)
    shown = re.findall(r"^(NETWORK\S*.*?\S|result\.\S+)\s+# ('.*'|True)$", code, re.M)
    assert len(shown) == 3
    for expression, value in shown:
        assert eval(expression, names) == eval(value), expression
