"""Rosters: students are found in the files that schools have, and what cannot be used is said in one line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetprop.errors import InputError
from sheetprop.school.roster import Student, read_roster
from sheetprop.school.sheet import SEPARATORS, Export

CANVAS = '''Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (77),Current Score
,,,,,Manual Posting,
    Points Possible,,,,,10,(read only)
"Doe, Jane",501,S-1,jdoe,A,,
"de la Cruz, Ana María",502,S-2,ana@x.org,A,,
"Roe, John, Jr.",503,S-3,jroe,A,,
Cher,504,S-4,cher,A,,
"=""=evil, Ev""",505,S-5,ev,A,,
"Student, Test",900,,abc123,A,,
'''


def roster(folder: Path, text: str | bytes, encoding: str = "utf-8") -> list[Student]:
    """The students of a roster with this text."""
    path = folder / "roster.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return read_roster(path).students


def refusal(folder: Path, text: str | bytes) -> str:
    """Why a roster is refused: one line, which begins with the name of the file."""
    with pytest.raises(InputError) as error:
        roster(folder, text)
    message = str(error.value)
    assert message.isprintable()
    assert message.startswith(str(folder / "roster.csv"))
    return message.removeprefix(str(folder / "roster.csv"))


@pytest.mark.parametrize(
    "text",
    [
        "name,id,email\nJane Doe,007,j@x.org\n",
        "ID;E-Mail;Name\n007;j@x.org;Jane Doe\n",
        "Student ID\tFull name\tEmail address\r\n007\tJane Doe\tj@x.org\r\n",
        "SID|Name|E-mail\n 007 | Jane Doe |j@x.org",
        "Vorname;Nachname;Matrikelnummer;E-Mail-Adresse\nJane;Doe;007;j@x.org\n",
        "Name;Vorname;Matrikel-Nr.;E-Mail\nDoe;Jane;007;j@x.org\n",
        "Nom;Prénom;N° étudiant;Courriel\nDoe;Jane;007;j@x.org\n",
        "Nombre,Apellidos,Número de alumno,Correo electrónico\nJane,Doe,007,j@x.org\n",
        "Nome,Sobrenome,Matrícula,E-mail\nJane,Doe,007,j@x.org\n",
        'sep=;\nName;ID;Email\nJane Doe;"007";j@x.org\n',
        'Name,ID,Email\n"Jane Doe","=""007""",j@x.org\n',
        "Name, Vorname;Matrikelnr.;E-Mail\nJane Doe;007;j@x.org\n",
        "Imię;Nazwisko;ID;Email\nJane;Doe;007;j@x.org\n",
        "Nome,Cognome,Matricola,ID,Email\nJane,Doe,1,007,j@x.org\n",
        "Nombre y apellidos,ID,Email\nJane Doe,007,j@x.org\n",
        "Neural networks 101\nName,ID,Email\nJane Doe,007,j@x.org\n",
        "Class of 2026;;\n\nSpring\nName;ID;Email\nJane Doe;007;j@x.org\n",
        "\n,,\nName,ID,Email\n\nJane Doe,007,j@x.org\n,,\n\n",
        "Name,ID,Email\nJane Doe,007,j@x.org,,,\n",
    ],
)
def test_columns_are_found_by_their_headings(tmp_path: Path, text: str) -> None:
    """Whatever the order, language, separator and line ends; IDs keep their zeros."""
    assert roster(tmp_path, text) == [Student("007", "Jane Doe", "j@x.org")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    """UTF-8 and UTF-16 as spreadsheet programs save them, and what Windows had before."""
    assert roster(tmp_path, "Name,ID\nJosé Müßig,1\n", encoding) == [Student("1", "José Müßig")]


@pytest.mark.parametrize(
    "name", ["a/b\\c", 'Jane "JJ" Doe', "=1+1", "@x", "שרה כהן", "Ana 🎓", "\u202eevil", "O'Neil, Pat"]
)
def test_names_are_kept_as_text(tmp_path: Path, name: str) -> None:
    """A name is what stands in the roster, and only shown harmlessly."""
    quoted = name.replace('"', '""')
    (student,) = roster(tmp_path, f'Name,ID\n"{quoted}",1\n')
    assert student.name == name
    assert "\u202e" not in str(student)


def test_canvas(tmp_path: Path) -> None:
    """Canvas's rows about assignments and its test student are none; names are turned; its ID is the ID."""
    assert roster(tmp_path, CANVAS) == [
        Student("501", "Jane Doe", "", "jdoe", "501", "S-1"),
        Student("502", "Ana María de la Cruz", "ana@x.org", "ana@x.org", "502", "S-2"),
        Student("503", "John Roe, Jr.", "", "jroe", "503", "S-3"),
        Student("504", "Cher", "", "cher", "504", "S-4"),
        Student("505", "Ev =evil", "", "ev", "505", "S-5"),
    ]
    text = "LastName,FirstName,ID,SIS Login ID,Section\nDoe,Jane,501,jdoe,A\nStudent,Test,9,x,A\n"
    assert roster(tmp_path, text) == [Student("501", "Jane Doe", "", "jdoe", "501")]


def test_moodle_worksheet(tmp_path: Path) -> None:
    """The ID number identifies, else the username, else the participant; the number of the participant is kept."""
    tail = "Status,Grade,Maximum Grade,Grade can be changed,Last modified (grade),Feedback comments"
    assert roster(
        tmp_path,
        f"Identifier,Full name,ID number,Email address,{tail}\n"
        "Participant 12345,Jane Doe,007,j@x.org,,,10,Yes,-,\nParticipant 12346,John Roe,,r@x.org,,,10,Yes,-,\n",
    ) == [Student("007", "Jane Doe", "j@x.org", "", "12345"), Student("12346", "John Roe", "r@x.org", "", "12346")]
    assert roster(tmp_path, f"Identifier,Full name,ID number,Username,{tail}\nParticipant 5,Jane Doe,,jd,,,,,,\n") == [
        Student("jd", "Jane Doe", "", "jd", "5")
    ]
    assert roster(tmp_path, f"Identifier,{tail}\nParticipant 5,,,10,Yes,-,\n") == [
        Student("5", "Participant 5", "", "", "5")
    ]
    german = 'ID,"Vollständiger Name",E-Mail-Adresse,Status,Bewertung,Bestwertung,"Bewertung kann geändert werden"\n'
    assert roster(tmp_path, german + 'Teilnehmer/in77,"Max Muster",m@x.org,-,,"10,00",Ja\n') == [
        Student("77", "Max Muster", "m@x.org", "", "77")
    ]


def test_moodle_participants(tmp_path: Path) -> None:
    """Teachers are no students; without ID numbers the e-mail address identifies."""
    text = "First name,Surname,ID number,Email address,Roles\nJane,Doe,007,j@x.org,Student\nTe,Ach,9,t@x.org,Teacher\n"
    assert roster(tmp_path, text) == [Student("007", "Jane Doe", "j@x.org")]
    assert roster(tmp_path, 'First name,"Last name","Email address"\nJane,Doe,j@x.org\n') == [
        Student("j@x.org", "Jane Doe", "j@x.org")
    ]


def test_gradescope(tmp_path: Path) -> None:
    """Only students of Gradescope's roster are in the class."""
    text = (
        "First Name,Last Name,SID,Email,Role,Sections\nJane,Doe,007,j@x.org,Student,A\nIn,Str,9,i@x.org,Instructor,\n"
    )
    assert roster(tmp_path, text) == [Student("007", "Jane Doe", "j@x.org")]
    assert "Instructor" in refusal(tmp_path, "Name,SID,Email,Role\nIn Str,9,i@x.org,Instructor\n")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("Name,Email\nJane,j@x.org\n", 1, "among the headings Name, Email; add one called ID"),
        ("Name,ID\nJane,1\n\nJohn,\n", 4, "nothing in the column ID; fill it in"),
        ("Name,ID\nJane,ab1\nJohn,2\nAna, AB1 \n", 4, "the ID AB1 stands in line 2 too"),
        ('Name,ID\n"Jane\nMary",1\nJohn,1\n', 4, "stands in line 2 too"),
        ("Name,ID\nJane,1.23457E+11\n", 2, "shortened by a spreadsheet program"),
        ("Name,ID\nDoe, Jane,1\n", 2, "3 cells, but there are 2 headings"),
        ('Name,ID\nJane,1\n"John,2\nAna,3\n', 3, "a quotation mark opens here"),
        ('Name,ID\n"Jane ""JJ,1\nJohn,2\n', 2, "a quotation mark opens here"),
        ("Name,ID,ID\nJane,1,2\n", 1, "two columns are called ID"),
        ("Student,SIS Login ID,Section\nDoe,jd,A\n", 1, "the column ID is missing"),
        ("Identifier,Maximum Grade\nJane,10\n", 2, "Jane stands in the column Identifier"),
    ],
)
def test_refusals_name_the_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    """What cannot be used is said with its line and what to do."""
    message = refusal(tmp_path, text)
    assert message.startswith(f", line {line}: ")
    assert says in message


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n,,\r\n", "is empty"),
        (b"Name,ID\n,\n", "no students below the headings"),
        (b"PK\x03\x04\x14\x00", "save it as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "save it as CSV"),
        (b"Name,ID\nJane\0,1\n", "is not a text file"),
        ("Name,ID\nJane,1\n".encode("utf-16-le"), "is not a text file"),
        (b"Name,ID\nJ\x81ne,1\n", "encoding that cannot be read"),
        (b"\xef\xbb\xbfName,ID\nJ\xe4ne,1\n", "encoding that cannot be read"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes, says: str) -> None:
    """Workbooks, other files and empty ones get one line that says what to do."""
    assert says in refusal(tmp_path, data)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file and a folder are refused."""
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(InputError, match="cannot be read"):
            read_roster(path)


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("sep=;\na,b,c;d\n1;2\n", ("a,b,c", "d")),
        ('"sep=;"\na,b,c;d\n1,2,3;4\n', ("a,b,c", "d")),
        ("a;b, c, d;e, f, g, h\n1, 2, 3, 4;5;6\n7;8;9\n", ("a", "b, c, d", "e, f, g, h")),
        ("a,b\n1;2,3;4\n", ("a", "b")),
        ("a;b", ("a", "b")),
    ],
)
def test_separators_are_told_by_the_whole_table(text: str, headings: tuple[str, ...]) -> None:
    """What gives the rows as many cells as there are headings, unless the first line names it, as for Excel."""
    assert Export(text.encode(), "x.csv").headings == headings


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
ends = st.sampled_from(["\n", "\r\n", "\r"])


@given(
    table=st.lists(st.lists(cells, min_size=3, max_size=3), max_size=4),
    separator=st.sampled_from(SEPARATORS),
    end=ends,
    tail=st.sampled_from(["", "\n", "\r\n\r\n", ";;\n", ",,"]),
    mark=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    always=st.booleans(),
)
def test_a_table_is_read_and_written_back_unchanged(
    table: list[list[str]], separator: str, end: str, tail: str, mark: str, always: bool
) -> None:
    """The cells are those of the table, with their quoted line ends; without changes every byte is as it was."""

    def written(text: str) -> str:
        harmful = always or any(c in text for c in '",;\t|\r\n')
        return '"' + text.replace('"', '""') + '"' if harmful else text

    rows = [["Student name", "ID", "E-mail"], *table]
    text = end.join(separator.join(map(written, row)) for row in rows) + end + tail.replace(",", separator)
    if tail.startswith(";") and separator != ";":
        text = text.removesuffix(tail)
    data = text.encode(mark)
    export = Export(data, "x.csv")
    assert [list(row.cells) for row in export.rows] == [row for row in table if any(cell.strip() for cell in row)]
    assert export.with_cells({}) == data
    assert export.with_cells({(n, 1): row.cells[1] for n, row in enumerate(export.rows)}) == data


@given(
    texts=st.lists(cells, min_size=2, max_size=2),
    end=ends,
    last=st.booleans(),
)
def test_only_the_chosen_cells_change(texts: list[str], end: str, last: bool) -> None:
    """A written file has the new texts, none of which a spreadsheet program computes, and else its own bytes."""
    data = f'Name;"ID";Grade;Comment{end}"a;b";01;;""{end}c;2{end}d;03;x;y{"" if last else end}'.encode()
    export = Export(data, "x.csv")
    changed = export.with_cells({(0, 2): texts[0], (1, 3): texts[1]})
    again = Export(changed, "x.csv")
    new = again.rows[0].cells[2], again.rows[1].cells[3]
    for text in new:
        number = text.lstrip("-").replace(".", "").replace(",", "")
        assert number.isdecimal() or not text.lstrip(" ").startswith(
            ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
        )
    assert again.rows[2] == export.rows[2]
    restored = again.with_cells({(0, 2): "", (1, 3): ""})
    assert Export(restored, "x.csv").rows == export.rows
    assert changed.startswith(f'Name;"ID";Grade;Comment{end}"a;b";01;'.encode())
    assert changed.endswith(f"{end}d;03;x;y{'' if last else end}".encode())


def test_a_title_above_the_headings_is_skipped_with_a_word(tmp_path: Path) -> None:
    """It is no heading and no student; the lines that follow keep their numbers."""
    path = tmp_path / "roster.csv"
    path.write_text("Neural networks 101\nID,Email\n007,j@x.org\n")
    read = read_roster(path)
    title, nameless = read.remarks
    assert [student.id for student in read.students] == ["007"]
    assert title == f"{path}, line 1: Neural networks 101 is a title above the headings; skipped"
    assert nameless == f"{path}, line 2: no name column among the headings ID, Email; students go by their IDs"
    assert "line 3" in refusal(tmp_path, "Neural networks 101\nID,Email\n,j@x.org\n")


def test_a_list_of_ids_alone_has_no_title(tmp_path: Path) -> None:
    """One column is a column, not a title above others."""
    assert [student.id for student in roster(tmp_path, "ID\n1\n2\n")] == ["1", "2"]
