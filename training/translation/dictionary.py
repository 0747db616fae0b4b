"""The tables of words that the search of a translation leans on.

    python -m training.translation.dictionary --data-dir DIR

Writes ``functions/translation/text/data/dictionary.txt.gz`` from ``dictionary.tsv`` of this
package, written for this project (CC0), ``genders.txt.gz`` from its ``nouns.tsv`` (CC0), and
``counted.<language>.txt.gz``: what the words of ``mt/own`` and of the copy (CC0) are seen with.
Takes three minutes of one core. ``--written-only`` leaves what was counted as it is.

Words that general texts have often are in neither: a model knows them, and which of their meanings
is meant. ``dictionary.tsv`` has English words that they have less than ten times in a million, and
terms; forms of the other languages that they have more often begin with `ONLY_WRITTEN`.
"""

import argparse
import gzip
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from functions.translation.text import genders
from functions.translation.text.dictionary import COLUMN_END, Table, forms_written
from functions.translation.text.lexicon import ARTICLE, LANGUAGES, WORD
from training.errors import DataError
from training.translation import meanings, words
from training.translation.agreement import Noun, nouns

WRITTEN = Path(__file__).with_name("dictionary.tsv")
FEWEST = 2  # lines that two words must be in together
MOST_OFTEN = 40.0  # times in a million words of general texts
GENERAL = ("everyday", "prose")  # folders of ``mt`` with such
MOST_SEEN = 400  # lines with a word, which a model knows above that
LEAST_SHARE = 0.12  # of the lines with either word that have both
LEAST_BOTH = 0.15  # of one share times the other
MOST_FORMS = 3  # of a word, from counting
MOST_PAIRS = 1_500  # of the words of a line; in longer ones all is with all
SHORTEST = 3  # letters

_SINGULAR = {"m": genders.M, "f": genders.F, "n": genders.N, "e": genders.M | genders.F}
Row = list[list[str]]  # by language, the forms of a word
Often = Mapping[str, Mapping[str, float]]  # by language and word, times in a million
Counts = dict[str, list[str]]  # what each word is seen with, the surest first


