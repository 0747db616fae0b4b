"""What is read of each text: all of it, or the parts of one that is too long."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding

from functions.intent.decision import Rule, softmax
from functions.intent.mail import own_words, parts
from functions.intent.results import Part
from functions.intent.tags import spelled
from functions.intent.wishes import SURE, TwoWishes, divide, parts_at, places
from shared.models.onnx import OnnxModel

PART_CHARACTERS = 240  # of a long text: a sentence or three, so that a wish stands out
Outputs = dict[str, NDArray[np.float32]]


class Piece(NamedTuple):
    """A part of a text and its tokens."""

    part: Part
    encoding: Encoding


class Reading(NamedTuple):
    """What the model gives for a text, or for the part of it that matters.

    Attributes:
        part: with the tokens that stand for characters.
        outputs: of the model, by name; of tokens, those of the part.
        probabilities: calibrated, of its intents, (C,).
        left_out: whether there is more of the text, which was not used.
        wishes: the surest division of the part into two, where there is any.
    """

    part: Part
    outputs: Outputs
    probabilities: NDArray[np.float32]
    left_out: bool
    wishes: TwoWishes | None = None


def _of_characters(part: Part, outputs: Outputs) -> tuple[Part, Outputs]:
    """A part and its outputs with those tokens only that stand for characters."""
    places = spelled(part.offsets)
    if len(places) == len(part.offsets) or "tokens" not in outputs:
        return part, outputs
    told = part._replace(offsets=[part.offsets[place] for place in places])
    return told, outputs | {"tokens": outputs["tokens"][places]}


class Reader:
    """Cuts texts to what a model can read, and runs it.

    Args:
        model: to be run.
        rule: by which its answers are decided.
    """

    def __init__(self, model: OnnxModel, rule: Rule) -> None:
        self._model, self._rule = model, rule
        self._temperature, self._out_of_scope = rule.temperature, rule.out_of_scope
        self._most_tokens = model.spec.limits["tokens"]

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Tokens of texts, with the characters that each stands for."""
        tokenizer = self._model.tokenizer
        if len(texts) == 1:
            return [tokenizer.encode(texts[0])]
        encodings: list[Encoding] = tokenizer.encode_batch(list(texts))
        return encodings

    def pieces(self, texts: Sequence[str]) -> list[list[Piece]]:
        """Per text what is to be read: its own words, or parts of them where they are too long."""
        found: list[list[Piece]] = []
        places = [own_words(text) for text in texts]
        own = [text[start:end] for text, (start, end) in zip(texts, places, strict=True)]
        encodings = self.encode(own) if own else []
        for text, (start, end), encoding in zip(texts, places, encodings, strict=True):
            if len(encoding) <= self._most_tokens:
                found.append([Piece(Part(text, start, end, encoding.offsets), encoding)])
            else:
                found.append(self._pieces_of(text, start, end))
        return found

    def _pieces_of(self, text: str, start: int, end: int) -> list[Piece]:
        places = parts(text, start, end, PART_CHARACTERS)
        encodings = self.encode([text[a:b] for a, b in places])
        return [
            self._fitting(text, a, b, encoding)
            for (a, b), encoding in zip(places, encodings, strict=True)
        ]

    def _fitting(self, text: str, start: int, end: int, encoding: Encoding) -> Piece:
        """A part, cut behind the last character that the model takes of it."""
        if len(encoding) > self._most_tokens:
            encoding.truncate(self._most_tokens)
            end = start + max(last for _, last in encoding.offsets)
        return Piece(Part(text, start, end, encoding.offsets), encoding)

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Calibrated probabilities of texts, (N, C); of what the model takes of each."""
        encodings = self.encode(texts)
        for encoding in encodings:
            encoding.truncate(self._most_tokens)
        return softmax(self._model.run_padded(encodings), self._temperature)

    def read(self, pieces: Sequence[Sequence[Piece]]) -> list[Reading]:
        """Per text, what the model gives for the part of it that most surely holds an intent."""
        outputs = iter(self._model.run_each([p.encoding for parts in pieces for p in parts]))
        readings = []
        for of_text in pieces:
            found = [(piece, next(outputs)) for piece in of_text]
            rows = softmax(np.stack([o["logits"] for _, o in found]), self._temperature)  # (P, C)
            best = int(np.argmax(self._inside(rows).max(axis=1))) if len(rows) > 1 else 0
            piece, chosen = found[best]
            part = piece.part
            left_out = part.end - part.start < len(part.text)
            readings.append(Reading(*_of_characters(part, chosen), rows[best], left_out))
        return readings if self._rule.two_wishes is None else self._divided(readings)

    def _divided(self, readings: list[Reading]) -> list[Reading]:
        """The readings, with those that may hold two wishes read again in two parts."""
        apart, least = self._rule.apart, self._rule.two_wishes
        unsure = [float(np.amax(r.probabilities)) < SURE for r in readings]
        found = [
            places(r.part.words) if again else [] for r, again in zip(readings, unsure, strict=True)
        ]
        if apart is None or least is None or not any(found):
            return readings
        pairs = zip(readings, found, strict=True)
        parts = [parts_at(reading.part.words, [at]) for reading, ats in pairs for at in ats]
        rows, at = self._parts(parts, apart.any(axis=1), least), 0  # (D, 2, C)
        divided = []
        for reading, ats in zip(readings, found, strict=True):
            own, at = rows[at : at + len(ats)], at + len(ats)
            divided.append(reading._replace(wishes=divide(ats, own.reshape(-1, len(apart)), apart)))
        return divided

    def _parts(
        self, parts: Sequence[Sequence[str]], joinable: NDArray[np.bool_], least: float
    ) -> NDArray[np.float32]:
        """Calibrated probabilities of both parts of D divisions, (D, 2, C).

        The shorter part is read first, and the other one only where the shorter is a wish: of four
        divisions three are none, and are told by less than half of the words. What was not read
        has the probability 0.
        """
        rows = np.zeros((len(parts), 2, len(joinable)), np.float32)
        shorter = [int(len(second) < len(first)) for first, second in parts]

        def read(wanted: list[tuple[int, int]]) -> None:
            if wanted:
                texts = [parts[division][part] for division, part in wanted]
                rows[tuple(np.transpose(wanted))] = self.probabilities(texts)

        read(list(enumerate(shorter)))
        is_wish = (rows[..., joinable] >= least).any(axis=(1, 2))
        read([(i, 1 - part) for i, part in enumerate(shorter) if is_wish[i]])
        return rows

    def _inside(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities of intents alone, (P, C')."""
        if self._out_of_scope is None:
            return rows
        return np.delete(rows, self._out_of_scope, axis=1)
