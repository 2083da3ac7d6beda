"""Sheets headed in other ways: right ones are right with full marks, and a mistake in them is told at its cells."""

from collections.abc import Mapping

import pytest
from openpyxl.utils.cell import get_column_letter

from sheetprop.network import ITERATION, NETWORK
from sheetprop.submission.find.labels import quantities
from sheetprop.submission.findings import Code, Severity, Status
from tests.student import ASKED, GIVEN, GRADIENTS, HANDOUT, WEIGHTS, Student, errors, only_error, with_code

NUMBERS = range(1, 9)


def numbered(template: str, keys: str, count: int = 2) -> dict[str, str]:
    """Headings for the quantities that ``keys`` makes with 1, 2, …; ``template`` makes the heading likewise."""
    return {keys.format(n): template.format(n) for n in range(1, count + 1)}


def pairs(hidden: str, output: str, template: str = "{}") -> dict[str, str]:
    """Weights by two numbers, their gradients in ``template``'s words."""
    names = [f"{letter}{end}" for letter in (hidden, output) for end in ("11", "12", "21", "22")]
    weights = {f"w{n}": name for n, name in enumerate(names, start=1)}
    return weights | {f"dE_d{key}": template.format(name) for key, name in weights.items()}


def heads(
    *, w: str = "", t: str = "", i: str = "", h: str = "", a: str = "", o: str = "", y: str = ""
) -> dict[str, str]:
    """Headings for whole kinds of quantities."""
    kinds = {"t{}": t, "i{}": i, "h{}": h, "a_h{}": a, "o{}": o, "a_o{}": y}
    made = {key: text for keys, template in kinds.items() if template for key, text in numbered(template, keys).items()}
    return made | (numbered(w, "w{}", 8) if w else {})


def errors_named(each: str, total: str) -> dict[str, str]:
    """Headings for the errors."""
    return numbered(each, "E{}") | {"E_total": total}


def gradients(template: str) -> dict[str, str]:
    """Headings for the gradients."""
    return numbered(template, "dE_dw{}", 8)


