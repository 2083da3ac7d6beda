"""Comparing with the network: as functions on random points, and by the numbers that stand in the cells."""
