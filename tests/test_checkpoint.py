"""Checkpoints: what was kept comes back, a failure spoils nothing, and what is none of ours is refused in one line."""

import io
import os
import pickle
import random
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torchvision")

import torch

from sheetprop.cnn import checkpoint
from sheetprop.cnn.architectures import architecture
from sheetprop.cnn.checkpoint import Checkpoint, load_checkpoint
from sheetprop.cnn.modules import build
from sheetprop.cnn.recipe import Augmentation, Recipe, Schedule
from sheetprop.cnn.results import Epoch, Settings
from sheetprop.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # torch's, of what is damaged
NONE = "is no checkpoint, or damaged"
NOT_OURS = "is no checkpoint of sheetprop; use one that train-cnn wrote"
NOT_RUN = "is no checkpoint of sheetprop: it holds more than weights and was not run"
OTHER_WEIGHTS = "its weights are not those of gap-8k, the architecture that it names"


@pytest.fixture(scope="module")
def kept() -> Checkpoint:
    """A run after its second epoch."""
    torch.manual_seed(1)
    network = build(architecture("gap-8k"))
    recipe = Recipe(5, 32, 0.003, Schedule("step", 3, 0.1), Augmentation(20, 0.1, (0.9, 1.1), 1))
    return Checkpoint(
        Settings(architecture("gap-8k"), recipe, 2**31, "cuda:1", "bfloat16", 2),
        tuple(Epoch(number, 0.003, 0.5 / number, 70.0 + number, 0.4, 90.125, 1.5) for number in (1, 2)),
        (1,),
        "0123456789abcdef",
        {name: tensor.clone() for name, tensor in network.state_dict().items()},
        {name: torch.randn_like(parameter) for name, parameter in network.named_parameters()},
    )


@pytest.fixture
def path(kept: Checkpoint, tmp_path: Path) -> Path:
    """Where it is kept."""
    kept.save(tmp_path / "run.pt")
    return tmp_path / "run.pt"


@pytest.fixture
def stored(path: Path) -> dict[str, Any]:
    """What is in its file."""
    return torch.load(path, weights_only=True)


def refusal(path: Path) -> str:
    """What is said of the file after its name, in one line."""
    with pytest.raises(InputError) as caught:
        load_checkpoint(path)
    assert "\n" not in str(caught.value)
    name, _, message = str(caught.value).partition(": ")
    assert name == str(path)
    return message


class Harm:
    """Unpickled without care, this calls a function."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self._call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        """What pickle keeps of it."""
        return self._call


def test_what_was_kept_comes_back(kept: Checkpoint, path: Path) -> None:
    """Settings, epochs, where it was resumed, the data's checksum, weights, batch statistics and momentum, exactly."""
    found = load_checkpoint(path)
    assert (found.settings, found.epochs, found.resumed, found.data) == (
        *(kept.settings, kept.epochs, kept.resumed, kept.data),
    )
    for ours, its in ((found.network, kept.network), (found.momentum, kept.momentum)):
        assert list(ours) == list(its)
        assert all(torch.equal(ours[name], its[name]) for name in its)
    assert path.stat().st_size < 200_000


def test_a_checkpoint_before_the_first_epoch_comes_back(kept: Checkpoint, tmp_path: Path) -> None:
    """A run that was just begun has no epochs yet."""
    replace(kept, epochs=(), resumed=()).save(tmp_path / "run.pt")
    assert load_checkpoint(tmp_path / "run.pt").epochs == ()


