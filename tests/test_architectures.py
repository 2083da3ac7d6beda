"""The five CNNs: the layers, costs and recipes that their authors published, as torch builds and counts them."""

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
pytest.importorskip("torchinfo")

import torch
import torchinfo
from torch import nn

from sheetprop.cnn.architectures import ARCHITECTURES, CLASSES, IMAGE, Architecture, architecture, catalogue
from sheetprop.cnn.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Dropout2d,
    Flatten,
    Layer,
    Linear,
    MaxPool2d,
    ReLU,
    Step,
    steps,
)
from sheetprop.cnn.modules import build
from sheetprop.errors import InputError

PARAMETERS = {"squeeze-13k": 13_808, "vgg-15k": 15_544, "gap-8k": 8_320, "gap-10k": 10_690, "wide-19k": 19_642}
MILLION_MULTIPLY_ADDS = {"squeeze-13k": 3.39, "vgg-15k": 3.16, "gap-8k": 1.55, "gap-10k": 2.57, "wide-19k": 3.10}
LAYERS = {
    "squeeze-13k": """
        C1>16,3,0- R B D.1 C16>32,3,0- R B D.1 C32>10,1,0- M2
        C10>16,3,0- R B D.1 C16>16,3,0- R B D.1 C16>16,3,0- R B D.1 C16>16,3,1- R B D.1
        A6 C16>10,1,0- F S""",
    "vgg-15k": """
        C1>16,3,1 R B C16>16,3,1 R B M2 D.25
        C16>16,3,1 R B C16>16,3,1 R B M2 D.25
        C16>16,3,1 R B C16>32,3,1 R B M2 D.25
        C32>10,1,0 F L90>10 S""",
    "gap-8k": """
        C1>32,3,1- B D.01 R C32>10,1,0- C10>10,3,1- B D.01 R M2
        C10>10,3,0- B D.01 R C10>10,3,0- B R C10>10,3,0- B D.01 R C10>16,3,0- B D.01 R C16>16,3,0- B D.01 R
        A4 F L16>10- S""",
    "gap-10k": """
        C1>16,3,0- R B D.05 C16>24,3,0- R B D.05 C24>10,1,0- M2
        C10>14,3,0- R B D.05 C14>16,3,0- R B D.05 C16>16,3,0- R B D.05
        A6 C16>16,1,0- C16>32,1,0- F L32>10 S""",
    "wide-19k": """
        C1>16,3,0 R B C16>16,3,0 R B C16>16,3,0 R B M2 C16>16,1,0 R B
        C16>16,3,0 R B E.01 C16>16,3,0 R B E.01 C16>16,3,0 R B E.01 C16>16,3,1 R B E.01 C16>32,3,1 R B E.01
        A5 F L32>10 S""",
}
"""Convolution (in>out,kernel,padding), ReLU, BatchNorm, Dropout, E for Dropout2d, Max and Average pool, Flatten,
Linear, log-Softmax; - at the end: without bias."""
RECIPES = {
    "squeeze-13k": "20 epochs, batch 64, lr 0.01, schedule step:6:0.1, augment rotation:7:fill=1",
    "vgg-15k": "19 epochs, batch 128, lr 0.01, schedule constant, augment none",
    "gap-8k": "19 epochs, batch 128, lr 0.01, schedule step:6:0.1, augment rotation:10:fill=1",
    "gap-10k": "20 epochs, batch 64, lr 0.01, schedule step:10:0.1, augment affine:20:0.1:0.9-1.1",
    "wide-19k": "15 epochs, batch 128, lr 0.01, schedule step:12:0.1, augment none",
}
PUBLISHED = {
    "squeeze-13k": (99.44, 99.44),
    "vgg-15k": (99.44, 99.51),
    "gap-8k": (99.39, 99.39),
    "gap-10k": (99.41, 99.41),
    "wide-19k": (99.51, 99.54),
}
each = pytest.mark.parametrize("known", ARCHITECTURES, ids=lambda known: known.name)


