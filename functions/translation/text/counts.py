"""How many of a thing there are, in words."""

from functools import lru_cache

from functions.translation.text.things import Noun

COUNTS = {
    "en": "zero a two three four five six seven eight nine ten eleven twelve",
    "de": "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze",
    "es": "cero un dos tres cuatro cinco seis siete ocho nueve diez once doce",
}
_ONE = {
    "en": ("an", "one"), "de": ("eine", "einen", "einem", "einer"), "fr": ("une",), "es": ("una",),
}  # fmt: skip


@lru_cache(maxsize=4)
def counts(language: str) -> dict[str, int]:
    """What each number word of a language means."""
    numbers = {word: number for number, word in enumerate(COUNTS[language].split())}
    return {**numbers, **dict.fromkeys(_ONE[language], 1)}


def counted(text: str, count: int, noun: Noun, plural: bool, target: str) -> str | None:
    """A label with how many there are; no German "one", whose case only a sentence tells."""
    if count > 1:
        return f"{COUNTS[target].split()[count]} {text}"
    if plural or target == "de":
        return None
    if target == "en":
        article = "an" if text[0] in "aeiou" and not noun.is_pair else "a"
        return f"{article} {'pair of ' if noun.is_pair else ''}{text}"
    return f"{'un' if noun.gender == 'm' else _ONE[target][0]} {text}"