def test_the_network_of_a_checkpoint_is_the_one_that_was_kept(kept: Checkpoint, path: Path) -> None:
    """It classifies as before."""
    network = build(kept.settings.architecture)
    network.load_state_dict(dict(kept.network))
    images = torch.rand(4, 1, 28, 28)
    with torch.inference_mode():
        assert torch.equal(load_checkpoint(path).build().eval()(images), network.eval()(images))


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("broken"), KeyboardInterrupt()])
def test_a_failure_while_saving_leaves_the_old_checkpoint(
    kept: Checkpoint, path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """Half of the new one is written, then it breaks off: the old one is there to the byte, and nothing beside it."""

    def break_off(content: object, target: Path) -> None:
        target.write_bytes(before[: len(before) // 2])
        raise error

    before = path.read_bytes()
    monkeypatch.setattr(checkpoint.torch, "save", break_off)
    expected = InputError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected) as caught:
        replace(kept, epochs=()).save(path)
    if expected is InputError:
        assert str(caught.value) == f"{path}: cannot be written: the disk is full"
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["run.pt"]  # noqa: PTH208


def test_a_checkpoint_replaces_the_one_before(kept: Checkpoint, path: Path) -> None:
    """The next epoch's takes its place, and leaves nothing beside it."""
    epochs = (*kept.epochs, replace(kept.epochs[-1], epoch=3))
    replace(kept, epochs=epochs).save(path)
    assert load_checkpoint(path).epochs == epochs
    assert [file.name for file in path.parent.iterdir()] == ["run.pt"]


@pytest.mark.parametrize("hidden", ["zip", "pickle", "legacy"])
def test_a_program_in_a_checkpoint_is_not_run(stored: dict[str, Any], path: Path, hidden: str) -> None:
    """In whichever of torch's formats: the file is refused, and what it would do has not happened."""
    harm = Harm(os.system, f"touch {path.parent / 'harmed'}")
    if hidden == "pickle":
        path.write_bytes(pickle.dumps(stored | {"data": harm}))
    else:
        torch.save(stored | {"data": harm}, path, _use_new_zipfile_serialization=hidden == "zip")
    message = refusal(path)
    assert message == NOT_RUN if hidden == "zip" else message.startswith(NONE)
    assert not (path.parent / "harmed").exists()
    torch.load(path, weights_only=False) if hidden != "pickle" else pickle.loads(path.read_bytes())
    assert (path.parent / "harmed").exists(), "the test itself is harmless"


@pytest.mark.parametrize(
    "harm",
    [
        Harm(eval, "1/0"),
        Harm(bytearray, 10**13),
        Harm(OrderedDict, 5),
        Harm(torch._utils._rebuild_tensor_v2, 1, 2, 3),
        Harm(torch.zeros, 10**12),
    ],
    ids=["eval", "memory", "wrong arguments", "no tensor", "huge tensor"],
)
def test_a_call_in_a_checkpoint_is_refused(stored: dict[str, Any], path: Path, harm: Harm) -> None:
    """Whether torch refuses the function, or allows it and it fails."""
    torch.save(stored | {"data": harm}, path)
    assert refusal(path).startswith(("is no checkpoint of sheetprop: it holds more", NONE))


@pytest.mark.parametrize("part", [0, 1, 10, 0.01, 0.5, 0.99, -1])
def test_a_truncated_checkpoint_is_refused(path: Path, part: float) -> None:
    """Wherever it ends."""
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content)) if isinstance(part, float) else part])
    assert refusal(path).startswith(NONE)


def test_a_garbled_checkpoint_is_refused_or_read(path: Path) -> None:
    """Bytes changed anywhere give InputError, or a checkpoint where torch cannot tell."""
    content, chance = path.read_bytes(), random.Random(0)
    for _ in range(150):
        garbled = bytearray(content)
        for _ in range(chance.choice([1, 5])):
            # Where the structure is: at the beginning and the end.
            garbled[chance.choice([chance.randrange(8000), -1 - chance.randrange(8000)])] = chance.randrange(256)
        path.write_bytes(garbled)
        try:
            load_checkpoint(path)
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", NONE),
        ("η = 0.5\n".encode() * 100, NONE),
        (b"\x89PNG\r\n\x1a\n" + bytes(1000), NONE),
        (pickle.dumps({"sheetprop": 1}), NONE),
    ],
    ids=["empty", "text", "picture", "pickle"],
)
def test_another_kind_of_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """It is said that it is no checkpoint."""
    (tmp_path / "run.pt").write_bytes(content)
    assert refusal(tmp_path / "run.pt").startswith(message)


