"""Recipes: schedules are torch's, what is written is read again, and what is none is refused in one line."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetprop.cnn.recipe import Augmentation, Recipe, Schedule
from sheetprop.errors import InputError

positive = st.floats(min_value=0, max_value=1e300, exclude_min=True)
schedules = st.one_of(
    st.just(Schedule()),
    st.just(Schedule("cosine")),
    st.builds(Schedule, st.just("step"), st.integers(1, 999_999), positive),
)
augmentations = st.builds(
    Augmentation,
    st.floats(0, 180),
    st.floats(0, 1),
    st.tuples(st.floats(0.01, 100), st.floats(0.01, 100)).map(lambda sizes: (min(sizes), max(sizes))),
    st.integers(0, 255),
)


def rates_by_torch(schedule: Schedule, base: float, epochs: int) -> list[float]:
    """The learning rate in each epoch as torch's scheduler gives it to the optimiser."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    schedulers = torch.optim.lr_scheduler
    scheduler = (
        schedulers.CosineAnnealingLR(optimizer, epochs)
        if schedule.kind == "cosine"
        else schedulers.StepLR(optimizer, schedule.every or epochs + 1, schedule.factor)
    )
    rates = []
    for _ in range(epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize("text", ["constant", "step:6:0.1", "step:10:0.1", "step:1:0.5", "step:12:0.1", "step:30:0.1"])
@pytest.mark.parametrize("base", [0.01, 0.1, 0.003])
def test_a_step_schedule_is_torchs_to_the_last_bit(text: str, base: float) -> None:
    """In each of 30 epochs the rate is StepLR's, or the same throughout."""
    schedule = Schedule.parse(text)
    recipe = Recipe(30, 64, base, schedule)
    assert [recipe.rate(epoch) for epoch in range(1, 31)] == rates_by_torch(schedule, base, 30)


@pytest.mark.parametrize("epochs", [1, 2, 19, 20])
def test_a_cosine_schedule_is_torchs(epochs: int) -> None:
    """From the rate down, half a wave over all epochs, as CosineAnnealingLR goes."""
    schedule = Schedule.parse("cosine")
    recipe = Recipe(epochs, 64, 0.01, schedule)
    found = [recipe.rate(epoch) for epoch in range(1, epochs + 1)]
    assert found == pytest.approx(rates_by_torch(schedule, 0.01, epochs), rel=1e-12)
    assert found[0] == 0.01


@given(schedules)
def test_a_schedule_is_read_as_it_was_printed(schedule: Schedule) -> None:
    """Its text gives the very same schedule: a resumed run depends on it."""
    assert Schedule.parse(str(schedule)) == schedule


@given(augmentations)
def test_an_augmentation_is_read_as_it_was_printed(augmentation: Augmentation) -> None:
    """Its text gives the very same augmentation, or none where nothing is changed."""
    assert Augmentation.parse(str(augmentation)) == (augmentation if augmentation.changes else Augmentation())


@pytest.mark.parametrize(
    ("text", "meant", "printed"),
    [
        ("none", Augmentation(), "none"),
        ("rotation:7", Augmentation(7), "rotation:7"),
        ("rotation:7:fill=1", Augmentation(7, fill=1), "rotation:7:fill=1"),
        ("rotation:.5", Augmentation(0.5), "rotation:0.5"),
        ("rotation:0:fill=9", Augmentation(fill=9), "none"),
        ("affine:20:0.1:0.9-1.1", Augmentation(20, 0.1, (0.9, 1.1)), "affine:20:0.1:0.9-1.1"),
        ("affine:20:.1:0.90-1.10:fill=255", Augmentation(20, 0.1, (0.9, 1.1), 255), "affine:20:0.1:0.9-1.1:fill=255"),
        ("affine:7:0:1-1", Augmentation(7), "rotation:7"),
        ("affine:0:1e-2:1-1", Augmentation(0, 0.01), "affine:0:0.01:1-1"),
    ],
)
def test_an_augmentation_means_what_it_says(text: str, meant: Augmentation, printed: str) -> None:
    """Degrees, shift, sizes and grey level stand in their places, and are printed in their shortest form."""
    assert Augmentation.parse(text) == meant
    assert str(meant) == printed


@pytest.mark.parametrize(
    "text",
    [
        *("", " constant", "Constant", "linear", "step", "step:6", "step:0:0.1", "step:6:0", "step:-6:0.1", "cosine:3"),
        *("step:6:-0.1", "step:6:nan", "step:6:inf", "step:6:1e999", "step:6:1e-999", "step:6.5:0.1", "step:6:0.1\n"),
        *("step:6:0.1:2", "step:6:.", "step:" + "9" * 5000 + ":0.1", "step:6:" + "9" * 5000),
    ],
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    """The message repeats it and says what could stand there."""
    with pytest.raises(InputError) as caught:
        Schedule.parse(text)
    assert str(caught.value).startswith(f"--schedule {text}: is none; use constant, cosine, or step:EVERY:FACTOR")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "None",
            "rotate:7",
            "rotation",
            "rotation:",
            "rotation:-7",
            "rotation:181",
            "rotation:nan",
            "rotation:7\n",
        ),
        *("rotation:7:fill=256", "rotation:7:fill=-1", "rotation:7:fill=", "rotation:7:fill=" + "9" * 5000),
        *("affine:20", "affine:20:0.1", "affine:20:0.1:1", "affine:20:1.1:0.9-1.1", "affine:20:0.1:1.1-0.9"),
        *("affine:20:0.1:0-1", "affine:20:0.1:0.9-inf", "affine:20:0.1:0.9-1e999", "affine:0:0:1e-300-1"),
        *("affine:20:0.1:0.9-1.1:shear=3", "affine:0:0:1-101"),
    ],
)
def test_what_is_no_augmentation_is_refused(text: str) -> None:
    """The message repeats it and says what could stand there."""
    with pytest.raises(InputError) as caught:
        Augmentation.parse(text)
    assert str(caught.value).startswith(f"--augment {text}: is none; use none, rotation:DEGREES")


@given(st.lists(st.sampled_from([*"0159:-+.e", "step", "rotation", "affine", "fill=", "inf"])).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing but InputError comes of what is none; what is read can be printed and read again."""
    for kind in (Schedule, Augmentation):
        try:
            found = kind.parse(text)
        except InputError:
            continue
        kind.parse(str(found))


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((0, 64, 0.01), "--epochs 0: at least 1 epoch is needed"),
        ((-1, 64, 0.01), "--epochs -1: at least 1 epoch is needed"),
        ((20, 0, 0.01), "--batch-size 0: at least 1 image is needed"),
        ((20, -64, 0.01), "--batch-size -64: at least 1 image is needed"),
        ((20, 64, 0.0), "--lr 0.0: must be a number above 0"),
        ((20, 64, -0.1), "--lr -0.1: must be a number above 0"),
        ((20, 64, math.nan), "--lr nan: must be a number above 0"),
        ((20, 64, math.inf), "--lr inf: must be a number above 0"),
    ],
)
def test_numbers_that_no_training_can_have_are_refused(numbers: tuple[int, int, float], message: str) -> None:
    """The message names the option and what is wrong with it."""
    with pytest.raises(InputError) as caught:
        Recipe(*numbers)
    assert str(caught.value) == message


def test_a_recipe_prints_itself() -> None:
    """In one line, in the words of the options."""
    recipe = Recipe(20, 64, 0.01, Schedule("step", 6, 0.1), Augmentation(7, fill=1))
    assert str(recipe) == "20 epochs, batch 64, lr 0.01, schedule step:6:0.1, augment rotation:7:fill=1"