def shorthand(module: nn.Module) -> str:
    """A torch module in the notation of LAYERS; fails where it has anything that cannot be said in it."""
    match module:
        case nn.Conv2d():
            sizes = {*module.kernel_size}, {*module.padding}, {*module.stride, *module.dilation, module.groups}
            (kernel,), (padding,), (one,) = sizes
            assert one == 1
            bias = "" if module.bias is not None else "-"
            return f"C{module.in_channels}>{module.out_channels},{kernel},{padding}{bias}"
        case nn.Linear():
            return f"L{module.in_features}>{module.out_features}{'' if module.bias is not None else '-'}"
        case nn.BatchNorm2d():
            assert (module.eps, module.momentum, module.affine, module.track_running_stats) == (1e-5, 0.1, True, True)
            return "B"
        case nn.Dropout2d():
            return f"E{module.p:g}".replace("0.", ".")
        case nn.Dropout():
            return f"D{module.p:g}".replace("0.", ".")
        case nn.MaxPool2d() | nn.AvgPool2d():
            assert module.stride == module.kernel_size
            assert (module.padding, module.ceil_mode) == (0, False)
            return f"{type(module).__name__[0]}{module.kernel_size}"
        case nn.LogSoftmax():
            assert module.dim == 1
            return "S"
        case nn.ReLU() | nn.Flatten():
            return type(module).__name__[0]
    raise AssertionError(module)


def counted(known: Architecture) -> list[Any]:
    """What torchinfo finds in the built network, layer by layer."""
    summary = torchinfo.summary(build(known), input_size=(1, *IMAGE), verbose=0)
    return summary.summary_list[1:]


