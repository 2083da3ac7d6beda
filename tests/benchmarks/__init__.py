"""Benchmarks in ratios: ``python -m tests.benchmarks``.

Machines differ, and so do the seconds of one machine from hour to hour; a ratio of two computations that took turns
in one run holds. Every row names its target and says whether it is met. ``--json`` prints one document::

    {"python": "3.11.7", "cores": n, "repeats": n, "quick": bool,
     "rows": [{"benchmark": name, "what": …, "ours": x or null, "other": x or null, "unit": "s", "ratio": x or null,
               "target": "≥ 7" or "", "met": bool or null, "stretch": bool, "note": …}]}

``met`` is null where a row has no target or was skipped; its note then says why. With ``--quick`` sizes are too small
for the targets: it shows that the benchmarks run.
"""
