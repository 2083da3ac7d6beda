"""Judging anyone's workbook: finds its tables, understands their formulas, names what is wrong.

From a file to its judgement, a folder each: ``open`` reads it safely, cell by cell; ``find`` tells which cell is which
quantity at which iteration; ``understand`` makes of each formula an expression over quantities; ``compare`` tells
whether it is right, as a function or by its numbers; ``diagnose`` says what is wrong with it; ``grade`` puts that
together for a table, the assignment and the submission, ``batch`` for many of them, and ``resemblance`` looks for what
two submissions have in common. ``findings`` is what all of it comes to.
"""
