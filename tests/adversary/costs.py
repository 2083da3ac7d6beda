"""Workbooks that are small to write and long to judge: ``python -m tests.adversary.costs`` measures each.

For each it prints the CPU seconds and the peak memory of judging it in a process of its own, the interpreter's start
and the imports left out.
"""

from __future__ import annotations

import multiprocessing
import random
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from sheetprop.assignment import Assignment
from sheetprop.network import NETWORK
from sheetprop.submission.findings import Submission
from sheetprop.submission.grade.submission import grade
from sheetprop.template import load_assignment
from tests.student import FORWARD, GIVEN, GRADIENTS, WEIGHTS, Book, Student

COMPUTED = (*WEIGHTS, *FORWARD, *GRADIENTS)
"""The quantities that have formulas."""
TWO_SLIPS = {
    "dE_dw1": (("*(1-a_h1)", ""), ("w7", "w8")),
    "dE_dw2": (("*i2", "*i1"), ("(a_o2-t2)", "(t2-a_o2)")),
    "dE_dw3": (("*(1-a_h2)", "*(1+a_h2)"), ("w6", "w5")),
    "dE_dw4": (("*i2", ""), ("(1-a_o1)", "a_o1")),
    "dE_dw5": (("(a_o1-t1)", "(t1-a_o1)"), ("*a_h1", "*a_h2")),
    "dE_dw6": (("(1-a_o1)", "(1+a_o1)"), ("*a_h2", "*h2")),
    "dE_dw7": (("(1-a_o2)", "(1-a_o1)"), ("*a_h1", "*h1")),
    "dE_dw8": (("*a_o2*", "*a_o2*a_o2*"), ("*a_h2", "*a_h1")),
}
"""By gradient: two parts of its right formula, each with what stands in its place."""


@dataclass(frozen=True)
class Costly:
    """A workbook, and what was asked of the student who handed it in."""

    book: Callable[[], Book]
    iterations: int = 100

    def judged(self) -> Submission:
        """What the validator says of it."""
        return grade(self.book().saved(False), "costly.xlsx", self.asked)

    @property
    def asked(self) -> Assignment:
        """The assignment."""
        return load_assignment(targets=[0.01, 0.99], learning_rates=[0.5], iterations=self.iterations)


def every_formula_another_mistake(rows: int, parts: int = 1) -> Book:
    """Each cell has a formula of its own, of that many more ``parts``, and none is right."""
    student, rng = Student(iterations=rows, chart=False), random.Random(0)
    for key in COMPUTED:
        for k in range(int(key in WEIGHTS), rows):
            student.fill(key, student.equation(key) + "".join(_part(rng, key, k) for _ in range(parts)), at=k)
    return student.book


def _part(rng: random.Random, key: str, k: int) -> str:
    # No circle: what is taken in comes before the cell, or is a weight.
    names = [f"{name}[-1]" for name in COMPUTED] if k else [name for name in WEIGHTS if name != key]
    return f"{rng.choice('+-*/')}{rng.choice(names)}{rng.choice('+-*')}{rng.randint(2, 99_999) / 1000}"


def two_slips_in_each_gradient(rows: int) -> Book:
    """The same two slips all the way down, others in each gradient."""
    student = Student(iterations=rows, chart=False)
    for key, slips in TWO_SLIPS.items():
        formula = student.equation(key)
        for old, new in slips:
            assert old in formula
            formula = formula.replace(old, new)
        student.fill(key, formula)
    return student.book


def long_formula(terms: int, rows: int = 20) -> Book:
    """One gradient is a sum of very many terms, of which none is the right one."""
    student, rng = Student(iterations=rows, chart=False), random.Random(0)
    names = [*GIVEN, *WEIGHTS, *FORWARD]
    student.fill("dE_dw1", "=" + "+".join(f"{rng.choice(names)}*{rng.choice(names)}" for _ in range(terms)))
    return student.book


def wrong_tables(sheets: int, rows: int = 12) -> Book:
    """The same formulas on every sheet at another learning rate, each column wrong in its own way."""
    book = Book()
    for n in range(sheets):
        rate, rng = 0.5 + n / 1000, random.Random(1)
        student = Student(iterations=rows, chart=False, sheet=f"Sheet{n + 1}", book=book, rate=rate)
        for key in COMPUTED:
            student.fill(key, student.equation(key) + _part(rng, key, 1), at=range(1, rows))
    return book


def right_tables(sheets: int, rows: int = 12) -> Book:
    """The same right table on every sheet."""
    book = Book()
    for n in range(sheets):
        Student(iterations=rows, chart=False, sheet=f"Sheet{n + 1}", book=book)
    return book


