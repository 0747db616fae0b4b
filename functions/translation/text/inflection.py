"""Plurals and agreement of the words of a label in English, German, French and Spanish."""

import re
from collections.abc import Callable
from typing import Literal

Gender = Literal["m", "f", "n"]

_EN_IRREGULAR = {
    "knife": "knives",
    "shelf": "shelves",
    "scarf": "scarves",
    "mouse": "mice",
    "leaf": "leaves",
}
_EN_PLURAL_ONLY = re.compile(
    r"(?:shorts|trousers|pants|jeans|leggings|tights|scissors|pliers|glasses|headphones"
    r"|py?[jd]?[ay]jamas|pajamas|underwear|bed linen|cutlery|heating|milk|food|spinach|broccoli"
    r"|garlic|tuna|salmon|pasta|asparagus|rhubarb|sweetcorn|parsley|beef|pork|bacon|barley|rye"
    r"|ginger|cinnamon|sandpaper)$"
)
_PREPOSITION = re.compile(r"(?:à|a|de|d'.*|en|pour|para|con)$")
_FR_SAME = frozenset(
    (
        *("lave-vaisselle", "lave-linge", "sèche-linge", "sèche-cheveux", "grille-pain"),
        *("micro-ondes", "abat-jour"),
    )
)
_FR_IRREGULAR = {
    "haut-parleur": "hauts-parleurs", "soutien-gorge": "soutiens-gorge", "lit bébé": "lits bébé",
    "appareil photo": "appareils photo", "chou-fleur": "choux-fleurs",
    "sac poubelle": "sacs poubelle", "gel douche": "gels douche", "mètre ruban": "mètres ruban",
}  # fmt: skip
_ES_IRREGULAR = {"jersey": "jerséis", "imagen": "imágenes", "champú": "champús"}
_STRONG = {"m": "er", "f": "e", "n": "es"}  # German adjectives with no article


def english_plural(noun: str) -> str:
    """``knife`` as ``knives``; what has no singular stays."""
    if _EN_PLURAL_ONLY.search(noun):
        return noun
    *before, head = re.split(r"(?<= )", noun)
    if head in _EN_IRREGULAR:
        head = _EN_IRREGULAR[head]
    elif re.search(r"(?:[sxz]|[cs]h|[aeiou]?[^aeiou]ato|potato|tomato)$", head):
        head += "es"
    elif re.search(r"[^aeiou]y$", head):
        head = head[:-1] + "ies"
    else:
        head += "s"
    return "".join([*before, head])


def french_plural(noun: str) -> str:
    """A noun with what agrees with it: ``sac à main`` as ``sacs à main``."""
    if noun in _FR_IRREGULAR or noun in _FR_SAME:
        return _FR_IRREGULAR.get(noun, noun)
    return _each_until_preposition(noun, _french_word)


def spanish_plural(noun: str) -> str:
    """A noun with what agrees with it: ``cepillo de dientes`` as ``cepillos de dientes``."""
    return _each_until_preposition(noun, _spanish_word)


def _each_until_preposition(noun: str, plural: Callable[[str], str]) -> str:
    words = noun.split(" ")
    last = next((at for at, word in enumerate(words) if _PREPOSITION.match(word)), len(words))
    return " ".join([*map(plural, words[:last]), *words[last:]])


def _french_word(word: str) -> str:
    if word[-1] in "sxz" or word == "éclair":
        return word
    if re.search(r"(?:au|[^n]eu|^chou)$", word):
        return word + "x"
    return word[:-2] + "aux" if word.endswith("al") else word + "s"


def _spanish_word(word: str) -> str:
    if word in _ES_IRREGULAR:
        return _ES_IRREGULAR[word]
    if word.endswith("z"):
        return word[:-1] + "ces"
    accented = re.search(r"([áéíóú])([ns])$", word)
    if accented:
        plain = accented[1].translate(str.maketrans("áéíóú", "aeiou"))
        return f"{word[: accented.start()]}{plain}{accented[2]}es"
    if word[-1] in "aeiouáéó":
        return word + "s"
    return word if word.endswith("s") and len(word) > 4 else word + "es"


def german_adjective(word: str, gender: Gender, *, plural: bool) -> str:
    """An adjective before a noun without an article: ``rotes Hemd``."""
    ending = "e" if plural else _STRONG[gender]
    return word + (ending[1:] if word.endswith("e") else ending)


def french_adjective(masculine: str, feminine: str, gender: Gender, *, plural: bool) -> str:
    """An adjective that agrees with its noun."""
    word = masculine
    if gender == "f":
        word = feminine or (masculine if masculine.endswith("e") else masculine + "e")
    return _french_word(word) if plural else word


def spanish_adjective(word: str, gender: Gender, *, plural: bool) -> str:
    """An adjective that agrees with its noun."""
    if gender == "f" and word.endswith("o"):
        word = word[:-1] + "a"
    return _spanish_word(word) if plural else word
