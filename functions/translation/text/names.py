"""Words that may be names: those that no list of common words has, written with a capital."""

import re
import unicodedata
from functools import lru_cache

from functions.translation.text.lexicon import LANGUAGES, WORD, is_common
from functions.translation.text.patterns import MARKS
from functions.translation.text.spans import Marked

FEW = 12  # quotes and marks that may open a sentence
LONGEST = 40  # letters of a word that is looked at for its parts
SHORTEST_PART = 4  # letters of a word in a compound
SHORTEST_HEAD, SHORTEST_TAIL = 3, 5  # of one whose first part is in no list
TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "herr",
        "frau",
        "monsieur",
        "madame",
        "mme",
        "señor",
        "señora",
        "sr",
        "sra",
        "don",
        "doña",
    ]
)
SHORT_FORMS = frozenset(("TTC", "HT", "TVA", "IVA", "VAT", "MwSt", "USt"))  # of taxes
_INVERTED = re.compile(r"-(?:je|tu|il|elle|on|nous|vous|ils|elles|ce|moi|toi|le|la|les|y|en)$")
# "o Nova 12", where no list tells common words.
_NUMBERED = re.compile(r"(?<=[^\W\d_] )[A-Z][^\W\d_]+ \d{1,3}\b(?: (?:Pro|Max|Plus|Mini|Ultra)\b)?")
_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W\d_]+)*")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_POSSESSIVE = re.compile(r"['’]s$")
_SENTENCE_START = re.compile(rf"^[\s\"'“„«¿¡(\[{MARKS}]*$")
_NOUNS_WITH_CAPITALS = frozenset(("de",))


@lru_cache(maxsize=2048)
def names(core: str, language: str) -> tuple[tuple[int, int], ...]:
    """Start and end of each run of words that is likely a name; none where nothing is known."""
    if language not in LANGUAGES:
        return ()
    found: list[tuple[int, int]] = []
    tokens = list(_TOKEN.finditer(core))
    at = 0
    while at < len(tokens):
        run = _run(core, tokens, at)
        at += max(1, len(run))
        if run and _is_name(core, run, language):
            found.append(_bounds(run))
    return tuple(found)


def _run(core: str, tokens: list[re.Match[str]], at: int) -> list[re.Match[str]]:
    """Tokens from ``at`` on that have capitals or digits, side by side; none where it has not."""
    if not tokens[at][0][0].isupper():
        return []
    run = [tokens[at]]
    for token in tokens[at + 1 :]:
        beside = core[run[-1].end() : token.start()] in (" ", "\u00a0")
        capital = token[0][0].isupper() or (token[0].isdigit() and len(token[0]) <= 2)
        if not (beside and capital) or _POSSESSIVE.search(run[-1][0]):
            break
        run.append(token)
    return run


def _bounds(run: list[re.Match[str]]) -> tuple[int, int]:
    possessive = _POSSESSIVE.search(run[-1][0])
    return run[0].start(), run[-1].end() - (len(possessive[0]) if possessive else 0)


def _is_name(core: str, run: list[re.Match[str]], language: str) -> bool:
    """Whether a run is a name; a common word that opens the sentence is taken from it."""
    start = run[0].start()
    at_start = start < FEW and bool(_SENTENCE_START.match(core[:start]))
    if at_start and _is_word(run[0][0], language) and not _is_title(run[0][0]):
        del run[0]
    if run and _is_title(run[0][0]):
        del run[0]
    if at_start and language == "fr" and run and _INVERTED.search(run[0][0]):
        del run[0]
    words = [token[0] for token in run if not token[0].isdigit()]
    if SHORT_FORMS.issuperset(words):
        return False
    if not all(_is_word(word, language) for word in words):
        if language in _NOUNS_WITH_CAPITALS:
            _drop_nouns(run, language)
        return True
    numbered = any(token[0].isdigit() for token in run[1:-1])  # "Pixel 9 Pro"
    if language in _NOUNS_WITH_CAPITALS or at_start:
        return numbered
    return numbered or len(words) < len(run) or language in ("fr", "es")


def _drop_nouns(run: list[re.Match[str]], language: str) -> None:
    """Take the nouns beside a name from it: "Bruder Tim", "in Tōkyō Reiseführer"."""
    while _is_word(run[0][0], language):
        del run[0]
    while is_compound(run[-1][0], language):
        del run[-1]


def _is_title(word: str) -> bool:
    return word.lower().rstrip(".") in TITLES


def _is_word(word: str, language: str) -> bool:
    if is_common(word, language) or is_compound(word, language):
        return True
    return language in _NOUNS_WITH_CAPITALS and _ends_in_word(word, language)


def _ends_in_word(word: str, language: str) -> bool:
    """Whether a noun with a capital ends in a common word, as compounds do: ``Jobsuche``."""
    word = word.lower()[-LONGEST:]
    cuts = range(SHORTEST_HEAD, len(word) - SHORTEST_TAIL + 1)
    return any(is_common(word[cut:], language) for cut in cuts)


def is_compound(word: str, language: str) -> bool:
    """Whether a word is two others in one: ``Tablecloth``, ``Staubsaugerbeutel``."""
    word = word.lower()
    if len(word) > LONGEST:
        return False
    for cut in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
        if not is_common(word[:cut], language):
            continue
        rest = word[cut:]
        parts = {rest, rest.removeprefix("s"), rest.removeprefix("n"), rest.removeprefix("en")}
        if any(len(part) >= SHORTEST_PART and is_common(part, language) for part in parts):
            return True
    return False


def mark_numbered(core: str, language: str, marked: Marked) -> str:
    """In a language whose words are not known, a sentence with marks for names with a number."""
    if language in LANGUAGES:
        return core
    return _NUMBERED.sub(lambda match: marked.mark_text(match[0]), core)


def lost(core: str, output: str, language: str, target: str) -> list[tuple[int, int]]:
    """Those likely names of a sentence that its translation does not hold."""
    runs = names(core, language)
    there = _plain(output) if runs else ""
    return [
        (start, end)
        for start, end in runs
        if not _is_held(core[start:end], output, there, language, target)
    ]


def _is_held(name: str, output: str, there: str, language: str, target: str) -> bool:
    """Whether a translation has a name, or what the target's language calls a place."""
    words = WORD.findall(name)
    if language == "de" and len(words) == 1:  # "Toms Bruder"
        words = [words[0].removesuffix("s")]
    if all(word in output or _plain(word) in there for word in words):
        return True
    own = in_target(name, language, target)
    return own != name and own in output


def in_target(name: str, language: str, target: str) -> str:
    """A name as it is, or what the target's language calls the place of that name."""
    from functions.translation.text.places import place  # noqa: PLC0415 - few names are lost

    return place(name, language, target) or name


def _plain(text: str) -> str:
    """Without accents: ``Canadá`` is the same place."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text)
    return _BEYOND_ASCII.sub(
        lambda match: "" if unicodedata.combining(match[0]) else match[0], apart
    )
