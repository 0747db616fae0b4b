"""Placeholders and untidy writing, put into pairs so that the model learns to cope with both.

Serving replaces what must not be translated (names of variables, links, prices, glossary
terms, inline tags) with placeholder tokens. The model learns from pairs in which the same is
done to tokens that both sides share, and to words that translate each other.
"""

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from functions.translation.contract import PLACEHOLDERS
from training.translation.pairs import Pair

_WORD = re.compile(r"[^\W\d_]+")
_SHARED = re.compile(r"%[sd]|\{+\w*\}+|https?://\S+|[\w.]+@[\w.]+|[\d][\d.,:/-]*\d|\d|[^\W\d_]+")
MINIMUM_COUNT = 8
MINIMUM_DICE = 0.35
SAMPLE = 120_000
LONGEST_SENTENCE = 14
COMMON = 0.02  # words in a larger share of sentences than this align badly

Lexicon = dict[str, str]


def lexicon(pairs: Iterable[Pair], seed: int = 0) -> dict[tuple[str, str], Lexicon]:
    """For each direction, words whose best partner by Dice coefficient is mutual (Dice, 1945)."""
    by_direction: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        key = pair.source_language, pair.target_language
        by_direction.setdefault(key, []).append(pair)
    rng = random.Random(seed)
    return {
        key: _align(rng.sample(group, min(SAMPLE, len(group))))
        for key, group in by_direction.items()
    }


def _align(pairs: Sequence[Pair]) -> Lexicon:
    sides = [
        (set(_WORD.findall(pair.source)), set(_WORD.findall(pair.target)))
        for pair in pairs
        if pair.source.count(" ") < LONGEST_SENTENCE
    ]
    source_counts = Counter(word for source, _ in sides for word in source)
    target_counts = Counter(word for _, target in sides for word in target)
    most = max(MINIMUM_COUNT, COMMON * len(sides))
    together: Counter[tuple[str, str]] = Counter()
    for source, target in sides:
        kept = [word for word in target if MINIMUM_COUNT <= target_counts[word] <= most]
        for word in source:
            if MINIMUM_COUNT <= source_counts[word] <= most:
                together.update((word, other) for other in kept)
    best: dict[str, tuple[float, str]] = {}
    back: dict[str, tuple[float, str]] = {}
    for (word, other), count in together.items():
        dice = 2 * count / (source_counts[word] + target_counts[other])
        if dice >= MINIMUM_DICE:
            best[word] = max(best.get(word, (0.0, "")), (dice, other))
            back[other] = max(back.get(other, (0.0, "")), (dice, word))
    return {word: other for word, (_, other) in best.items() if back[other][1] == word}


def _spans(pair: Pair, words: Lexicon) -> list[tuple[str, str]]:
    """Strings of the two sides that stand for each other, each once on its side."""
    found = []
    for token in dict.fromkeys(_SHARED.findall(pair.source)):
        other = token if token in pair.target else words.get(token)
        if other and (len(token) > 1 or token.isdigit()):
            pattern, partner = (rf"(?<!\w){re.escape(text)}(?!\w)" for text in (token, other))
            if len(re.findall(pattern, pair.source)) == 1 == len(re.findall(partner, pair.target)):
                found.append((token, other))
    return found


def _put(text: str, span: str, replacement: str) -> str:
    return re.sub(
        rf"(?<!\w){re.escape(span)}(?!\w)", replacement.replace("\\", r"\\"), text, count=1
    )


def with_placeholders(pair: Pair, words: Lexicon, rng: random.Random) -> Pair:
    """The pair with one to three placeholders, or itself where nothing lends itself to it."""
    names = rng.sample(PLACEHOLDERS, len(PLACEHOLDERS))
    kind = rng.random()
    if kind < 0.15:  # an emoji or the like, before or after the sentence
        name = names.pop()
        first = rng.random() < 0.4
        return replace(
            pair,
            source=f"{name} {pair.source}" if first else f"{pair.source} {name}",
            target=f"{name} {pair.target}" if first else f"{pair.target} {name}",
        )
    spans = _spans(pair, words)
    if not spans:
        return pair
    source, target = pair.source, pair.target
    for token, other in rng.sample(spans, min(len(spans), rng.choice((1, 1, 2, 3)))):
        if kind < 0.5:  # an inline element around the word
            start, end = names.pop(), names.pop()
            source = _put(source, token, f"{start} {token} {end}")
            target = _put(target, other, f"{start} {other} {end}")
            break
        name = names.pop()
        source, target = _put(source, token, name), _put(target, other, name)
    return replace(pair, source=source, target=target)


def untidy(pair: Pair, rng: random.Random) -> Pair:
    """The pair as a hurried customer would write its source."""
    kind = rng.random()
    if kind < 0.5:
        return replace(pair, source=pair.source.lower())
    if kind < 0.75:
        return replace(pair, source=pair.source.rstrip(".?!").rstrip())
    return replace(pair, source=pair.source.lower().rstrip(".?!").rstrip())


def augment(pairs: Sequence[Pair], share: float, seed: int) -> list[Pair]:
    """The pairs, a ``share`` of them with placeholders and half as many untidy."""
    words = lexicon(pairs, seed)
    rng = random.Random(seed)
    result = []
    for pair in pairs:
        drawn = rng.random()
        if drawn < share:
            known = words[pair.source_language, pair.target_language]
            result.append(with_placeholders(pair, known, rng))
        else:
            result.append(untidy(pair, rng) if drawn < share * 1.5 else pair)
    return result
