"""Inputs that shops complain about when a translator garbles them: how many are right?

    python -m benchmarks.translation_cases [FILE]

A case has a ``text``, its ``source`` and ``target``, maybe a ``format`` and a ``glossary``, and
what its translation must hold as it is (``keep``), in one of several wordings (``any``, compared
without case and accents), and never (``never``). They were written for this benchmark, before the
tables that help with such inputs were complete, and are read by nothing else.
"""

import argparse
import json
import re
import unicodedata
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.machine import write
from functions.translation.engine import TASK, Engine
from functions.translation.schemas import TranslateRequest, TranslateResponse
from functions.translation.service import TranslationService
from shared.models.store import local_folder
from shared.settings import get_settings

CASES = Path(__file__).with_name("translation_cases.jsonl")
EXTRA_MODELS = Path(__file__).resolve().parents[1] / "layers" / "models-extra" / "translation"
FIELDS = ("source", "target", "text", "format", "glossary")


def folded(text: str) -> str:
    """Text in small letters, without accents and invisible characters, with plain spaces."""
    text = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    return re.sub(r"\s+", " ", "".join(c for c in text if not unicodedata.combining(c)))


def says(wording: str, text: str) -> bool:
    """Whether a folded text has a wording, figures without digits beside them."""
    form = re.escape(folded(wording))
    form = rf"(?<!\d){form}(?!\d)" if wording[:1].isdigit() or wording[-1:].isdigit() else form
    return re.search(form, text) is not None


def faults(case: dict[str, Any], text: str) -> list[str]:
    """What is wrong with a translation."""
    plain = folded(text)
    wrong = [f"lost {item!r}" for item in case.get("keep", []) if item not in text]
    wrong += [
        f"none of {'|'.join(wordings)}"
        for wordings in case.get("any", [])
        if not any(says(wording, plain) for wording in wordings)
    ]
    return wrong + [f"has {item!r}" for item in case.get("never", []) if item in text]


@lru_cache(maxsize=1)
def service() -> TranslationService:
    """The service with the Portuguese pairs, where these were made."""
    settings = get_settings()
    extra = settings.translation_extra_models or (EXTRA_MODELS if EXTRA_MODELS.is_dir() else None)
    return TranslationService(Engine(local_folder(settings.model_location(TASK)), 1, extra))


def main() -> None:
    """Translate, judge and write results/translation_cases.json."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=CASES)
    args = parser.parse_args()
    cases = [json.loads(line) for line in args.file.read_text(encoding="utf-8").splitlines()]
    right: Counter[str] = Counter()
    failures, reviewed = [], 0
    for case in cases:
        request = TranslateRequest(**{name: case[name] for name in FIELDS if name in case})
        (answer,) = service().translate([request])
        assert isinstance(answer, TranslateResponse), answer
        found = answer.translations[0]
        wrong = faults(case, found.text)
        right[case["kind"]] += not wrong
        if wrong:
            reviewed += bool(found.review)
            failures.append(
                {"id": case["id"], "translation": found.text, "wrong": wrong}
                | {"review": bool(found.review)}
            )
    result = {
        "cases": len(cases),
        "right": sum(right.values()),
        "wrong_ones_to_review": reviewed,
        "by_kind": {
            kind: f"{right[kind]} of {count}"
            for kind, count in Counter(case["kind"] for case in cases).items()
        },
        "failures": failures,
    }
    path = write("translation_cases", "python -m benchmarks.translation_cases", result)
    print(f"wrote {path.name}: {result['right']} of {len(cases)} right")


if __name__ == "__main__":
    main()