def test_a_zip_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    """A workbook is one."""
    with zipfile.ZipFile(tmp_path / "run.pt", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert refusal(tmp_path / "run.pt").startswith(NONE)


@pytest.mark.parametrize(
    "content", [torch.zeros(3), [1, 2], {"network": {}}, build(architecture("gap-8k")).state_dict()]
)
def test_another_programs_checkpoint_is_refused(tmp_path: Path, content: object) -> None:
    """Tensors alone, or weights without our settings."""
    torch.save(content, tmp_path / "run.pt")
    assert refusal(tmp_path / "run.pt") == NOT_OURS


@pytest.mark.parametrize("number", [0, 2, "1", None, torch.ones(3), [1]], ids=str)
def test_another_format_number_is_refused(stored: dict[str, Any], path: Path, number: object) -> None:
    """A later version's checkpoint is not guessed at, nor is one whose number is none."""
    torch.save(stored | {"sheetprop": number}, path)
    assert refusal(path) == NOT_OURS


def test_a_file_that_is_not_there_or_none_is_refused(tmp_path: Path) -> None:
    """A missing file, a folder."""
    assert refusal(tmp_path / "run.pt") == "no such file; train-cnn writes a checkpoint beside its workbook"
    assert refusal(tmp_path) == "cannot be read: it is a folder"


def test_a_checkpoint_that_is_too_large_is_refused(stored: dict[str, Any], path: Path) -> None:
    """Of the size of its content, however small it was packed; it is not unpacked to find out."""
    torch.save(stored | {"data": torch.zeros(17 * 2**20)}, path)
    too_large = "is no checkpoint of sheetprop: it is too large"
    assert refusal(path) == too_large
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    path.write_bytes(packed.getvalue())
    assert path.stat().st_size < 2**20
    assert refusal(path) == too_large


@pytest.mark.parametrize(
    ("epochs", "reason"),
    [
        ([{"epoch": 2}], "holes"),
        ([{"epoch": 1}, {"epoch": 3}], "holes"),
        ([{"epoch": 1}, {"epoch": 1}], "holes"),
        ([{"epoch": 0}], "holes"),
        ([{"epoch": float("inf")}], ""),
        ([{"epoch": "one"}], ""),
        ([{"train_loss": float("nan")}], "no numbers"),
        ([{"test_accuracy": "-inf"}], "no numbers"),
        ([{"seconds": None}], ""),
        ([{"seconds": torch.zeros(2)}], ""),
        ([{"another": 1.0}], ""),
    ],
    ids=str,
)
def test_epochs_that_are_none_are_refused(
    stored: dict[str, Any], path: Path, epochs: list[dict[str, object]], reason: str
) -> None:
    """With holes, or figures that are no numbers."""
    torch.save(stored | {"epochs": [stored["epochs"][0] | changes for changes in epochs]}, path)
    message = refusal(path)
    assert message.startswith("is damaged: ")
    assert reason in message


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture": "lenet-5"},
        {"architecture": 5},
        {"architecture": "\n\x1b[31m"},
        {"epochs": 0},
        {"epochs": float("nan")},
        {"epochs": float("inf")},
        {"batch_size": "many"},
        {"learning_rate": float("nan")},
        {"learning_rate": -1.0},
        {"schedule": "step:0:1"},
        {"schedule": None},
        {"augmentation": "rotation:999"},
        {"seed": 2**80},
        {"seed": 2**32},
        {"seed": -1},
        {"precision": "float8\n"},
        {"processes": []},
    ],
    ids=str,
)
def test_settings_that_are_none_are_refused(stored: dict[str, Any], path: Path, changes: dict[str, object]) -> None:
    """Each is checked as if it had been typed in."""
    torch.save(stored | {"settings": stored["settings"] | changes}, path)
    assert refusal(path).startswith("is damaged: ")


