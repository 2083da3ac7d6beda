"""The command ``train-cnn``: what it trains, what it leaves, how it goes on after an end before its time."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import openpyxl
import pytest

from tests.conftest import HEEDING

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("torchvision", reason="torchvision is not installed")

ROOT = Path(__file__).parents[1]
SHEETS = ["Training", "Model", "Targets", "Confusion", "Samples", "Run"]
EPOCH = ["epoch", "learning_rate", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds"]
SMALL = ("--arch", "gap-8k", "--batch-size", "50", "--device", "cpu")
"""Options of a training that takes a second an epoch."""
LEARNING = (*SMALL, "--epochs", "4", "--batch-size", "20", "--augment", "none")
"""Options with which it learns the small digits well enough."""
PATIENCE_SECONDS = 120
Result = subprocess.CompletedProcess[str]
Call = Callable[..., Result]


@pytest.fixture
def call(call_sheetprop: Call, digits_folder: Path) -> Call:
    """Run ``sheetprop train-cnn`` on the small digits, in an empty folder."""
    return partial(call_sheetprop, "train-cnn", "--data", str(digits_folder))


def figures(epochs: list[dict]) -> list[dict]:
    """Epochs without what differs from run to run of the same numbers."""
    return [{key: value for key, value in epoch.items() if key != "seconds"} for epoch in epochs]


def command(*arguments: str) -> list[str]:
    """The command as a process of its own."""
    return [sys.executable, "-m", "sheetprop", "train-cnn", *arguments]


@contextmanager
def begun(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command at work, until the context ends; it heeds Ctrl-C even if the tests' own shell does not."""
    with subprocess.Popen(
        [sys.executable, "-c", HEEDING, "train-cnn", *arguments],
        cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def until_epoch(process: subprocess.Popen[str], epoch: int) -> None:
    """Read what a training tells until it has done ``epoch`` epochs."""
    assert process.stderr is not None
    for line in process.stderr:
        if re.match(rf"epoch +{epoch}/", line):
            return
    pytest.fail(f"the training ended before epoch {epoch}")


def test_json_is_the_contract(call: Call) -> None:
    """``--json`` prints one document with the contract's keys, epochs without holes, and nothing else on stdout."""
    result = call("out.xlsx", *SMALL, "--epochs", "2", "--json")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert list(document) == ["path", "architecture", "parameters", "device", "seed", "epochs", "best_epoch", "seconds"]
    assert document["path"] == "out.xlsx"
    assert (document["architecture"], document["parameters"]) == ("gap-8k", 8320)
    assert (document["device"], document["seed"]) == ("cpu", 1)
    assert [list(epoch) for epoch in document["epochs"]] == [EPOCH, EPOCH]
    assert [epoch["epoch"] for epoch in document["epochs"]] == [1, 2]
    assert document["seconds"] == pytest.approx(sum(epoch["seconds"] for epoch in document["epochs"]))
    accuracies = [epoch["test_accuracy"] for epoch in document["epochs"]]
    assert document["best_epoch"] == accuracies.index(max(accuracies)) + 1


def test_it_learns(call: Call) -> None:
    """A few epochs on small handwritten digits end far above chance, and the loss falls."""
    epochs = json.loads(call(*LEARNING, "--json").stdout)["epochs"]
    assert epochs[-1]["test_accuracy"] > 80
    assert epochs[-1]["train_loss"] < epochs[0]["train_loss"]
    assert epochs[-1]["test_loss"] < epochs[0]["test_loss"]


def test_workbook_and_words(call: Call) -> None:
    """The workbook has its sheets, a complete row per epoch; the text says where it is and how good the network is."""
    result = call("out.xlsx", *SMALL, "--epochs", "3", "--metrics", "epochs.csv", "--metrics", "epochs.json")
    assert result.returncode == 0, result.stderr
    assert "Wrote out.xlsx: 6 sheets; gap-8k (8,320 parameters), 3 epochs on cpu" in result.stdout
    assert "Checkpoint: out.pt" in result.stdout
    assert result.stderr.count("epoch ") >= 3
    workbook = openpyxl.load_workbook("out.xlsx", data_only=True)
    assert workbook.sheetnames == SHEETS
    with Path("epochs.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    document = json.loads(Path("epochs.json").read_text(encoding="utf-8"))
    assert [{key: float(line[key]) for key in EPOCH} for line in lines] == document["epochs"]
    cells = {cell for row in workbook["Training"].iter_rows(values_only=True) for cell in row}
    for epoch in document["epochs"]:
        assert {epoch["train_loss"], epoch["test_loss"], epoch["seconds"]} <= cells


def test_same_seed_same_numbers(call: Call) -> None:
    """On the CPU the same seed gives the same numbers, and another seed others."""
    first, again, other = (
        figures(json.loads(call(f"{name}.xlsx", *SMALL, "--epochs", "2", "--seed", seed, "--json").stdout)["epochs"])
        for name, seed in (("a", "5"), ("b", "5"), ("c", "6"))
    )
    assert first == again
    assert first != other


def test_runs(call: Call) -> None:
    """Several runs have consecutive seeds, a sheet each and a summary; the first is the same as when it runs alone."""
    result = call("out.xlsx", *SMALL, "--epochs", "1", "--runs", "3", "--seed", "4", "--json")
    document = json.loads(result.stdout)
    assert [run["seed"] for run in document["runs"]] == [4, 5, 6]
    assert document["epochs"] == document["runs"][0]["epochs"]
    last = [run["epochs"][-1]["test_accuracy"] for run in document["runs"]]
    assert document["last_test_accuracy"]["mean"] == pytest.approx(sum(last) / 3)
    sheets = openpyxl.load_workbook("out.xlsx").sheetnames
    assert sheets == ["Summary", *(f"Training seed {seed}" for seed in (4, 5, 6)), *SHEETS[1:]]
    assert sorted(path.name for path in Path().glob("*.pt")) == [f"out-seed{seed}.pt" for seed in (4, 5, 6)]
    alone = json.loads(call("alone.xlsx", *SMALL, "--epochs", "1", "--seed", "5", "--json").stdout)
    assert figures(alone["epochs"]) == figures(document["runs"][1]["epochs"])


def test_goes_on_after_a_kill(tmp_path: Path, digits_folder: Path) -> None:
    """A training that is killed and resumed ends with the same numbers and weights as one that is not."""
    options = [*SMALL, "--data", str(digits_folder), "--epochs", "4"]
    straight = subprocess.run(
        command("straight.xlsx", *options, "--json"), cwd=tmp_path, capture_output=True, text=True
    )
    with begun(tmp_path, "killed.xlsx", *options) as process:
        until_epoch(process, 2)
    assert not (tmp_path / "killed.xlsx").exists()
    resumed = subprocess.run(
        command("killed.xlsx", "--data", str(digits_folder), "--device", "cpu", "--resume", "--json"),
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert resumed.returncode == 0, resumed.stderr
    assert "2 done before" in resumed.stderr or "3 done before" in resumed.stderr
    assert figures(json.loads(resumed.stdout)["epochs"]) == figures(json.loads(straight.stdout)["epochs"])
    kept = [torch.load(tmp_path / f"{name}.pt", weights_only=True)["network"] for name in ("straight", "killed")]
    assert all(torch.equal(kept[0][key], kept[1][key]) for key in kept[0])


@pytest.mark.parametrize(
    ("number", "said"),
    [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "ended by SIGTERM")],
    ids=["Ctrl-C", "SIGTERM"],
)
def test_a_signal_exports(tmp_path: Path, digits_folder: Path, number: signal.Signals, said: str) -> None:
    """Ctrl-C and SIGTERM end with the signal's exit code and a workbook of the epochs done; resuming does the rest."""
    options = [*SMALL, "--data", str(digits_folder), "--epochs", "500"]
    with begun(tmp_path, "out.xlsx", *options, "--json") as process:
        until_epoch(process, 1)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 128 + number, stderr
    assert "Traceback" not in stderr
    document = json.loads(stdout)
    assert document["stopped"] == said
    done = len(document["epochs"])
    assert 1 <= done < 500
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").sheetnames == SHEETS
    more = str(done + 1)
    again = command("out.xlsx", "--data", str(digits_folder), "--device", "cpu", "--resume", "--epochs", more, "--json")
    refused = subprocess.run(again, cwd=tmp_path, capture_output=True, text=True)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--force" in refused.stderr
    resumed = subprocess.run([*again, "--force"], cwd=tmp_path, capture_output=True, text=True)
    epochs = json.loads(resumed.stdout)["epochs"]
    assert epochs[:done] == document["epochs"]
    assert len(epochs) == done + 1


def test_loss_that_is_no_number_stops_it(call: Call) -> None:
    """A loss that is not a number ends the run with exit code 1; the epochs before it are exported, if there are."""
    result = call("out.xlsx", *SMALL, "--epochs", "4", "--schedule", "step:1:1e30")
    assert result.returncode == 1
    assert "Stopped early: the loss was not a number any more in epoch 2, at learning rate 1e+28" in result.stdout
    assert "try a lower --lr" in result.stdout
    assert openpyxl.load_workbook("out.xlsx").sheetnames == SHEETS
    kept = torch.load("out.pt", weights_only=True)
    assert len(kept["epochs"]) == 1
    assert all(torch.isfinite(tensor).all() for tensor in kept["network"].values())
    at_once = call("none.xlsx", *SMALL, "--epochs", "2", "--lr", "1e30", "--json")
    assert at_once.returncode == 1
    assert json.loads(at_once.stdout)["path"] is None
    assert not Path("none.xlsx").exists()


def test_append(call: Call) -> None:
    """``--append`` adds the sheets to a workbook, under other names the second time, and keeps what is there."""
    from sheetprop import generate

    generate(path="book.xlsx", iterations=10, learning_rates=[0.5], verify_numbers=False)
    before = openpyxl.load_workbook("book.xlsx").sheetnames
    assert call("book.xlsx", *SMALL, "--epochs", "1", "--append").returncode == 0
    assert openpyxl.load_workbook("book.xlsx").sheetnames == before + SHEETS
    assert call("book.xlsx", *SMALL, "--epochs", "1", "--append", "--force").returncode == 0
    assert openpyxl.load_workbook("book.xlsx").sheetnames == before + SHEETS + [f"{name} 2" for name in SHEETS]


def test_two_processes(tmp_path: Path, digits_folder: Path) -> None:
    """Under torchrun two processes train together: one document, one workbook, a network that has learned."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    options = [*LEARNING, "--data", str(digits_folder), "--json"]
    done = subprocess.run(
        [*launch, "-m", *command("out.xlsx", *options)[2:]],
        cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["epochs"][-1]["test_accuracy"] > 80
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").sheetnames == SHEETS
    assert torch.load(tmp_path / "out.pt", weights_only=True)["settings"]["processes"] == 2
    failed = subprocess.run(
        [*launch, "-m", *command("out.xlsx", *options)[2:]],
        cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    assert failed.stderr.count("sheetprop: out.xlsx: exists already") == 1


BAD = [
    (["--arch", "sqeeze-13k"], "did you mean squeeze-13k"),
    (["--device", "tpu"], "--device tpu"),
    (["--precision", "int8"], "--precision int8"),
    (["--epochs", "0"], "--epochs 0"),
    (["--batch-size", "0"], "--batch-size 0"),
    (["--batch-size", "100000"], "the training set has only"),
    (["--lr", "nan"], "--lr nan"),
    (["--lr", "-1"], "--lr -1"),
    (["--schedule", "linear"], "--schedule linear"),
    (["--augment", "flip"], "--augment flip"),
    (["--seed", "-1"], "--seed -1"),
    (["--runs", "0"], "--runs 0"),
    (["--resume"], "mnist-cnn.pt: no such file"),
    (["--append"], "--append mnist-cnn.xlsx: cannot be read"),
    (["--data", "nowhere"], "--data nowhere: no such folder"),
    (["--metrics", "epochs.txt"], "epochs.txt: a table's name must end in .csv"),
    (["out.xls"], "out.xls: a workbook's name must end in .xlsx"),
    (["nowhere/out.xlsx"], "the folder nowhere does not exist"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input(call: Call, arguments: list[str], words: str) -> None:
    """What cannot be used is told in one line with exit code 2, and nothing is written."""
    result = call(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    assert not list(Path().iterdir())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA GPU here")
def test_no_cuda(call: Call) -> None:
    """Where there is no GPU, asking for one is told in a line."""
    result = call("--device", "cuda")
    assert result.returncode == 2
    assert result.stderr == (
        "sheetprop: --device cuda: torch finds no CUDA GPU here; use --device cpu, or install a driver\n"
    )


def test_nothing_is_replaced_without_force(call: Call) -> None:
    """A workbook, a checkpoint or a table that is there is kept, and told before training starts."""
    for name in ("out.xlsx", "out.pt", "epochs.csv"):
        Path(name).write_text("mine", encoding="utf-8")
        result = call("out.xlsx", *SMALL, "--epochs", "1", "--metrics", "epochs.csv")
        assert result.returncode == 2
        assert name in result.stderr
        assert "epoch 1" not in result.stderr
        assert Path(name).read_text(encoding="utf-8") == "mine"
        Path(name).unlink()


def test_open_in_another_program(call: Call) -> None:
    """A workbook that LibreOffice or Excel has open is told before training starts."""
    for owner in (".~lock.out.xlsx#", "~$out.xlsx"):
        Path("out.xlsx").write_text("mine", encoding="utf-8")
        Path(owner).touch()
        result = call("out.xlsx", *SMALL, "--force")
        assert result.returncode == 2
        assert "out.xlsx: is open in another program; close it there first" in result.stderr
        Path(owner).unlink()


def test_resume_names_what_differs(call: Call) -> None:
    """Going on with another option than the run began with is refused, naming both values."""
    assert call("out.xlsx", *SMALL, "--epochs", "1").returncode == 0
    Path("out.xlsx").unlink()
    for option, value, began in (("--batch-size", "25", "50"), ("--arch", "gap-10k", "gap-8k"), ("--seed", "2", "1")):
        result = call("out.xlsx", "--resume", option, value)
        assert result.returncode == 2
        assert f"was begun with {option} {began}, not {value}" in result.stderr


def test_missing_extra(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without torch, one line says how to install it."""
    monkeypatch.setattr("sheetprop.cnn.find_spec", lambda name: None)
    result = call("--epochs", "1")
    assert result.returncode == 2
    assert result.stderr == (
        "sheetprop: torch, torchvision, platformdirs, PIL missing; "
        'install what the CNNs need with: pip install "sheetprop[cnn]"\n'
    )


def test_list_needs_no_torch() -> None:
    """``--list`` prints all architectures with parameters and recipes, and loads neither torch nor pandas for it."""
    program = (
        "import sys; sys.argv = ['sheetprop', 'train-cnn', '--list']\n"
        "from sheetprop.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'torch', 'pandas', 'torchvision'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "[]\n")
    for name, parameters in (("squeeze-13k", "13,808"), ("gap-8k", "8,320"), ("wide-19k", "19,642")):
        assert any(line.split()[:2] == [name, parameters] for line in done.stdout.splitlines())


@pytest.mark.skipif("SHEETPROP_MNIST" not in os.environ, reason="SHEETPROP_MNIST names no folder with MNIST")
def test_one_epoch_of_mnist(tmp_path: Path) -> None:
    """One epoch on the real MNIST beats 95 % on its test images."""
    data = str(Path(os.environ["SHEETPROP_MNIST"]).absolute())
    began = time.monotonic()
    done = subprocess.run(
        command("out.xlsx", "--arch", "gap-8k", "--epochs", "1", "--device", "cpu", "--data", data, "--json"),
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (epoch,) = json.loads(done.stdout)["epochs"]
    assert epoch["test_accuracy"] > 95
    assert 0 < epoch["seconds"] < time.monotonic() - began
