"""What the words of shop texts become in other languages, counted in this project's own lines.

    python -m training.translation.meanings --data-dir DIR

Writes ``functions/translation/text/data/meanings.<source>-<target>.tsv.gz`` from ``mt/own`` and
this package's ``copy`` (CC0), whose words are aligned both ways by IBM's model 1 with a preference
for the diagonal (Dyer et al. 2013); a pair counts where both ways agree. A line is a word, what it
nearly always becomes (empty where nothing does), and the beginnings of all that it becomes. Takes
about ten minutes of one core.

    python -m training.translation.meanings --tables-only

counts nothing: it adds the words that are new in the tables of things and traits to the files that
are there.
"""

import argparse
import gzip
import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from functions.translation.text.lexicon import ARTICLE
from training.translation.domains import COPY_TEXTS

LANGUAGES = ("en", "de", "fr", "es")
ROUNDS = 4
DIAGONAL = 4.0  # how much rarer a pair is that is a whole sentence off the diagonal
UNALIGNED = 0.08
UNSEEN = 1e-7
MOST_COMMON = 160  # words of a language, which stand for no thing
FEWEST = 5  # times that a word must be seen
LEAST_SHARE = 0.55  # of which its meanings must make up
LEAST_RARE_SHARE = 0.2  # of a meaning that was seen once
SURE_SHARE, FEWEST_SURE = 0.6, 3  # of a meaning that may be written in place of the word
MOST_MEANINGS = 8
OUT = Path(__file__).resolve().parents[2] / "functions" / "translation" / "text" / "data"
SAYINGS = Path(__file__).with_name("sayings.tsv")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")

Lines = list[tuple[list[str], list[str]]]
Table = dict[tuple[str, str], float]


def words(text: str) -> list[str]:
    """Small words, elided ones bare, German compounds with hyphens in their parts."""
    found: list[str] = []
    for word in _WORD.findall(text.lower().replace("’", "'")):
        bare = ARTICLE.sub("", word).removesuffix("'s")
        found += [part for part in bare.split("-") if part]
    return found


def beginning(word: str) -> str:
    """What all forms of a word have in common."""
    return word if len(word) <= 4 else word[: max(4, len(word) - 3)]


def read(data_dir: Path) -> list[list[str]]:
    """The lines of ``mt/own`` and of the copy, in four languages each."""
    paths = sorted([*(data_dir / "mt" / "own").glob("*.tsv"), *COPY_TEXTS.glob("*.tsv")])
    rows = [line.split("\t") for path in paths for line in path.read_text("utf-8").splitlines()]
    return [row for row in rows if len(row) == len(LANGUAGES)]


def _near(place: int, size: int, other: int, other_size: int) -> float:
    return math.exp(-DIAGONAL * abs(place / size - other / other_size))


def trained(lines: Lines) -> Table:
    """Probabilities of a target word for each source word, the empty one being of none."""
    table: Table = {}
    for number in range(ROUNDS):
        counts: defaultdict[tuple[str, str], float] = defaultdict(float)
        totals: defaultdict[str, float] = defaultdict(float)
        for source, target in lines:
            for at, other in enumerate(target):
                weights = [UNALIGNED * (table.get(("", other), UNSEEN) if number else 1.0)]
                weights += [
                    _near(place, len(source), at, len(target))
                    * (table.get((word, other), UNSEEN) if number else 1.0)
                    for place, word in enumerate(source)
                ]
                whole = sum(weights)
                for word, weight in zip(["", *source], weights, strict=True):
                    counts[word, other] += weight / whole
                    totals[word] += weight / whole
        table = {
            pair: count / (totals[pair[0]] + 0.1) for pair, count in counts.items() if count > 1e-4
        }
    return table


def best(table: Table, source: Sequence[str], target: Sequence[str]) -> list[int]:
    """The likeliest source place of each target word, -1 for none."""
    found = []
    for at, other in enumerate(target):
        chances = [
            table.get((word, other), UNSEEN) * _near(place, len(source), at, len(target))
            for place, word in enumerate(source)
        ]
        top = max(range(len(chances)), key=chances.__getitem__)
        found.append(top if chances[top] > UNALIGNED * table.get(("", other), UNSEEN) else -1)
    return found


def aligned(lines: Lines) -> Counter[tuple[str, str]]:
    """How often two words are each other's likeliest."""
    there, back = trained(lines), trained([(target, source) for source, target in lines])
    counts: Counter[tuple[str, str]] = Counter()
    for source, target in lines:
        of_target, of_source = best(there, source, target), best(back, target, source)
        for at, place in enumerate(of_target):
            if place >= 0 and of_source[place] == at:
                counts[source[place], target[at]] += 1
    return counts


