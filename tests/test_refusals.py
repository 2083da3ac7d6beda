"""What the command says of a command line that cannot be used: the option, the value, the remedy, in its own words."""

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Call = Callable[..., subprocess.CompletedProcess[str]]
NOT_OURS = re.compile(
    r"valid (integer|number|float)|unable to parse|Value error|Errno|Invalid value|No such|at line \d+, column|"
    r"PytorchStreamReader|enforce fail|BadZipFile|zip file|Traceback|unexpected failure|object has no"
)
"""Words of the libraries that are used, and of Python and the system."""
REFUSED = [
    ("generat", "generat: sheetprop has no such command; did you mean generate?"),
    ("--nope", "--nope: sheetprop has no such option; see sheetprop --help"),
    ("generate --iteration 5", "--iteration: sheetprop generate has no such option; did you mean --iterations?"),
    ("generate --no-verfy", "--no-verfy: sheetprop generate has no such option; did you mean --no-verify?"),
    ("generate --force=yes", "--force: takes no value; write --force alone"),
    ("generate --lr", "--lr: its value is missing; write --lr and the value"),
    (
        "generate a.xlsx b.xlsx",
        "b.xlsx: too much for sheetprop generate, which takes no further argument; see sheetprop generate --help",
    ),
    ("generate --lr 0,5", "--lr: 0,5 is not a number; write 0.5"),
    ("generate --lr=-1.234,5", "--lr: -1.234,5 is not a number; write -1234.5"),
    ("generate --lr 50%", "--lr: 50% is not a number; write 0.5"),
    ("generate --lr 1/2", "--lr: 1/2 is not a number; write 0.5"),
    ("generate --lr abc", "--lr: abc is not a number; write one such as 0.5"),
    ("generate --lr ''", "--lr: '' is not a number; write one such as 0.5"),
    ("generate --lr -1", "--lr: -1.0 is not possible; a learning rate is a positive, finite number"),
    ("generate --lr nan", "--lr: nan is not possible; a learning rate is a positive, finite number"),
    ("generate --lr 1e999", "--lr: inf is not possible; a learning rate is a positive, finite number"),
    ("generate -n 2,5", "--iterations: 2,5 is not a whole number; write one such as 10"),
    ("generate -n 1e3", "--iterations: 1e3 is not a whole number; write 1000"),
    ("generate -n 1.000", "--iterations: 1.000 is not a whole number; write 1000"),
    ("generate -n ''", "--iterations: '' is not a whole number; write one such as 10"),
    (f"generate -n {'9' * 5000}", f"--iterations: {'9' * 40}… is too large; write one of at most 18 digits"),
    ("generate --inputs 0,05;0,1", "--inputs: 0,05;0,1 is not a list of numbers; write 0.05,0.1"),
    ("generate --inputs '0,05 0,1'", "--inputs: '0,05 0,1' is not a list of numbers; write 0.05,0.1"),
    (
        "generate --inputs 0,05,0,1",
        "--inputs: expected 2 numbers (i1 … i2), got 4; write each with a decimal point, and commas between them",
    ),
    ("generate --inputs ''", "--inputs: no numbers are given; write them with commas between them, as in 0.05,0.1"),
    (
        "generate --weights 1,2,x",
        "--weights: 1,2,x is not a list of numbers; write numbers with commas between them, as in 0.05,0.1",
    ),
    ("generate --layout wide", "--layout: wide is not a layout; write full or classic"),
    ("generate --seed -2", "--seed: -2 is negative; give 0 or more"),
    (
        "validate",
        "PATH... is missing: give workbooks, folders of them, or zip archives (see sheetprop validate --help)",
    ),
    ("validate there.xlsx --workers 0", "--workers: 0 is not possible; at least 1 is needed"),
    ("validate there.xlsx --workers two", "--workers: two is not a whole number; write one such as 10"),
    ("assign class.csv", "--output is missing: write --output DIR (see sheetprop assign --help)"),
    ("assign class.csv -o new --seed 1.5", "--seed: 1.5 is not a whole number; write one such as 10"),
    ("assign none.csv -o new", "none.csv: cannot be read: there is no such file or folder"),
    ("template --output", "--output: its value is missing; write --output and the value"),
    ("predict x.png", "--model is missing: write --model CHECKPOINT (see sheetprop predict --help)"),
]
EXISTING = [
    ("generate there.xlsx --lr 0,5", "--lr: 0,5 is not a number"),
    ("generate there.xlsx --lr -1", "--lr: -1.0 is not possible"),
    ("generate there.xlsx -n 0", "--iterations: 0 is not possible"),
    ("generate there.xlsx --inputs 1", "--inputs: expected 2 numbers"),
    ("generate there.xlsx -t nope", "--template: 'nope' is neither a file nor a template's name"),
    ("assign class.csv -o report --workers 0", "--workers: 0 is not possible"),
    ("assign class.csv -o report -t nope", "--template: 'nope' is neither a file nor a template's name"),
    ("validate class.csv --report report --workers 0", "--workers: 0 is not possible"),
    ("template nope -o there.toml", "template: 'nope' is neither a file nor a template's name"),
]
TRAINING = [
    ("--lr 0,01", "--lr: 0,01 is not a number; write 0.01"),
    ("--lr -1", "--lr -1.0: must be a number above 0"),
    ("--epochs 0", "--epochs 0: at least 1 epoch is needed"),
    ("--epochs 9999999", "--epochs 9999999: do not fit on a sheet; at most 1,000,000 are possible"),
    ("--runs 99999", "--runs 99999: each has sheets of its own; at most 200 are possible"),
    ("--arch nope", "--arch nope: no such architecture"),
    ("--schedule step:6:0,1", "--schedule step:6:0,1: is none"),
    ("--device gpu", "--device gpu: is none"),
    ("--precision half", "--precision half: is none"),
    ("--data nowhere", "--data nowhere: no such folder"),
    ("--metrics epochs.txt", "--metrics epochs.txt: a table's name must end in .csv or .json"),
]