def seen(followed: list[Step], image: int = 120) -> list[tuple[int, int | None]]:
    """By autograd, for each layer: the side of the square of pixels that a number depends on, and its neighbour's jump.

    In the middle of a large image, all weights are positive and no pooling picks one number, so that the gradient is
    zero only where nothing is connected. What is flattened is cut to the size that it has in ``followed``; neighbours
    are not told there.
    """
    pixels = torch.ones(1, 1, image, image, dtype=torch.float64, requires_grad=True)
    made, side, found = pixels, image, []
    for step in followed:
        match step.layer:
            case Conv2d(inputs, outputs, kernel, padding):
                weight = torch.full((outputs, inputs, kernel, kernel), 1 / inputs / kernel**2, dtype=torch.float64)
                made = nn.functional.conv2d(made, weight, padding=padding)
            case MaxPool2d(size) | AvgPool2d(size):
                made = nn.functional.avg_pool2d(made, size)
            case Flatten():
                middle = slice(begin := (made.shape[-1] - side) // 2, begin + side)
                made = made[:, :, middle, middle].flatten(1)
            case Linear(inputs, outputs):
                made = made @ torch.full((inputs, outputs), 1 / inputs, dtype=torch.float64)
        side = step.output[-1]
        middle = made.shape[-1] // 2
        numbers = [made[0, 0, middle, middle], made[0, 0, middle, middle + 1]] if made.dim() == 4 else [made[0, 0]]
        (first, field), *others = (extent(number, pixels) for number in numbers)
        found.append((field, others[0][0] - first if others else None))
    return found


def extent(number: torch.Tensor, pixels: torch.Tensor) -> tuple[int, int]:
    """The first column, and how many, of the square of pixels that a number depends on."""
    (gradient,) = torch.autograd.grad(number, pixels, retain_graph=True)
    rows, columns = (gradient[0, 0].abs().sum(axis).nonzero().flatten() for axis in (1, 0))
    assert len(rows) == len(columns) == rows[-1] - rows[0] + 1
    return int(columns[0]), len(columns)


@each
def test_an_architecture_has_its_published_layers_in_their_order(known: Architecture) -> None:
    """The torch modules are those of the authors' notebooks: kinds, order, sizes, padding, bias, probabilities."""
    assert [shorthand(module) for module in build(known)] == LAYERS[known.name].split()


@each
def test_an_architecture_has_its_published_number_of_parameters(known: Architecture) -> None:
    """The count is exactly the published one: by the description, by torch, and by torchinfo."""
    summary = torchinfo.summary(build(known), input_size=(1, *IMAGE), verbose=0)
    assert known.parameters == PARAMETERS[known.name]
    assert sum(parameter.numel() for parameter in build(known).parameters()) == PARAMETERS[known.name]
    assert summary.total_params == summary.trainable_params == PARAMETERS[known.name]


@each
def test_an_architecture_has_its_published_multiply_adds(known: Architecture) -> None:
    """In millions they are the published figures."""
    assert round(known.multiply_adds / 1e6, 2) == MILLION_MULTIPLY_ADDS[known.name]


@each
def test_each_layer_is_counted_as_torchinfo_counts_it(known: Architecture) -> None:
    """Kind, output shape, parameters and multiply-adds of every layer are what torchinfo finds in the module.

    But torchinfo counts the additions of a bias and the scaling of a batch normalisation too.
    """
    for step, info in zip(known.steps, counted(known), strict=True):
        assert (step.layer.kind, [1, *step.output]) == (info.class_name, info.output_size)
        assert step.parameters == info.num_params
        bias = math.prod(step.output) if getattr(step.layer, "bias", False) else 0
        assert step.multiply_adds == (0 if isinstance(step.layer, BatchNorm2d) else info.macs - bias), step
    assert known.parameters == sum(step.parameters for step in known.steps)
    assert known.multiply_adds == sum(step.multiply_adds for step in known.steps)


@each
def test_receptive_fields_are_what_autograd_finds(known: Architecture) -> None:
    """A number of a layer depends on a square of pixels of just that side; its neighbour's square is a jump away."""
    for step, (field, jump) in zip(known.steps, seen(known.steps), strict=True):
        assert step.receptive_field == field, step
        assert jump in (step.jump, None), step


@each
def test_a_network_begins_as_torch_initialises_it(known: Architecture) -> None:
    """With the same seed its weights are those of plain torch modules made in the same order."""
    torch.manual_seed(7)
    network = build(known)
    torch.manual_seed(7)
    for module in network:
        if isinstance(module, nn.Conv2d):
            (kernel, _), (padding, _), bias = module.kernel_size, module.padding, module.bias is not None
            plain = nn.Conv2d(module.in_channels, module.out_channels, kernel, padding=padding, bias=bias)
        elif isinstance(module, nn.Linear):
            plain = nn.Linear(module.in_features, module.out_features, bias=module.bias is not None)
        else:
            continue
        assert all(torch.equal(ours, its) for ours, its in zip(module.parameters(), plain.parameters(), strict=True))


@each
def test_a_network_gives_the_logarithms_of_ten_probabilities(known: Architecture) -> None:
    """For each image they sum to 1, for one image and for several."""
    network = build(known).eval()
    for count in (1, 3):
        logs = network(torch.rand(count, *IMAGE))
        assert logs.shape == (count, CLASSES)
        torch.testing.assert_close(logs.exp().sum(1), torch.ones(count))


@each
def test_an_architecture_has_its_published_recipe_and_accuracy(known: Architecture) -> None:
    """Epochs, batch, learning rate, schedule, augmentation, and the accuracies of the last and the best epoch."""
    assert str(known.recipe) == RECIPES[known.name]
    assert (known.published.last, known.published.best) == PUBLISHED[known.name]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.builds(Conv2d, st.just(1), st.just(1), st.integers(1, 5), st.integers(0, 3)),
            st.builds(MaxPool2d, st.integers(1, 3)),
            st.builds(AvgPool2d, st.integers(1, 3)),
            st.just(ReLU()),
        ),
        min_size=1,
        max_size=5,
    ).filter(lambda layers: math.prod(getattr(layer, "size", 1) for layer in layers) <= 12)
)
def test_receptive_fields_of_any_stack_are_what_autograd_finds(layers: list[Layer]) -> None:
    """Strides anywhere in the stack widen what later windows add, and the jump."""
    followed = steps(layers, (1, 120, 120))
    assert [(step.receptive_field, step.jump) for step in followed] == seen(followed)