def table(counts: Counter[tuple[str, str]], seen: Counter[str]) -> dict[str, tuple[str, list[str]]]:
    """What is written for each word, and all that it becomes."""
    by_word: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for (word, other), count in counts.items():
        by_word[word].append((count, other))
    common = {word for word, _ in seen.most_common(MOST_COMMON)}
    found = {}
    for word, others in by_word.items():
        if seen[word] < FEWEST or len(word) < 3 or word in common:
            continue
        others.sort(reverse=True)
        kept = [one for one in others if one[0] > 1 or one[0] >= LEAST_RARE_SHARE * seen[word]]
        if sum(count for count, _ in kept) < LEAST_SHARE * seen[word]:
            continue
        count, top = kept[0]
        sure = count >= max(FEWEST_SURE, SURE_SHARE * seen[word])
        found[word] = (top if sure else "", [other for _, other in kept[:MOST_MEANINGS]])
    return found


def written_by_hand(source: str, target: str) -> defaultdict[str, list[str]]:
    """The words of `things`, `traits` and ``sayings.tsv``, with the first word of each meaning."""
    from functions.translation.text.things import nouns

    found: defaultdict[str, list[str]] = defaultdict(list)
    for form, (thing, _) in nouns(source).items():
        if " " not in form and "-" not in form:
            found[form] += [words(other)[0] for other in thing.nouns[target].forms()]
    _add_traits(found, source, target)
    if source == "en":
        _add_sayings(found, target)
    return found


def _add_traits(found: defaultdict[str, list[str]], source: str, target: str) -> None:
    from functions.translation.text.labels import forms
    from functions.translation.text.things import traits

    for trait in traits():
        if trait.kind in ("purpose", "audience"):
            continue
        meanings = [part for one in trait.words[target] for part in one.split("/")]
        for form in forms(trait, source):
            if " " not in form or trait.kind == "material":
                found[words(form)[-1]] += [words(meaning)[-1] for meaning in meanings]


def _add_sayings(found: defaultdict[str, list[str]], target: str) -> None:
    place = LANGUAGES.index(target)
    for line in SAYINGS.read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        meanings = [words(meaning)[0] for meaning in cells[place].split(";") if words(meaning)]
        for word in cells[0].split(";"):
            if " " not in word and "-" not in word:
                found[word] += meanings


def write(source: str, target: str, known: dict[str, tuple[str, list[str]]]) -> None:
    """One direction's file."""
    for word, more in written_by_hand(source, target).items():
        top, others = known.get(word, ("", []))
        known[word] = (top, [*others, *more])
    rows = {
        word: (top, [*dict.fromkeys(map(beginning, others))])
        for word, (top, others) in known.items()
    }
    _write_rows(source, target, rows)


def _path(source: str, target: str) -> Path:
    return OUT / f"meanings.{source}-{target}.tsv.gz"


def _write_rows(source: str, target: str, rows: dict[str, tuple[str, list[str]]]) -> None:
    lines = [f"{word}\t{top}\t{' '.join(starts)}\n" for word, (top, starts) in sorted(rows.items())]
    packed = gzip.compress("".join(lines).encode(), mtime=0)
    _path(source, target).write_bytes(packed)
    print(f"{source}-{target}: {len(lines)} words, {len(packed)} bytes")


def add_tables(source: str, target: str) -> None:
    """Add to one direction's file what the tables say, and what it lacks of it."""
    rows: dict[str, tuple[str, list[str]]] = {}
    for line in gzip.decompress(_path(source, target).read_bytes()).decode().splitlines():
        word, top, there = line.split("\t")
        rows[word] = (top, there.split())
    for word, others in written_by_hand(source, target).items():
        top, starts = rows.get(word, ("", []))
        rows[word] = (top, [*dict.fromkeys([*starts, *map(beginning, others)])])
    _write_rows(source, target, rows)


def main() -> None:
    """Align and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data-dir", type=Path)
    what.add_argument("--tables-only", action="store_true")
    args = parser.parse_args()
    if args.tables_only:
        for language in LANGUAGES[1:]:
            add_tables("en", language)
            add_tables(language, "en")
        return
    rows = read(args.data_dir)
    for place, language in enumerate(LANGUAGES[1:], 1):
        lines = [(words(row[0]), words(row[place])) for row in rows]
        lines = [(source, target) for source, target in lines if source and target]
        counts = aligned(lines)
        english = Counter(word for source, _ in lines for word in source)
        other = Counter(word for _, target in lines for word in target)
        write("en", language, table(counts, english))
        back = Counter({(two, one): count for (one, two), count in counts.items()})
        write(language, "en", table(back, other))


if __name__ == "__main__":
    main()
