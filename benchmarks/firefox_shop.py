"""The project's own shop sentences through Firefox's models, each judged by a reader of both.

    python -m benchmarks.firefox_shop

A judgement is of one wording: where a model gives another, it is told as not judged. Numbers, codes
and names are compared by the program too.
"""

import json
import re
from pathlib import Path
from typing import Any

from benchmarks.arguments import parser
from benchmarks.firefox_speed import EXTRA_MODELS
from benchmarks.machine import write
from functions.translation.engine import Engine
from functions.translation.schemas import TranslateRequest, TranslateResponse
from functions.translation.service import TranslationService
from training.translation.firefox.samples import shop_pairs

JUDGED = Path(__file__).parent / "firefox_shop_judged.json"
# What must come through: digits with what is between them, and words with a digit or two capitals.
_KEPT = re.compile(r"\d+(?:[.,:]\d+)*|\b\w*[A-Z]\w*[A-Z\d]\w*\b")


def translate(service: TranslationService, text: str, source: str, target: str) -> str:
    request = TranslateRequest(text=text, source=source, target=target)
    (outcome,) = service.translate([request])
    assert isinstance(outcome, TranslateResponse)
    return outcome.translations[0].text


def judge(pair: str, service: TranslationService, judged: dict[str, Any]) -> dict[str, Any]:
    """Translate a direction's sentences and put the judgements beside them."""
    source, target = pair.split("-")
    rows = []
    for example in shop_pairs(source, target):
        text = translate(service, example.source, source, target)
        known = judged.get(f"{pair}\t{example.source}")
        same = known is not None and known["translation"] == text
        rows.append(
            {
                "text": example.source,
                "translation": text,
                "right": known["right"] if known and same else None,
                "why": known.get("why", "") if known and same else "",
                "changed": sorted(set(_KEPT.findall(example.source)) - set(_KEPT.findall(text))),
            }
        )
    return {
        "pair": pair,
        "sentences": len(rows),
        "right": sum(row["right"] is True for row in rows),
        "wrong": sum(row["right"] is False for row in rows),
        "not_judged": sum(row["right"] is None for row in rows),
        "rows": rows,
    }


def main() -> None:
    """Translate, compare with the judgements and write results/firefox_shop.json."""
    judged = json.loads(JUDGED.read_text(encoding="utf-8")) if JUDGED.exists() else {}
    service = TranslationService(Engine(EXTRA_MODELS, 1))
    found = [judge(pair, service, judged) for pair in ("en-pt", "pt-en")]
    path = write("firefox_shop", "python -m benchmarks.firefox_shop", {"directions": found})
    for one in found:
        print({name: value for name, value in one.items() if name != "rows"})
        for row in one["rows"]:
            if row["right"] is not True or row["changed"]:
                print("  ", row["text"], "->", row["translation"], row["why"], row["changed"])
    print(f"wrote {path.name}")


if __name__ == "__main__":
    parser(__doc__).parse_args()
    main()