def test_a_linear_layer_sees_all_that_was_flattened_before_it() -> None:
    """Flattening mixes nothing; the first linear layer looks over the whole map, a second one over no more."""
    layers = (Conv2d(1, 2, 3), MaxPool2d(4), Flatten(), Linear(72, 5), Linear(5, 3))
    assert [step.receptive_field for step in steps(layers, (1, 28, 28))] == [3, 6, 6, 26, 26]


def test_layers_that_do_not_fit_each_other_are_refused() -> None:
    """Wrong channels, a window larger than what comes in, and wrong features are no network."""
    for layers in ((Conv2d(2, 4, 3),), (MaxPool2d(29),), (Flatten(), MaxPool2d(2)), (Flatten(), Linear(783, 10))):
        with pytest.raises(ValueError, match=r"in|fit"):
            steps(layers, IMAGE)


def test_an_architecture_knows_which_kinds_of_layers_it_uses() -> None:
    """Dropout of channels is dropout too; squeeze-13k has no linear layer, wide-19k only dropout of channels."""
    squeeze, wide = architecture("squeeze-13k"), architecture("wide-19k")
    assert squeeze.uses(Dropout)
    assert squeeze.uses(Linear, AvgPool2d)
    assert not squeeze.uses(Linear, Dropout2d)
    assert wide.uses(Dropout)
    assert wide.uses(Dropout2d)


@pytest.mark.parametrize("name", ["gap-8k", "GAP-8K", " Gap-8k "])
def test_an_architecture_is_found_by_its_name(name: str) -> None:
    """Capitals and blanks around it do not matter."""
    assert architecture(name).parameters == 8_320


@pytest.mark.parametrize(
    ("name", "near"), [("squeeze", "squeeze-13k"), ("gap8k", "gap-8k or gap-10k"), ("VGG-16", "vgg-15k or gap-10k")]
)
def test_an_unknown_architecture_is_answered_with_those_of_near_names(name: str, near: str) -> None:
    """The message names what was asked, what may have been meant, and what there is."""
    with pytest.raises(InputError) as caught:
        architecture(name)
    assert str(caught.value) == (
        f"--arch {name}: no such architecture; did you mean {near}? "
        "there are squeeze-13k, vgg-15k, gap-8k, gap-10k, wide-19k"
    )


def test_an_architecture_like_none_is_answered_with_all_names() -> None:
    """No near name is made up."""
    with pytest.raises(InputError, match=r"^--arch \?: no such architecture; there are squeeze-13k, vgg-15k, [^?]+$"):
        architecture("?")


def test_the_catalogue_prints_a_line_per_architecture() -> None:
    """Name, parameters, recipe and published accuracy in columns, then what each is in a sentence."""
    text = str(catalogue())
    lines = text.splitlines()
    assert lines[0].split()[:5] == ["name", "parameters", "epochs", "batch", "lr"]
    assert lines[1] == (
        "squeeze-13k  13,808      20      64     0.01  step:6:0.1   rotation:7:fill=1      99.44 / 99.44"
    )
    assert [line.split()[0] for line in lines[1:6]] == list(PARAMETERS)
    assert [int(line.split()[1].replace(",", "")) for line in lines[1:6]] == list(PARAMETERS.values())
    assert [line.split(":")[0] for line in lines[7:]] == list(PARAMETERS)
    assert max(map(len, lines)) <= 120
    assert not any(line != line.rstrip() for line in lines)


def test_the_catalogue_is_one_json_document() -> None:
    """An object per architecture with its counts, recipe and published accuracies."""
    described = {item["name"]: item for item in json.loads(catalogue().to_json())}
    assert {name: item["parameters"] for name, item in described.items()} == PARAMETERS
    assert {name: round(item["multiply_adds"] / 1e6, 2) for name, item in described.items()} == MILLION_MULTIPLY_ADDS
    assert {name: (item["published_last"], item["published_best"]) for name, item in described.items()} == PUBLISHED
    for name, item in described.items():
        assert RECIPES[name] == (
            f"{item['epochs']} epochs, batch {item['batch_size']}, lr {item['learning_rate']}, "
            f"schedule {item['schedule']}, augment {item['augmentation']}"
        )
