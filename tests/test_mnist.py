"""MNIST's files: read as torchvision reads them, downloaded when missing, and named where they are damaged."""

import gzip
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torchvision")
pytest.importorskip("platformdirs")

import torch
from torchvision import datasets, transforms

from sheetprop.cnn import mnist
from sheetprop.cnn.epoch import normalised
from sheetprop.cnn.mnist import FILES, load
from sheetprop.errors import InputError
from tests.digits import handwritten, write_digits, write_idx

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = FILES
REAL = os.environ.get("SHEETPROP_MNIST")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of a few digits that may be changed."""
    return write_digits(tmp_path / "data", 30, 20)


@pytest.fixture
def packed(folder: Path) -> Path:
    """The same, each file as .gz."""
    for name in FILES:
        pack(raw(folder) / name)
    return folder


def pack(path: Path) -> None:
    """Put a .gz in the place of a file."""
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


def raw(folder: Path) -> Path:
    """Where the files are."""
    return folder / "MNIST" / "raw"


def refusal(folder: Path | None) -> str:
    """What is said where the folder cannot be used, in one line."""
    with pytest.raises(InputError) as caught:
        load(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def state(folder: Path) -> list[tuple[str, int, int]]:
    """Every file and folder with its size and when it was changed."""
    return [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(folder.rglob("*"))]


def downloaded_by(fetch: Callable[[Path], object], patch: pytest.MonkeyPatch) -> None:
    """Have torchvision download MNIST in this way."""
    own = datasets.MNIST

    def made(root: str, *, train: bool = True, download: bool = False) -> datasets.MNIST:
        if download:
            fetch(Path(root))
        return own(root, train=train)

    patch.setattr(datasets, "MNIST", made)


def test_the_files_are_read_as_torchvision_reads_them(folder: Path) -> None:
    """Images as bytes and labels as numbers, of both sets, in their order; the folder is remembered."""
    found = load(folder)
    for digits, training in ((found.train, True), (found.test, False)):
        its = datasets.MNIST(str(folder), train=training)
        assert digits.images.dtype == torch.uint8
        assert digits.images.is_contiguous()
        assert torch.equal(digits.images, its.data)
        assert torch.equal(digits.labels, its.targets)
        assert len(digits) == len(its)
    assert found.folder == folder


def test_the_handwritten_digits_are_those_that_were_written(folder: Path) -> None:
    """Light ink on 0 in a frame of 28×28, all ten digits."""
    images, labels = handwritten()
    found = load(folder)
    np.testing.assert_array_equal(found.train.images.numpy(), images[:30])
    np.testing.assert_array_equal(found.test.labels.numpy(), labels[1500:1520])
    assert set(labels.tolist()) == set(range(10))
    assert images.max() == 255
    assert not images[:, :4].any()
    assert not images[:, :, -4:].any()


def test_packed_files_are_read_without_writing_in_their_folder(packed: Path, tmp_path: Path) -> None:
    """The folder may belong to another: nothing in it is made or changed; the images are the same."""
    before = state(packed)
    found = load(packed)
    assert state(packed) == before
    plain = load(write_digits(tmp_path / "plain", 30, 20))
    for ours, its in ((found.train, plain.train), (found.test, plain.test)):
        assert torch.equal(ours.images, its.images)
        assert torch.equal(ours.labels, its.labels)
    assert found.folder == packed


def test_plain_files_are_read_without_writing_in_their_folder(folder: Path) -> None:
    """Nothing is made or changed there."""
    before = state(folder)
    load(folder)
    assert state(folder) == before


def test_some_files_may_be_packed_and_others_not(folder: Path) -> None:
    """Each is read in the form that it has."""
    before = load(folder)
    pack(raw(folder) / TRAIN_LABELS)
    found = load(folder)
    assert torch.equal(found.train.images, before.train.images)
    assert torch.equal(found.train.labels, before.train.labels)


def test_what_old_versions_of_torchvision_left_beside_the_files_is_not_read(folder: Path) -> None:
    """They kept a copy of their own, MNIST/processed, which torchvision still prefers and nobody has checked."""
    before = load(folder)
    processed = folder / "MNIST" / "processed"
    processed.mkdir()
    for name in ("training.pt", "test.pt"):
        (processed / name).write_bytes(b"broken")
    assert torch.equal(load(folder).train.images, before.train.images)


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: content[:-1], "bytes where its header tells"),
        (lambda content: content + b"\0", "bytes where its header tells"),
        (lambda content: content[:7], "it is no IDX file of bytes"),
        (lambda content: b"", "it is no IDX file of bytes"),
        (lambda content: b"\0\0\x0d" + content[3:], "it is no IDX file of bytes"),
        (lambda content: b"<html>404 Not Found</html>", "it is no IDX file of bytes"),
        (lambda content: content[:4] + b"\xff\xff\xff\xff" + content[8:], "bytes where its header tells"),
        (lambda content: content[:4] + b"\0\0\0\0" + content[8:], "bytes where its header tells"),
    ],
    ids=["truncated", "too long", "half a header", "empty", "floats", "a web page", "huge", "no images"],
)
def test_a_damaged_file_is_named(
    folder: Path, name: str, suffix: str, damage: Callable[[bytes], bytes], reason: str
) -> None:
    """With what is wrong with it, and that a new one can be downloaded."""
    path = raw(folder) / name
    path.write_bytes(damage(path.read_bytes()))
    if suffix:
        pack(path)
    message = refusal(folder)
    assert message.startswith(f"{path}{suffix}: is damaged (")
    assert reason in message
    assert message.endswith("; delete it to have it downloaded again")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:-8] + bytes(8),
        lambda content: content[:20] + bytes(16) + content[36:],
        lambda content: b"no gzip at all",
        lambda content: b"",
    ],
    ids=["truncated", "wrong checksum", "garbled", "text", "empty"],
)
def test_a_damaged_archive_is_named(packed: Path, name: str, damage: Callable[[bytes], bytes]) -> None:
    """Also where the damage shows only after it was unpacked."""
    path = raw(packed) / f"{name}.gz"
    path.write_bytes(damage(path.read_bytes()))
    assert refusal(packed).startswith(f"{path}: is damaged (")


@pytest.mark.parametrize(
    ("name", "numbers", "message"),
    [
        (TRAIN_LABELS, np.zeros(29), "train has 30 images, but 29 labels"),
        (TEST_LABELS, np.zeros(21), "t10k has 20 images, but 21 labels"),
        (TRAIN_IMAGES, np.zeros((30, 28, 27)), "the images of train are not of 28×28 pixels"),
        (TEST_IMAGES, np.zeros((20, 32, 32)), "the images of t10k are not of 28×28 pixels"),
        (TRAIN_LABELS, np.arange(30) % 12, "train has labels that are no digits"),
        (TEST_LABELS, np.full(20, 255), "t10k has labels that are no digits"),
    ],
)
def test_files_that_are_whole_but_not_mnist_are_refused(
    folder: Path, name: str, numbers: np.ndarray, message: str
) -> None:
    """Other counts of images and labels, another size, and labels that are no digits."""
    write_idx(raw(folder) / name, numbers)
    assert refusal(folder) == f"--data {folder}: {message}"


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    """Nothing is downloaded to where nobody asked for a folder; a file is none."""
    (tmp_path / "file").touch()
    for name in ("nowhere", "file"):
        message = refusal(tmp_path / name)
        assert message == f"--data {tmp_path / name}: no such folder; create it to have MNIST downloaded there"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_missing_files_are_downloaded_by_torchvision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Into the folder that was named, and said so; what torchvision prints does not get into our output."""

    def download(folder: Path) -> None:
        print("100 %")
        write_digits(folder, 30, 20)

    downloaded_by(download, monkeypatch)
    assert len(load(tmp_path).train) == 30
    said = capsys.readouterr()
    assert said.out == ""
    assert f"MNIST is not in {tmp_path}: downloading 11 MB" in said.err
    assert load(tmp_path).checksum == load(tmp_path).checksum
    assert "downloading" not in capsys.readouterr().err


