"""What a validation hands out: for students, for instructors, for other programs; one module per output.

Everything here is a pure function of judged submissions, and whatever comes from a submission or a file name stays
text: never markup, never a formula, a link or a terminal's command.
"""
