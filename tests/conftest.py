"""Small workbooks, and handwritten digits, that several test files look at, made once."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sheetprop import generate
from sheetprop.cli import main
from sheetprop.descent import compute
from sheetprop.workbook.contents import Contents
from tests.digits import write_digits

Workbook = tuple[Path, Contents]
Result = subprocess.CompletedProcess[str]
Call = Callable[..., Result]
HEEDING = "import signal as s; s.signal(s.SIGINT, s.default_int_handler); from sheetprop.cli import main; main()"
"""Python code for the command as a user runs it: whoever starts tests in the background has Python ignore Ctrl-C."""
SETTINGS = {"iterations": 20, "learning_rates": (0.5, 2.0)}


@pytest.fixture
def call_sheetprop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Call]:
    """Run the command in the test's folder without the wait for another Python."""
    monkeypatch.chdir(tmp_path)

    def called(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["sheetprop", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        code = caught.value.code
        assert code is None or isinstance(code, int)
        return Result(arguments, code or 0, *capfd.readouterr())

    before = signal.getsignal(signal.SIGTERM)
    yield called
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Workbook]:
    """Generate a workbook of 20 iterations at two rates, or with these settings changed; returns it with its values."""

    def made(**changes: object) -> Workbook:
        path = tmp_path_factory.mktemp("made") / "workbook.xlsx"
        generation = generate(path=path, verify_numbers=False, **SETTINGS | changes)
        return path, Contents(generation.assignment, compute(generation.assignment))

    return made


@pytest.fixture(scope="session")
def full(make: Callable[..., Workbook]) -> Workbook:
    """A workbook in the full layout."""
    return make(layout="full")


@pytest.fixture(scope="session")
def classic(make: Callable[..., Workbook]) -> Workbook:
    """A workbook in the classic layout."""
    return make(layout="classic")


@pytest.fixture(params=["full", "classic"])
def either(request: pytest.FixtureRequest) -> Workbook:
    """The workbook of each layout in turn."""
    found: Workbook = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def digits_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in MNIST's form, not to be changed: 1,500 handwritten digits to train with and 297 to test with."""
    return write_digits(tmp_path_factory.mktemp("digits"))
