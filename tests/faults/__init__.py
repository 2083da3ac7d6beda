"""Faults of the machine, put into each command: what is on disk afterwards is whole or absent, and nothing is lost.

``python -m tests.faults --count 100`` kills every command at a hundred random moments; see :mod:`tests.faults.faults`
for the other faults, and :mod:`tests.faults.commands` for the commands.
"""
