"""What the text around the model costs at most: processor time of the largest requests allowed.

    python -m benchmarks.translation_preparation [--most 60]

Each request is as many characters as one may have, of one short text again and again: syntax that
never ends, digits, lists, names, dates, prices, plain sentences. In place of the model stands a
function that gives each sentence back as it is, which is as wrong as a translation can be: every
sentence goes through all rounds. The time in that function is taken off.
"""

import argparse
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.machine import write
from functions.translation.engine import Engine
from functions.translation.schemas import MAX_CHARACTERS, MAX_TOTAL_CHARACTERS, TranslateRequest
from functions.translation.service import get_service
from functions.translation.text.attempts import Scored
from functions.translation.text.languages import Hop
from functions.translation.translator import Sentence

UNITS = [
    *("Where is my order? ", "The red shoes are back in stock. "),
    *("Maria Schmidt wohnt in Berlin. ", "L'été arrive. "),
    *("Apples, pears, plums and figs. ", "Red, blue, green, ", "a, b and c, ", "oak; pine; "),
    *("On May 3, 2025 at 3 p.m. ", "12.05.2025 14:30 Uhr ", "Mon-Fri 9-18, ", "3 May, "),
    *("$12.50 off, now €5,- ", "5 pence, 99p. ", "inkl. MwSt., ", "Dr. Mr. Smith "),
    *("Wash at 30 °C, do not iron, ", "Set of 6 wine glasses, ", "Made of oak and brass. "),
    *("FREE SHIPPING ", "THIS IS NOT A TOY. ", "Dear Sir or Madam, ", "iPhone 15 Pro Max "),
    *("{a, plural, one {# day} other {# days}} ", "{{ x }} ", "[store] ", "**bold** ", "`x` "),
    *("<a ", "<b>", "</a ", "<!--", "&#", "1,", "1 111 ", "A1-", "a-", "a", "x\t", "a > ", "☂ "),
    *("Zürich ", "peanut ", "not ", "Kettle ", "Schifffahrtsgesellschaft ", "it's ", "l'été "),
]  # fmt: skip


def seconds(unit: str, source: str, target: str, form: str) -> float:
    """Processor time of one request outside of the model."""
    spent = 0.0

    def scored(_: Engine, __: Hop, sentences: Sequence[Sentence], *___: int) -> list[list[Scored]]:
        nonlocal spent
        start = time.process_time()
        found = [[Scored(one.core, -0.5)] for one in sentences]
        spent += time.process_time() - start
        return found

    text = (unit * MAX_CHARACTERS)[:MAX_CHARACTERS]
    texts = [text] * (MAX_TOTAL_CHARACTERS // MAX_CHARACTERS)
    request = TranslateRequest(texts=texts, source=source, target=target, format=form)
    own, Engine.scored = Engine.scored, scored  # type: ignore[assignment,method-assign]
    try:
        start = time.process_time()
        get_service().translate([request])
        return time.process_time() - start - spent
    finally:
        Engine.scored = own  # type: ignore[method-assign]


def main() -> None:
    """Measure, and write results/translation_preparation.json."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--most", type=int, default=len(UNITS), help="units, at most")
    args = parser.parse_args()
    seconds(UNITS[0], "en", "de", "text")  # all modules are imported
    rows: list[dict[str, Any]] = []
    for unit in UNITS[: args.most]:
        for source, target, form in (("en", "de", "text"), ("de", "en", "html")):
            spent = round(seconds(unit, source, target, form), 2)
            rows.append({"unit": unit, "way": f"{source}-{target} {form}", "seconds": spent})
            print(rows[-1], flush=True)
    rows.sort(key=lambda row: -float(row["seconds"]))
    command = f"python -m benchmarks.translation_preparation --most {args.most}"
    result = {"requests": len(rows), "most_s": rows[0]["seconds"], "slowest": rows[:20]}
    path = write("translation_preparation", command, result)
    print(f"wrote {path.name}: at most {rows[0]['seconds']} s")


if __name__ == "__main__":
    main()
