"""Changes to a pair that keep it a right translation, as real texts make them.

A shop's texts are full of what must be copied: codes, numbers, names, variables. Swapped on both
sides at once, they teach the model to copy instead of to remember. Case, accents and full stops go
missing in what customers write, on the source's side only; ALL CAPS are kept on both.
"""

import random
import re
import string
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from training.translation.pairs import Pair

_WORD = re.compile(r"\w+")
NAMES = _WORD.findall(
    "Anna Thomas Sarah Lukas Paul Elena Carlos Julia Ahmed Sofia Peter Nina David Laura Omar Clara "
    "Felix Ines Martin Aisha Jonas Emma Hugo Lea Mateo Lucia Karim Eva Oskar Zoe Leon Alice Pablo"
)
SWAPPED_NAMES = ("Tom", "Mary", "Maria", "John", "Marie", "Tomás", *NAMES)
SYLLABLES = _WORD.findall("lo va ri ten mo ka zu fel nor vi sta ben qui dra")
VARIABLES = ("{name}", "{{ order.number }}", "%s", "%1$s", "{0}", "%{count}", "{{name}}", ":name")
DIGITS = re.compile(r"\d+")
TIME = re.compile(r"\b([01]?\d|2[0-3])[:.h]([0-5]\d)\b")
MEMBERS = re.compile(r", | (?:and|und|et|y|&) ")
HIGHEST_DAY, HIGHEST_SAFE_DAY, HIGHEST_SHORT = 31, 28, 99
MOST_WORDS_OF_TITLE = 6


def numbers(pair: Pair, rng: random.Random) -> Pair:
    """The numbers of both sides become others, where both hold the same ones, each once.

    Days of a month stay days, hours and minutes of a clock stay such, and lengths stay.
    """
    found, others = DIGITS.findall(pair.source), DIGITS.findall(pair.target)
    if not found or sorted(found) != sorted(others) or len(set(found)) != len(found):
        return pair
    clock = {part for side in (pair.source, pair.target) for part in _clock_parts(side)}
    new = {number: _number_like(number, number in clock, rng) for number in found}
    if len(set(new.values())) != len(new):
        return pair

    def put(match: re.Match[str]) -> str:
        return new[match[0]]

    return replace(pair, source=DIGITS.sub(put, pair.source), target=DIGITS.sub(put, pair.target))


def _clock_parts(text: str) -> list[str]:
    return [part for match in TIME.finditer(text) for part in match.groups()]


def _number_like(number: str, of_clock: bool, rng: random.Random) -> str:
    if of_clock and len(number) == 2 and int(number) > HIGHEST_SAFE_DAY - 5:
        return str(rng.randint(24, 59))  # minutes: no hour is above 23
    if of_clock:
        return str(rng.randint(0, 23)).zfill(len(number))[-len(number) :]
    if len(number) <= 2 and int(number) <= HIGHEST_DAY:
        return str(rng.randint(1, HIGHEST_SAFE_DAY))
    if len(number) <= 2:
        return str(rng.randint(HIGHEST_DAY + 1, HIGHEST_SHORT))
    return rng.choice("123456789") + "".join(rng.choices(string.digits, k=len(number) - 1))


def names(pair: Pair, rng: random.Random) -> Pair:
    """A first name that is on both sides becomes another."""
    for old in SWAPPED_NAMES:
        pattern = re.compile(rf"\b{old}\b")
        if pattern.search(pair.source) and pattern.search(pair.target):
            new = rng.choice(NAMES)
            return replace(
                pair, source=pattern.sub(new, pair.source), target=pattern.sub(new, pair.target)
            )
    return pair


def brand(pair: Pair, rng: random.Random) -> Pair:
    """A capitalized word inside both sides, a brand, becomes one that nobody has heard of."""
    inside = re.findall(r"(?<=[a-zà-ÿ,] )[A-Z][a-zA-Z]{3,}\b", pair.source)
    both = [word for word in inside if re.search(rf"(?<=\S ){word}\b", pair.target)]
    if not both:
        return pair
    pattern, new = re.compile(rf"\b{rng.choice(both)}\b"), invented(rng)
    return replace(pair, source=pattern.sub(new, pair.source), target=pattern.sub(new, pair.target))


def invented(rng: random.Random) -> str:
    """A name of a brand that there is not."""
    return "".join(rng.choices(SYLLABLES, k=rng.randint(2, 3))).capitalize()