@pytest.fixture
def call(call_sheetprop: Call, tmp_path: Path) -> Call:
    """Run ``sheetprop`` in a folder where outputs are there already."""
    for name in ("there.xlsx", "there.toml", "there.pt"):
        (tmp_path / name).write_bytes(b"precious")
    (tmp_path / "class.csv").write_text("Name,ID\nAda,1\n", encoding="utf-8")
    (tmp_path / "report").mkdir()
    for name in ("assigned.csv", "gradebook.xlsx"):
        (tmp_path / "report" / name).write_bytes(b"precious")
    return call_sheetprop


def line(call: Call, arguments: str) -> str:
    """The one line that a refusal says, in no library's words."""
    result = call(*shlex.split(arguments.replace(";", r"\;")))
    assert (result.returncode, result.stdout) == (2, "")
    assert re.fullmatch(r"sheetprop: [^\n]*\n", result.stderr)
    assert not NOT_OURS.search(result.stderr)
    return result.stderr.removeprefix("sheetprop: ").removesuffix("\n")


@pytest.mark.parametrize(("arguments", "said"), REFUSED, ids=lambda text: text[:40])
def test_the_option_the_value_and_the_remedy_are_said(call: Call, arguments: str, said: str) -> None:
    """One line, exit code 2, whatever was typed."""
    assert line(call, arguments) == said


@pytest.mark.parametrize(("arguments", "said"), EXISTING, ids=lambda text: text[:40])
def test_options_are_checked_before_what_is_there(call: Call, arguments: str, said: str) -> None:
    """Whoever mistypes an option learns of that, not of a file that they would replace."""
    assert line(call, arguments).startswith(said)


@pytest.mark.parametrize(("options", "said"), TRAINING, ids=lambda text: text[:40])
def test_training_checks_options_before_what_is_there(call: Call, options: str, said: str) -> None:
    """A workbook and a checkpoint that are there are told after what was mistyped."""
    pytest.importorskip("torchvision", reason="torchvision is not installed")
    assert line(call, f"train-cnn there.xlsx {options}").startswith(said)


def test_one_iteration_is_no_plural(call: Call) -> None:
    """Nor is one learning rate."""
    said = call("generate", "new.xlsx", "-n", "1", "--lr", "0.5", "--no-verify").stdout
    assert "; 1 iteration at learning rate 0.5." in said


@pytest.mark.parametrize("text", ["0.5", ".5", "5e-1", "+0.5", " 0.5 "])
def test_numbers_are_taken_as_they_are_written(call: Call, text: str) -> None:
    """In each way that a number is written with a point."""
    assert " at learning rate 0.5." in call("generate", "new.xlsx", "-n", "2", "--lr", text, "--no-verify").stdout