EQUATIONS = {key: str(NETWORK[key]) for key in HANDOUT}
STYLES: dict[str, Mapping[str, str]] = {
    "equations": EQUATIONS,
    "right-hand sides": {
        key: equation.text(NETWORK.label)
        for key in HANDOUT
        if (equation := NETWORK.equation(key, set(HANDOUT) - {*GRADIENTS, key})) is not None
    },
    "other right-hand sides": {
        "h1": "w1i1 + w2i2",
        "a_h1": "1/(1+e^(-h1))",
        "E1": "½(t1 − a_o1)²",
        "E2": "1/2*(t2-a_o2)2",
        "E_total": "E1+E2",
        "dE_dw5": "(a_o1 - t1) * a_o1 * (1-a_o1) * a_h1",
    },
    "a name of their own, and the equation": {"h1": "foo = w1*i1 + w2*i2", "E1": "bar = ½·(t1 − a_o1)²"},
    "equations of updates": {w: f"{w}(new) = {w} - η*∂E/∂{w}" for w in WEIGHTS},
    "glosses": heads(w="w{} (weight)", t="t{} (target)", i="i{} [input]", h="h{} [net input]", a="a_h{}: activation"),
    "connections": {c.weight: f"{c.weight} (weight {c.source}→{c.neuron})" for c in NETWORK.connections},
    "ends of connections": {c.weight: f"w_{c.source.removeprefix('a_')}_{c.neuron}" for c in NETWORK.connections},
    "stray marks": heads(w="w{}*", t="t{}.", i="#i{}", h="→ h{}", a="(a_h{})", o="'o{}", y="a_o{}:"),
    "hard and unseen blanks": heads(w="w\u00a0{}", t="\u200bt{}", i="i\u200b{}\u00a0", h="\ufeffh{}"),
    "MSE": errors_named("MSE{}", "MSE total"),
    "cost": errors_named("Cost {}", "Total Cost"),
    "loss": errors_named("Loss o{}", "Loss"),
    "squared errors": errors_named("Squared error {}", "Sum of squared errors"),
    "SSE": errors_named("SSE{}", "SSE"),
    "J": errors_named("J{}", "J") | gradients("∂J/∂w{}"),
    "error of outputs": errors_named("Eo{}", "E (total)"),
    "words": heads(t="target output {}", i="input {}", h="net input h{}", a="hidden output {}", y="network output {}"),
    "more words": heads(t="Desired {}", w="weight {}", a="hidden neuron {} output", y="output layer {} activated")
    | {"i1": "first input", "i2": "second input"},
    "gradients of": gradients("gradient of w{}"),
    "derivatives": gradients("derivative of E wrt w{}"),
    "dL": gradients("dL/dw{}"),
    "delta": gradients("Δw{}"),
    "new": heads(w="w{} new"),
    "updated": heads(w="updated w{}"),
    "z a": heads(h="z{}", a="a{}", o="zo{}", y="ao{}"),
    "z1 z2 and o": heads(h="z{}", a="a{}"),
    "net out": heads(h="net_h{}", a="out_h{}", o="net_o{}", y="out_o{}"),
    "netH outO": heads(h="netH{}", a="outH{}", o="netO{}", y="outO{}"),
    "in out": heads(h="h{} in", a="h{} out", o="o{} in", y="o{} out"),
    "net and bare": heads(h="net h{}", a="h{}", o="net o{}", y="o{}"),
    "y beside t": heads(y="y{}"),
    "x y": heads(i="x{}", t="y{}", y="ŷ{}"),
    "y hat": heads(t="y{}", y="y\u0302{}"),
    "out beside a": heads(y="out{}"),
    "numbered through": dict(
        zip(
            ["h1", "h2", "o1", "o2", "a_h1", "a_h2", "a_o1", "a_o2"],
            ["z1", "z2", "z3", "z4", "a1", "a2", "a3", "a4"],
            strict=True,
        )
    ),
    "w11 v11": pairs("w", "v", "∂E/∂{}"),
    "v11 w11": pairs("v", "w", "d{}"),
    "w and v": {f"w{n}": f"v{n - 4}" for n in range(5, 9)} | {f"dE_dw{n}": f"∂E/∂v{n - 4}" for n in range(5, 9)},
    "neurons numbered through": {
        f"w{n}": f"w{ends}" for n, ends in enumerate(["13", "23", "14", "24", "35", "45", "36", "46"], start=1)
    },
    "German": heads(
        t="Zielwert {}",
        i="Eingabe {}",
        w="Gewicht {}",
        h="Netzeingabe h{}",
        a="Aktivierung h{}",
        o="Netzeingabe o{}",
        y="Ausgabe {}",
    )
    | errors_named("Fehler {}", "Gesamtfehler")
    | gradients("Ableitung nach w{}"),
    "more German": heads(t="Soll {}", i="Eingang {}", a="Ausgabe versteckt {}", y="Aktivierung o{}")
    | errors_named("Fehler o{}", "Fehler gesamt"),
    "French": heads(
        t="cible {}",
        i="Entrée {}",
        w="poids {}",
        h="somme pondérée h{}",
        a="activation h{}",
        o="somme pondérée o{}",
        y="Sortie {}",
    )
    | errors_named("Erreur {}", "Erreur totale")
    | gradients("dérivée par rapport à w{}"),
    "Spanish": heads(
        t="objetivo {}",
        i="Entrada {}",
        w="Peso {}",
        h="suma ponderada h{}",
        a="activación h{}",
        o="suma ponderada o{}",
        y="salida {}",
    )
    | errors_named("error {}", "error total")
    | gradients("gradiente de w{}"),
    "Portuguese": heads(
        t="alvo {}",
        i="Entrada {}",
        w="Peso {}",
        h="soma ponderada h{}",
        a="ativação h{}",
        o="soma ponderada o{}",
        y="Saída {}",
    )
    | errors_named("Erro {}", "Erro total")
    | gradients("derivada de w{}"),
    "Italian": heads(
        t="bersaglio {}",
        i="Ingresso {}",
        w="pesi {}",
        h="somma pesata h{}",
        a="attivazione h{}",
        o="somma pesata o{}",
        y="Uscita {}",
    )
    | errors_named("Errore {}", "Errore totale")
    | gradients("derivata di w{}"),
    "Hindi-English": heads(
        t="laksh {}", i="input {}", w="wazan {}", h="jod h{}", a="sakriya h{}", o="jod o{}", y="output {}"
    )
    | errors_named("galti {}", "kul galti")
    | gradients("dhaal w{}"),
}
RATES = {
    "German": "Lernrate η",
    "more German": "Schrittweite",
    "French": "taux d’apprentissage",
    "Spanish": "tasa de aprendizaje",
    "Portuguese": "taxa de aprendizagem",
    "Italian": "tasso di apprendimento",
    "Hindi-English": "seekhne ki dar",
}


