"""What customers do to a message: typos, emoji, greetings. Labels stay on their characters."""

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from training.files import read_json
from training.intent.messages import Marked, Message

KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEIGHBOURS = {
    row[i]: row[max(0, i - 1) : i] + row[i + 1 : i + 2] for row in KEYS for i in range(len(row))
}
SPELLED = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
EXACT = {"order_number", "email", "code", "phone"}  # a typo in these makes another value
ENDINGS = ("!!!", "...", "??", "?!", "!!", " .", "....", "???", " !", "!1!")
AROUND = ("()", '""', "**", "«»", "''")
UNLIKELY_LANGUAGE = "en"  # whose greetings stand in where a message's language is not known


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Greetings, abbreviations and the like, by language."""
    return read_json(Path(__file__).with_name("noise.json"))


@dataclass(slots=True)
class Character:
    """One character and what it belongs to.

    Attributes:
        slot: name, or nothing.
        begins: whether it is the first of its slot.
    """

    value: str
    slot: str = ""
    begins: bool = False


Characters = list[Character]


def characters_of(message: Message) -> Characters:
    """The message with its labels on each character."""
    row = [Character(value) for value in message.text]
    for start, end, name in message.slots:
        for place in range(start, end):
            row[place].slot, row[place].begins = name, place == start
    return row


def text_of(row: Characters) -> str:
    return "".join(character.value for character in row)


def _plain(text: str) -> Characters:
    return [Character(value) for value in text]


class Noise:
    """Random changes to messages.

    Args:
        rng: where chance comes from.
        level: 1 for as many as customers make; 0 for none.
    """

    def __init__(self, rng: random.Random, level: float = 1.0) -> None:
        self.rng, self.level = rng, level
        self._steps: tuple[tuple[float, Callable[[Characters, str], Characters]], ...] = (
            (0.12, self.abbreviate),
            (0.35, self.mistype),
            (0.25, self.drop_accents),
            (0.25, self.drop_punctuation),
            (0.02, self.change_spaces),
            (0.15, self.end_loudly),
            (0.04, self.put_in_brackets),
            (0.10, self.greet),
            (0.10, self.sign),
            (0.22, self.add_emoji),
        )

    def apply(self, message: Message, *, is_talk: bool = False) -> Characters:
        """The message's characters, changed.

        Args:
            message: that is said.
            is_talk: whether it is a greeting or the like itself, so that none goes around it.
        """
        row = characters_of(message)
        for chance, step in self._steps:
            if is_talk and step in (self.greet, self.sign):
                continue
            if row and self.rng.random() < chance * self.level:
                row = step(row, message.language or UNLIKELY_LANGUAGE)
        return row

    def abbreviate(self, row: Characters, language: str) -> Characters:
        """Chat spelling: u, pls, jsuis."""
        table = list(words()["short"].get(language, {}).items())
        for long, short in self.rng.sample(table, min(6, len(table))):
            text = text_of(row)
            at = text.lower().find(long)
            if at < 0 or any(x.slot for x in row[at : at + len(long)]):
                continue
            around = text[max(0, at - 1) : at] + text[at + len(long) : at + len(long) + 1]
            if not any(map(str.isalpha, around)):
                row = row[:at] + _plain(short) + row[at + len(long) :]
        return row

    def mistype(self, row: Characters, language: str) -> Characters:
        """One to three letters swapped, dropped, doubled, or hit beside."""
        del language
        letters = sum(x.value.isalpha() for x in row)
        for _ in range(min(self.rng.choice([1, 1, 2, 2, 3]), max(1, letters // 8))):
            places = [
                i
                for i, x in enumerate(row[:-1])
                if x.value.isalpha() and x.slot not in EXACT and row[i + 1].value.isalpha()
            ]
            if places:
                self._mistype_at(row, self.rng.choice(places))
        return row

    def _mistype_at(self, row: Characters, place: int) -> None:
        kind, here, after = self.rng.random(), row[place], row[place + 1]
        if kind < 0.3:
            here.value, after.value = after.value, here.value
        elif kind < 0.6:
            after.begins = after.begins or (here.begins and after.slot == here.slot)
            del row[place]
        elif kind < 0.93 and kind >= 0.8 and here.value.lower() in NEIGHBOURS:
            here.value = self.rng.choice(NEIGHBOURS[here.value.lower()])
        else:
            value = here.value if kind < 0.8 else self.rng.choice("aeinrst")
            row.insert(place + 1, replace(here, value=value, begins=False))

    def drop_accents(self, row: Characters, language: str) -> Characters:
        if language == "de" and self.rng.random() < 0.5:
            return [
                replace(x, value=value, begins=x.begins and i == 0)
                for x in row
                for i, value in enumerate(SPELLED.get(x.value, x.value))
            ]
        for x in row:
            bare = unicodedata.normalize("NFD", x.value)[0]
            x.value = bare if bare.isalpha() else x.value
        return row

    def drop_punctuation(self, row: Characters, language: str) -> Characters:
        del language
        dropped = self.rng.choice([".,?!¿¡'\u2019", ".,?!¿¡", "'\u2019", ","])
        return [x for x in row if x.slot or x.value not in dropped] or row

    def change_spaces(self, row: Characters, language: str) -> Characters:
        del language
        mark = self.rng.choice([",", ".", ". ", "..", "  "])
        return [y for x in row for y in (_plain(mark) if x.value == " " and not x.slot else [x])]

    def end_loudly(self, row: Characters, language: str) -> Characters:
        del language
        return row + _plain(self.rng.choice(ENDINGS))

    def put_in_brackets(self, row: Characters, language: str) -> Characters:
        del language
        marks = self.rng.choice(AROUND)
        return _plain(marks[0]) + row + _plain(marks[1])

    def greet(self, row: Characters, language: str) -> Characters:
        greeting = self.rng.choice(words()["hello"].get(language) or words()["hello"]["en"])
        return _plain(greeting + self.rng.choice(["\n\n", " ", " ", ", "])) + row

    def sign(self, row: Characters, language: str) -> Characters:
        """A closing line, half of the time with a name."""
        closing = self.rng.choice(words()["goodbye"].get(language) or words()["goodbye"]["en"])
        row = row + _plain(self.rng.choice(["\n\n", " ", ". ", ", ", "\n"]) + closing)
        if self.rng.random() < 0.5:
            name = self.rng.choice(words()["names"])
            row += _plain(self.rng.choice(["\n", ", ", "\n", " "]))
            row += [Character(c, "person", i == 0) for i, c in enumerate(name)]
        return row

    def add_emoji(self, row: Characters, language: str) -> Characters:
        del language
        emoji = self.rng.choice(words()["emoji"]) * self.rng.choice([1, 1, 1, 2, 3])
        where = self.rng.random()
        spaces = [i for i, x in enumerate(row) if x.value == " " and not x.slot]
        if where < 0.6 or not spaces:
            return row + _plain(self.rng.choice(["", " "]) + emoji)
        if where < 0.8:
            return _plain(emoji + self.rng.choice(["", " "])) + row
        at = self.rng.choice(spaces)
        glued = self.rng.choice([emoji, f"{emoji} ", f" {emoji} "])
        return row[:at] + _plain(glued) + row[at + 1 :]


def joined(first: Message, second: Message, rng: random.Random) -> Message:
    """Two messages in one, each with its wish."""
    links = words()["links"].get(first.language) or words()["links"]["en"]
    head = first.text.rstrip(" .!,?" if rng.random() < 0.6 else " ")
    text = head + rng.choice(links) + second.text
    at = len(text) - len(second.text)
    moved = tuple(Marked(s + at, e + at, name) for s, e, name in second.slots)
    return replace(
        first,
        text=text,
        slots=tuple(slot for slot in first.slots if slot.end <= len(head)) + moved,
        wishes=(Marked(0, len(head), first.intent), Marked(len(head), len(text), second.intent)),
        plain=first.plain or second.plain,
    )
