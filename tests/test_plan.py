"""The plan: settings are the recipe's but for what was asked, a resumed run's are those that it was begun with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torchvision")

import torch

from sheetprop.cnn.architectures import ARCHITECTURES, architecture
from sheetprop.cnn.checkpoint import Checkpoint
from sheetprop.cnn.modules import build
from sheetprop.cnn.plan import LARGEST_SEED, Planned, plan
from sheetprop.cnn.recipe import Augmentation, Recipe, Schedule
from sheetprop.cnn.results import Epoch, Settings
from sheetprop.errors import InputError

RECIPE = Recipe(6, 32, 0.02, Schedule("step", 2, 0.5), Augmentation(5))
"""Of the runs that are gone on with; no architecture's own."""

Plan = Callable[..., list[Planned]]


@pytest.fixture
def planned(tmp_path: Path) -> Plan:
    """``plan`` where nothing was asked, or with these options."""

    def made(**asked: Any) -> list[Planned]:
        names = ("arch", "epochs", "batch_size", "learning_rate", "schedule", "augmentation", "seed")
        nothing: dict[str, Any] = dict.fromkeys(names)
        rest = {"runs": 1, "precision": "auto", "processes": 1, "resume": False, "force": False}
        options = nothing | rest | {"device": torch.device("cpu"), "checkpoint": tmp_path / "run.pt"}
        return plan(**options | asked)

    return made


@pytest.fixture
def begun(tmp_path: Path) -> Callable[..., Path]:
    """Keep a checkpoint of gap-8k after two epochs, of these settings; returns its path."""

    def made(name: str = "run.pt", recipe: Recipe = RECIPE, **changes: Any) -> Path:
        network = build(architecture("gap-8k"))
        options = {"seed": 5, "device": "cuda:1", "precision": "float32"} | changes
        epochs = tuple(Epoch(number, 0.02, 0.5, 80.0, 0.4, 90.0, 1.0) for number in (1, 2))
        momentum = {key: torch.zeros_like(parameter) for key, parameter in network.named_parameters()}
        settings = Settings(architecture("gap-8k"), recipe, **options)
        Checkpoint(settings, epochs, (), "data", network.state_dict(), momentum).save(tmp_path / name)
        return tmp_path / name

    return made


def refusal(planned: Plan, **asked: Any) -> str:
    """What is said where that cannot be planned, in one line."""
    with pytest.raises(InputError) as caught:
        planned(**asked)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("known", ARCHITECTURES, ids=lambda known: known.name)
def test_what_is_not_asked_is_as_the_recipe_says(planned: Plan, tmp_path: Path, known: Any) -> None:
    """Of each architecture; the seed is 1, as the authors' was, and the precision that of the device."""
    (run,) = planned(arch=known.name)
    assert run == Planned(Settings(known, known.recipe, 1, "cpu", "float32"), tmp_path / "run.pt")


def test_without_an_architecture_it_is_the_first_one(planned: Plan) -> None:
    """squeeze-13k."""
    (run,) = planned()
    assert run.settings.architecture.name == "squeeze-13k"


def test_what_is_asked_takes_the_place_of_the_recipes(planned: Plan) -> None:
    """Every option of its own; the rest stays."""
    (run,) = planned(
        arch="vgg-15k",
        epochs=3,
        batch_size=100,
        learning_rate=0.1,
        schedule="cosine",
        augmentation="affine:20:0.1:0.9-1.1",
        seed=0,
        precision="bfloat16",
        processes=2,
    )
    recipe = Recipe(3, 100, 0.1, Schedule("cosine"), Augmentation(20, 0.1, (0.9, 1.1)))
    assert run.settings == Settings(architecture("vgg-15k"), recipe, 0, "cpu", "bfloat16", 2)
    (run,) = planned(arch="gap-10k", epochs=1)
    assert str(run.settings.recipe) == str(architecture("gap-10k").recipe).replace("20 epochs", "1 epoch")


def test_none_and_constant_take_away_what_the_recipe_has(planned: Plan) -> None:
    """They are options too, not the absence of one."""
    (run,) = planned(arch="gap-10k", schedule="constant", augmentation="none")
    assert not run.settings.recipe.augmentation.changes
    assert run.settings.recipe.rate(20) == 0.01


