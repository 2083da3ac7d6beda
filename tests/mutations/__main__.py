"""Mutation tests of the validator: ``python -m tests.mutations --count 1000``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from tempfile import mkdtemp

from tests.mutations.mutants import mutation
from tests.mutations.planting import KINDS
from tests.mutations.score import Outcome, compare, describe, findings, judge_variant, score
from tests.mutations.slips import slipped
from tests.mutations.variants import variant


def main() -> int:
    """Run as told; 1 where the validator failed at something."""
    options = _options()
    if options.replay is not None:
        return _replay(options.replay, options.kind, options.slips, options.folder)
    if options.replay_variant is not None:
        return _replay_variant(options.replay_variant, options.folder)
    seeds = range(options.seed, options.seed + options.count)
    started = time.perf_counter()
    wrong_only = options.kind or options.slips > 1
    result = score(seeds, () if wrong_only else seeds, options.workers, options.kind, options.slips)
    print(result)
    print(f"{len(result.outcomes)} workbooks in {time.perf_counter() - started:.0f} s")
    failures = result.failures
    if failures:
        print(f"\n{len(failures)} failures, of which {min(options.show, len(failures))} are shown:")
    for outcome in _mixed(failures)[: options.show]:
        print(f"\n{outcome}")
    if options.blemishes:
        print(f"\n{len(result.blemishes)} located, but in other cells, under another name or with a wrong remedy:")
        for outcome in _mixed(result.blemishes)[: options.blemishes]:
            print(f"\n{outcome}")
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="mutations, and as many right workbooks")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--show", type=int, default=10, help="failures to show")
    parser.add_argument("--blemishes", type=int, default=0, help="mistakes told badly to show")
    parser.add_argument("--slips", type=int, default=1, help="slips in one formula; several are of random kinds")
    parser.add_argument("--kind", choices=KINDS, help="only this kind of mutation")
    parser.add_argument("--replay", type=int, metavar="SEED", help="write one mutated workbook and show its findings")
    parser.add_argument("--replay-variant", type=int, metavar="SEED", help="the same for a right workbook")
    parser.add_argument("--folder", type=Path, help="where to write a replayed workbook; a new folder without")
    return parser.parse_args()


def _mixed(failures: list[Outcome]) -> list[Outcome]:
    """One failure of each kind before a second of any."""
    seen: dict[str, int] = {}
    rounds = []
    for outcome in failures:
        seen[outcome.kind] = seen.get(outcome.kind, 0) + 1
        rounds.append(seen[outcome.kind])
    return [outcome for _, outcome in sorted(zip(rounds, failures, strict=True), key=lambda pair: pair[0])]


def _replay(seed: int, kind: str | None, slips: int, folder: Path | None) -> int:
    folder = folder or Path(mkdtemp())
    made, planted = mutation(seed, folder, kind) if slips == 1 else slipped(seed, folder, slips)
    print(f"{made.path}: {planted.kind} on {planted.sheet}: {planted.description}\n  {'; '.join(made.notes)}")
    submission = findings(made.path)
    for finding in submission.findings:
        print(f"  {describe(finding)}")
    outcome = compare(seed, made, planted, submission)
    caught = f"caught {outcome.caught}, located {outcome.located}, exactly {outcome.exactly}"
    print(f"{caught}, named {outcome.named}, cured {outcome.cured}")
    return 0 if outcome.located else 1


def _replay_variant(seed: int, folder: Path | None) -> int:
    folder = folder or Path(mkdtemp())
    outcome = judge_variant(seed, folder)
    print(f"{variant(seed, folder).path}: {outcome}")
    return 0 if outcome.exactly else 1


if __name__ == "__main__":
    sys.exit(main())
