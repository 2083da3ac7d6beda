"""The command ``predict``: a person's own digits, classified by a checkpoint that ``train-cnn`` left."""

import json
import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import openpyxl
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("torchvision", reason="torchvision is not installed")
Image = pytest.importorskip("PIL.Image")
ImageDraw = pytest.importorskip("PIL.ImageDraw")

Call = Callable[..., subprocess.CompletedProcess[str]]
STROKES = {
    0: [[(50, 8), (25, 25), (18, 50), (25, 75), (50, 92), (75, 75), (82, 50), (75, 25), (50, 8)]],
    1: [[(38, 22), (54, 8), (52, 50), (50, 92)]],
    2: [[(22, 28), (35, 12), (58, 9), (74, 22), (70, 42), (45, 66), (20, 90), (48, 86), (82, 90)]],
    3: [[(24, 14), (50, 8), (72, 20), (66, 40), (44, 48), (70, 58), (76, 76), (54, 92), (24, 86)]],
    4: [[(36, 8), (28, 34), (20, 56), (50, 58), (84, 56)], [(66, 10), (63, 50), (60, 94)]],
    5: [[(76, 9), (34, 11), (28, 44), (54, 40), (76, 56), (72, 80), (48, 92), (22, 84)]],
    6: [[(62, 8), (38, 30), (26, 58), (32, 84), (54, 92), (72, 80), (70, 62), (50, 54), (30, 66)]],
    7: [[(18, 14), (50, 11), (80, 12), (62, 44), (46, 92)]],
    8: [[(68, 18), (48, 8), (30, 20), (38, 40), (64, 58), (72, 78), (50, 92), (28, 78), (38, 58), (64, 40), (68, 18)]],
    9: [[(70, 30), (54, 8), (32, 18), (30, 38), (50, 46), (70, 30), (68, 62), (60, 92)]],
}
"""Digits as a hand draws them, in percent of the picture's side."""


def drawn(digit: int, side: int = 300, pen: float = 0.07, ink: str = "#20242c", page: str = "#f4f1ea") -> Image.Image:
    """A digit on a page, with room around it."""
    picture = Image.new("RGB", (side, side), page)
    draw = ImageDraw.Draw(picture)
    width = round(pen * side)
    for stroke in STROKES[digit]:
        points = [((0.2 + 0.006 * x) * side, (0.2 + 0.006 * y) * side) for x, y in stroke]
        draw.line(points, ink, width, joint="curve")
        for x, y in points:
            draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), ink)
    return picture


@pytest.fixture
def call(call_sheetprop: Call) -> Call:
    """Run ``sheetprop predict`` in a folder with checkpoints and pictures of a 7 and a 3.

    Of the checkpoints, model.pt says that it has an epoch, begun.pt that it has none.
    """
    from sheetprop.cnn.architectures import architecture
    from sheetprop.cnn.checkpoint import Checkpoint
    from sheetprop.cnn.modules import build
    from sheetprop.cnn.results import Epoch, Settings

    chosen = architecture("gap-8k")
    torch.manual_seed(0)
    network = build(chosen)
    momentum = {name: torch.zeros_like(parameter) for name, parameter in network.named_parameters()}
    settings = Settings(chosen, chosen.recipe, 1, "cpu", "float32")
    for name, epochs in (("model.pt", (Epoch(1, 0.01, 2.0, 20.0, 2.0, 20.0, 1.0),)), ("begun.pt", ())):
        Checkpoint(settings, epochs, (), "", network.state_dict(), momentum).save(Path(name))
    drawn(7).save("seven.png")
    drawn(3, ink="#ffffff", page="#223344").save("three.jpg")

    return partial(call_sheetprop, "predict")


