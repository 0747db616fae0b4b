"""100 shop texts, each translation judged by one who read it as a shop would before printing it.

    python -m benchmarks.translation_read

A judgement is of one wording: where the service gives another, it is told as not judged. Needs the
Portuguese pairs in ``layers/models-extra``.
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
    counts: dict[str, Counter[str]] = {}
    changed = []
    for row in rows:
        request = TranslateRequest(**{name: row[name] for name in ("text", "source", "target")})
        (answer,) = service().translate([request])
        assert isinstance(answer, TranslateResponse), answer
        found = answer.translations[0]
        same = found.text == row["translation"]
        judged = ("right" if row["right"] else "wrong") if same else "not judged"
        kind = counts.setdefault(row["kind"], Counter())
        kind.update(["texts", judged, *([f"{judged}, to review"] if found.review else [])])
        if not same:
            changed.append({"text": row["text"], "translation": found.text})
    whole: Counter[str] = Counter()
    for kind in counts.values():
        whole.update(kind)
    result = {"all": whole, "by_kind": counts, "not_judged": changed}
    path = write("translation_read", "python -m benchmarks.translation_read", result)
    print(f"wrote {path.name}: {dict(whole)}")


if __name__ == "__main__":
    parser(__doc__).parse_args()
    main()
