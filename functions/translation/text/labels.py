"""Labels of products word by word: colour, quality, material and purpose beside one thing.

A label is translated so only where every word of it is known and stands where it should; each part
then comes out once, agreeing with its noun. ``Blue cotton shirts`` is ``chemises bleues en coton``.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from functions.translation.text.counts import counted, counts
from functions.translation.text.things import LANGUAGES, Noun, Thing, Trait, nouns, traits

MOST_WORDS = 9
LONGEST_WORDS = 5  # of one entry
FR_BEFORE = frozenset(("grand", "petit", "nouveau", "vieux", "neuf"))  # the noun
_VOWEL = re.compile(r"[aeiouyàâéèêëîïôûùœh]", re.IGNORECASE)
_FOR = {"en": "for", "de": "für", "fr": "pour", "es": "para"}
_OF = {"de": ("aus",), "fr": ("en", "de"), "es": ("de",)}
_ENDINGS = ("", "e", "er", "es", "en", "em")


@dataclass
class Label:
    """What a label says.

    Attributes:
        count: how many of the thing, where a word says it.
        parts: the traits of each kind, in order.
    """

    thing: Thing | None = None
    plural: bool = False
    count: int | None = None
    parts: dict[str, list[Trait]] = field(default_factory=dict)

    def add(self, trait: Trait) -> bool:
        """Take up a trait; False where it cannot stand beside what is there."""
        same = self.parts.setdefault(trait.kind, [])
        same.append(trait)
        return len(same) <= (2 if trait.kind == "quality" else 1)

    def of(self, kind: str) -> list[Trait]:
        return self.parts.get(kind, [])


def label(text: str, source: str, target: str) -> str | None:
    """A label in the target language; None where it is more than a thing and its traits."""
    if source not in LANGUAGES or target not in LANGUAGES or source == target:
        return None
    found = read(text, source)
    if found is None:
        return None
    text = written(found, target)
    return text if found.count is None else counted(text, found.count, *noun(found, target), target)


def read(text: str, source: str) -> Label | None:
    """What a label says; None where it is more than a thing and its traits."""
    words = text.lower().replace("’", "'").split()
    found = _read(words, source) if 0 < len(words) <= MOST_WORDS else None
    return found if found is not None and found.thing is not None else None


def written(found: Label, target: str) -> str:
    """A label in the target language, but for its count."""
    return _WRITERS[target](found)


def _read(words: list[str], language: str) -> Label | None:
    found = Label()
    at = int(counts(language).get(words[0], 0) > 0 and len(words) > 1)
    if at:
        found.count = counts(language)[words[0]]
    while at < len(words):
        for size in range(min(LONGEST_WORDS, len(words) - at), 0, -1):
            if _take(found, " ".join(words[at : at + size]), language, at + size == len(words)):
                break
        else:
            return None
        at += size
    found.plural |= (found.count or 0) > 1
    return found


def _take(found: Label, phrase: str, language: str, is_last: bool) -> bool:
    """Read one entry into the label; before an English thing stand its traits, after it none."""
    trait = _phrases(language).get(phrase)
    thing = nouns(language).get(phrase)
    after = found.thing is not None
    if trait is not None and (language != "en" or not is_last or after or thing is None):
        if language == "en" and after and trait.kind != "audience":
            return False
        return found.add(trait)
    if thing is None and language == "de":
        return _take_compound(found, phrase)
    if thing is None or after:
        return False
    found.thing, found.plural = thing
    return True


def _take_compound(found: Label, word: str) -> bool:
    """``Gartenstühle``: a purpose or a material, and a thing."""
    if found.thing is not None:
        return False
    starts = _german_starts()
    for size in range(len(word) - 1, 0, -1):
        trait = starts.get(word[:size])
        rest = word[size:].removeprefix("-")  # "Herren-Laufschuhe"
        thing = nouns("de").get(rest) if trait is not None else None
        if trait is not None and thing is not None:
            found.thing, found.plural = thing
            return found.add(trait)
    return False


@lru_cache(maxsize=1)
def _german_starts() -> dict[str, Trait]:
    starts: dict[str, Trait] = {}
    for trait in traits():
        for word in trait.words["de"]:
            if trait.kind in ("purpose", "audience"):
                starts[word.lower()] = trait
            elif trait.kind == "material":
                stem = word[:-1] if word.endswith("wolle") or word == "Wolle" else word
                starts[(stem + "n" if word == "Seide" else stem).lower()] = trait
    return starts


@lru_cache(maxsize=4)
def _phrases(language: str) -> dict[str, Trait]:
    """All that a trait is read by."""
    found: dict[str, Trait] = {}
    for trait in traits():
        for form in forms(trait, language):
            found.setdefault(form.lower(), trait)
    return found


def forms(trait: Trait, language: str) -> list[str]:
    """All that a trait is read by in a language."""
    words = [word.rstrip("=") for word in trait.words[language]]
    if trait.kind in ("colour", "quality"):
        if language == "de":
            return [word + ending for word in words for ending in _ENDINGS]
        if language == "en":
            return words
        first = [
            trait.agreeing(language, gender, plural=plural)
            for gender in ("m", "f")
            for plural in (False, True)
        ]
        return first + words[1:]
    if trait.kind == "audience":
        told = [f"{_FOR[language]} {word}" for word in words]
        more = [f"de {word}" for word in words] if language == "es" else []
        own = [f"{word}'s" if not word.endswith("s") else f"{word}'" for word in words]
        return told + more + (own if language == "en" else []) + (words if language == "fr" else [])
    if trait.kind == "material" and language in _OF:
        return [
            elided(f"{of} {word}") if of == "de" and language == "fr" else f"{of} {word}"
            for of in _OF[language]
            for word in words
        ]
    return [] if language == "de" else words


def elided(text: str) -> str:
    """``de acier`` as ``d'acier``."""
    first, _, rest = text.partition(" ")
    return f"d'{rest}" if first == "de" and _VOWEL.match(rest) else text