def said(result: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    return result.returncode, result.stdout, result.stderr


def test_json(call: Call) -> None:
    """``--json`` prints one document: for each image the digit and ten probabilities that sum to 1."""
    code, stdout, stderr = said(call("seven.png", "three.jpg", "--model", "model.pt", "--json"))
    assert (code, stderr) == (0, "")
    document = json.loads(stdout)
    assert (document["model"], document["architecture"], document["path"]) == ("model.pt", "gap-8k", None)
    assert [each["path"] for each in document["predictions"]] == ["seven.png", "three.jpg"]
    for each in document["predictions"]:
        assert sum(each["probabilities"]) == pytest.approx(1)
        assert each["digit"] == int(np.argmax(each["probabilities"]))


def test_workbook_and_words(call: Call) -> None:
    """The terminal shows three digits and the picture; ``--output`` leaves a workbook with both pictures."""
    code, stdout, _ = said(call("seven.png", "--model", "model.pt", "--output", "digits.xlsx"))
    assert code == 0
    line = next(line for line in stdout.splitlines() if line.startswith("seven.png: "))
    assert line.count(" %)") == 3
    assert "█" in stdout
    assert "Wrote digits.xlsx." in stdout
    (sheet,) = openpyxl.load_workbook("digits.xlsx").worksheets
    assert len(sheet._images) == 2
    code, stdout, stderr = said(call("seven.png", "--model", "model.pt", "--output", "digits.xlsx"))
    assert (code, stdout) == (2, "")
    assert "exists already; use --force" in stderr


def test_bad_input(call: Call) -> None:
    """An image that is none, is blank or is not there, and a checkpoint that is none, are told in one line each."""
    Path("text.png").write_text("no picture", encoding="utf-8")
    Image.new("RGB", (200, 200), "white").save("blank.png")
    torch.save({"weights": torch.zeros(3)}, "other.pt")
    for arguments, words in (
        (["text.png", "--model", "model.pt"], "text.png: is not an image"),
        (["blank.png", "--model", "model.pt"], "blank.png: is blank"),
        (["nowhere.png", "--model", "model.pt"], "nowhere.png: no such file"),
        (
            ["seven.png", "--model", "begun.pt"],
            "begun.pt: this network is untrained: not one epoch of its training",
        ),
        (["seven.png", "--model", "nowhere.pt"], "nowhere.pt: no such file"),
        (["seven.png", "--model", "other.pt"], "other.pt: is no checkpoint of sheetprop"),
        (["seven.png", "--model", "seven.png"], "seven.png: is no checkpoint"),
        (["seven.png", "--model", "model.pt", "--output", "digits.png"], "digits.png: a workbook's name must end in"),
    ):
        code, stdout, stderr = said(call(*arguments))
        assert (code, stdout) == (2, ""), arguments
        assert words in stderr
        assert stderr.count("\n") == 1


@pytest.mark.skipif("SHEETPROP_MNIST" not in os.environ, reason="SHEETPROP_MNIST names no folder with MNIST")
def test_trained_network_reads_drawn_digits(tmp_path: Path) -> None:
    """After one epoch on the real MNIST, digits drawn by pen in many ways are read, nine of ten at least."""
    from sheetprop import predict, train_cnn

    train_cnn(
        path=tmp_path / "out.xlsx", arch="gap-8k", epochs=1, device="cpu", data=Path(os.environ["SHEETPROP_MNIST"])
    )
    ways = [
        {},
        {"side": 60, "pen": 0.05},
        {"side": 1200, "pen": 0.03},
        {"pen": 0.1, "ink": "#f5f5f5", "page": "#1b4332"},
        {"ink": "#1d3fbb", "page": "#ffffff"},
    ]
    paths, digits = [], []
    for number, way in enumerate(ways):
        for digit in STROKES:
            paths.append(tmp_path / f"{number}-{digit}.png")
            digits.append(digit)
            drawn(digit, **way).save(paths[-1])
    found = predict(images=paths, model=tmp_path / "out.pt").predictions
    right = sum(each.likeliest[0][0] == digit for each, digit in zip(found, digits, strict=True))
    assert right >= 0.9 * len(paths)
