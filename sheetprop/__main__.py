"""``python -m sheetprop``: the command ``sheetprop``."""

from sheetprop.cli import main

main()
