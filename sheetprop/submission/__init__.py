"""Judging anyone's workbook: finds its tables, understands their formulas, names what is wrong.

Data flow from cells to judgement: package (what the file holds), formulas (their shapes), labels and tables (which
cell is which quantity at which iteration), meaning (what a formula computes), diagnosis (which small edit explains a
wrong one), judgement (what that comes to).
"""