@pytest.mark.parametrize("key", ["settings", "epochs", "resumed", "data", "network", "momentum"])
def test_a_part_that_is_missing_or_none_is_refused(stored: dict[str, Any], path: Path, key: str) -> None:
    """Whichever it is; only the data's checksum may be any text."""
    torch.save({name: part for name, part in stored.items() if name != key}, path)
    assert refusal(path) == "is damaged: it does not hold what train-cnn writes"
    for other in (None, 5, [7]):
        torch.save(stored | {key: other}, path)
        if key != "data" and (key, other) != ("resumed", [7]):
            assert refusal(path).startswith("is damaged: ")


def test_weights_of_another_architecture_are_refused(stored: dict[str, Any], path: Path) -> None:
    """The message names the architecture that the checkpoint claims to be of."""
    torch.save(stored | {"network": build(architecture("gap-10k")).state_dict()}, path)
    assert refusal(path) == OTHER_WEIGHTS
    torch.save(stored | {"settings": stored["settings"] | {"architecture": "vgg-15k"}}, path)
    assert refusal(path) == OTHER_WEIGHTS.replace("gap-8k", "vgg-15k")


@pytest.mark.parametrize("part", ["network", "momentum"])
def test_tensors_that_do_not_fit_are_refused(stored: dict[str, Any], path: Path, part: str) -> None:
    """One missing, one too many, another shape, another type of numbers; and what is no tensor."""
    name, tensor = next(iter(stored[part].items()))
    rest = {other: its for other, its in stored[part].items() if other != name}
    for tensors in (
        rest,
        stored[part] | {"another": tensor},
        {name: tensor.flatten()} | rest,
        {name: tensor.double()} | rest,
        {name: tensor.to(torch.complex64)} | rest,
    ):
        torch.save(stored | {part: tensors}, path)
        assert refusal(path) == OTHER_WEIGHTS
    for other in (1.0, None, tensor.to("meta"), tensor.to_sparse()):
        torch.save(stored | {part: {name: other} | rest}, path)
        assert refusal(path).startswith(("is damaged: ", OTHER_WEIGHTS))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(stored: dict[str, Any], path: Path, number: float) -> None:
    """Such a network says nothing; a run whose loss is none is never kept."""
    name = next(iter(stored["network"]))
    stored["network"][name].view(-1)[3] = number
    torch.save(stored, path)
    assert refusal(path) == "is damaged: its weights are not all numbers"


def nested(depth: int) -> list[object]:
    """A list of a list twice, of a list twice, …: short in the file, and without end for who goes through it."""
    found: list[object] = []
    for _ in range(depth):
        found = [found, found]
    return found


@pytest.mark.parametrize("key", ["data", "settings", "device", "epochs", "resumed"])
def test_lists_in_lists_are_refused_at_once(stored: dict[str, Any], path: Path, key: str) -> None:
    """Wherever a text or a number belongs, they are not written out to see what they are."""
    many = nested(60)
    changes: dict[str, object] = {
        "data": many,
        "settings": stored["settings"] | {"schedule": many},
        "device": stored["settings"] | {"device": many},
        "epochs": [stored["epochs"][0] | {"seconds": many}],
        "resumed": [many],
    }
    torch.save(stored | {"settings" if key == "device" else key: changes[key]}, path)
    assert refusal(path) == "is damaged: it does not hold what train-cnn writes"


@pytest.mark.parametrize("part", ["network", "momentum"])
def test_a_tensor_of_one_number_in_many_places_is_refused(stored: dict[str, Any], path: Path, part: str) -> None:
    """Its shape is compared before anything is computed of it, which would take all memory there is."""
    name = next(iter(stored[part]))
    stored[part][name] = torch.zeros(1).expand(2**48)
    torch.save(stored, path)
    assert refusal(path) == OTHER_WEIGHTS


def test_a_flipped_bit_is_noticed(path: Path) -> None:
    """In the weights, where torch cannot tell: the archive's checksums do."""
    with zipfile.ZipFile(path) as archive:
        largest = max(archive.infolist(), key=lambda part: part.file_size)
    content = bytearray(path.read_bytes())
    content[largest.header_offset + 200 + largest.file_size // 2] ^= 1
    path.write_bytes(content)
    assert refusal(path).startswith(NONE)