def test_several_runs_differ_in_their_seeds_and_files(planned: Plan, tmp_path: Path) -> None:
    """Consecutive seeds from the one that was asked, or from 1; each has its seed in its file's name."""
    runs = planned(runs=3, seed=7)
    assert [run.settings.seed for run in runs] == [7, 8, 9]
    assert [run.path for run in runs] == [tmp_path / f"run-seed{seed}.pt" for seed in (7, 8, 9)]
    assert len({(run.settings.recipe, run.settings.device) for run in runs}) == 1
    assert [run.settings.seed for run in planned(runs=2)] == [1, 2]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"runs": 0}, "--runs 0: at least 1 is needed"),
        ({"runs": -2}, "--runs -2: at least 1 is needed"),
        ({"epochs": 0}, "--epochs 0: at least 1 epoch is needed"),
        ({"batch_size": 0}, "--batch-size 0: at least 1 image is needed"),
        ({"learning_rate": float("nan")}, "--lr nan: must be a number above 0"),
        ({"precision": "float16"}, "--precision float16: is none; use auto, float32, bfloat16"),
    ],
    ids=str,
)
def test_options_that_are_none_are_refused(planned: Plan, asked: dict[str, Any], message: str) -> None:
    """The message names the option."""
    assert refusal(planned, **asked) == message


@pytest.mark.parametrize(
    ("seed", "runs"), [(-1, 1), (LARGEST_SEED + 1, 1), (2**63, 1), (2**80, 1), (LARGEST_SEED - 1, 3)]
)
def test_a_seed_that_is_none_is_refused(planned: Plan, seed: int, runs: int) -> None:
    """Below 0, or too large: also where only that of a later run would be."""
    assert refusal(planned, seed=seed, runs=runs).startswith(f"--seed {seed}: must be a whole number from 0 ")


@pytest.mark.parametrize(
    ("asked", "option"),
    [({"arch": "lenet"}, "--arch lenet"), ({"schedule": "x"}, "--schedule x"), ({"augmentation": "y"}, "--augment y")],
)
def test_texts_that_are_none_are_refused(planned: Plan, asked: dict[str, Any], option: str) -> None:
    """The message names the option, with and without a run to go on with."""
    assert refusal(planned, **asked).startswith(f"{option}: ")
    assert refusal(planned, resume=True, **asked).startswith(f"{option}: ")


def test_a_checkpoint_that_is_there_is_given_up_with_force_only(planned: Plan, begun: Callable[..., Path]) -> None:
    """The message says both ways on; of several runs' files any one counts."""
    path = begun()
    advice = "a checkpoint is there already; use --resume to go on from it, or --force to start anew"
    assert refusal(planned) == f"{path}: {advice}"
    (run,) = planned(force=True)
    assert run.resumed is None
    assert run.settings.architecture.name == "squeeze-13k"
    second = begun("run-seed2.pt")
    assert refusal(planned, runs=2) == f"{second}: {advice}"


def test_a_resumed_run_is_as_it_was_begun(planned: Plan, begun: Callable[..., Path]) -> None:
    """Without any option: architecture, recipe, seed and precision are the checkpoint's; the device is today's."""
    path = begun(precision="bfloat16")
    (run,) = planned(resume=True)
    assert run.settings == Settings(architecture("gap-8k"), RECIPE, 5, "cpu", "bfloat16")
    assert run.path == path
    assert run.resumed is not None
    assert len(run.resumed.epochs) == 2


def test_options_that_say_the_same_again_are_no_contradiction(planned: Plan, begun: Callable[..., Path]) -> None:
    """A person may repeat the command that the run was begun with, in other words too."""
    begun()
    (run,) = planned(
        resume=True,
        arch="GAP-8k",
        epochs=6,
        batch_size=32,
        learning_rate=2e-2,
        schedule="step:2:.50",
        augmentation="rotation:5.0:fill=0",
        seed=5,
        precision="float32",
    )
    assert run.settings.recipe == RECIPE


