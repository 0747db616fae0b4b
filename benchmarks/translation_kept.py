"""Codes, variables, numbers and symbols put into sentences: how many come through untouched?

    python -m benchmarks.translation_kept --data-dir DIR [--sentences 5000]

Hypothesis makes one to three tokens for each sentence of the development sets and of the catalogue
samples (all six directions of the default models), and puts them between its words. In the
translation each must be there as often as in the source; where a sentence has no figure of its own
and no number word, no other figure may be there.
"""

import argparse
import gzip
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from benchmarks.machine import write
from functions.translation.schemas import MAX_TEXTS, TranslateRequest, TranslateResponse
from functions.translation.service import get_service
from functions.translation.text.numbers import number_words

SEED = 14
MOST_WORDS = 30  # of a sentence
SHOWN = 20  # failures in the result
CATALOGUE = Path(__file__).resolve().parents[1] / "training" / "translation" / "golden.tsv"
CODES = st.one_of(
    st.from_regex(r"\A[A-Z]{2,4}-[0-9]{3,6}\Z"),
    st.from_regex(r"\A[A-Z][0-9]{2,4}[A-Z]{1,2}\Z"),
    st.from_regex(r"\A#[0-9]{4,7}\Z"),
    st.from_regex(r"\A[a-z]{2,5}_[a-z]{2,6}\Z"),
    st.from_regex(r"\A\+49 30 [1-9][0-9]{5}\Z"),
    st.from_regex(r"\A[a-z]{3,6}@[a-z]{3,6}\.com\Z"),
    st.from_regex(r"\Ahttps://[a-z]{3,8}\.example/[a-z]{1,8}\Z"),
    st.from_regex(r"\Av[1-9]\.[0-9]\.[0-9]{1,2}\Z"),
)
VARIABLES = st.one_of(
    st.from_regex(r"\A\{[a-z]{2,8}\}\Z"),
    st.from_regex(r"\A\{\{ [a-z]{2,6}\.[a-z]{2,6} \}\}\Z"),
    st.from_regex(r"\A%\{[a-z]{2,8}\}\Z"),
    st.from_regex(r"\A\$\{[a-z]{2,8}\}\Z"),
    st.from_regex(r"\A%[1-9]\$s\Z"),
    st.sampled_from(["%s", "%d", "<%= name %>", "*|FNAME|*", "[[name]]", "##id##", "{% if x %}"]),
)
NUMBERS = st.one_of(
    st.from_regex(r"\A[1-9][0-9]{0,2}\Z"),
    st.from_regex(r"\A\$[1-9][0-9]?\.[0-9]{2}\Z"),
    st.from_regex(r"\A€[1-9][0-9]?\Z"),
    st.from_regex(r"\A[1-9][0-9] x [1-9][0-9] cm\Z"),
    st.from_regex(r"\A[1-9][0-9]{0,2}°C\Z"),
)
SYMBOLS = st.sampled_from(["½", "±2 %", "🎉", "✓", "™", "§ 14", "≤ 5", "≈ 30", "♻️", "👍🏽"])
TOKENS = {"code": CODES, "variable": VARIABLES, "number": NUMBERS, "symbol": SYMBOLS}


def sentences(data_dir: Path) -> Iterator[tuple[str, str, str]]:
    """Source language, target language and a sentence of each development set's either side."""
    for path in sorted((data_dir / "mt" / "dev").glob("*.tsv.gz")):
        source, target = path.name.removesuffix(".tsv.gz").rpartition(".")[2].split("-")
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            for line in stream:
                one, other = line.rstrip("\n").split("\t")[:2]
                yield source, target, one
                yield target, source, other
    for line in CATALOGUE.read_text(encoding="utf-8").splitlines():
        source, target, text, *_ = line.split("\t")
        yield source, target, text


@st.composite
def some_tokens(draw: st.DrawFn) -> list[tuple[str, str]]:
    """One to three tokens with their kinds."""
    kinds = draw(st.lists(st.sampled_from(sorted(TOKENS)), min_size=1, max_size=3))
    return [(kind, draw(TOKENS[kind])) for kind in kinds]


def made(count: int) -> list[list[tuple[str, str]]]:
    """As many lists of tokens with their kinds."""
    found: list[list[tuple[str, str]]] = []

    @seed(SEED)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(some_tokens())
    def collect(tokens: list[tuple[str, str]]) -> None:
        found.append(tokens)

    collect()
    return found


def with_tokens(text: str, tokens: list[str], dice: random.Random) -> str:
    """A sentence with tokens between its words."""
    words = text.split(" ")
    for token in tokens:
        words.insert(dice.randint(0, len(words)), token)
    return " ".join(words)


def faults(text: str, found: str, tokens: list[str], language: str) -> list[str]:
    """What is lost, doubled or made up."""
    wrong = []
    for token in dict.fromkeys(tokens):
        form = re.escape(token)
        before = r"(?<![\d.,])" if token[0].isdigit() else ""
        behind = r"(?!\d)" if token[-1].isdigit() else ""
        pattern = re.compile(before + form + behind)
        here, there = len(pattern.findall(text)), len(pattern.findall(found))
        if there != here:
            wrong.append(f"{token} {'lost' if there < here else 'doubled'}")
    rest = text
    for token in tokens:
        rest = rest.replace(token, " ", 1)
    if not re.search(r"\d", rest) and not number_words(rest, language):
        more = Counter(re.findall(r"\d+", found)) - Counter(re.findall(r"\d+", text))
        wrong += [f"{figure} made up" for figure in more]
    if re.search("[⟦⟧\U000f0000-\U000ffffd]", found):
        wrong.append("a mark is left")
    return wrong


def run(data_dir: Path, count: int) -> dict[str, Any]:
    """Translate and compare."""
    dice = random.Random(SEED)
    pool = [row for row in sentences(data_dir) if len(row[2].split()) <= MOST_WORDS]
    rows = [
        (source, target, with_tokens(text, [token for _, token in tokens], dice), tokens)
        for (source, target, text), tokens in zip(
            dice.choices(pool, k=count), made(count), strict=False
        )
    ]
    kinds: Counter[str] = Counter()
    failures, left, reviewed = [], 0, 0
    for source, target in sorted({row[:2] for row in rows}):
        own = [row for row in rows if row[:2] == (source, target)]
        for at in range(0, len(own), MAX_TEXTS):
            some = own[at : at + MAX_TEXTS]
            request = TranslateRequest(texts=[row[2] for row in some], source=source, target=target)
            (answer,) = get_service().translate([request])
            assert isinstance(answer, TranslateResponse), answer
            for row, one in zip(some, answer.translations, strict=True):
                tokens = [token for _, token in row[3]]
                kinds.update(kind for kind, _ in row[3])
                wrong = faults(row[2], one.text, tokens, source)
                left += one.text == row[2]
                reviewed += bool(one.review)
                if wrong:
                    failures.append({"text": row[2], "translation": one.text, "wrong": wrong})
        print(
            f"{source}-{target}: {len(own)} sentences, {len(failures)} failures so far", flush=True
        )
    return {
        "sentences": len(rows),
        "tokens": dict(sorted(kinds.items())),
        "sentences_with_a_fault": len(failures),
        "left_as_they_were": left,
        "reviewed": reviewed,
        "failures": failures[:SHOWN],
    }


def main() -> None:
    """Run, and write results/translation_kept.json."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--sentences", type=int, default=5000)
    args = parser.parse_args()
    command = f"python -m benchmarks.translation_kept --data-dir DIR --sentences {args.sentences}"
    path = write("translation_kept", command, run(args.data_dir, args.sentences))
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
