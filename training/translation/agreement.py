"""Sentences in four languages in which articles, adjectives and participles agree with a noun.

A small model knows the gender of few nouns: those that it has met often. Here each noun of
`nouns.tsv` is put into some of the sentences of `agreement.tsv`, with words of `adjectives.tsv`.

A sentence's places:

- ``{1 the dat adj}``: the first noun with a determiner (`the this a my your his no bare part`;
  `of the` is German's genitive), a German case (`acc`, `dat`; without one the nominative) and
  perhaps the row's adjective. ``{2 ...}`` is the second noun.
- ``{1:ist|sind}``: what agrees with its number; with four parts, with gender and number (German:
  masculine, feminine, neuter, plural; French and Spanish: masculine, feminine, their plurals).
- ``{adj}``, ``{adj2}``: adjectives as predicates of the first noun, or `{adj2}` of the second one
  where the sentence has one; ``{colour}``, ``{colour2}``, ``{person}``.
"""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from training.translation.pairs import read_tsv
from training.translation.shop_words import COLOURS, LANGUAGES, Row

SENTENCES_PER_NOUN = 12
_HERE = Path(__file__).parent
_PLACE = re.compile(r"\{([12]):([^}]*)\}|\{([12]) ([^}]*)\}|\{(\w+)\}")
_PERSONS: tuple[Row, ...] = (
    ("daughter", "meine Tochter", "ma fille", "mi hija"),
    ("mother", "meine Mutter", "ma mère", "mi madre"),
    ("sister", "meine Schwester", "ma sœur", "mi hermana"),
    ("wife", "meine Frau", "ma femme", "mi mujer"),
    ("grandmother", "meine Großmutter", "ma grand-mère", "mi abuela"),
)


@dataclass(frozen=True)
class Noun:
    """What it is called, and what goes with it, in the order of `LANGUAGES`.

    Attributes:
        singular: its first forms; of one that is named in the plural only, that.
        plural: empty where it is not known or there is none.
        genders: German `m`, `f`, `n` or `P` (a plural), French and Spanish `m`, `f` or `M`, `F`
            (plurals); Spanish `e` is feminine with "el".
        kind: `a`rticle, `p`art of one, `f`ood, `m`aterial, other thi`n`g, abstract `o`ne.
        pair: whether English has only the plural.
    """

    singular: Row
    plural: Row
    genders: str
    kind: str
    pair: bool


@dataclass(frozen=True)
class Adjective:
    """English, German's stem, French and Spanish masculine and feminine; nouns that it goes with.

    Attributes:
        before: whether French puts it before its noun.
        estar: whether Spanish says "está".
    """

    forms: tuple[str, str, str, str, str, str]
    kinds: str
    before: bool

    @property
    def estar(self) -> bool:
        return self.forms[0] in _STATES


_STATES = frozenset({"empty", "full", "open", "closed", "clean", "dirty", "wet", "dry", "damp",
                     "broken", "damaged", "hot", "cold", "loose"})  # fmt: skip


@cache
def nouns() -> tuple[Noun, ...]:
    """All of `nouns.tsv`."""
    found = []
    for row in read_tsv(_HERE / "nouns.tsv"):
        genders, kind, *forms = row
        pairs = [(*form.split(";"), "")[:2] for form in forms]
        en, de, fr, es = (one[0] for one in pairs)
        plural = (pairs[0][1], pairs[1][1], pairs[2][1], pairs[3][1])
        found.append(Noun((en, de, fr, es), plural, genders, kind[0], kind[1:] == "s"))
    return tuple(found)


@cache
def adjectives() -> tuple[Adjective, ...]:
    """All of `adjectives.tsv`."""
    return tuple(
        Adjective((row[0], row[1], row[2], row[3], row[4], row[5]), row[6], row[7] == "before")
        for row in read_tsv(_HERE / "adjectives.tsv")
    )


@cache
def _fitting(kind: str) -> tuple[Adjective, ...]:
    return tuple(one for one in adjectives() if kind in one.kinds)