def test_a_whole_number_as_learning_rate_is_no_contradiction(planned: Plan, begun: Callable[..., Path]) -> None:
    """1 is 1.0."""
    begun(recipe=Recipe(6, 32, 1))
    (run,) = planned(resume=True, learning_rate=1)
    assert run.settings.recipe.learning_rate == 1


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"arch": "gap-10k"}, "--arch gap-8k, not gap-10k; leave --arch out"),
        ({"batch_size": 64}, "--batch-size 32, not 64; leave --batch-size out"),
        ({"learning_rate": 0.1}, "--lr 0.02, not 0.1; leave --lr out"),
        ({"schedule": "constant"}, "--schedule step:2:0.5, not constant; leave --schedule out"),
        ({"augmentation": "none"}, "--augment rotation:5, not none; leave --augment out"),
        ({"seed": 0}, "--seed 5, not 0; leave --seed out"),
        ({"precision": "bfloat16"}, "--precision float32, not bfloat16; leave --precision out"),
    ],
    ids=str,
)
def test_an_option_that_contradicts_the_checkpoint_is_named(
    planned: Plan, begun: Callable[..., Path], asked: dict[str, Any], named: str
) -> None:
    """With what the run was begun with, and what can be done."""
    path = begun()
    assert refusal(planned, resume=True, **asked) == (
        f"--resume: {path} was begun with {named}, or start anew with --force"
    )


@pytest.mark.parametrize("epochs", [2, 3, 6, 30])
def test_a_resumed_run_may_have_other_epochs(planned: Plan, begun: Callable[..., Path], epochs: int) -> None:
    """More than it was begun with, or fewer, as long as that many are not done yet."""
    begun()
    (run,) = planned(resume=True, epochs=epochs)
    assert run.settings.recipe.epochs == epochs
    assert run.settings.recipe.rate(2) == RECIPE.rate(2)


@pytest.mark.parametrize(
    ("epochs", "message"),
    [
        (1, "--epochs 1: {path} has 2 epochs already"),
        (0, "--epochs 0: at least 1 epoch is needed"),
        (-3, "--epochs -3: at least 1 epoch is needed"),
    ],
)
def test_a_resumed_run_cannot_have_fewer_epochs_than_are_done(
    planned: Plan, begun: Callable[..., Path], epochs: int, message: str
) -> None:
    """Nor none at all."""
    path = begun()
    assert refusal(planned, resume=True, epochs=epochs) == message.format(path=path)


def test_a_cosine_run_cannot_have_other_epochs(planned: Plan, begun: Callable[..., Path]) -> None:
    """All its learning rates would have been others."""
    path = begun(recipe=Recipe(6, 32, 0.02, Schedule("cosine")))
    assert refusal(planned, resume=True, epochs=9) == (
        f"--epochs 9: {path} was begun with 6, on which the cosine schedule depends; "
        "leave it out, or start anew with --force"
    )
    (run,) = planned(resume=True, epochs=6)
    assert run.settings.recipe.epochs == 6


def test_several_runs_are_resumed_each_from_its_own(planned: Plan, begun: Callable[..., Path], tmp_path: Path) -> None:
    """A run that was not begun yet starts anew, with the settings of the others."""
    begun("run-seed5.pt")
    begun("run-seed6.pt", seed=6)
    runs = planned(resume=True, runs=3, seed=5)
    assert [run.settings.seed for run in runs] == [5, 6, 7]
    assert [run.resumed is not None for run in runs] == [True, True, False]
    assert {run.settings.recipe for run in runs} == {RECIPE}
    assert runs[2].path == tmp_path / "run-seed7.pt"


def test_another_runs_checkpoint_is_not_gone_on_with(planned: Plan, begun: Callable[..., Path]) -> None:
    """Where the second file of several is of another seed or other settings than the first, it is named."""
    begun("run-seed5.pt")
    path = begun("run-seed6.pt", seed=9)
    assert f"{path} was begun with --seed 9, not 6" in refusal(planned, resume=True, runs=2, seed=5)
    begun("run-seed6.pt", seed=6, recipe=Recipe(6, 128, 0.02, RECIPE.schedule, RECIPE.augmentation))
    assert f"{path} was begun with --batch-size 128, not 32" in refusal(planned, resume=True, runs=2, seed=5)


def test_nothing_can_be_resumed_where_nothing_is(planned: Plan, tmp_path: Path) -> None:
    """Also where it is no checkpoint."""
    path = tmp_path / "run.pt"
    assert refusal(planned, resume=True) == f"{path}: no such file; train-cnn writes a checkpoint beside its workbook"
    path.write_text("epoch 1")
    assert refusal(planned, resume=True).startswith(f"{path}: is no checkpoint, or damaged")


def test_nothing_is_written_by_planning(planned: Plan, begun: Callable[..., Path], tmp_path: Path) -> None:
    """Neither a checkpoint nor a change in one."""
    before = begun().read_bytes()
    planned(resume=True)
    planned(force=True, runs=2)
    assert [file.name for file in tmp_path.iterdir()] == ["run.pt"]
    assert (tmp_path / "run.pt").read_bytes() == before