def test_one_missing_file_is_downloaded_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three files of four are not enough."""
    downloaded_by(lambda root: shutil.copy(kept, raw(root) / TEST_LABELS), monkeypatch)
    kept = (raw(folder) / TEST_LABELS).rename(folder / "kept")
    assert len(load(folder).test) == 20


def test_without_a_folder_the_users_cache_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made when it is not there yet; where it cannot be made, that is said."""
    cache = tmp_path / "home" / ".cache" / "sheetprop"
    monkeypatch.setattr(mnist, "user_cache_path", lambda *name, **options: cache)
    downloaded_by(lambda root: write_digits(root, 30, 20), monkeypatch)
    assert load().folder == cache
    assert len(load(cache).train) == 30
    shutil.rmtree(cache)
    cache.touch()
    assert (
        refusal(None) == f"{cache}: cannot be created (a file of that name is in its place); give a folder with --data"
    )


@pytest.mark.parametrize(
    "error", [OSError("no\nroute to host"), RuntimeError("File not found or corrupted."), OSError()]
)
def test_a_download_that_fails_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """It says where the files can be put by hand."""

    def fail(folder: Path) -> None:
        raise error

    downloaded_by(fail, monkeypatch)
    message = refusal(tmp_path)
    assert message == (
        f"--data {tmp_path}: MNIST is not there and cannot be downloaded; look to the connection to the "
        f"internet, or put its four files train-images-idx3-ubyte.gz … into {raw(tmp_path)}"
    )


def test_the_checksum_tells_training_sets_apart(folder: Path, tmp_path: Path) -> None:
    """It is the same for the same images, wherever they are, and another where one byte of them is another."""
    first = load(folder).checksum
    assert load(write_digits(tmp_path / "again", 30, 20)).checksum == first
    path = raw(folder) / TRAIN_IMAGES
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert load(folder).checksum != first


def test_images_are_normalised_as_torchvision_does_it(folder: Path) -> None:
    """ToTensor and Normalize of the PIL images give the same numbers to the last bit."""
    its = datasets.MNIST(
        str(folder),
        transform=transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]),
    )
    found = normalised(load(folder).train.images)
    assert torch.equal(found, torch.stack([image for image, _ in its]))
    every = torch.arange(256, dtype=torch.uint8).repeat(4)[: 28 * 28].view(1, 28, 28)
    plain = transforms.Normalize((0.1307,), (0.3081,))(transforms.ToTensor()(every[0].numpy()))
    assert torch.equal(normalised(every)[0], plain)


@pytest.mark.skipif(not REAL, reason="SHEETPROP_MNIST names no folder with MNIST")
def test_the_real_set_is_read() -> None:
    """60,000 and 10,000 images with the known numbers of each digit, and the mean and deviation of the recipes."""
    found = load(Path(REAL))
    assert torch.bincount(found.train.labels).tolist() == [
        *(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
    ]
    assert torch.bincount(found.test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert (found.train.images.shape, found.test.images.shape) == ((60_000, 28, 28), (10_000, 28, 28))
    pixels = found.train.images.numpy()
    assert (round(pixels.mean() / 255, 4), round(pixels.std() / 255, 4)) == (0.1307, 0.3081)
    assert found.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
