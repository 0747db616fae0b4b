"""Which language each text of a request is in: short ones by their words and their neighbours."""

from collections import Counter
from collections.abc import Collection, Sequence

from functions.translation.text.languages import UNKNOWN, recognise
from functions.translation.text.lexicon import LANGUAGES, WORD, share
from shared.language import DetectedLanguage, clearly_other, detect

FEW_LETTERS = 40  # a text with fewer says too little to a model of letters
SURE = 0.5  # confidence below which a short text is not taken to be in the target already
SURE_BETWEEN = 0.75  # the same where another served language knows all of its words too
LEAST_SHARE = 0.5  # of a short text's words that the language must know


def recognise_all(
    texts: Sequence[str], served: Collection[str], target: str
) -> list[DetectedLanguage]:
    """The language of each text of a request.

    A short text that could be in several languages is taken to be in the one that most others are
    in; without others it is unrecognised rather than in the target language already.
    """
    found = [_recognise(text, served, target) for text in texts]
    known = Counter(one.language for one in found if one.confidence >= SURE)
    known.pop(UNKNOWN, None)
    if not known:
        return found
    (usual, _), *_ = known.most_common(1)
    return [
        DetectedLanguage(usual, SURE) if _is_open(one, text) and usual in served else one
        for one, text in zip(found, texts, strict=True)
    ]


def _is_open(found: DetectedLanguage, text: str) -> bool:
    return found.language == UNKNOWN and any(map(str.isalpha, text))


def _recognise(text: str, served: Collection[str], target: str) -> DetectedLanguage:
    if sum(map(str.isalpha, text)) >= FEW_LETTERS:
        return recognise(text, sorted(served))
    by_words = _by_words(text, served, target)
    if by_words is not None:
        return by_words
    other = clearly_other(text, served)
    found = other if other is not None else recognise(text, sorted(served))
    if found.language == target and found.confidence < SURE:
        return DetectedLanguage(UNKNOWN, 0.0)
    return found


def _by_words(text: str, served: Collection[str], target: str) -> DetectedLanguage | None:
    """The served language that knows the most words of a short text, where one knows enough.

    Its confidence is its part of all languages' shares, each weighted by what the letters say.
    Where the target is one of several that know as many, the text is in no language for sure.
    """
    if not WORD.search(text):
        return None
    likely = dict(detect(text))
    by_letters = next((code for code in likely if code in served), None)
    if by_letters is not None and by_letters not in LANGUAGES:  # its words are not known
        return None
    shares = {language: share(text, language) for language in served}
    most = max(shares.values(), default=0.0)
    if most < LEAST_SHARE:
        return None
    best = {code: likely.get(code, 0.0) + 0.01 for code, one in shares.items() if one == most}
    language = max(best, key=lambda code: best[code])
    if len(best) == 1:
        rest = sum(shares.values()) - most
        return DetectedLanguage(language, most / (most + 0.5 * rest))
    confidence = best[language] / sum(best.values())
    if language == target and confidence < SURE_BETWEEN:
        return DetectedLanguage(UNKNOWN, 0.0)
    return DetectedLanguage(language, confidence) if confidence >= SURE else None