def other_right_tables(sheets: int, rows: int = 12) -> Book:
    """A right table on every sheet, each with a learning rate of its own."""
    book = Book()
    for n in range(sheets):
        Student(iterations=rows, chart=False, sheet=f"Sheet{n + 1}", book=book, rate=0.5 + n / 1000)
    return book


def blank_headings(blanks: int, texts: int = 50) -> Book:
    """Headings with very many blanks where patterns look for the next word."""
    student = Student(iterations=12, chart=False)
    for n in range(texts):
        student[f"AH{n + 1}"] = f"η{' ' * (blanks + n)}x"
        student[f"{'ABCDEFGHIJ'[n % 10]}{20 + n}"] = f"∂E{' ' * (blanks + n)}/ ∂w1 x"
    return student.book


def typed_into_formulas(rows: int) -> Book:
    """The numbers of each row stand in its formulas, in the place of references: =0.15*0.05+0.2*0.1."""
    student = Student(iterations=rows, chart=False)
    numbers = student.numbers | {"lr": [student.rate] * rows}

    def number(name: str, k: int) -> str:
        return f"{numbers[name][k]:.6g}"

    for key in COMPUTED:
        for k in range(int(key in WEIGHTS), rows):
            if key in WEIGHTS:
                gradient = NETWORK[f"dE_d{key}"].key
                formula = f"={number(key, k - 1)}-{student.rate:g}*{number(gradient, k - 1)}"
            else:
                equation = NETWORK.equation(key, set(student.columns) - {key})
                assert equation is not None
                formula = "=" + equation.excel(lambda name, k=k: f"({number(name, k)})")  # type: ignore[misc]
            student[student.cell(key, k)] = formula
    return student.book


def many_helpers(rows: int, helpers: int = 20) -> Book:
    """Every wrong formula uses helper cells of its own, each another formula."""
    student, rng = Student(iterations=rows, chart=False), random.Random(0)
    for k in range(rows):
        for n in range(helpers):
            at = f"{'A' if n < 26 else 'B'}{chr(ord('A') + n % 26)}".replace("A", "B", 1) + str(student.header + 1 + k)
            student[at] = student.written(f"=w1*{rng.randint(2, 99_999)}+w2", k)
            key = GRADIENTS[n % len(GRADIENTS)]
            student[student.cell(key, k)] = f"{student[student.cell(key, k)]}+{at}"
    return student.book


COSTLY: dict[str, Costly] = {
    "every formula another mistake, 20 rows": Costly(lambda: every_formula_another_mistake(20), 20),
    "every formula another mistake, 80 rows": Costly(lambda: every_formula_another_mistake(80), 80),
    "every formula another mistake, 740 rows": Costly(lambda: every_formula_another_mistake(740), 740),
    "every formula another long mistake, 80 rows": Costly(lambda: every_formula_another_mistake(80, 20), 80),
    "two slips in each gradient, 100 rows": Costly(lambda: two_slips_in_each_gradient(100)),
    "one wrong formula of 100 terms": Costly(lambda: long_formula(100), 20),
    "one wrong formula of 200 terms": Costly(lambda: long_formula(200), 20),
    "30 sheets of a wrong table": Costly(lambda: wrong_tables(30), 12),
    "300 sheets of a right table": Costly(lambda: right_tables(300), 12),
    "50 sheets of other right tables": Costly(lambda: other_right_tables(50), 12),
    "headings with 30,000 blanks": Costly(lambda: blank_headings(30_000), 12),
    "numbers typed into formulas, 150 rows": Costly(lambda: typed_into_formulas(150), 150),
    "wrong helper cells, 80 rows": Costly(lambda: many_helpers(80), 80),
}


def main() -> int:
    """Print CPU seconds and memory of each workbook whose name has the words given; of all without."""
    chosen = [name for name in COSTLY if all(word in name for word in sys.argv[1:])]
    print(f"{'CPU s':>6}  {'MiB':>5}  {'errors':>6}  {'findings':>8}  workbook")
    for name in chosen:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            seconds, memory, errors, findings = pool.apply(_measured, (name,))
        print(f"{seconds:6.1f}  {memory:5.0f}  {errors:6}  {findings:8}  {name}", flush=True)
    return 0


def _measured(name: str) -> tuple[float, float, int, int]:
    costly = COSTLY[name]
    data, asked = costly.book().saved(False), costly.asked
    start, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    submission = grade(data, "costly.xlsx", asked)
    seconds = time.process_time() - start
    memory = max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, before) / 1024
    told = submission.to_dict()["findings"]
    return seconds, memory, sum(each["severity"] == "error" for each in told), len(told)


if __name__ == "__main__":
    sys.exit(main())
