"""Grading many submissions, each within bounds, the results on disk."""
