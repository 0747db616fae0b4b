"""200 lines of the shop dev set, each translation judged by a reader of both languages.

    .venv-train/bin/python -m benchmarks.translation_judged --data-dir DIR

A judgement is of one wording: a line that comes out otherwise is told as not judged. `--ask FILE`
writes a sheet to judge, `--sheet FILE` takes its verdicts over, and `--write FILE` gives the
judgements as `python -m training.translation calibrate --judged` reads them. The sheet's columns:
``verdict`` (right, partly, wrong: of the meaning), ``kind`` of the error, and ``lost`` (number,
name, negation; several with spaces between).
"""

import argparse
import csv
import random
from collections import Counter
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

from benchmarks.machine import write
from functions.translation.engine import TASK
from shared.settings import get_settings
from training.translation.calibrating import Seen, observe
from training.translation.domains import COLUMNS
from training.translation.judgements import JUDGED, SURE, VERDICTS
from training.translation.pairs import Pair, read_tsv

FILE = Path(__file__).with_name("translation_judged.tsv")
SET = Path("mt/dev/shop.tsv")
LINES = 200
KEPT = ("line", "source", "target", "translation", "verdict", "kind", "lost")
SHEET = (*KEPT, "text", "reference")


def chosen(data_dir: Path) -> list[tuple[int, Pair]]:
    """Lines drawn at random, as many in each of the twelve directions; no line twice."""
    rows = read_tsv(data_dir / SET)
    numbers = random.Random(15).sample(range(len(rows)), LINES)
    ways = list(permutations(range(len(COLUMNS)), 2))
    found = []
    for place, number in enumerate(numbers):
        source, target = ways[place % len(ways)]
        texts = rows[number]
        pair = Pair(texts[source], texts[target], COLUMNS[source], COLUMNS[target])
        found.append((number + 1, pair))
    return found


def read(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Rows of a TSV with these columns."""
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [{name: row[name] or "" for name in columns} for row in rows]


def put(path: Path, columns: Sequence[str], rows: Sequence[dict[str, str]]) -> None:
    """Write a TSV."""
    lines = ["\t".join(columns), *("\t".join(row[name] for name in columns) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def figures(rows: Sequence[dict[str, str]], sure: dict[str, float | None]) -> dict[str, Any]:
    """Counts of the verdicts, by direction and by how sure the service was.

    Args:
        rows: of what is judged.
        sure: confidence by line number.
    """
    verdicts = Counter(row["verdict"] for row in rows)
    ways: dict[str, Counter[str]] = {}
    for row in rows:
        ways.setdefault(f"{row['source']}-{row['target']}", Counter())[row["verdict"]] += 1
    certain = [row for row in rows if (sure[row["line"]] or 0) >= SURE]
    return {
        "lines": len(rows),
        **{verdict: verdicts[verdict] for verdict in VERDICTS},
        "directions": {way: dict(found) for way, found in sorted(ways.items())},
        "kinds": dict(Counter(row["kind"] for row in rows if row["kind"])),
        "lost": dict(Counter(lost for row in rows for lost in row["lost"].split())),
        "sure": len(certain),
        "sure_and_right": sum(row["verdict"] == VERDICTS[0] for row in certain),
    }


def joined(
    asked: Sequence[tuple[int, Pair]], seen: Sequence[Seen], judged: Sequence[dict[str, str]]
) -> list[dict[str, str]]:
    """Every line as a row of the sheet, with its judgement where that is of this translation."""
    known = {(row["line"], row["source"], row["target"], row["translation"]): row for row in judged}
    rows = []
    for (number, pair), line in zip(asked, seen, strict=True):
        key = (str(number), pair.source_language, pair.target_language, line.text)
        verdict = known.get(key, {})
        row = dict(zip(KEPT, key, strict=False))
        row |= {name: verdict.get(name, "") for name in ("verdict", "kind", "lost")}
        rows.append({**row, "text": pair.source, "reference": pair.target})
    return rows


def main() -> None:
    """Translate, compare with the judgements and write results/translation_judged.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--ask", type=Path, metavar="FILE", help="write the sheet to judge")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="take over a judged sheet")
    parser.add_argument("--write", type=Path, metavar="FILE", help="for the calibration")
    args = parser.parse_args()
    if args.sheet:
        put(FILE, KEPT, read(args.sheet, KEPT))
    asked = chosen(args.data_dir)
    seen = observe(get_settings().model_dir(TASK), [pair for _, pair in asked])
    judged = read(FILE, KEPT) if FILE.exists() else []
    rows = joined(asked, seen, judged)
    if args.ask:
        put(args.ask, SHEET, rows)
    certain = [row for row in rows if row["verdict"]]
    if args.write:
        put(args.write, JUDGED, certain)
    sure = {row["line"]: line.confidence for row, line in zip(rows, seen, strict=True)}
    result = {"not_judged": len(rows) - len(certain), **figures(certain, sure)}
    path = write("translation_judged", "python -m benchmarks.translation_judged", result)
    print(f"wrote {path.name}: {result}")


if __name__ == "__main__":
    main()
