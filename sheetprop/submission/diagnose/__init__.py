"""Saying what is wrong with a formula or number, as a step of the chain rule in the student's own cells."""
