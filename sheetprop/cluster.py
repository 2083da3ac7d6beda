"""A Dask cluster as workers: found, looked over, and given up when nobody is left in it."""

from __future__ import annotations

import json
import logging
import time
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError, Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sheetprop.errors import InputError, reason
from sheetprop.execution import AHEAD, LOOK_SECONDS

CONNECT_SECONDS = 10
"""For the scheduler to answer, and again for a first worker."""
PATIENCE_SECONDS = 60
"""For workers to come back, where all are gone; a nanny needs a few seconds."""
NOISY = frozenset(("asyncio", "distributed", "tornado"))
"""Whose logs tell of every worker that goes; what concerns users is said in the error."""
SAME = ("sheetprop", "python", "distributed")
"""What must be the same here and there, so that results are those of one program."""


class Cluster:
    """The workers of a Dask cluster."""

    def __init__(self, name: str, client: Any) -> None:
        from distributed.scheduler import KilledWorker

        self.executor: Executor = client.get_executor(pure=False)
        self.died: tuple[type[Exception], ...] = (KilledWorker,)
        self._name, self._client = name, client
        self._threads = 0
        self._looked = self._seen = float("-inf")

    def room(self) -> int:
        """How many items may be handed out at a time; workers come and go.

        Raises InputError where there has been none for a while.
        """
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._threads = self._count()
            if self._threads:
                self._seen = now
            elif now - self._seen > PATIENCE_SECONDS:
                raise _gone(self._name, "no worker is left")
        return AHEAD * self._threads

    def waited(self, seconds: float) -> None:
        """Nothing: a cluster's workers are its own to end."""

    def _count(self) -> int:
        try:
            return sum(self._client.nthreads().values())
        except (OSError, RuntimeError, ValueError):  # the scheduler does not answer
            return 0


@contextmanager
def hire(dask: str, workers: int) -> Iterator[Cluster]:
    """The cluster at ``dask``, an address or the path of a scheduler file; all its workers, whatever is asked.

    Raises InputError where there is none that can be used, or the scheduler goes away.
    """
    try:
        import distributed
    except ImportError:
        raise InputError('--dask: needs the package distributed; pip install "sheetprop[dask]"') from None
    with _quiet():
        client = _connected(distributed, dask)
        try:
            _look_over(dask, client)
            yield Cluster(dask, client)
        except Exception as error:
            # Of a scheduler that goes, distributed tells in errors of many kinds.
            if isinstance(error, CancelledError) or _leaves(client):
                raise _gone(dask, "the scheduler is gone") from None
            raise
        finally:
            client.close(timeout=CONNECT_SECONDS)  # which cancels what is not done


def _leaves(client: Any) -> bool:
    """Whether the scheduler is going, which the client may be the last to know."""
    deadline = time.monotonic() + LOOK_SECONDS
    while client.status == "running" and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS / 20)
    return bool(client.status != "running")


def check_cluster(dask: str) -> None:
    """Raise InputError where the cluster cannot be used, before anything is changed for its sake."""
    with hire(dask, 1):
        pass


def _connected(distributed: Any, dask: str) -> Any:
    address = _address(distributed, dask)
    try:
        with warnings.catch_warnings():  # of versions, which are looked at below
            warnings.simplefilter("ignore")
            return distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ImportError):
        what = "no Dask scheduler of this version answers"
        raise InputError(f"{dask}: {what}; start one with dask scheduler, or check the address") from None


def _address(distributed: Any, dask: str) -> str:
    file = Path(dask)
    try:
        address = str(json.loads(file.read_bytes())["address"]) if file.suffix == ".json" or file.is_file() else dask
        distributed.comm.get_address_host_port(address)
    except OSError as error:
        raise InputError(f"{dask}: cannot be read: {reason(error)}; dask scheduler writes it") from None
    except (KeyError, TypeError, ValueError):
        what = "neither the address nor the file of a Dask scheduler"
        raise InputError(f"{dask}: is {what}; write tcp://host:8786") from None
    return address


def _look_over(dask: str, client: Any) -> None:
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except TimeoutError:
        raise InputError(f"{dask}: the cluster has no workers; start some with dask worker {dask}") from None
    found = client.get_versions(packages=["sheetprop"])
    ours = _versions(found["client"])
    for address, theirs in found["workers"].items():
        for package, version in _versions(theirs).items():
            if version != ours[package]:
                has = f"has {package} {version}" if version else f"has no {package}"
                raise InputError(
                    f"{dask}: the worker {address} {has}; install {package} {ours[package]} there, as here"
                )


def _versions(host: Mapping[str, Any]) -> dict[str, str | None]:
    versions = {package: host["packages"].get(package) for package in SAME}
    return versions | {"python": ".".join(versions["python"].split(".")[:2])}


def _gone(dask: str, what: str) -> InputError:
    return InputError(f"{dask}: {what}; see to the cluster and run again, with --resume to keep what a report holds")


@contextmanager
def _quiet() -> Iterator[None]:
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in NOISY]
    talking = [logger for logger in map(logging.getLogger, names) if not logger.disabled]
    for logger in talking:
        logger.disabled = True
    try:
        yield
    finally:
        for logger in talking:
            logger.disabled = False
