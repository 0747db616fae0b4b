"""What the handling of text around the model costs or gains in BLEU and chrF on plain sentences.

    python -m benchmarks.translation_text translate --data-dir DIR --out FILE [--rows 300]
    python -m benchmarks.translation_text score FILE

The first command runs in the serving environment: each sentence goes once to the model alone and
once through the service. The second scores both, where sacrebleu is installed.
"""

import argparse
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path

from benchmarks.machine import write

SAMPLE = 300  # lines of each set
SEED = 0


def sets(
    data_dir: Path, rows_each: int = SAMPLE
) -> Iterator[tuple[str, str, str, list[tuple[str, str]]]]:
    """Name, source, target and a sample of each development set, in both directions."""
    for path in sorted((data_dir / "mt" / "dev").glob("*.tsv.gz")):
        name, _, direction = path.name.removesuffix(".tsv.gz").rpartition(".")
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            rows = [line.rstrip("\n").split("\t")[:2] for line in stream]
        pairs = random.Random(SEED).sample(rows, min(rows_each, len(rows)))
        source, target = direction.split("-")
        yield name, source, target, [(one, other) for one, other in pairs]
        yield name, target, source, [(other, one) for one, other in pairs]


def translate(data_dir: Path, out: Path, rows_each: int) -> None:
    """Write each set's references, the model's translations and the service's."""
    from functions.translation.schemas import MAX_TEXTS, TranslateRequest, TranslateResponse
    from functions.translation.service import get_service
    from functions.translation.translator import DEFAULT_BEAMS, Sentence

    service = get_service()
    found = []
    for name, source, target, pairs in sets(data_dir, rows_each):
        texts = [text for text, _ in pairs]
        alone = service._engine.translate(  # noqa: SLF001 - the model without the service
            (source, target), [Sentence(text) for text in texts], DEFAULT_BEAMS, 1
        )
        served: list[str] = []
        reviewed = 0
        for at in range(0, len(texts), MAX_TEXTS):
            request = TranslateRequest(
                text=None, texts=texts[at : at + MAX_TEXTS], source=source, target=target
            )
            (answer,) = service.translate([request])
            assert isinstance(answer, TranslateResponse), answer
            served += [one.text for one in answer.translations]
            reviewed += sum(bool(one.review) for one in answer.translations)
        row = {"set": f"{name} {source}-{target}", "reviewed": reviewed}
        row |= {"references": [reference for _, reference in pairs], "served": served}
        row |= {"alone": [one[0] if one else text for one, text in zip(alone, texts, strict=True)]}
        found.append(row)
        print(row["set"], flush=True)
    out.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


def score(file: Path) -> None:
    """Score what `translate` wrote, and write results/translation_text.json."""
    from sacrebleu.metrics import BLEU, CHRF

    rows = {}
    for row in json.loads(file.read_text(encoding="utf-8")):
        references = [row["references"]]
        rows[row["set"]] = {
            "rows": len(row["references"]),
            "reviewed": row["reviewed"],
            **{
                way: {
                    "bleu": round(BLEU().corpus_score(row[way], references).score, 2),
                    "chrf": round(CHRF().corpus_score(row[way], references).score, 2),
                }
                for way in ("alone", "served")
            },
        }
        print(row["set"], rows[row["set"]])
    command = "python -m benchmarks.translation_text translate --data-dir DIR --out FILE"
    write("translation_text", command, {"sets": rows})


def main() -> None:
    """Translate, or score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    first = commands.add_parser("translate", help="run the model and the service")
    first.add_argument("--data-dir", type=Path, required=True)
    first.add_argument("--out", type=Path, required=True)
    first.add_argument("--rows", type=int, default=SAMPLE, help="of each set, at most")
    commands.add_parser("score", help="score what was written").add_argument("file", type=Path)
    args = parser.parse_args()
    if args.command == "translate":
        translate(args.data_dir, args.out, args.rows)
    else:
        score(args.file)


if __name__ == "__main__":
    main()
