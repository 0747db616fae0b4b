"""Labels of products word by word: colour, quality, material and purpose beside one thing.

A label is translated so only where every word of it is known and stands where it should; each part
then comes out once, agreeing with its noun. ``Blue cotton shirts`` is ``chemises bleues en coton``.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

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


COUNTS = {
    "en": "zero a two three four five six seven eight nine ten eleven twelve",
    "de": "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze",
    "es": "cero un dos tres cuatro cinco seis siete ocho nueve diez once doce",
}
_ONE = {
    "en": ("an", "one"), "de": ("eine", "einen", "einem", "einer"), "fr": ("une",), "es": ("una",),
}  # fmt: skip


def label(text: str, source: str, target: str) -> str | None:
    """A label in the target language; None where it is more than a thing and its traits."""
    if source not in LANGUAGES or target not in LANGUAGES or source == target:
        return None
    words = text.lower().replace("’", "'").split()
    if not 0 < len(words) <= MOST_WORDS:
        return None
    found = _read(words, source)
    if found is None or found.thing is None:
        return None
    written = _WRITERS[target](found)
    return written if found.count is None else _counted(written, found, target)


def _counted(written: str, found: Label, target: str) -> str | None:
    """With how many there are; no German "one", whose case only a sentence tells."""
    assert found.count is not None  # the caller saw to it
    if found.count > 1:
        return f"{COUNTS[target].split()[found.count]} {written}"
    noun, plural = _noun(found, target)
    if plural or target == "de":
        return None
    if target == "en":
        return f"{'an' if written[0] in 'aeiou' else 'a'} {written}"
    return f"{'un' if noun.gender == 'm' else _ONE[target][0]} {written}"


def _read(words: list[str], language: str) -> Label | None:
    found = Label()
    at = int(_counts(language).get(words[0], 0) > 0 and len(words) > 1)
    if at:
        found.count = _counts(language)[words[0]]
    while at < len(words):
        for size in range(min(LONGEST_WORDS, len(words) - at), 0, -1):
            if _take(found, " ".join(words[at : at + size]), language, at + size == len(words)):
                break
        else:
            return None
        at += size
    found.plural |= (found.count or 0) > 1
    return found


@lru_cache(maxsize=4)
def _counts(language: str) -> dict[str, int]:
    numbers = {word: number for number, word in enumerate(COUNTS[language].split())}
    return {**numbers, **dict.fromkeys(_ONE[language], 1)}


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
    for start, trait in _german_starts().items():
        rest = word.removeprefix(start)
        thing = nouns("de").get(rest) if rest != word else None
        if thing is not None:
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
    return dict(sorted(starts.items(), key=lambda one: -len(one[0])))


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


def _noun(found: Label, language: str) -> tuple[Noun, bool]:
    assert found.thing is not None  # the reader saw to it
    noun = found.thing.nouns[language]
    return noun, found.plural or noun.only_plural


def _agreeing(found: Label, language: str) -> list[str]:
    noun, plural = _noun(found, language)
    said = [*found.of("quality"), *found.of("colour")]
    return [trait.agreeing(language, noun.gender, plural=plural) for trait in said]


def _english(found: Label) -> str:
    noun, plural = _noun(found, "en")
    before = [trait.written("en") for kind in _EN_ORDER for trait in found.of(kind)]
    after = [f"for {trait.written('en')}" for trait in found.of("audience")]
    return " ".join([*before, noun.form(plural=plural), *after])


_EN_ORDER = ("quality", "colour", "material", "purpose")


def _german(found: Label) -> str:
    noun, plural = _noun(found, "de")
    thing = noun.form(plural=plural)
    for trait in found.of("purpose"):
        thing = trait.written("de") + thing.lower()
    after = [f"aus {trait.written('de')}" for trait in found.of("material")]
    after += [f"für {trait.written('de')}" for trait in found.of("audience")]
    return " ".join([*_agreeing(found, "de"), thing, *after])


def _french(found: Label) -> str:
    noun, plural = _noun(found, "fr")
    said = [*found.of("quality"), *found.of("colour")]
    written = _agreeing(found, "fr")
    pairs = list(zip(said, written, strict=True))
    before = [word for trait, word in pairs if trait.written("fr") in FR_BEFORE]
    after = [word for trait, word in pairs if trait.written("fr") not in FR_BEFORE]
    purposes = [trait.written("fr") for trait in found.of("purpose")]
    materials = [f"en {trait.written('fr')}" for trait in found.of("material")]
    people = [f"pour {trait.written('fr')}" for trait in found.of("audience")]
    return " ".join([*before, noun.form(plural=plural), *purposes, *materials, *after, *people])


def _spanish(found: Label) -> str:
    noun, plural = _noun(found, "es")
    purposes = [trait.written("es") for trait in found.of("purpose")]
    materials = [f"de {trait.written('es')}" for trait in found.of("material")]
    people = [f"para {trait.written('es')}" for trait in found.of("audience")]
    thing = noun.form(plural=plural)
    return " ".join([thing, *purposes, *materials, *_agreeing(found, "es"), *people])


_WRITERS = {"en": _english, "de": _german, "fr": _french, "es": _spanish}