def headed(style: str, **settings: object) -> Student:
    """A right sheet whose headings are those of a style."""
    student = Student(**settings)  # type: ignore[arg-type]
    for key, text in STYLES[style].items():
        student.head(key, text)
    if rate := RATES.get(style):
        student["A1"] = rate
    return student


@pytest.mark.parametrize("style", STYLES)
def test_right_under_any_headings(style: str) -> None:
    """A right sheet is right with full marks, whatever its headings are called, and each is read."""
    student = headed(style)
    submission = student.judged()
    assert [table.columns.keys() for table in submission.tables] == [set(HANDOUT)]
    assert submission.tables[0].learning_rate is not None
    assert submission.tables[0].learning_rate.cell == "B1"
    assert submission.status is Status.RIGHT
    assert submission.score == submission.max_score
    assert not submission.findings


@pytest.mark.parametrize("style", STYLES)
def test_wrong_under_any_headings(style: str) -> None:
    """A mistake under such headings is told, where it is made and of the quantity that it spoils."""
    student = headed(style)
    student.replace("dE_dw3", "a_h2", "a_h1")
    student.replace("h2", "+", "-")
    found = {(finding.quantity, finding.cells) for finding in errors(student.judged())}
    assert found == {(key, student.cells(key)) for key in ("h2", "dE_dw3")}


@pytest.mark.parametrize(
    "template", ["w{} new", "new w{}", "w{} (new)", "w{}(t+1)", "w{}'", "w{} neu", "w{} = w{} - η·g"]
)
def test_new_weights_beside_the_weights(template: str) -> None:
    """Columns of new weights beside columns of weights are helpers, which the next iteration takes."""
    student = Student(columns=HANDOUT)
    for n, key in enumerate(WEIGHTS, start=1):
        column = get_column_letter(40 + n)
        student[f"{column}3"] = template.replace("{}", str(n))
        for k in range(12):
            student[f"{column}{4 + k}"] = student.written(f"={key}-lr*dE_d{key}", k)
            if k < 11:
                student[student.cell(key, k + 1)] = f"={column}{4 + k}"
    submission = student.judged()
    assert submission.status is Status.RIGHT
    assert not submission.findings
    assert submission.tables[0].columns["w1"] == student.cell("w1", 0).rstrip("0123456789")


@pytest.mark.parametrize("names", ["v{}", "v_w{}", "m{}", "velocity {}"])
def test_velocities_are_no_weights(names: str) -> None:
    """Columns of velocities or moments beside the weights are not read as weights."""
    texts = [*WEIGHTS, *(names.format(n) for n in NUMBERS)]
    assert quantities(texts) == [*WEIGHTS, *[None] * 8]