def code(rng: random.Random) -> str:
    """A product or order number."""
    letters = "".join(rng.choices(string.ascii_uppercase, k=rng.randint(1, 3)))
    digits = "".join(rng.choices(string.digits, k=rng.randint(2, 7)))
    forms = (f"{letters}-{digits}", f"{letters}{digits}", f"#{digits}", f"{digits}-{letters}")
    return rng.choice((*forms, f"{letters}_{digits}", digits))


def shuffled_list(pair: Pair, rng: random.Random) -> Pair:
    """The members after a colon change places and some go, alike on both sides."""
    head, _, rest = pair.source.rpartition(": ")
    other_head, _, other_rest = pair.target.replace(" : ", ": ").rpartition(": ")
    end = rest[-1:] if rest[-1:] in ".!" and rest[-1:] == other_rest[-1:] else ""
    members, others = (
        MEMBERS.split(text.removesuffix(end) if end else text) for text in (rest, other_rest)
    )
    if not head or not other_head or len(members) < 3 or len(members) != len(others):
        return pair
    order = rng.sample(range(len(members)), rng.randint(2, len(members)))
    source, target = (
        f"{start}: {', '.join(part[place] for place in order)}{end}"
        for start, part in ((head, members), (other_head, others))
    )
    return replace(pair, source=source, target=target)


def capitals(pair: Pair, _: random.Random) -> Pair:
    """ALL CAPS on both sides."""
    return replace(pair, source=pair.source.upper(), target=pair.target.upper())


def title(pair: Pair, _: random.Random) -> Pair:
    """Title Case where English is written so in headings; other languages begin with a capital."""
    if len(pair.source.split()) > MOST_WORDS_OF_TITLE:
        return pair
    return replace(
        pair,
        source=_heading(pair.source, pair.source_language),
        target=_heading(pair.target, pair.target_language),
    )


def _heading(text: str, language: str) -> str:
    return string.capwords(text) if language == "en" else text[:1].upper() + text[1:]


def lower_case(pair: Pair, _: random.Random) -> Pair:
    """The source without capitals."""
    return replace(pair, source=pair.source.lower())


def without_accents(pair: Pair, _: random.Random) -> Pair:
    """The source without accents."""
    parts = unicodedata.normalize("NFD", pair.source)
    return replace(pair, source="".join(c for c in parts if not unicodedata.combining(c)))


def without_stop(pair: Pair, _: random.Random) -> Pair:
    """The source without what ends its sentence."""
    return replace(pair, source=pair.source.rstrip(".!?").rstrip() or pair.source)


def with_code(pair: Pair, rng: random.Random) -> Pair:
    """A product code before or behind both sides."""
    form = rng.choice(("{}", "({})", "Ref. {}", "SKU {}")).format(code(rng))
    if rng.random() < 0.5:
        return replace(pair, source=f"{pair.source} {form}", target=f"{pair.target} {form}")
    return replace(pair, source=f"{form}: {pair.source}", target=f"{form}: {pair.target}")


def with_copied(pair: Pair, rng: random.Random) -> Pair:
    """A template's variable or an unknown brand before or behind both sides."""
    word = rng.choice((rng.choice(VARIABLES), invented(rng)))
    if rng.random() < 0.5:
        return replace(pair, source=f"{word} {pair.source}", target=f"{word} {pair.target}")
    return replace(pair, source=f"{pair.source} {word}", target=f"{pair.target} {word}")


Change = Callable[[Pair, random.Random], Pair]


@dataclass(frozen=True)
class Noise:
    """Shares of pairs that each change is tried on.

    Attributes:
        together: each by itself.
        one_of: of which a pair gets at most one.
    """

    together: tuple[tuple[Change, float], ...] = (
        (numbers, 0.25),
        (names, 0.5),
        (brand, 0.15),
        (shuffled_list, 0.5),
    )
    one_of: tuple[tuple[Change, float], ...] = (
        (capitals, 0.02),
        (title, 0.04),
        (lower_case, 0.04),
        (without_accents, 0.02),
        (without_stop, 0.03),
        (with_code, 0.02),
        (with_copied, 0.02),
    )

    def put_on(self, pair: Pair, rng: random.Random) -> Pair:
        """The pair with some of the changes."""
        for change, share in self.together:
            if rng.random() < share:
                pair = change(pair, rng)
        drawn = rng.random()
        for change, share in self.one_of:
            if drawn < share:
                return change(pair, rng)
            drawn -= share
        return pair