def written(path: Path = WRITTEN) -> list[Row]:
    """The rows of a file with a word to a line, its forms parted by semicolons.

    Raises:
        DataError: a line has other cells, or one is empty.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        row = [cell.split(";") for cell in line.split("\t")]
        if len(row) != len(LANGUAGES) or not all(form.strip() for cell in row for form in cell):
            raise DataError(
                f"{path.name}, line {number}: {len(LANGUAGES)} cells with forms parted by "
                f"semicolons are needed, in the order {', '.join(LANGUAGES)}."
            )
        rows.append(row)
    return rows


def words_as_written(texts: Sequence[str]) -> list[list[str]]:
    """The words of each text in the case that they have within sentences."""
    split = [[_bare(word) for word in WORD.findall(text.replace("\u2019", "'"))] for text in texts]
    within = Counter(word for found in split for word in found[1:])
    return [[_in_a_sentence(at, word, within) for at, word in enumerate(found)] for found in split]


def _bare(word: str) -> str:
    elided = ARTICLE.match(word.lower())
    return word[elided.end() if elided else 0 :].removesuffix("'s")


def _in_a_sentence(place: int, word: str, within: Counter[str]) -> str:
    small, capital = word.lower(), word.capitalize()
    if len(word) > 1 and word.isupper():
        return small if within[small] >= within[capital] else capital
    return small if not place and word == capital and within[small] > within[word] else word


def counted(sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]) -> Counts:
    """What small words of the source are seen with in the target, which is as it is written."""
    of_source, of_target, both = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    for source, target in zip(sources, targets, strict=True):
        ones, others = {word.lower() for word in source}, {*target}
        of_source.update(ones)
        of_target.update(others)
        if len(ones) * len(others) < MOST_PAIRS:
            both.update((one, other) for one in ones for other in others)
    found: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    for (one, other), lines in both.items():
        if lines < FEWEST or min(len(one), len(other)) < SHORTEST:
            continue
        if max(of_source[one], of_target[other]) > MOST_SEEN:
            continue
        there, back = lines / of_source[one], lines / of_target[other]
        if min(there, back) >= LEAST_SHARE and there * back >= LEAST_BOTH:
            found[one].append((there * back, other))
    return {
        one: [other for _, other in sorted(some)[::-1][:MOST_FORMS]] for one, some in found.items()
    }


def times_in_a_million(data_dir: Path) -> dict[str, dict[str, float]]:
    """How often general texts have each small word, by language."""
    counts = {language: Counter[str]() for language in LANGUAGES}
    for folder in GENERAL:
        for path in sorted((data_dir / "mt" / folder).glob("*.tsv.gz")):
            direction = words.DIRECTION.search(path.name)
            if direction:
                for english, other, *_ in words.rows_of(path, 2):
                    for language, text in ((LANGUAGES[0], english), (direction[1], other)):
                        counts[language].update(map(str.lower, WORD.findall(text)))
    found = {}
    for language, count in counts.items():
        total = max(1, count.total())
        found[language] = {word: 1e6 * seen / total for word, seen in count.items()}
    return found


def rows_counted(
    lines: Sequence[Sequence[str]], often: Often, known: Table
) -> dict[str, list[Row]]:
    """By language, a row for each of its words with what it is seen with in the others.

    Args:
        lines: in all languages.
        often: words that are left out; see `MOST_OFTEN`.
        known: the written dictionary, whose forms are left out.
    """
    columns = [words_as_written([line[place] for line in lines]) for place in range(len(LANGUAGES))]
    found = {}
    for place, language in enumerate(LANGUAGES):
        counts = [
            {} if other == place else counted(columns[place], columns[other])
            for other in range(len(LANGUAGES))
        ]
        times = often.get(language, {})
        rows = []
        for word in sorted(set[str]().union(*counts)):
            if times.get(word, 0) >= MOST_OFTEN:
                continue
            row = [
                _unknown(count.get(word, []), word, forms_written(known, word, language, other))
                for other, count in zip(LANGUAGES, counts, strict=True)
            ]
            if any(row):
                row[place] = [word]
                rows.append(row)
        found[language] = rows
    return found


def _unknown(forms: Sequence[str], word: str, known: Sequence[str]) -> list[str]:
    return [form for form in forms if form.lower() != word and form not in known]


def table(rows: Sequence[Row]) -> str:
    """The text of a served table: its columns, one after the other."""
    columns = zip(*rows, strict=True)
    return COLUMN_END.join("\n".join(map(";".join, column)) for column in columns)


def genders_table(rows: Sequence[Noun]) -> str:
    """The text of the served genders: see `functions.translation.text.genders`."""
    parts = []
    for at, language in enumerate(genders.LANGUAGES, 1):
        lines: dict[int, set[str]] = {gender: set() for gender in genders.GENDERS}
        for noun in rows:
            letter = noun.genders[at - 1]
            feminine = language == "es" and letter.lower() in "fe"
            several = genders.FP if feminine else genders.P
            of_singular = several if letter.isupper() else _SINGULAR[letter]
            for form, which in ((noun.singular[at], of_singular), (noun.plural[at], several)):
                for one in genders.GENDERS:
                    if form and one & which:
                        lines[one].add(form)
        parts.append("\n".join(";".join(sorted(lines[one])) for one in genders.GENDERS))
    return COLUMN_END.join(parts)


def write(path: Path, text: str, words_in: int) -> None:
    """One table, the same bytes for the same text."""
    packed = gzip.compress(text.encode(), mtime=0)
    path.write_bytes(packed)
    print(f"{path.name}: {words_in} words, {len(packed)} bytes", flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Count and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data-dir", type=Path)
    what.add_argument("--written-only", action="store_true")
    args = parser.parse_args(argv)
    needed = [args.data_dir / "mt" / name for name in ("own", *GENERAL)] if args.data_dir else []
    missing = [str(folder) for folder in needed if not folder.is_dir()]
    if missing:
        parser.error(
            f"no folder {', '.join(missing)}: give the folder that holds mt/ with the texts"
        )
    try:
        rows = written()
    except DataError as error:
        parser.error(str(error))
    write(meanings.OUT / "dictionary.txt.gz", table(rows), len(rows))
    write(meanings.OUT / "genders.txt.gz", genders_table(nouns()), len(nouns()))
    if args.data_dir:
        often = times_in_a_million(args.data_dir)
        known = Table((meanings.OUT / "dictionary.txt.gz").read_bytes())
        for language, found in rows_counted(meanings.read(args.data_dir), often, known).items():
            write(meanings.OUT / f"counted.{language}.txt.gz", table(found), len(found))


if __name__ == "__main__":
    main()
