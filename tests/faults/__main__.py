"""Faults put into every command: ``python -m tests.faults --count 100``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.faults.commands import COMMANDS
from tests.faults.disturbance import disturbed, undisturbed
from tests.faults.faults import FAULTS, KILLS

SHOWN = 20


def main() -> int:
    """Disturb the commands and print a table; 1 where something does not hold."""
    options = _options()
    found: list[str] = []
    kinds = [options.fault] if options.fault else [*FAULTS]
    print(f"{'command':12} {'fault':24} {'times':>6} {'violations':>11}")
    for name in [options.command] if options.command else [*COMMANDS]:
        with tempfile.TemporaryDirectory() as folder:
            alone = undisturbed(COMMANDS[name], Path(folder) / "alone")
            for kind in kinds:
                share = options.count // len(KILLS) if kind in KILLS else max(1, options.count // 20)
                before = len(found)
                for seed in range(options.seed, options.seed + share):
                    where = Path(folder) / f"{kind}-{seed}"
                    told = [
                        f"{name}, {kind}, --seed {seed}: {what}" for what in disturbed(alone, FAULTS[kind], where, seed)
                    ]
                    found += told
                print(f"{name:12} {kind:24} {share:6} {len(found) - before:11}", flush=True)
    for line in found[:SHOWN]:
        print(line)
    return 1 if found else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="kills of each command, a twentieth of other faults")
    parser.add_argument("--seed", type=int, default=0, help="the first seed; odd ones run over an earlier output")
    parser.add_argument("--command", choices=[*COMMANDS])
    parser.add_argument("--fault", choices=[*FAULTS])
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
