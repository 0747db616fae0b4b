"""Shop texts, each translation judged by one who read it as a shop would before printing it.

    python -m benchmarks.translation_read

Two sets of a hundred: ``new`` by an author who knew nothing of the models, and ``former``, simpler,
with whose errors in mind lines were written for the training. A judgement is of one wording: where
the service gives another, it is told as not judged. Needs the Portuguese pairs in
``layers/models-extra``.
"""

import json
from collections import Counter
from pathlib import Path

from benchmarks.arguments import parser
from benchmarks.machine import write
from benchmarks.translation_cases import service
from functions.translation.schemas import TranslateRequest, TranslateResponse

READ = Path(__file__).with_name("translation_read.jsonl")


def main() -> None:
    """Translate, compare with the judgements and write results/translation_read.json."""
    rows = [json.loads(line) for line in READ.read_text(encoding="utf-8").splitlines()]
    sets: dict[str, dict[str, Counter[str]]] = {}
    changed = []
    for row in rows:
        request = TranslateRequest(**{name: row[name] for name in ("text", "source", "target")})
        (answer,) = service().translate([request])
        assert isinstance(answer, TranslateResponse), answer
        found = answer.translations[0]
        same = found.text == row["translation"]
        judged = ("right" if row["right"] else "wrong") if same else "not judged"
        portuguese = "pt" in (row["source"], row["target"])
        model = "Firefox's models" if portuguese else "the default model"
        for of in ("all", row["kind"], model):
            counted = sets.setdefault(row["set"], {}).setdefault(of, Counter())
            counted.update(["texts", judged, *([f"{judged}, to review"] if found.review else [])])
        if not same:
            changed.append({"text": row["text"], "translation": found.text})
    result = {"sets": sets, "not_judged": changed}
    path = write("translation_read", "python -m benchmarks.translation_read", result)
    print(f"wrote {path.name}:")
    for name, counts in sets.items():
        for of, counted in counts.items():
            print(f"{name}, {of}: {dict(counted)}")


if __name__ == "__main__":
    parser(__doc__).parse_args()
    main()
