"""Headings as people write them name their quantity; texts that are no headings name none."""

import time

import pytest

from sheetprop.network import ITERATION, NETWORK, RATE, Role
from sheetprop.submission.find.labels import is_rate, quantities, quantity

SPELLINGS = {
    "t1": "t1|T1|t_1|target1|Target 1|y1|t1 ",
    "i2": "i2|I2|x2|X_2|input2|Input 2|i2:",
    "w5": "w5|W5|w_5|W 5|w5 |weight5|wt5|w₅|𝑤5",
    "h1": "h1|H1|net_h1|net h1|h_1|z_h1|in_h1",
    "a_h2": "a_h2|ah2|A_H2|a h2|out_h2|outh2|out h2|act_h2|σ(h2)|sigmoid(h2)|sigmoid h2|h2_out|a_h₂",
    "o2": "o2|O2|net_o2|net o2|z_o2",
    "a_o1": "a_o1|ao1|A_o1|a_01|a01|out_o1|out o1|σ(o1)|out_01|yhat1|pred1|o1_out|à_o1",
    "E1": "E1|e1|E_1|Error1|Error 1|err1|E_o1|Loss1|cost 1",
    "E_total": "E_total|E_tot|Etotal|E total|E-total|Etot|E_t|E_T|Total Error|total_error|Loss|Error|Cost|E|ETotal",
    "dE_dw1": "∂E/∂w1|𝜕E/𝜕w1|E∂w1|δE/δw1|ӘE/Әw1|dw1|dE/dw1|DE/DW1|∂E_total/∂w1|∂E_t/∂w1|∂Etotal/∂w1|dE_dw1|∂E / ∂w1|"
    "∂E/∂w1 |∂E/∂w₁|dE_total/dw1|grad w1|grad_w1|gradient w1|w1_grad|partial E/partial w1|dL/dw1|dLoss/dw1|∂w1",
    "dE_dw8": "∂E/∂w8|dE_t/dw8|d_w8",
    "dE_do1": "∂E/∂o1|dE/do1|∂E_total/∂o1",
    "da_o1_do1": "∂a_o1/∂o1|da_o1/do1",
    "dE_da_h1": "∂E/∂a_h1|dE/da_h1|∂E_total/∂a_h1",
    "dE1_da_h2": "∂E1/∂a_h2|dE1/da_h2",
    RATE: "η|η =|η=|LR|lr|Learning Rate|Learning rate =|learning rate:|eta|n|n=|α|alpha|Learning Rate (η)",
    ITERATION: "iteration|Iteration|epoch|Epochs|iter|step|k|#|No|SNo",
}
READ = [(key, text) for key, texts in SPELLINGS.items() for text in texts.split("|")]
NO_HEADINGS = [
    "",
    " ",
    "w9",
    "w0",
    "h3",
    "o3",
    "t3",
    "a_h",
    "w",
    "w12",
    "Backpropagation",
    "w1 to w4",
    "∂E/∂w9",
    "∂E/∂",
    "0.5",
    "the error falls with every iteration, and the weights w1 w2 w3",
    "x" * 5000,
]


FALSE_FRIENDS = [
    "η = 0.1",
    "E_0.1",
    "E_total - 0.5",
    "E (lr = 0.5)",
    "t1 = 0.01",
    "t1 - a_o1",
    "1 - a_o1",
    "o1 - t1",
    "w1 + w2",
    "i1*w1",
    "w1 - η*∂E/∂w1",
    "a_h1 / a_h2",
    "sig(o1) is equal to out_o1",
    "∂E/∂w1 = a\n∂E/∂w2 = b",
    "Layer 2",
    "v1",
    "m3",
    "v_w1",
    "z1",
    "a2",
    "w12",
    "v11",
    "Hidden",
    "Weights",
    "Output",
    "learning curve",
    "delta",
    "9^9^9^9",
]
NEVER_SECONDS = 10
"""Far from what a linear reader needs for the longest text, and from what a quadratic one does, on any machine."""
HOSTILE = ["η{}x", "w1 = {}x", "({}", "{})h1", "d/{}", "h{}1", "{}1.", "w1 ({}", "w1 - {}", "½({}"]


@pytest.mark.parametrize("text", FALSE_FRIENDS)
def test_false_friends(text: str) -> None:
    """Formulas, comparisons of rates, velocities, and names that are clear only beside others name nothing alone."""
    assert quantity(text) in (None, RATE)
    assert quantity(text) is None or text == "η = 0.1"


@pytest.mark.parametrize("around", HOSTILE)
@pytest.mark.parametrize("filling", [" ", "(", "-", "e", "1", "=", "/", "_", "\u0302", "t + ", "∂"])
def test_any_length_is_read_at_once(around: str, filling: str) -> None:
    """No text, however long, keeps the reader busy."""
    for count in (10, 50, 300, 5_000, 200_000):
        text = around.format(filling * count)
        start = time.process_time()
        quantity(text)
        is_rate(text)
        quantities([text, "w1", "z1", "z2"])
        assert time.process_time() - start < NEVER_SECONDS


@pytest.mark.parametrize(("key", "text"), READ)
def test_spelling(key: str, text: str) -> None:
    """A heading is known however it is spelled."""
    assert quantity(text) == key


@pytest.mark.parametrize(
    ("texts", "keys"),
    [
        (["o1", "o2", "Output 1", "Output 2"], ["o1", "o2", "a_o1", "a_o2"]),
        (["Hidden 1", "h1", "Ausgabe 1", "o1"], ["a_h1", "h1", "a_o1", "o1"]),
        (["a_o1", "Output 1"], ["a_o1", "o1"]),
        (["net o1", "o1"], ["o1", "a_o1"]),
    ],
)
def test_sum_or_activation_is_what_no_other_heading_is(texts: list[str], keys: list[str]) -> None:
    """A name for either is the one of which the line has no other column."""
    assert quantities(texts) == keys


@pytest.mark.parametrize("key", NETWORK.keys())
def test_own_labels(key: str) -> None:
    """Every heading that the tool itself writes is known, and so is the key that JSON has."""
    assert quantity(NETWORK.label(key)) == key
    assert NETWORK[key].role is Role.STEP or quantity(key) == key


@pytest.mark.parametrize("text", NO_HEADINGS, ids=lambda text: text[:20])
def test_no_heading(text: str) -> None:
    """Texts that name no quantity of this network, equations and notes are no headings."""
    assert quantity(text) is None


def test_no_two_quantities_share_a_heading() -> None:
    """Headings that differ name different quantities."""
    labels = [NETWORK.label(key) for key in NETWORK.keys()]
    assert len({quantity(label) for label in labels}) == len(labels)


@pytest.mark.parametrize("text", ["w1", "E_total", "t1", "learning curve", "iteration", "h1", "0.5", ""])
def test_no_rate(text: str) -> None:
    """Other texts are no label of the learning rate."""
    assert not is_rate(text)


def test_h_in_symbol_font_is_eta() -> None:
    """The letter h, which is η in the Symbol font, labels the rate."""
    assert is_rate("h =")
    assert quantity("h") == RATE
