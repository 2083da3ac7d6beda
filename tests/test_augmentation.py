"""Random changes of images: pixel by pixel those of torchvision, and as often."""

from collections.abc import Sequence

import numpy as np
import pytest

pytest.importorskip("torchvision")

import torch
from PIL import Image
from torchvision import transforms
from torchvision.transforms import functional

from sheetprop.cnn import augmentation
from sheetprop.cnn.augmentation import augment, transform
from sheetprop.cnn.recipe import Augmentation
from tests.digits import handwritten

ROTATION = Augmentation(7, fill=1)
AFFINE = Augmentation(20, 0.1, (0.9, 1.1))
MANY = 20_000


def noise(count: int, side: int = 28) -> torch.Tensor:
    """Images in which hardly any two pixels are equal, so that none can be taken for another."""
    return torch.randint(0, 256, (count, side, side), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


def changed(
    images: torch.Tensor,
    angles: Sequence[float],
    shifts: Sequence[tuple[int, int]] | None = None,
    scales: Sequence[float] | None = None,
    fill: int = 0,
) -> torch.Tensor:
    """``transform`` with plain numbers; an image per angle."""
    numbers = [torch.tensor(x, dtype=torch.float64) for x in (angles, shifts or [(0, 0)] * len(angles))]
    sizes = torch.tensor(scales or [1.0] * len(angles), dtype=torch.float64)
    return transform(images, numbers[0], numbers[1].T, sizes, fill)


def rotated(image: torch.Tensor, angle: float, fill: int) -> np.ndarray:
    """By torchvision, of a PIL image, as its RandomRotation does it."""
    return np.asarray(functional.rotate(Image.fromarray(image.numpy()), angle, fill=fill))


def moved(image: torch.Tensor, angle: float, shift: tuple[int, int], scale: float, fill: int) -> np.ndarray:
    """By torchvision, of a PIL image, as its RandomAffine does it."""
    pil = Image.fromarray(image.numpy())
    return np.asarray(functional.affine(pil, angle, list(shift), scale, [0.0, 0.0], fill=fill))


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[Augmentation, tuple[torch.Tensor, ...]]:
    """Angles, shifts and scales that are drawn for many images under each augmentation."""
    calls: list[tuple[torch.Tensor, ...]] = []
    monkeypatch.setattr(augmentation, "transform", lambda images, *drawn: calls.append(drawn))
    for chosen in (ROTATION, AFFINE):
        augment(torch.empty(MANY, 28, 28, dtype=torch.uint8), chosen, torch.Generator().manual_seed(5))
    return dict(zip((ROTATION, AFFINE), calls, strict=True))


@pytest.mark.parametrize("fill", [0, 1, 255])
def test_a_rotation_is_torchvisions_pixel_by_pixel(fill: int) -> None:
    """Of 200 digits turned by any angle up to 10 degrees; a positive angle of ``rotate`` is our negative one."""
    images = torch.from_numpy(handwritten()[0][:200])
    angles = np.random.default_rng(fill).uniform(-10, 10, len(images)).tolist()
    found = changed(images, [-angle for angle in angles], fill=fill)
    for image, turned, angle in zip(images, found, angles, strict=True):
        np.testing.assert_array_equal(turned.numpy(), rotated(image, angle, fill), err_msg=str(angle))


@pytest.mark.parametrize("angle", [0, 1e-9, 1e-3, 7, -7, 30, 45, 89.99, 90, -90, 135, 180, 270, 359.9])
@pytest.mark.parametrize("side", [28, 7])
def test_special_angles_are_torchvisions_pixel_by_pixel(angle: float, side: int) -> None:
    """Nothing, quarter turns and half turns, tiny angles and large ones, also of images of an odd side."""
    (image,) = noise(1, side)
    np.testing.assert_array_equal(changed(image[None], [-angle], fill=1)[0].numpy(), rotated(image, angle, 1))


@pytest.mark.parametrize("fill", [0, 7])
def test_an_affine_change_is_torchvisions_pixel_by_pixel(fill: int) -> None:
    """Of 300 images with any angle, whole-pixel shift and size that the recipes and ten times stronger ones draw."""
    random = np.random.default_rng(fill)
    images = noise(300)
    angles = [*random.uniform(-20, 20, 150), *random.uniform(-180, 180, 150)]
    scales = [*random.uniform(0.9, 1.1, 150), *random.uniform(0.3, 3, 150)]
    shifts = [(int(x), int(y)) for x, y in [*random.integers(-3, 4, (150, 2)), *random.integers(-28, 29, (150, 2))]]
    found = changed(images, angles, shifts, scales, fill)
    for image, made, *numbers in zip(images, found, angles, shifts, scales, strict=True):
        np.testing.assert_array_equal(made.numpy(), moved(image, *numbers, fill), err_msg=str(numbers))


@pytest.mark.parametrize("angle", [0, 90, -90, 180, 45])
def test_a_shift_is_torchvisions_pixel_by_pixel(angle: float) -> None:
    """To the right and down, also together with quarter turns, also out of the image."""
    shifts = [(0, 0), (3, 0), (0, 3), (-3, 2), (27, -27), (28, 28), (-40, 1)]
    images = noise(len(shifts))
    for image, made, shift in zip(images, changed(images, [angle] * len(shifts), shifts), shifts, strict=True):
        np.testing.assert_array_equal(made.numpy(), moved(image, angle, shift, 1, 0), err_msg=str(shift))


def test_a_shift_goes_right_and_down_and_a_positive_angle_clockwise() -> None:
    """As a person sees it: a dot right of the centre goes down when it is turned by 90 degrees."""
    image = torch.zeros(1, 28, 28, dtype=torch.uint8)
    image[0, 14, 20] = 255
    (row, column) = changed(image, [0], [(2, 5)])[0].nonzero()[0].tolist()
    assert (row, column) == (19, 22)
    (row, column) = changed(image, [90])[0].nonzero()[0].tolist()
    assert (row, column) == (20, 13)


def test_a_change_of_size_alone_is_torchvisions_but_where_two_pixels_are_equally_near() -> None:
    """Without a turn Pillow computes in floating point: a tie may go the other way, to the pixel next to it."""
    scales = np.random.default_rng(2).uniform(0.8, 1.25, 200).tolist()
    images = noise(len(scales))
    found = changed(images, [0] * len(scales), None, scales)
    wrong = [
        (made.numpy() != moved(image, 0, (0, 0), scale, 0)).sum()
        for image, made, scale in zip(images, found, scales, strict=True)
    ]
    assert np.count_nonzero(wrong) <= 2
    x = torch.arange(28, dtype=torch.uint8).expand(1, 28, 28).contiguous()
    for scale in (0.5, 0.9, 1.1, 1.25):
        difference = changed(x, [0], None, [scale], 0)[0].numpy().astype(int) - moved(x[0], 0, (0, 0), scale, 0)
        assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("chosen", [ROTATION, AFFINE], ids=str)
def test_angles_are_drawn_evenly_between_their_bounds(
    chosen: Augmentation, drawn: dict[Augmentation, tuple[torch.Tensor, ...]]
) -> None:
    """To both sides alike, as torchvision's: each twentieth of the range gets its share."""
    angles = drawn[chosen][0].numpy()
    assert_even(angles, -chosen.degrees, chosen.degrees)
    torch.manual_seed(3)
    bounds = [-chosen.degrees, chosen.degrees]
    its = [transforms.RandomRotation.get_params(bounds) for _ in range(2000)]
    assert abs(angles.mean() - np.mean(its)) < 0.05 * chosen.degrees
    assert angles.std() == pytest.approx(np.std(its), rel=0.05)


def assert_even(numbers: np.ndarray, low: float, high: float) -> None:
    """They keep within their bounds and come close to them, and each twentieth has its share, give or take 5 σ."""
    assert low <= numbers.min() < low + 0.01 * (high - low)
    assert high - 0.01 * (high - low) < numbers.max() <= high
    counts, _ = np.histogram(numbers, 20, (low, high))
    assert np.abs(counts - MANY / 20).max() < 5 * np.sqrt(MANY / 20)


def test_shifts_and_sizes_are_drawn_as_torchvision_draws_them(
    drawn: dict[Augmentation, tuple[torch.Tensor, ...]],
) -> None:
    """Sizes evenly; shifts by whole pixels, the outermost less often, since the bound of 2.8 pixels is rounded."""
    _, shifts, scales, _ = (number.numpy() if isinstance(number, torch.Tensor) else number for number in drawn[AFFINE])
    assert_even(scales, 0.9, 1.1)
    torch.manual_seed(3)
    its = [transforms.RandomAffine.get_params([-20, 20], [0.1, 0.1], [0.9, 1.1], None, [28, 28]) for _ in range(4000)]
    for axis in (0, 1):
        values, counts = np.unique(shifts[axis], return_counts=True)
        assert values.tolist() == [-3, -2, -1, 0, 1, 2, 3]
        # A whole number n is drawn by what lies within half a pixel of it: 0.3 pixels of ±2.8 for the outermost.
        expected = MANY * np.array([0.3, 1, 1, 1, 1, 1, 0.3]) / 5.6
        assert np.abs(counts - expected).max() < 5 * np.sqrt(expected.max())
        _, its_counts = np.unique([shift[axis] for _, shift, *_ in its], return_counts=True)
        assert np.abs(counts / MANY - its_counts / len(its)).max() < 0.03
    its_scales = [scale for _, _, scale, _ in its]
    assert scales.mean() == pytest.approx(np.mean(its_scales), abs=0.005)
    assert scales.std() == pytest.approx(np.std(its_scales), rel=0.05)


def test_what_is_drawn_is_independent(drawn: dict[Augmentation, tuple[torch.Tensor, ...]]) -> None:
    """Angle, shifts and size say nothing of each other, nor of those of the next image."""
    angles, shifts, scales, _ = drawn[AFFINE]
    numbers = torch.stack([angles, *shifts, scales])
    numbers = torch.cat([numbers[:, 1:], numbers[:, :-1]])
    correlations = torch.corrcoef(numbers) - torch.eye(len(numbers))
    assert correlations.abs().max() < 5 / MANY**0.5


def test_a_rotation_neither_shifts_nor_scales(drawn: dict[Augmentation, tuple[torch.Tensor, ...]]) -> None:
    """And its grey level is handed on."""
    _, shifts, scales, fill = drawn[ROTATION]
    assert not shifts.any()
    assert (scales == 1).all()
    assert fill == 1


def test_each_image_is_changed_as_it_was_drawn() -> None:
    """The images of ``augment`` are torchvision's for the numbers that were drawn, in their order."""
    images = torch.from_numpy(handwritten()[0][:100])
    calls = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(augmentation, "transform", lambda *given: calls.append(given) or transform(*given))
        found = augment(images, AFFINE, torch.Generator().manual_seed(2))
    ((_, angles, shifts, scales, fill),) = calls
    for n, (image, made) in enumerate(zip(images, found, strict=True)):
        shift = (int(shifts[0, n]), int(shifts[1, n]))
        expected = moved(image, float(angles[n]), shift, float(scales[n]), fill)
        np.testing.assert_array_equal(made.numpy(), expected)


def test_the_same_generator_gives_the_same_images() -> None:
    """Another seed gives others; a generator goes on from where it was."""
    images = torch.from_numpy(handwritten()[0][:50])
    first, again = (augment(images, AFFINE, torch.Generator().manual_seed(4)) for _ in range(2))
    other = augment(images, AFFINE, torch.Generator().manual_seed(5))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    generator = torch.Generator().manual_seed(4)
    assert torch.equal(augment(images, AFFINE, generator), first)
    assert not torch.equal(augment(images, AFFINE, generator), first)


def test_images_keep_their_form_and_are_not_changed_in_place() -> None:
    """Bytes N×28×28 come out of bytes N×28×28, of one image and of many."""
    for count in (1, 33):
        images = noise(count)
        before = images.clone()
        found = augment(images, ROTATION, torch.Generator().manual_seed(1))
        assert (found.dtype, found.shape, found.is_contiguous()) == (torch.uint8, images.shape, True)
        assert torch.equal(images, before)
        assert not torch.equal(found, before)


def test_images_stay_as_they_are_where_nothing_is_to_be_changed() -> None:
    """No angle, shift or size: not a pixel moves, whatever the grey level outside."""
    images = noise(20)
    for chosen in (Augmentation(), Augmentation(fill=9)):
        assert torch.equal(augment(images, chosen, torch.Generator().manual_seed(1)), images)
    assert torch.equal(changed(images, [0] * 20), images)


@pytest.mark.parametrize("at_once", [1, 7, 50, 51])
def test_how_many_images_are_changed_at_once_changes_nothing(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where the number of images is no multiple of it."""
    images = noise(50)
    together = augment(images, AFFINE, torch.Generator().manual_seed(6))
    monkeypatch.setattr(augmentation, "AT_ONCE", at_once)
    assert torch.equal(augment(images, AFFINE, torch.Generator().manual_seed(6)), together)
