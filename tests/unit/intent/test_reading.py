from types import SimpleNamespace

import numpy as np
import pytest

from functions.intent.decision import Rule
from functions.intent.reading import Reader
from functions.intent.wishes import apart_of

NAMES = ("cancel", "parcel", "hello")
RULE = Rule(1.0, 0.5, 0.1, None, two_wishes=0.8, apart=apart_of(NAMES, "hello", ""))
CANCEL, PARCEL, HELLO, UNSURE = (5.0, 0, 0), (0, 5.0, 0), (0, 0, 5.0), (1.0, 1.0, 1.0)


class Words(str):
    """A text that stands for its own encoding."""

    __slots__ = ()

    @property
    def offsets(self) -> list[tuple[int, int]]:
        return [(i, i + 1) for i in range(len(self))]

    def truncate(self, most: int) -> None:
        assert len(self) <= most  # no text here is longer than the model takes


class Model:
    """Gives the logits that are stated for a text, and remembers what it was asked to read."""

    def __init__(self, logits):
        self.logits, self.read = logits, []
        self.spec = SimpleNamespace(limits={"tokens": 100})
        self.tokenizer = SimpleNamespace(
            encode=Words, encode_batch=lambda texts: [Words(text) for text in texts]
        )

    def run_padded(self, encodings):
        self.read += map(str, encodings)
        return np.array([self.logits[str(text)] for text in encodings], np.float32)

    def run_each(self, encodings):
        return [{"logits": row} for row in self.run_padded(encodings)]


def wishes_of(logits, *texts):
    """What is told of each text, and what was read."""
    model = Model(logits)
    reader = Reader(model, RULE)
    return [reading.wishes for reading in reader.read(reader.pieces(texts))], model.read


@pytest.mark.parametrize(
    ("text", "at", "intents"),
    [
        ("cancel it now please. my parcel?", 22, (0, 1)),
        ("my parcel? cancel it now please", 11, (1, 0)),
    ],
)
def test_both_parts_of_a_text_with_two_wishes_are_told(text, at, intents):
    parts = (text[:at], text[at:])
    logits = {text: UNSURE} | {part: CANCEL if "cancel" in part else PARCEL for part in parts}
    (wishes,), read = wishes_of(logits, text)
    assert (wishes.intents, wishes.at) == (intents, at)
    assert wishes.sureness > 0.9
    assert read == [text, *sorted(parts, key=len)]


@pytest.mark.parametrize("shorter", [UNSURE, HELLO])
def test_the_longer_part_is_not_read_where_the_shorter_is_no_wish(shorter):
    text = "hello there. cancel it now please"
    (wishes,), read = wishes_of({text: UNSURE, "hello there. ": shorter}, text)
    assert wishes.sureness < RULE.two_wishes
    assert read == [text, "hello there. "]


def test_each_of_several_texts_has_its_own_division():
    one, two, sure = "so what now. my parcel", "cancel it please. my parcel", "cancel it. my parcel"
    logits = {one: UNSURE, two: UNSURE, sure: CANCEL}
    logits |= {"my parcel": PARCEL, "so what now. ": UNSURE, "cancel it please. ": CANCEL}
    (first, second, third), read = wishes_of(logits, one, two, sure)
    assert first.sureness < RULE.two_wishes < second.sureness
    assert third is None
    assert read == [one, two, sure, *["my parcel"] * 2, "so what now. ", "cancel it please. "]
