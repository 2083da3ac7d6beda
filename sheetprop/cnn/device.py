"""Where a network is trained, in which precision, and what the machine is."""

from __future__ import annotations

import platform
import re
from contextlib import suppress
from pathlib import Path

import torch
import torchvision

from sheetprop import __version__
from sheetprop.cnn.processes import Processes
from sheetprop.errors import InputError

PRECISIONS = ("auto", "float32", "bfloat16")


def choose_device(wanted: str, processes: Processes) -> torch.device:
    """The device that ``wanted`` (auto, cuda, cuda:N, mps, cpu) names; raises InputError where it is not there."""
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", wanted):
        raise InputError(f"--device {wanted}: is none; use auto, cuda, cuda:N, mps or cpu")
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if wanted == "mps" and not torch.backends.mps.is_available():
        raise InputError("--device mps: torch finds no Apple GPU here; use --device cpu")
    if not wanted.startswith("cuda"):
        return torch.device(wanted)
    if not torch.cuda.is_available():
        raise InputError("--device cuda: torch finds no CUDA GPU here; use --device cpu, or install a driver")
    index = int(wanted.partition(":")[2] or processes.local_rank)
    if index >= torch.cuda.device_count():
        raise InputError(f"--device {wanted}: no GPU {index} here; there are {torch.cuda.device_count()}")
    return torch.device("cuda", index)


def choose_precision(wanted: str, device: torch.device) -> str:
    """float32 or bfloat16; auto is bfloat16 where a CUDA GPU computes it, else float32. Raises InputError."""
    if wanted not in PRECISIONS:
        raise InputError(f"--precision {wanted}: is none; use {', '.join(PRECISIONS)}")
    fast = device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)
    if wanted == "auto":
        return "bfloat16" if fast else "float32"
    if wanted == "bfloat16" and device.type == "cuda" and not fast:
        raise InputError("--precision bfloat16: this GPU does not compute it; use --precision float32")
    return wanted


def environment(device: torch.device) -> dict[str, str]:
    """What the numbers and the seconds depend on besides the settings: hardware and versions."""
    found = {
        "hardware": torch.cuda.get_device_name(device) if device.type == "cuda" else _processor(),
        "processor threads": str(torch.get_num_threads()),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "sheetprop": __version__,
        "torch": str(torch.__version__),
        "torchvision": torchvision.__version__,
    }
    if device.type == "cuda":
        found |= {"CUDA": str(torch.version.cuda), "cuDNN": str(torch.backends.cudnn.version())}
    return found


def _processor() -> str:
    with suppress(OSError):
        if match := re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE):
            return match[1]
    return platform.processor() or platform.machine()