@dataclass(frozen=True)
class _Use:
    """A noun in one sentence of one language."""

    noun: Noun
    plural: bool
    language: str

    @property
    def word(self) -> str:
        number = self.noun.plural if self.plural else self.noun.singular
        return number[LANGUAGES.index(self.language)]

    @property
    def many(self) -> bool:
        """Whether it is a plural in this language."""
        if self.language == "en":
            return self.plural or self.noun.pair
        return self.plural or self.gender.isupper()

    @property
    def gender(self) -> str:
        return self.noun.genders[LANGUAGES.index(self.language) - 1]

    @property
    def form(self) -> int:
        """Which of four forms agrees with it."""
        if self.language == "de":
            return 3 if self.many else "mfn".index(self.gender)
        return 2 * self.many + (self.gender.lower() in "fe")


_GERMAN = {
    "the": {"": ("der", "die", "das", "die"), "acc": ("den", "die", "das", "die"),
            "dat": ("dem", "der", "dem", "den"), "of": ("des", "der", "des", "der")},
    "a": {"": ("ein", "eine", "ein", ""), "acc": ("einen", "eine", "ein", ""),
          "dat": ("einem", "einer", "einem", "")},
    "this": {"": ("dieser", "diese", "dieses", "diese"),
             "acc": ("diesen", "diese", "dieses", "diese"),
             "dat": ("diesem", "dieser", "diesem", "diesen")},
}  # fmt: skip
_ESTAR = {"es": "está", "son": "están", "era": "estaba", "eran": "estaban"}
_WEAK = {"": ("e", "e", "e", "en"), "acc": ("en", "e", "e", "en"),
         "dat": ("en", "en", "en", "en"), "of": ("en", "en", "en", "en")}  # fmt: skip
_MIXED = {"": ("er", "e", "es", "en"), "acc": ("en", "e", "es", "en"),
          "dat": ("en", "en", "en", "en")}  # fmt: skip
_STRONG = {"": ("er", "e", "es", "e"), "acc": ("en", "e", "es", "e"),
           "dat": ("em", "er", "em", "en")}  # fmt: skip
_OWNERS = {"my": "mein", "your": "Ihr", "his": "sein", "no": "kein"}
_OWNED = {"": ("", "e", "", "e"), "acc": ("en", "e", "", "e"), "dat": ("em", "er", "em", "en")}
# Masculine nouns with -n or -en in all cases but one, where their plural ends in it too.
_WEAK_NOUN = re.compile(
    r"(?:[^äe]e|ist|ent|ant|oge|(?<!a)at|et|it|yst|ekt|aut|nom|arch|oph|graf|urg|eut|ad|ell|oid"
    r"|mensch|bär|herr|nachbar|bauer|held|prinz)$"
)
_WITH_S = re.compile(r"(?:name|gedanke|funke|glaube|wille|buchstabe)$")  # genitive in -ns
_FRENCH = {
    "the": ("le", "la", "les", "les"), "a": ("un", "une", "des", "des"),
    "this": ("ce", "cette", "ces", "ces"), "my": ("mon", "ma", "mes", "mes"),
    "your": ("votre", "votre", "vos", "vos"), "his": ("son", "sa", "ses", "ses"),
    "part": ("du", "de la", "des", "des"), "bare": ("", "", "", ""),
}  # fmt: skip
_SPANISH = {
    "the": ("el", "la", "los", "las"), "a": ("un", "una", "", ""),
    "this": ("este", "esta", "estos", "estas"), "my": ("mi", "mi", "mis", "mis"),
    "your": ("su", "su", "sus", "sus"), "his": ("su", "su", "sus", "sus"),
    "bare": ("", "", "", ""),
}  # fmt: skip
_ENGLISH = {"the": ("the", "the"), "a": ("a", ""), "this": ("this", "these"), "my": ("my", "my"),
            "your": ("your", "your"), "his": ("his", "his"), "bare": ("", "")}  # fmt: skip
