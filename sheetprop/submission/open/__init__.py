"""From the bytes that were handed in to cells: what the file is, its parts, its values and formulas."""
