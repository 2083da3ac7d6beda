"""What sheetprop says when it cannot do its work."""


class InputError(ValueError):
    """Something that was asked for or handed in cannot be used; its text is one line: what, where, what to do."""