@pytest.mark.parametrize(
    ("texts", "read"),
    [
        ("z1|z2|z3|z4", "h1|h2|o1|o2"),
        ("h1|h2|z1|z2", "h1|h2|h1|h2"),
        ("net_h1|net_h2|z1|z2", "h1|h2|o1|o2"),
        ("y1|y2", "t1|t2"),
        ("t1|t2|y1|y2", "t1|t2|a_o1|a_o2"),
        ("output 1|output 2", "o1|o2"),
        ("actual 1|actual 2|predicted 1|predicted 2", "t1|t2|a_o1|a_o2"),
        ("observed 1|predicted 1", "t1|a_o1"),
        ("target 1|actual 1", "t1|a_o1"),
        ("desired output 1|actual output 1", "t1|a_o1"),
        ("actual output 1|predicted output 1", "t1|a_o1"),
        ("tatsächlich 1|vorhergesagt 1", "t1|a_o1"),
        ("réel 1|prédit 1", "t1|a_o1"),
        ("net o1|net o2|output 1|output 2", "o1|o2|a_o1|a_o2"),
        ("w1|w1 new", "w1|"),
        ("w1 old|w1 new", "w1|"),
        ("dE/dw1|delta w1", "dE_dw1|"),
        ("t1 - a_o1|a_o1*(1-a_o1)|t1 (target)", "|da_o1_do1|t1"),
        ("E_total|E (lr = 0.5)|E_0.1|E total 0.2", "E_total|||"),
        ("w11|w12|w21", "||"),
        ("w1|w2|w3|w4|v1|v2|v3|v4", "w1|w2|w3|w4|w5|w6|w7|w8"),
    ],
)
def test_headings_beside_each_other(texts: str, read: str) -> None:
    """What a heading means may depend on those beside it."""
    assert [key or "" for key in quantities(texts.split("|"))] == read.split("|")


def test_formulas_show_which_number_is_the_neurons() -> None:
    """Where h1 = w11·i1 + w21·i2, the weight w21 is the network's w2, and w12 its w3."""
    student = Student()
    for key, text in pairs("w", "v", "∂E/∂{}").items():
        mirrored = text[:-2] + text[:-3:-1]
        student.head(key, mirrored)
    submission = student.judged()
    assert submission.status is Status.RIGHT
    assert not submission.findings
    assert student["F3"] == "w21"
    assert submission.tables[0].columns["w2"] == "F"
    student.replace("dE_dw2", "i2", "i1")
    assert {finding.quantity for finding in errors(student.judged())} == {"dE_dw2"}


UNREAD = {"iteration": "पुनरावृत्ति", "t1": "लक्ष्य १", "t2": "लक्ष्य २", "i1": "इनपुट १", "i2": "इनपुट २"}


@pytest.mark.parametrize("results", [True, False])
@pytest.mark.parametrize(
    "keys", [["t1", "t2"], ["iteration", "t1", "t2"], list(UNREAD), ["w5", "h1", "o2"]], ids="-".join
)
def test_what_is_not_read_makes_nothing_else_wrong(keys: list[str], results: bool) -> None:
    """Columns under a script that nobody here reads are helpers, named in one warning; their formulas are followed."""
    student = Student(columns=(ITERATION, *HANDOUT))
    for key in keys:
        student.head(key, UNREAD.get(key, f"स्तंभ {key[0]}"))
    (finding,) = [f for f in student.judged(results=results).findings if f.code is not Code.MISSING_COLUMN]
    assert finding.code is Code.UNKNOWN_HEADING
    student.replace("dE_dw5", "a_h1", "a_h2")
    wrong = only_error(student.judged(results=results))
    assert (wrong.code, wrong.quantity, wrong.cells) == (Code.WRONG_QUANTITY, "dE_dw5", student.cells("dE_dw5"))
    assert wrong.expected == student.written("=(a_o1-t1)*a_o1*(1-a_o1)*a_h1", 0)


