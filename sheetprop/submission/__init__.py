"""Judging anyone's workbook: finds its tables, understands their formulas, names what is wrong.

From a file to its judgement: intake and package open it safely, cells reads it, labels and tables find which cell is
which quantity at which iteration, formula and functions parse a formula once for all its copies, reading resolves its
references, samples and evaluation tell whether it is right as a function, edits and diagnosis what is wrong with it.
judgement puts that together for a table (case, conventions, mistakes, typed, results), criteria for the assignment,
grading for the submission, batch for many.
"""