_VOWEL = "aeiouhâàéèêëîïôûœæ"
_ASPIRATED = (
    "hache|hachette|hachis|hachoir|haie|hall|hallah|halle|halo|halte|hamac|hamburger|hameau|"
    "hammam|hamster|hanche|handball|handicap|hangar|harcèlement|hareng|harem|haricot|harissa|"
    "harnais|harpe|harpon|hasard|hashtag|hauban|haussement|haut|hauteur|havre|havresac|hayon|"
    "henné|héraut|hernie|hérisson|héron|héros|herse|hêtre|heurtoir|hibou|hickory|hip-hop|"
    "hobby|hochet|hockey|homard|hoodie|horde|hors|hot-dog|hotline|hotte|houblon|houe|houmous|"
    "housse|houx|hublot|huit|huitième|hutte"
)
_ELIDED = re.compile(
    rf"(?<![\w-])(le|la|de|ne|que|se|me|je) (?!(?:{_ASPIRATED})s?\b)(?=[{_VOWEL}])", re.IGNORECASE
)
_SOFT = re.compile(rf"(?!(?:{_ASPIRATED})s?\b)[{_VOWEL}]", re.IGNORECASE)
_BEFORE_VOWEL = {"nouveau": "nouvel", "vieux": "vieil", "beau": "bel", "ce": "cet", "ma": "mon",
                 "sa": "son"}  # fmt: skip
_INVARIABLE = frozenset({"bon marché", "bleu foncé", "marron", "azul oscuro"})


def forms() -> list[list[str]]:
    """Of `agreement.tsv`: kinds of the first and the second noun, numbers of the first, four texts.

    Numbers: ``s`` singular only, ``sp`` either, ``c`` the plural wherever there is one; a ``-``
    behind: no adjective of a state, with which Spanish has "estar".
    """
    return read_tsv(_HERE / "agreement.tsv")


def sentences() -> Iterator[Row]:
    """Of each noun `SENTENCES_PER_NOUN` at most, the same at every call."""
    rng = random.Random(0)
    by_kind: dict[str, list[list[str]]] = {}
    for form in forms():
        for kind in form[0]:
            by_kind.setdefault(kind, []).append(form)
    partners: dict[str, list[Noun]] = {}
    for noun in nouns():
        partners.setdefault(noun.kind, []).append(noun)
    found: dict[Row, None] = {}
    for noun in nouns():
        here = by_kind[noun.kind]
        for form in rng.sample(here, min(SENTENCES_PER_NOUN, len(here))):
            others = partners.get(form[1], [])
            if not form[1] or others:
                row = _sentence(rng, form, noun, rng.choice(others) if others else None)
                if row:
                    found[row] = None
    yield from found


def _sentence(rng: random.Random, form: list[str], noun: Noun, other: Noun | None) -> Row | None:
    _, _, numbers, *texts = form
    plural = all(noun.plural) and ("c" in numbers or ("p" in numbers and rng.random() < 1 / 4))
    if "{1 of the}" in texts[1] and re.search(r"(?:us|os|is|es)$", noun.singular[1]):
        return None
    if other is noun:
        return None
    one_of = [one for one in _fitting(noun.kind) if "-" not in numbers or not one.estar]
    adjective = rng.choice(one_of)
    of_other = other is not None and (_of_other(texts[0]) or "{2 a adj}" in texts[0])
    second = [
        one
        for one in _fitting(other.kind if other and of_other else noun.kind)
        if one.estar == adjective.estar and not {*one.forms} & {*adjective.forms}
    ]
    if not second and "adj2" in texts[0]:
        return None
    colours = rng.sample(COLOURS, 2)
    return compose(
        (texts[0], texts[1], texts[2], texts[3]),
        noun,
        other,
        adjectives=(adjective, rng.choice(second or one_of)),
        plural=plural,
        words={"colour": colours[0], "colour2": colours[1], "person": rng.choice(_PERSONS)},
    )


