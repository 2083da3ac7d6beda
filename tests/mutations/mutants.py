"""Right workbooks with one change planted in each."""

from __future__ import annotations

import random
from pathlib import Path

from tests.mutations import mistakes, rewritings
from tests.mutations.model import Variant
from tests.mutations.planting import KINDS, Planted
from tests.mutations.variants import unwritten

REGISTERED = (mistakes, rewritings)
"""The modules whose kinds take turns; to import them is to register them."""


def mutation(seed: int, folder: Path, kind: str | None = None) -> tuple[Variant, Planted]:
    """Write a workbook to ``folder`` with one change of a kind planted; the kinds take turns with the seeds."""
    chosen = KINDS[kind or list(KINDS)[seed % len(KINDS)]]
    path = folder / f"mutation-{seed}.xlsx"
    for attempt in range(200):
        variant = unwritten(seed + 1_000_000 * attempt, path)
        rng = random.Random(f"mutation {seed} {attempt}")
        table = rng.choice(variant.tables)
        planted = chosen.plant(rng, variant, table)
        if planted is not None:
            variant.write()
            return variant, planted
    raise ValueError(f"{chosen.name} applies to none of 200 workbooks")
