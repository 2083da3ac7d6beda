"""Work on a Dask cluster: the same results as here, whatever happens to workers; clusters that cannot be used."""

import json
import logging
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sheetprop import assign, validate
from sheetprop import cluster as module
from sheetprop.errors import InputError
from sheetprop.execution import run_all
from tests.student import Student

distributed = pytest.importorskip("distributed", reason="the package distributed is missing (sheetprop[dask])")
pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no processes can be killed on this system")

TEMPLATE = "targets = [0.01, 0.99]\nlearning_rates = [0.5]\niterations = 12\n"
LOST = -1


def started(workers: int) -> Any:
    """A cluster of so many worker processes, which come back when they are killed."""
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        dashboard_address=":0",
        silence_logs=logging.CRITICAL,
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two worker processes; a task whose worker dies twice is given up."""
    import dask

    with dask.config.set({"distributed.scheduler.allowed-failures": 1}), started(2) as made:
        yield made


@pytest.fixture(scope="module")
def homework(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 30 submissions, right, wrong and unreadable, and a template (asked.toml) beside it."""
    home = tmp_path_factory.mktemp("class")
    (home / "in").mkdir()
    (home / "asked.toml").write_text(TEMPLATE)
    right, wrong = Student(), Student()
    wrong.replace("dE_dw3", "a_h2", "a_h1")
    kinds = [right.book.saved(), wrong.book.saved(), b"no workbook"]
    for n in range(30):
        (home / "in" / f"{n:02}.xlsx").write_bytes(kinds[n % 3])
    return home


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its path there."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def kill_one(address: str) -> None:
    """Kill one of the worker processes, as no operating system asks first."""
    with distributed.Client(address, set_as_default=False) as client:
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)


def test_a_killed_worker_changes_nothing(
    cluster: Any, homework: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A worker process is killed in the middle: results and report are those of this machine, nothing is said of it."""
    monkeypatch.chdir(homework)
    settings = {"paths": ["in"], "template": "asked.toml", "seed": 1}
    here = validate(**settings, report="here", workers=1)
    assert {submission.status for submission in here.submissions} == {"right", "wrong", "unreadable"}
    told = []

    def progress(_: str, done: int, total: int) -> None:
        told.append((done, total))
        if done == 8:
            kill_one(cluster.scheduler_address)

    there = validate(**settings, report="there", dask=cluster.scheduler_address, progress=progress)
    assert list(there.submissions) == list(here.submissions)
    assert told == [(n, 30) for n in range(1, 31)]
    assert files(Path("there")) == files(Path("here"))
    assert capfd.readouterr() == ("", "")
    assert not logging.getLogger("distributed").disabled


def test_hand_outs_are_written_on_a_cluster_too(cluster: Any, homework: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of a class are those that this machine writes, though a worker process is killed in the middle."""
    monkeypatch.chdir(homework)
    Path("roster.csv").write_text("name,id\n" + "".join(f"Student {n},{n}\n" for n in range(12)))
    assign(roster="roster.csv", output="mine", template="asked.toml", workers=1)
    Path("theirs").mkdir()
    shutil.copy("mine/assigned.key", "theirs")
    killed = []

    def progress(_: str, done: int, total: int) -> None:
        if done == 3 and not killed:
            killed.append(True)
            kill_one(cluster.scheduler_address)

    assign(
        roster="roster.csv", output="theirs", template="asked.toml", dask=cluster.scheduler_address, progress=progress
    )
    assert killed
    assert files(Path("theirs")) == files(Path("mine"))


def deadly(item: int) -> int:
    """Item 5 kills every worker that takes it."""
    if item == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)
    return 2 * item


def lost(_: int) -> int:
    """The result of an item that kills its workers."""
    return LOST


def test_only_the_item_that_kills_is_lost(cluster: Any) -> None:
    """An item that kills all who try it is given up; those that were with it on a worker have their results."""
    results = list(run_all(deadly, range(12), dask=cluster.scheduler_address, lost=lost))
    assert sorted(results) == [(n, LOST if n == 5 else 2 * n) for n in range(12)]


def in_a_thread(_: int) -> bool:
    """Whether this is not the main thread, which alone gets signals."""
    return threading.current_thread() is not threading.main_thread()