def _of_other(english: str) -> bool:
    """Whether `adj2` is said of the second noun."""
    return "{2:" in english and "{adj}" not in english


def compose(
    form: Row,
    noun: Noun,
    other: Noun | None = None,
    *,
    adjectives: tuple[Adjective, Adjective],
    plural: bool = False,
    words: Mapping[str, Row] = MappingProxyType({}),
) -> Row:
    """A form with its places filled, in each language.

    Args:
        form: as in `agreement.tsv`.
        noun: the first one.
        other: the second one, where the form has one.
        adjectives: `adj` and `adj2`.
        plural: whether the first noun is in the plural.
        words: for places such as ``{colour}``.
    """
    told = []
    for column, (language, text) in enumerate(zip(LANGUAGES, form, strict=True)):
        uses = {"1": _Use(noun, plural, language)}
        if other:
            uses["2"] = _Use(other, False, language)
        sentence = _PLACE.sub(_Filler(form, column, uses, adjectives, words).put, text)
        sentence = _FINISH[language](re.sub(r"  +", " ", sentence).strip())
        if text[0] == "{" or not text[0].islower():  # a sentence, or a title
            sentence = re.sub(r"\w", lambda letter: letter[0].upper(), sentence, count=1)
        told.append(sentence)
    return told[0], told[1], told[2], told[3]


@dataclass(frozen=True)
class _Filler:
    """Puts words into the places of a form in one language."""

    form: Row
    column: int
    uses: Mapping[str, _Use]
    adjectives: tuple[Adjective, Adjective]
    words: Mapping[str, Row]

    def put(self, place: re.Match[str]) -> str:
        which, choices, numbered, phrase, name = place.groups()
        if which:
            return self._agreeing(choices.split("|"), self.uses[which])
        if numbered:
            adjective = self.adjectives[numbered == "2"]
            return _phrase(phrase.split(), self.uses[numbered], adjective)
        if name in ("adj", "adj2"):
            whose = "2" if name == "adj2" and _of_other(self.form[0]) else "1"
            return _inflected(self.adjectives[name == "adj2"], self.uses[whose])
        return self.words[name][self.column]

    def _agreeing(self, parts: list[str], use: _Use) -> str:
        found = parts[use.form] if len(parts) == 4 else parts[use.many]
        if use.language == "es" and self.adjectives[0].estar and "{adj" in self.form[3]:
            return _ESTAR.get(found, found)
        return found


def _phrase(asked: list[str], use: _Use, adjective: Adjective) -> str:
    case = next((word for word in asked if word in ("acc", "dat", "of")), "")
    determiner = next(word for word in asked if word not in ("acc", "dat", "of", "adj"))
    described = "adj" in asked
    if use.language == "de":
        return _german(determiner, case, use, adjective.forms[1] if described else "")
    word = use.word
    if use.language == "en":
        of = _ENGLISH[determiner][use.many]
        return f"{of} {adjective.forms[0] if described else ''} {word}"
    of = (_FRENCH if use.language == "fr" else _SPANISH)[determiner][use.form]
    if use.language == "es" and use.gender == "e" and determiner in ("the", "a"):
        of = {"the": "el", "a": "un"}[determiner] if not use.many else of
    if not described:
        return _softened(of, word)
    told = _inflected(adjective, use)
    if use.language == "fr" and adjective.before:
        told = told if use.form else _softened(told, word).removesuffix(" " + word)
        if determiner == "a" and use.many:
            of = "de"
        return _softened(of, f"{told} {word}")
    return f"{_softened(of, word)} {told}"


def _softened(before: str, word: str) -> str:
    """French before a vowel: "cet", "mon", "nouvel"."""
    if before in _BEFORE_VOWEL and _SOFT.match(word):
        before = _BEFORE_VOWEL[before]
    return f"{before} {word}"


