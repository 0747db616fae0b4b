"""How close the served translations come to yours: BLEU, chrF, and what is flagged.

    retail evaluate translation --test pairs.tsv --source en --target de

Each line of the file is a text, a tab and its translation. A text that the service flags for
review should be one that is worse: chrF of both kinds is told apart.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.translation.schemas import TranslateRequest
from functions.translation.service import TranslationService, get_service
from local.evaluation.measuring import (
    Figures,
    evaluated,
    evaluation_parser,
    in_batches,
    serve_from,
    share,
)
from shared.errors import ServiceError
from training.errors import DataError
from training.translation.pairs import Pair, read_pairs

BATCH = 16
MOST_SHOWN = 10


@dataclass(frozen=True)
class Translated:
    """A pair, and what the service wrote."""

    pair: Pair
    text: str
    flagged: bool
    untranslated: bool


def translate(service: TranslationService, pairs: Sequence[Pair]) -> tuple[list[Translated], str]:
    """The service's translations, and the name of the model that wrote them.

    Raises:
        DataError: a text cannot be translated.
        ServiceError: a language is not served.
    """
    done: list[Translated] = []
    model = ""
    for batch in in_batches(pairs, BATCH, "texts"):
        source, target = batch[0].source_language, batch[0].target_language
        texts = [pair.source for pair in batch]
        (outcome,) = service.translate(
            [TranslateRequest(texts=texts, source=source, target=target)]
        )
        if isinstance(outcome, ServiceError):
            raise outcome
        model = outcome.model
        for pair, one in zip(batch, outcome.translations, strict=True):
            flagged = bool(one.review)
            done.append(Translated(pair, one.text, flagged, one.untranslated is not None))
    return done, model


def figures(done: Sequence[Translated]) -> Figures:
    """BLEU and chrF of all, chrF of what is flagged and what is not, and the worst texts."""
    from training.translation.scores import corpus_scores  # noqa: PLC0415 - sacrebleu

    def scores(some: Sequence[Translated]) -> tuple[float | None, float | None]:
        if not some:
            return None, None
        bleu, chrf = corpus_scores([one.text for one in some], [one.pair.target for one in some])
        return round(bleu, 2), round(chrf, 2)

    flagged = [one for one in done if one.flagged]
    bleu, chrf = scores(done)
    return {
        "texts": len(done),
        "bleu": bleu,
        "chrf": chrf,
        "flagged": share(len(flagged), len(done)),
        "chrf_of_flagged": scores(flagged)[1],
        "chrf_of_others": scores([one for one in done if not one.flagged])[1],
        "untranslated": sum(one.untranslated for one in done),
        "worst": worst(done),
    }


def worst(done: Sequence[Translated]) -> list[dict[str, Any]]:
    """The translations that are least like yours."""
    from sacrebleu.metrics import CHRF  # noqa: PLC0415

    metric = CHRF()
    rows: list[dict[str, Any]] = [
        {
            "chrf": round(metric.sentence_score(one.text, [one.pair.target]).score, 1),
            "text": one.pair.source,
            "translation": one.text,
            "yours": one.pair.target,
            "flagged": one.flagged,
        }
        for one in done
    ]
    return sorted(rows, key=lambda row: row["chrf"])[:MOST_SHOWN]


def evaluate(args: argparse.Namespace) -> Figures:
    """Figures of the served model on a file.

    Raises:
        DataError: the file cannot be used.
        CommandError: the folder has no model.
        ServiceError: a language is not served, or the model cannot be.
    """
    serve_from("translation", args.model)
    pairs = read_pairs(args.test, args.source, args.target)
    if not pairs:
        raise DataError(f"{args.test} has no pairs.")
    done, model = translate(get_service(), pairs)
    named = {"model": model, "test": str(args.test), "source": args.source, "target": args.target}
    return {**named, **figures(done)}


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = evaluation_parser("translation", __doc__)
    parser.add_argument(
        "--test", type=Path, required=True, help="UTF-8, .gz or not: text TAB translation"
    )
    parser.add_argument("--source", required=True, help="code of the texts' language")
    parser.add_argument("--target", required=True, help="code of the translations' language")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Evaluate; 0 when it is done, 2 where the data or the model cannot be used."""
    args = build_parser().parse_args(argv)
    return evaluated(lambda: evaluate(args), as_json=args.json)


if __name__ == "__main__":
    sys.exit(main())
