"""120 customers' messages, each with the answer that a shop's bot should get, written beforehand.

    python -m benchmarks.intent_read [--all]

Thirty in each language: a story before the wish, typing errors, emoji, denied wishes, two wishes,
what no shop can answer, and slots. What is expected was written before any answer was seen, and
nothing is learned or chosen by it. ``intents`` lists which will do: a name, ``denied:NAME``,
``A+B`` for two wishes, or out of scope; the text has its slots marked. A message of the kind
``slots`` is right where its slots are as well; a date may have its article or not, which its value
does not depend on.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.arguments import parser
from benchmarks.intent_served import Answered, results_of, slot_f1
from benchmarks.machine import write
from functions.intent.schemas import IntentResult
from training.intent.examples import OUT_OF_SCOPE
from training.intent.messages import DENIED, message_of

READ = Path(__file__).with_name("intent_read.jsonl")
OF_SLOTS = "slots"  # kind of messages whose slots must be right too
_BEFORE_DATE = re.compile(r"^(?:(?:on|the|this|am|le|el) )+", re.IGNORECASE)


class Row(NamedTuple):
    """A message of the list with what the service says of it.

    Attributes:
        intents: that will do.
    """

    kind: str
    language: str
    intents: Sequence[str]
    answered: Answered

    @property
    def said(self) -> str:
        """The answer as ``intents`` has it; other abstentions by their reason."""
        return said(self.answered.result)

    @property
    def is_right(self) -> bool:
        """Whether it is what a bot should get."""
        wanted = {"+".join(sorted(intent.split("+"))) for intent in self.intents}
        return self.said in wanted and (self.kind != OF_SLOTS or self._slots_right())

    def _slots_right(self) -> bool:
        message, result = self.answered
        told = [(slot.start, slot.end, slot.name) for slot in result.slots or []]
        return bare(message.text, told) == bare(message.text, message.slots)


def bare(text: str, slots: Iterable[tuple[int, int, str]]) -> set[tuple[str, str]]:
    """Words and kinds of slots, dates without what may stand before them."""
    return {
        (_BEFORE_DATE.sub("", words) if name == "date" else words, name)
        for words, name in ((text[start:end], name) for start, end, name in slots)
    }


def said(result: IntentResult) -> str:
    """A result in one word: an intent, ``denied:NAME``, ``A+B``, or why there is none."""
    if result.intent is not None:
        return result.intent.name
    abstained = result.abstained
    assert abstained is not None
    if abstained.denied is not None:
        return DENIED + abstained.denied.name
    if abstained.competing:
        return "+".join(sorted(one.name for one in abstained.competing))
    return abstained.reason


def asked(path: Path) -> list[Row]:
    """The rows of a file, with the service's answers."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    messages = [message_of(row["text"], OUT_OF_SCOPE, OUT_OF_SCOPE) for row in rows]
    results = results_of([message.text for message in messages])
    return [
        Row(row["kind"], row["language"], row["intents"], Answered(message, result))
        for row, message, result in zip(rows, messages, results, strict=True)
    ]


def counts(rows: Sequence[Row], by: str) -> dict[str, str]:
    """How many are right, by a field."""
    right = Counter(getattr(row, by) for row in rows if row.is_right)
    of = Counter(getattr(row, by) for row in rows)
    return {name: f"{right[name]} of {count}" for name, count in of.items()}


def told(row: Row) -> dict[str, Any]:
    """A row for people to read."""
    message, result = row.answered
    return {
        "text": message.text,
        "expected": list(row.intents),
        "said": row.said,
        "slots": [f"{slot.text} ({slot.name}: {slot.value})" for slot in result.slots or []],
    }


def main(argv: list[str] | None = None) -> None:
    """Ask, judge, and write results/intent_read.json."""
    arguments = parser(__doc__)
    arguments.add_argument("--all", action="store_true", help="print all answers, not the wrong")
    args = arguments.parse_args(argv)
    rows = asked(READ)
    wrong = [told(row) for row in rows if not row.is_right]
    for row in rows:
        if args.all or not row.is_right:
            print("right" if row.is_right else "WRONG", row.language, row.kind, told(row))
    result = {
        "right": f"{len(rows) - len(wrong)} of {len(rows)}",
        "by_language": counts(rows, "language"),
        "by_kind": counts(rows, "kind"),
        "slot_f1": slot_f1([row.answered for row in rows]),
        "wrong": wrong,
    }
    path = write("intent_read", "python -m benchmarks.intent_read", result)
    print(f"wrote {path.name}: {result['right']}, {result['by_kind']}, {result['by_language']}")


if __name__ == "__main__":
    main()