def _german(determiner: str, case: str, use: _Use, stem: str) -> str:
    form, word = use.form, use.word
    if determiner in ("the", "this"):
        of, endings = _GERMAN[determiner][case][form], _WEAK
    elif determiner == "bare" or (determiner == "a" and form == 3):
        of, endings = "", _STRONG
    elif determiner == "a":
        of, endings = _GERMAN["a"][case][form], _MIXED
    else:
        of = _OWNERS[determiner] + _OWNED[case][form]
        endings = _MIXED
    if form == 0 and case and _is_weak(use.noun):
        word += "n" if word.lower().endswith(("e", "herr", "nachbar", "bauer")) else "en"
        word += "s" if case == "of" and _WITH_S.search(word[:-1].lower()) else ""
    elif case == "of" and form in (0, 2):
        word += "es" if re.search(r"(?:[sßxz]|sch|st)$", word) else "s"
    elif case == "dat" and form == 3 and not re.search(r"(?:[nsai]|lle)$", word):
        word += "n"
    if stem:
        stem = "teur" if stem == "teuer" else stem
        stem += endings[case][form].removeprefix("e" if stem.endswith("e") else "")
    return f"{of} {stem} {word}"


def _is_weak(noun: Noun) -> bool:
    word, several = noun.singular[1].lower(), noun.plural[1]
    return several.endswith("n") and bool(_WEAK_NOUN.search(word))


def _inflected(adjective: Adjective, use: _Use) -> str:
    """As a predicate, or beside its noun in French and Spanish."""
    if use.language in ("en", "de"):
        return adjective.forms[LANGUAGES.index(use.language)]
    feminine = use.gender.lower() in "fe"
    word = adjective.forms[(2 if use.language == "fr" else 4) + feminine]
    if not use.many or word in _INVARIABLE:
        return word
    first, *rest = word.split(" ")
    return " ".join((plural_of(first, use.language), *rest))


def plural_of(word: str, language: str) -> str:
    """A regular French or Spanish plural."""
    if language == "fr":
        if word.endswith(("s", "x", "z")):
            return word
        if word.endswith("al"):
            return word[:-1] + "ux"
        return word + ("x" if word.endswith(("eau", "eu", "au")) and word != "bleu" else "s")
    if word.endswith("z"):
        return word[:-1] + "ces"
    if word.endswith(tuple("aeiouáéó")):
        return word + "s"
    accented = re.fullmatch(r"(.*)([áéíóú])([ns])", word)
    if accented:
        plain = dict(zip("áéíóú", "aeiou", strict=True))
        return accented[1] + plain[accented[2]] + accented[3] + "es"
    return word if word.endswith("s") and len(word) > 4 else word + "es"


_AN = re.compile(
    r"\b(a) (?=hour|heir|honest|[ai]|e(?!u)|o(?!ne)|u(?!ni|se|te|ti|ke|ro))", re.IGNORECASE
)


def _english(text: str) -> str:
    return _AN.sub(r"\1n ", text)


def _french(text: str) -> str:
    for long, short in (("de de la", "de"), ("de des", "de"), ("de du", "de"), ("de les", "des"),
                        ("à les", "aux")):  # fmt: skip
        text = re.sub(rf"\b{long}\b", short, text)
    text = _ELIDED.sub(lambda found: found[1][:-1] + "'", text)
    text = re.sub(r"\bde le (?=\w)", "du ", text)
    text = re.sub(r"\bà le (?=\w)", "au ", text)
    return re.sub(rf"\bdu (?!(?:{_ASPIRATED})s?\b)(?=[{_VOWEL}])", "de l'", text)


def _spanish(text: str) -> str:
    text = re.sub(r"\bde el\b", "del", text)
    text = re.sub(r"\ba el\b", "al", text)
    text = re.sub(r"\by (?=h?i(?!e))", "e ", text)
    return re.sub(r"\bo (?=h?o)", "u ", text)


_FINISH = {"en": _english, "de": lambda text: text, "fr": _french, "es": _spanish}
