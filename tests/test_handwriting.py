"""A handwritten digit comes out in MNIST's form, whatever it was written with and on, or one line says why not."""

import io
import os
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("PIL")

from PIL import Image, ImageDraw, ImageFont

from sheetprop.cnn import handwriting
from sheetprop.cnn.handwriting import read_handwriting, to_mnist
from sheetprop.cnn.ink import NoDigitError
from sheetprop.errors import InputError

Strokes = list[list[tuple[int, int]]]

# fmt: off
STROKES: dict[str, Strokes] = {
    "0": [[(62, 8), (30, 14), (10, 60), (22, 122), (55, 134), (86, 96), (88, 40), (66, 10), (54, 8)]],
    "1": [[(34, 36), (58, 6), (54, 70), (50, 136)]],
    "2": [[(14, 38), (30, 10), (64, 8), (78, 36), (56, 78), (10, 132), (48, 126), (92, 132)]],
    "3": [[(16, 20), (46, 4), (76, 24), (64, 56), (38, 66), (72, 76), (84, 106), (56, 136), (14, 124)]],
    "4": [[(44, 4), (30, 44), (10, 82), (50, 84), (92, 80)], [(70, 40), (64, 90), (60, 138)]],
    "5": [[(28, 10), (22, 60), (58, 54), (82, 86), (66, 126), (34, 136), (8, 122)], [(28, 10), (58, 12), (88, 8)]],
    "5, its bar apart": [[(28, 34), (24, 66), (60, 60), (82, 92), (60, 132), (14, 126)], [(40, 6), (88, 2)]],
    "6": [[(70, 6), (34, 40), (14, 92), (34, 134), (70, 128), (78, 94), (52, 76), (22, 96)]],
    "7": [[(10, 14), (48, 12), (86, 10), (62, 70), (44, 136)], [(36, 72), (84, 66)]],
    "8": [[(72, 26), (46, 4), (22, 28), (46, 62), (78, 98), (58, 136), (22, 122), (26, 90), (60, 56), (74, 30)]],
    "9": [[(76, 34), (52, 10), (24, 28), (30, 62), (60, 62), (78, 34), (74, 84), (62, 136)]],
}
# fmt: on
"""Where the pen goes, each time that it is put down, in a field of 100 × 140."""
FRAME = 28
PAPER, INK = (240, 236, 225), (35, 40, 90)


