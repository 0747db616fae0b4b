"""Wishes in frames: wanted, denied, one instead of another, and two at once.

``shop/wishes.*.tsv`` holds what can be wished, by intent; ``shop/frames.json`` how it is said.
"""

import random
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from training.files import read_json
from training.intent.messages import Marked, Message, parse_marks

FOLDER = Path(__file__).with_name("shop")
_SECOND = "\x00"  # stands where the second of two wishes starts, and is taken out again
_ELISION = re.compile(r"\b([dqQ]e|que) (?=[aeiouyéèêhAEIOÉ])")


@dataclass(frozen=True)
class Wish:
    """Something to be wished.

    Attributes:
        intent: that it is of.
        forms: its words: ``vp``, and in German ``o``, ``v``, ``k`` (object, verb, denied object).
    """

    intent: str
    forms: dict[str, str]

    def is_for_oneself(self, language: str) -> bool:
        """Whether the customer does it, and no one tells the shop not to: know, get, pay."""
        words = self.forms["vp"].split()
        verbs = frames()["for_oneself"][language]
        return (words[-1] if language == "de" else words[0]) in verbs


@lru_cache(maxsize=8)
def wishes_of(language: str) -> tuple[Wish, ...]:
    """All wishes in a language."""
    found = []
    lines = (FOLDER / f"wishes.{language}.tsv").read_text(encoding="utf-8").splitlines()
    for line in lines:
        intent, words = line.split("\t")
        thing, *verb = words.split("|")
        forms = {"vp": " ".join([thing, *verb[:1]]), "o": thing}
        forms |= {"v": verb[0] if verb else "", "k": verb[1] if verb[1:] else f"{thing} nicht"}
        found.append(Wish(intent, forms))
    return tuple(found)


@lru_cache(maxsize=1)
def frames() -> dict[str, Any]:
    """Frames by kind and language."""
    return read_json(FOLDER / "frames.json")


def _message(text: str, intent: str, language: str, denied: str | None = None) -> Message:
    if language == "fr":
        text = _ELISION.sub(lambda match: f"{match[1][:-1]}'", text)
    words, slots = parse_marks(text)
    return Message(words, intent, slots, language, denied)


class FramedWishes:
    """Messages made of wishes and frames by chance.

    Args:
        rng: where chance comes from.
        out_of_scope: name of the class of what is denied.
        joinable: whether two intents can stand beside each other as two wishes.
    """

    def __init__(self, rng: random.Random, out_of_scope: str, joinable: Any) -> None:
        self.rng, self.out_of_scope, self.joinable = rng, out_of_scope, joinable

    def _frame(self, kind: str, language: str) -> str:
        return str(self.rng.choice(frames()[kind][language]))

    def _pair(self, language: str) -> tuple[Wish, Wish]:
        while True:
            first, second = self.rng.choices(wishes_of(language), k=2)
            if self.joinable(first.intent, second.intent):
                return first, second

    def wanted(self, language: str) -> Message:
        wish = self.rng.choice(wishes_of(language))
        return _message(self._frame("wanted", language).format(**wish.forms), wish.intent, language)

    def denied(self, language: str) -> Message:
        wish = self.rng.choice(wishes_of(language))
        frame = self._frame("denied", language)
        while wish.is_for_oneself(language) and frame in frames()["told_to_the_shop"][language]:
            frame = self._frame("denied", language)
        text = frame.format(**wish.forms)
        return _message(text, self.out_of_scope, language, wish.intent)

    def rather(self, language: str) -> Message:
        """Not the one, but the other."""
        one, other = self._pair(language)
        forms = {"x": one.forms["vp"], "xk": one.forms["k"], "xv": one.forms["v"]}
        text = self._frame("rather", language).format(**forms, y=other.forms["vp"])
        return _message(text, other.intent, language)

    def both(self, language: str) -> Message:
        """Two wishes, each with its part of the text."""
        first, second = self._pair(language)
        frame = self._frame("both", language)
        marked = frame.format(x=first.forms["vp"], y=_SECOND + second.forms["vp"])
        text, slots = parse_marks(marked)
        at = text.index(_SECOND)
        moved = tuple(Marked(s - (s > at), e - (e > at), name) for s, e, name in slots)
        text = text.replace(_SECOND, "")
        parts = (Marked(0, at, first.intent), Marked(at, len(text), second.intent))
        return Message(text, first.intent, moved, language, wishes=parts)