def noun(found: Label, language: str) -> tuple[Noun, bool]:
    """The noun of a label, and whether it is a plural."""
    assert found.thing is not None  # the reader saw to it
    own = found.thing.nouns[language]
    return own, found.plural or own.only_plural


def _agreeing(found: Label, language: str) -> list[str]:
    one, plural = noun(found, language)
    said = [*found.of("quality"), *found.of("colour")]
    return [trait.agreeing(language, one.gender, plural=plural) for trait in said]


def _english(found: Label) -> str:
    one, plural = noun(found, "en")
    before = [trait.written("en") for kind in _EN_ORDER for trait in found.of(kind)]
    after = [f"for {trait.written('en')}" for trait in found.of("audience")]
    return " ".join([*before, one.form(plural=plural), *after])


_EN_ORDER = ("quality", "colour", "material", "purpose")


def _german(found: Label) -> str:
    one, plural = noun(found, "de")
    thing = one.form(plural=plural)
    for trait in found.of("purpose"):
        thing = trait.written("de") + thing.lower()
    after = [f"aus {trait.written('de')}" for trait in found.of("material")]
    after += [f"für {trait.written('de')}" for trait in found.of("audience")]
    return " ".join([*_agreeing(found, "de"), thing, *after])


def _french(found: Label) -> str:
    one, plural = noun(found, "fr")
    said = [*found.of("quality"), *found.of("colour")]
    pairs = list(zip(said, _agreeing(found, "fr"), strict=True))
    before = [word for trait, word in pairs if trait.written("fr") in FR_BEFORE]
    after = [word for trait, word in pairs if trait.written("fr") not in FR_BEFORE]
    purposes = [trait.written("fr") for trait in found.of("purpose")]
    materials = [f"en {trait.written('fr')}" for trait in found.of("material")]
    people = [f"pour {trait.written('fr')}" for trait in found.of("audience")]
    return " ".join([*before, one.form(plural=plural), *purposes, *materials, *after, *people])


def _spanish(found: Label) -> str:
    one, plural = noun(found, "es")
    purposes = [trait.written("es") for trait in found.of("purpose")]
    materials = [f"de {trait.written('es')}" for trait in found.of("material")]
    people = [f"para {trait.written('es')}" for trait in found.of("audience")]
    thing = one.form(plural=plural)
    return " ".join([thing, *purposes, *materials, *_agreeing(found, "es"), *people])


_WRITERS = {"en": _english, "de": _german, "fr": _french, "es": _spanish}