def test_a_scheduler_file_names_the_cluster(cluster: Any, tmp_path: Path) -> None:
    """The file that a scheduler writes is as good as its address."""
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"address": cluster.scheduler_address}))
    assert sorted(run_all(in_a_thread, range(3), dask=str(file), lost=bool)) == [(n, True) for n in range(3)]


def test_closed_in_the_middle_it_leaves_nothing(cluster: Any) -> None:
    """After a Ctrl-C the cluster is free again, and this process has no connection left."""
    results = run_all(time.sleep, [0.01] * 1000, dask=cluster.scheduler_address, lost=time.sleep)
    for _ in range(3):
        next(results)
    results.close()
    end = time.monotonic() + 10
    while cluster.scheduler.tasks and time.monotonic() < end:
        time.sleep(0.01)
    assert not cluster.scheduler.tasks
    assert [name for name in cluster.scheduler.clients if name.startswith("Client-")] == []


def test_logs_of_dask_are_heard_only_afterwards(cluster: Any) -> None:
    """While items run Dask's loggers say nothing, whatever the handlers; then they are as they were."""
    heard: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    logger, listener = logging.getLogger("distributed.client"), Listener()
    logger.addHandler(listener)
    results = run_all(abs, [1, 2, 3], dask=cluster.scheduler_address, lost=abs)
    next(results)
    logger.critical("during")
    results.close()
    logger.critical("after")
    logger.removeHandler(listener)
    assert heard == ["after"]


def refused(dask: str, **options: Any) -> str:
    """The one line that says why a cluster cannot be used."""
    with pytest.raises(InputError) as caught:
        list(run_all(deadly, options.get("items", range(3)), dask=dask, lost=lost))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_who_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No scheduler, no address, no file: one line each, soon."""
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.5)
    assert refused("tcp://127.0.0.1:1").startswith("tcp://127.0.0.1:1: no Dask scheduler of this version answers")
    assert "neither the address nor the file" in refused("http://somewhere:1")
    assert "neither the address nor the file" in refused("somewhere")
    missing, other = tmp_path / "missing.json", tmp_path / "other.json"
    assert f"{missing}: cannot be read: there is no such file" in refused(str(missing))
    for text in ("{}", "[", "null"):
        other.write_text(text)
        assert "neither the address nor the file" in refused(str(other))


def test_without_the_package_one_reads_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where distributed is not installed, the line names the extra to install."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert refused("tcp://127.0.0.1:1") == '--dask: needs the package distributed; pip install "sheetprop[dask]"'


def test_other_versions_are_refused(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers with another sheetprop, or none, would judge otherwise; they are named."""
    found = distributed.Client.get_versions

    def changed(*arguments: Any, **options: Any) -> Any:
        versions = found(*arguments, **options)
        for worker in versions["workers"].values():
            worker["packages"]["sheetprop"] = installed
        return versions

    monkeypatch.setattr(distributed.Client, "get_versions", changed)
    for installed, said in (("0.0.7", "has sheetprop 0.0.7"), (None, "has no sheetprop")):
        line = refused(cluster.scheduler_address)
        assert installed is None or installed in line
        assert said in line
        assert "the worker tcp://" in line


def test_a_cluster_that_dies_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """No workers, workers that leave for good, a scheduler that ends: one line each, after a short wait."""
    monkeypatch.setattr(module, "CONNECT_SECONDS", 1)
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 1)
    with started(0) as empty:
        assert "the cluster has no workers" in refused(empty.scheduler_address)
        empty.scale(1)
        empty.wait_for_workers(1)
        results = run_all(time.sleep, [0.01] * 1000, dask=empty.scheduler_address, lost=time.sleep)
        next(results)
        empty.scale(0)
        with pytest.raises(InputError, match=r"no worker is left; [^\n]+ --resume"):
            list(results)
        empty.scale(1)
        empty.wait_for_workers(1)
        results = run_all(time.sleep, [0.01] * 1000, dask=empty.scheduler_address, lost=time.sleep)
        next(results)
    with pytest.raises(InputError, match=r"(the scheduler is gone|no worker is left); [^\n]+ --resume"):
        list(results)
