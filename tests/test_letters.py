"""Names of people in letters that every system has."""

import pytest

from sheetprop.file_names import FileNames
from sheetprop.letters import folded, transliterated


@pytest.mark.parametrize(
    ("name", "ascii_name"),
    [("Đorđe", "Dorde"), ("Jørgen", "Jorgen"), ("Strauß", "Strauss"), ("Łukasz", "Lukasz"), ("Müller", "Muller")],
)
def test_no_letter_is_lost(name: str, ascii_name: str) -> None:
    """In names of files each letter has one at least in its place."""
    assert transliterated(name) == ascii_name
    assert folded(name) == ascii_name.lower()
    assert FileNames("student").of(name) == ascii_name


def test_other_scripts_are_written_in_latin_but_compared_as_they_are() -> None:
    """A file needs a name; a comparison must not take two people for one because they sound alike."""
    assert FileNames("student").of("王小明") == "WangXiaoMing"
    assert folded("王小明") == "王小明"


def test_decomposed_letters_are_the_same() -> None:
    """MacOS takes accents apart."""
    assert folded("Mu\u0308ller") == folded("Müller") == "muller"