def test_unknown_heading() -> None:
    """A heading that looks like a quantity but is none we know is named, with its cell, and costs nothing."""
    student = Student()
    student.head("E1", "xyz")
    for k in range(12):
        student[f"AG{4 + k}"] = student.written("=h1+1", k)
    student["AG3"] = "Δ w1 neu"
    (finding,) = with_code(student.judged(), Code.UNKNOWN_HEADING)
    assert finding.severity is Severity.WARNING
    assert finding.cells == student.cell("E1", -1)
    assert finding.message == (
        f"The heading 'xyz' ({finding.cells}) was not understood; its column is treated as a helper."
    )


def test_unknown_headings_are_told_once() -> None:
    """Several such headings of a table are one finding."""
    student = Student()
    student.head("E1", "foo")
    student.head("E2", "bar")
    (finding,) = with_code(student.judged(), Code.UNKNOWN_HEADING)
    cells = [student.cell(key, -1) for key in ("E1", "E2")]
    assert finding.cells == ":".join(cells)
    assert f"'foo' ({cells[0]}) and 'bar' ({cells[1]})" in finding.message


def test_a_heading_that_stands_twice() -> None:
    """Where a column is missing, a second column of the same name may be the one that is meant."""
    student = Student()
    student.head("a_o1", "o1")
    (finding,) = with_code(student.judged(), Code.UNKNOWN_HEADING)
    assert finding.cells == student.cell("a_o1", -1)
    assert "'o1' (R3) names a quantity that another heading names as well" in finding.message
    student.head("a_o1", "a_o1")
    student["AG3"] = "o1"
    for k in range(12):
        student[f"AG{4 + k}"] = student.written("=o1", k)
    assert not with_code(student.judged(), Code.UNKNOWN_HEADING)


@pytest.mark.parametrize(
    "extra", ["step 2", "w1 new", "check", "η", "dE1/dw1", "difference", "epoch", "velocity 1", "η·∂E/∂w1"]
)
def test_plain_extras_are_not_warned_of(extra: str) -> None:
    """What a student plainly adds besides the quantities is no heading that was not understood."""
    student = Student()
    student["AG3"] = extra
    for k in range(12):
        student[f"AG{4 + k}"] = student.written("=h1+1", k)
    assert not with_code(student.judged(), Code.UNKNOWN_HEADING)


def test_no_table_tells_the_nearest() -> None:
    """A sheet without table is told which headings were understood, which are missing, which are unknown."""
    student = Student(columns=[*GIVEN, *WEIGHTS, *GRADIENTS], chart=False)
    student["U3"] = "foo"
    (finding,) = with_code(student.judged(), Code.NO_TABLE)
    assert "row 3 of 'Sheet1'" in finding.message
    assert "understood there are t1, t2, i1, i2, w1, w2, w3, w4 and 12 more" in finding.message
    assert "missing are h1, a_h1" in finding.message
    assert "not understood is 'foo' (U3)" in finding.message
    assert len(finding.message) < 600


@pytest.mark.parametrize("row", [2, 4])
def test_row_of_equations(row: int) -> None:
    """A row of equations above or below the headings is no second table."""
    student = Student(gap=1)
    for key, text in STYLES["right-hand sides"].items():
        student[f"{student.cell(key, 0).rstrip('0123456789')}{row}"] = text
    submission = student.judged()
    assert [table.header_row for table in submission.tables] == [3]
    assert not submission.findings


def test_a_list_of_gradients_is_no_table() -> None:
    """A sheet that compares gradients, or a list of parameters, is no iteration table."""
    student = Student()
    student.book.sheets["Gradient check"] = {"A1": "weight", "B1": "gradient", "C1": "numerical gradient"} | {
        f"{column}{n + 2}": content
        for n, key in enumerate(GRADIENTS)
        for column, content in zip("ABC", (NETWORK.label(key), 0.1, 0.1), strict=True)
    }
    student.book.sheets["Parameters"] = {
        f"{column}{n}": content
        for n, (key, value) in enumerate(ASKED.given.items(), start=1)
        for column, content in zip("AB", (f"{key} (given)", value), strict=True)
    }
    submission = student.judged()
    assert [table.sheet for table in submission.tables] == ["Sheet1"]
    assert submission.status is Status.RIGHT