def coverage(name: str, height: int = 240, pen: float = 0.1, margin: float = 0.5) -> np.ndarray:
    """How much of each pixel is ink when a digit is written ``height`` pixels high; pen and margin are parts of it."""
    finer = max(1, round(700 / height))
    unit, edge = finer * height / 140, finer * height * margin
    size = round(100 * unit + 2 * edge), round(140 * unit + 2 * edge)
    picture = Image.new("L", size)
    draw = ImageDraw.Draw(picture)
    radius = finer * height * pen / 2
    for points in STROKES[name]:
        for x, y in smooth(points) * unit + edge:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    small = picture.resize((size[0] // finer, size[1] // finer), Image.Resampling.BOX)
    return np.asarray(small, dtype=float) / 255


def smooth(points: list[tuple[int, int]]) -> np.ndarray:
    """Many points on a smooth curve through these (Catmull and Rom's)."""
    first, *_, last = (np.array(point) for point in points)
    path = np.array([2 * first - points[1], *points, 2 * last - points[-2]], dtype=float)
    t = np.linspace(0, 1, 60)[:, None]
    pieces = [
        b + t * (c - a) / 2 + t**2 * (a - 2.5 * b + 2 * c - d / 2) + t**3 * (1.5 * b - a / 2 - 1.5 * c + d / 2)
        for a, b, c, d in zip(path, path[1:], path[2:], path[3:], strict=False)
    ]
    return np.concatenate(pieces)


def painted(ink: np.ndarray, paper: object = PAPER, colour: object = INK) -> Image.Image:
    """Ink of a colour on paper of a colour, or of one colour per pixel."""
    covered = ink[..., None]
    return image(np.asarray(paper) * (1 - covered) + np.asarray(colour) * covered)


def image(values: np.ndarray) -> Image.Image:
    """An image of these values."""
    return Image.fromarray(np.clip(values, 0, 255).round().astype(np.uint8))


def written(name: str = "5", **how: float) -> Image.Image:
    """A digit in ink on paper."""
    return painted(coverage(name, **how))


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """The correlation of two images, shifted against each other by a pixel at most."""
    shifts = ((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1))
    return max(np.corrcoef(np.roll(one, shift, (0, 1)).ravel(), other.ravel())[0, 1] for shift in shifts)


def box(values: np.ndarray) -> tuple[int, int]:
    """Height and width of what is not 0."""
    rows, columns = np.nonzero(values)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def has_mnist_form(values: np.ndarray) -> bool:
    """Whether an image is as MNIST's: the box, the centre of mass, ink that is full, and a background that is 0."""
    assert values.shape == (FRAME, FRAME)
    assert values.dtype == np.uint8
    total = values.sum(dtype=float)
    centre = [(values.sum(axis=1 - axis) * np.arange(28)).sum() / total for axis in (0, 1)]
    assert centre == [pytest.approx(14, abs=0.501)] * 2
    assert max(box(values)) == pytest.approx(20, abs=1)
    assert values.max() > 250
    assert values.mean() < 100
    assert not values[:: FRAME - 1, :: FRAME - 1].any()
    return True


def lit(shape: tuple[int, ...], least: float = 0.4) -> np.ndarray:
    """How light a page is that is lit from one corner."""
    down, right = np.linspace(0, 1, shape[0])[:, None], np.linspace(0, 1, shape[1])
    return (least + (1 - least) * (down + right) / 2)[..., None]


def grid(shape: tuple[int, ...], pitch: int, width: int) -> np.ndarray:
    """Where the lines of squared paper are."""
    rows, columns = np.indices(shape)
    return ((rows + 7) % pitch < width) | ((columns + 11) % pitch < width)


@cache
def plain(name: str) -> np.ndarray:
    """A digit that was written under good conditions, converted."""
    return to_mnist(written(name))


@pytest.mark.parametrize("name", STROKES)
def test_a_written_digit_gets_mnists_form(name: str) -> None:
    """Every digit has MNIST's box, centre and grey levels, and its strokes are where they were written."""
    assert has_mnist_form(plain(name))
    rows, columns = np.nonzero(ink := coverage(name))
    digit = image(255 * ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1])
    height, width = box(plain(name))
    rows, columns = np.nonzero(plain(name))
    found = plain(name)[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert alike(found, np.asarray(digit.resize((width, height), Image.Resampling.BOX))) > 0.85


def test_the_digits_differ() -> None:
    """No digit comes out as another: each is most like itself when it is written larger and with a thicker pen."""
    for name in STROKES:
        again = to_mnist(written(name, height=500, pen=0.06))
        assert max(STROKES, key=lambda other: alike(plain(other), again))[0] == name[0]


def fonts() -> list[Path]:
    """A few fonts of this machine, if it has any."""
    names = ("LiberationSans-Regular", "LiberationSerif-BoldItalic", "DejaVuSans-Bold", "DejaVuSerif", "Carlito-Italic")
    folder = Path("/usr/share/fonts")
    return [path for path in sorted(folder.rglob("*.ttf")) if path.stem in names] if folder.is_dir() else []


@pytest.mark.parametrize("path", [None, *fonts()], ids=str)
def test_a_printed_digit_gets_mnists_form(path: Path | None) -> None:
    """Digits set in type are taken too."""
    font = ImageFont.truetype(str(path), 150) if path else ImageFont.load_default(150)
    for digit in "0123456789":
        picture = Image.new("L", (200, 260), 255)
        ImageDraw.Draw(picture).text((50, 20), digit, font=font, fill=0)
        assert has_mnist_form(to_mnist(picture))


@pytest.mark.parametrize("height", [16, 24, 60, 300, 1200])
def test_the_size_does_not_matter(height: int) -> None:
    """The same digit from pictures of 30 to 2,400 pixels is the same."""
    for name in ("2", "5, its bar apart", "8"):
        converted = to_mnist(written(name, height=height))
        assert has_mnist_form(converted)
        assert alike(converted, plain(name)) > 0.9


@pytest.mark.parametrize("pen", [0.008, 0.02, 0.12, 0.2, 0.25])
def test_thin_and_thick_strokes_become_a_pens(pen: float) -> None:
    """A hairline does not fade, a brush does not run: the ink is a pen's."""
    for name in ("2", "4", "7"):
        converted = to_mnist(written(name, height=700, pen=pen))
        assert has_mnist_form(converted)
        assert 0.75 < converted.mean() / plain(name).mean() < 1.9
        assert alike(converted, plain(name)) > 0.75


@pytest.mark.parametrize(
    ("paper", "ink"),
    [
        ((255, 255, 255), (0, 0, 0)),
        ((0, 0, 0), (255, 255, 255)),
        ((20, 60, 40), (230, 230, 210)),
        ((250, 240, 120), (200, 30, 30)),
        ((90, 160, 90), (230, 90, 80)),  # of the same grey
        ((225, 225, 225), (190, 190, 190)),  # a pencil
    ],
)
def test_colours_do_not_matter(paper: tuple[int, ...], ink: tuple[int, ...]) -> None:
    """Dark on light, light on dark, and colours that differ in hue alone give the same."""
    for name in ("3", "6"):
        assert alike(to_mnist(painted(coverage(name), paper, ink)), plain(name)) > 0.98


def test_a_negative_gives_the_same() -> None:
    """Black and white may be exchanged."""
    for name in STROKES:
        negative = image(255 - np.asarray(written(name), dtype=float))
        assert np.abs(to_mnist(negative).astype(int) - plain(name)).max() <= 16


def test_uneven_light_does_not_matter() -> None:
    """Neither does light that falls off, nor a shadow across the page."""
    for name in ("0", "5", "9"):
        page = np.asarray(written(name), dtype=float)
        assert alike(to_mnist(image(page * lit(page.shape))), plain(name)) > 0.95
        down, right = (np.linspace(-1, 1, length) for length in page.shape[:2])
        shadow = 0.55 + 0.45 / (1 + np.exp((0.1 - 0.35 * down[:, None] - 0.94 * right) / 0.06))[..., None]
        assert alike(to_mnist(image(page * shadow)), plain(name)) > 0.9


def test_noise_and_specks_do_not_matter() -> None:
    """Neither does the noise of a camera, nor what JPEG adds, nor dust."""
    random = np.random.default_rng(4)
    for name in ("1", "2", "8"):
        page = np.asarray(written(name), dtype=float)
        noisy = image(page + random.normal(0, 25, page.shape))
        assert alike(to_mnist(noisy), plain(name)) > 0.9
        compressed = io.BytesIO()
        noisy.save(compressed, "JPEG", quality=25)
        assert alike(to_mnist(Image.open(compressed)), plain(name)) > 0.9
        page[random.random(page.shape[:2]) < 0.003] = 0
        page[100:110, 60:70] = 0
        assert alike(to_mnist(image(page)), plain(name)) > 0.9


@pytest.mark.parametrize("colour", [(150, 180, 220), INK], ids=["pale", "dark"])
def test_squared_paper_does_not_matter(colour: tuple[int, ...]) -> None:
    """Lines are left out, also where they are as dark as the ink."""
    for name in ("2", "4", "7"):
        ink = coverage(name, height=300)
        lines = grid(ink.shape, 45, 3)[..., None]
        paper = np.where(lines, colour, PAPER)
        assert alike(to_mnist(painted(ink, paper)), plain(name)) > 0.9


def test_edges_of_the_page_do_not_matter() -> None:
    """The dark strip of a scan is left out, and the desk that a page lies on."""
    for name in ("3", "4"):
        page = np.asarray(written(name), dtype=float)
        strip = page.copy()
        strip[:, :30] = 20
        assert alike(to_mnist(image(strip)), plain(name)) > 0.97
        desk = np.pad(page, ((60, 50), (70, 40), (0, 0)), constant_values=80)
        assert alike(to_mnist(image(desk)), plain(name)) > 0.97


def test_the_place_does_not_matter() -> None:
    """A digit is found in a corner of a large page, and where the picture was cut at its strokes."""
    for name in ("2", "5, its bar apart", "9"):
        ink = np.pad(coverage(name, height=150, margin=0.2), ((700, 0), (40, 900)))
        assert alike(to_mnist(painted(ink)), plain(name)) > 0.95
        rows, columns = np.nonzero(ink > 0.5)
        cut = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert alike(to_mnist(painted(cut)), plain(name)) > 0.9


def test_all_strokes_of_a_digit_are_kept() -> None:
    """The bar of a 5 stays, though it touches nothing."""
    without = coverage("5, its bar apart")
    rows = np.flatnonzero(without.any(axis=1))
    gap = rows[0] + int(np.flatnonzero(~without[rows[0] :].any(axis=1))[0])
    assert gap < rows[-1]
    without[:gap] = 0
    assert alike(plain("5, its bar apart"), to_mnist(painted(without))) < 0.8


def test_mnists_own_form_stays_as_it_is() -> None:
    """What is converted already, or its negative, is not touched; not even its grey levels."""
    for name in STROKES:
        done = plain(name)
        np.testing.assert_array_equal(to_mnist(Image.fromarray(done)), done)
        np.testing.assert_array_equal(to_mnist(Image.fromarray(255 - done)), done)
        assert alike(to_mnist(Image.fromarray(np.pad(done, 3))), done) > 0.96


# Files


def saved(folder: Path, picture: Image.Image, name: str, **options: object) -> Path:
    """The path of a picture that was saved."""
    path = folder / name
    picture.save(path, **options)
    return path


@pytest.mark.parametrize("name", ["d.png", "d.jpg", "d.bmp", "d.gif", "d.webp", "d.tif", "d.ppm", "d.jp2"])
def test_formats(tmp_path: Path, name: str) -> None:
    """All common formats are read, also where the name says another one."""
    try:
        path = saved(tmp_path, written("3"), name)
    except (OSError, KeyError) as error:
        pytest.skip(f"this Pillow does not write {name}: {error}")
    renamed = path.rename(tmp_path / "digit.png")
    handed_in = read_handwriting(renamed)
    assert handed_in.path == renamed
    assert alike(handed_in.image, plain("3")) > 0.97


MODES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "1": lambda picture: picture.convert("1"),
    "L": lambda picture: picture.convert("L"),
    "P": lambda picture: picture.quantize(16),
    "CMYK": lambda picture: picture.convert("CMYK"),
    "YCbCr": lambda picture: picture.convert("YCbCr"),
    "HSV": lambda picture: picture.convert("HSV"),
    "LA": lambda picture: picture.convert("LA"),
    "RGBA": lambda picture: picture.convert("RGBA"),
    "16 bits": lambda picture: Image.fromarray(np.asarray(picture.convert("L"), dtype=np.uint16) * 257),
    "12 bits of 16": lambda picture: Image.fromarray(np.asarray(picture.convert("L"), dtype=np.uint16) * 16),
    "32 bits": lambda picture: Image.fromarray(np.asarray(picture.convert("L"), dtype=np.int32)),
    "0 to 1": lambda picture: Image.fromarray(np.asarray(picture.convert("L"), dtype=np.float32) / 255),
}


@pytest.mark.parametrize("mode", MODES)
def test_modes(mode: str) -> None:
    """Pixels may be stored in any way."""
    # Error diffusion needs dark ink on white to keep a stroke's shape.
    picture = painted(coverage("6"), (255, 255, 255), (0, 0, 0))
    assert alike(to_mnist(MODES[mode](picture)), plain("6")) > 0.97


@pytest.mark.parametrize("ink", [0, 255])
@pytest.mark.parametrize("hidden", [0, 255])
def test_transparency(tmp_path: Path, ink: int, hidden: int) -> None:
    """A digit on nothing is read, be it black or white, and whatever colour the transparent pixels claim to have."""
    alpha = coverage("2")
    values = np.where(alpha[..., None] > 0, ink, hidden) * np.ones(3)
    picture = image(np.dstack([values, 255 * alpha]))
    assert picture.mode == "RGBA"
    handed_in = read_handwriting(saved(tmp_path, picture, "d.png"))
    assert alike(handed_in.image, plain("2")) > 0.98
    assert handed_in.original.mode == "RGB"
    assert abs(handed_in.original.getpixel((0, 0))[0] - ink) == 255
    indexed = picture.convert("RGBa").convert("RGBA").quantize(8, Image.Quantize.FASTOCTREE)
    assert alike(read_handwriting(saved(tmp_path, indexed, "i.png")).image, plain("2")) > 0.97


def test_a_camera_that_was_turned(tmp_path: Path) -> None:
    """The orientation that a camera notes is heeded."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    turned = written("7").transpose(Image.Transpose.ROTATE_90)
    handed_in = read_handwriting(saved(tmp_path, turned, "d.jpg", exif=exif))
    assert alike(handed_in.image, plain("7")) > 0.97
    assert handed_in.original.height > handed_in.original.width


def test_the_first_page_counts(tmp_path: Path) -> None:
    """Of an animation or a document the first page is taken."""
    pages = [written("4"), written("8")]
    for name in ("d.gif", "d.tif"):
        path = saved(tmp_path, pages[0], name, save_all=True, append_images=pages[1:])
        assert alike(read_handwriting(path).image, plain("4")) > 0.97


def test_the_copy_of_the_original_is_small(tmp_path: Path) -> None:
    """It is at most 400 pixels long and keeps its colours; small ones stay as they are."""
    large = read_handwriting(saved(tmp_path, written("0", height=900), "large.png")).original
    assert (large.mode, max(large.size)) == ("RGB", 400)
    assert large.getpixel((2, 2)) == PAPER
    small = written("0", height=60)
    assert read_handwriting(saved(tmp_path, small, "small.png")).original.size == small.size


# What cannot be read


def refusal(path: Path) -> str:
    """The one line that says why a file cannot be read, without the file's name."""
    with pytest.raises(InputError) as caught:
        read_handwriting(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text.removeprefix(f"{path}: ")


def test_no_file(tmp_path: Path) -> None:
    """A missing file, a folder and a pipe are told apart."""
    assert refusal(tmp_path / "none.png") == "no such file; give the path of an image"
    assert refusal(tmp_path) == "is a folder; name an image file"
    if hasattr(os, "mkfifo"):
        os.mkfifo(pipe := tmp_path / "pipe.png")
        assert refusal(pipe) == "is no file; name an image file"


@pytest.mark.parametrize(
    "content", [b"", b"no image", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"\0" * 999]
)
def test_no_image(tmp_path: Path, content: bytes) -> None:
    """What is no image is called that; PostScript, for which Pillow starts an interpreter, is not tried."""
    path = tmp_path / "d.png"
    path.write_bytes(content)
    assert refusal(path) == "is not an image that can be read; save it as PNG or JPEG"


@pytest.mark.parametrize("name", ["d.png", "d.jpg", "d.gif", "d.tif", "d.webp", "d.bmp"])
def test_damaged(tmp_path: Path, name: str) -> None:
    """A file that breaks off, or in which bytes were changed, is refused or read; nothing else happens."""
    path = saved(tmp_path, written(height=60), name)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    assert refusal(path) == "is damaged or incomplete; save it again, as PNG or JPEG"
    random = np.random.default_rng(1)
    for _ in range(12):
        changed = bytearray(data)
        for place in random.integers(0, len(data), 6):
            changed[place] = random.integers(256)
        path.write_bytes(changed)
        try:
            assert read_handwriting(path).image.shape == (28, 28)
        except InputError:
            assert refusal(path)


def blank_page(paper: object) -> Image.Image:
    """A page of 300 × 200 with nothing on it."""
    return image(np.broadcast_to(np.asarray(paper, dtype=float), (200, 300, 3)))


BLANK = {
    "white": blank_page(255),
    "black": blank_page(0),
    "coloured": blank_page((90, 140, 60)),
    "unevenly lit": blank_page(230 * lit((200, 300))),
    "noisy": image(200 + np.random.default_rng(2).normal(0, 20, (200, 300, 3))),
    "a speck": painted(np.pad(np.ones((3, 3)), ((90, 107), (100, 197)))),
    "transparent": Image.new("RGBA", (300, 200)),
    "one pixel": Image.new("L", (1, 1)),
    "a line": Image.new("RGB", (1000, 1)),
    "16 bits": Image.fromarray((30000 + 90 * np.pad(np.ones((80, 9)), ((60, 60), (140, 151)))).astype(np.uint16)),
    "squared": image(np.where(grid((200, 300), 20, 1)[..., None], (150, 180, 220), PAPER)),
}


@pytest.mark.parametrize("kind", BLANK)
def test_blank(tmp_path: Path, kind: str) -> None:
    """A page with nothing on it is called blank, whatever its colour and the light."""
    assert refusal(saved(tmp_path, BLANK[kind], "d.tif")).startswith("is blank: no stroke stands out from its backgr")
    with pytest.raises(NoDigitError, match="is blank"):
        to_mnist(BLANK[kind])


@pytest.mark.parametrize("names", ["27", "401"])
def test_several_digits(tmp_path: Path, names: str) -> None:
    """Digits side by side are refused."""
    ink = np.concatenate([coverage(name, margin=0.15) for name in names], axis=1)
    path = saved(tmp_path, painted(np.pad(ink, 80)), "d.png")
    assert refusal(path) == "shows several digits; crop it to one"


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file with a huge picture in it is not unpacked."""
    size = struct.pack(">II", 30_000, 30_000)
    chunks = ((b"IHDR", size + bytes((8, 0, 0, 0, 0))), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    parts = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    path = tmp_path / "d.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    reason = "is too large: 60 million pixels are the most; reduce it, or crop it to the digit"
    assert refusal(path) == reason
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert refusal(path) == reason


@pytest.mark.filterwarnings("error")
def test_a_large_photograph_is_reduced_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JPEG can be unpacked at a fraction of its size, so that size is no reason to refuse it, or to warn."""
    path = saved(tmp_path, written("3", height=1600), "d.jpg")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 8_000_000)
    monkeypatch.setattr(handwriting, "MEGAPIXELS", 5)
    assert alike(read_handwriting(path).image, plain("3")) > 0.97
