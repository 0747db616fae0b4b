"""Made-up values of slots, so that a model learns their form and not those it has read."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from training.intent.messages import Marked, Message
from training.intent.noise import words

LETTERS = "ABCDEFGHJKLMNPRSTUVWX"
SHAPED = ("order_number", "code", "email", "phone", "amount")
BARE = (*["order_number"] * 5, "size", "color", "quantity", "date", "time", "amount", "email")
BARE += ("phone", "code", "payment_method", "place", "person")
NUMBERS = ("{a}.{b}", "{a} x {b}", "{a}", "{a},{b}", "{a}+{b}", "{a} {b}", "{a}/{b}", "{a}%")

Pool = Mapping[tuple[str, str], Sequence[str]]


def pool_of(messages: Sequence[Message]) -> Pool:
    """The words of each slot, by language and slot."""
    pool: dict[tuple[str, str], list[str]] = defaultdict(list)
    for message in messages:
        for start, end, name in message.slots:
            pool[message.language, name].append(message.text[start:end])
    return pool


class Values:
    """Values by chance.

    Args:
        rng: where chance comes from.
        pool: words of slots that have no form of their own.
    """

    def __init__(self, rng: random.Random, pool: Pool) -> None:
        self.rng, self.pool = rng, pool

    def _filled(self, shape: str) -> str:
        """A shape with digits for #, letters for @."""
        drawn = {"#": "0123456789", "@": LETTERS}
        return "".join(self.rng.choice(drawn.get(x, x)) for x in shape).replace("№", "#")

    def shaped(self, slot: str, language: str) -> str:
        """A value of one of the slots in `SHAPED`."""
        rng, known = self.rng, words()
        if slot == "order_number":
            return self._filled(rng.choice(known["order_numbers"]))
        if slot == "phone":
            return self._filled(rng.choice(known["phones"].get(language, known["phones"]["en"])))
        if slot == "email":
            return f"{rng.choice(known['mailboxes'])}@{rng.choice(known['mail_hosts'])}"
        if slot == "amount":
            form = rng.choice(known["amounts"].get(language, known["amounts"]["en"]))
            return str(form.format(n=rng.randint(3, 400), c=rng.randint(0, 99)))
        word = rng.choice(known["code_words"])
        return self._filled(rng.choice([f"{word}10", f"{word}##", "@@##@@", f"{word}-###"]))

    def _instead(self, slot: str, words_had: str, language: str) -> str:
        """Other words for a slot, which may be the same."""
        rng = self.rng
        if slot == "amount" and not any(map(str.isdigit, words_had)):
            return words_had
        if slot in SHAPED:
            return self.shaped(slot, language)
        if slot == "brand":
            return str(rng.choice(words()["brands"]))
        others = self.pool.get((language, slot)) or [words_had]
        chance = {"product": 0.6, "person": 0.6, "place": 0.6, "color": 0.3}.get(slot, 0.0)
        other = rng.choice(others) if rng.random() < chance else words_had
        if slot == "product" and rng.random() < 0.35:
            brand = rng.choice(words()["brands"])
            return f"{brand} {other}" if rng.random() < 0.6 else f"{other} {brand}"
        return other

    def refilled(self, message: Message) -> Message:
        """The message with other values in about half of its slots."""
        text, slots, at = "", [], 0
        for start, end, name in sorted(message.slots):
            value = message.text[start:end]
            if self.rng.random() < 0.5:
                value = self._instead(name, value, message.language)
            text += message.text[at:start]
            slots.append(Marked(len(text), len(text) + len(value), name))
            text, at = text + value, end
        return replace(message, text=text + message.text[at:], slots=tuple(slots))

    def bare(self, language: str, out_of_scope: str) -> Message:
        """A value that says nothing else, or a number that says nothing at all."""
        if self.rng.random() < 0.15:
            a, b = self.rng.randint(1, 99), self.rng.randint(1, 99)
            return Message(self.rng.choice(NUMBERS).format(a=a, b=b), out_of_scope, (), language)
        slot = self.rng.choice(BARE)
        known = self.pool.get((language, slot)) or self.pool.get(("en", slot)) or ["1"]
        value = self.shaped(slot, language) if slot in SHAPED else self.rng.choice(known)
        before = ""
        if slot in ("order_number", "phone"):
            before = self.rng.choice(words()["before_number"].get(language, [""]))
        place = Marked(len(before), len(before) + len(value), slot)
        return Message(before + value, out_of_scope, (place,), language)
