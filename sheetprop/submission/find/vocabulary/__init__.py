"""What people call the network's quantities, as data: concepts, their words by language, what they mean together.

To teach another word or language, add it to ``languages`` and a sheet headed with it to ``tests/test_languages.py``; to
teach another numbering (z1 … z4, w11 …), add it to ``families``.
"""
