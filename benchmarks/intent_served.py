r"""What does the served intent model get right, by language, on messages that no training saw?

    python -m benchmarks.intent_served [--blind] [--cases FILE] [--rounds N]

Asks the service as a client does. ``--blind`` asks for the messages of an author by whom nothing is
chosen in the place of those held out, and writes nothing. ``--cases`` takes JSON Lines with ``id``,
``kind``, ``text`` and ``expect``: an intent, a list of which any will do, ``abstain``, or
``{"ambiguous": [a, b]}``.
"""

import argparse
import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.blocks import summary
from benchmarks.machine import write
from functions.intent.decision import rule_of, softmax
from functions.intent.schemas import MAX_TEXTS, IntentRequest, IntentResult
from functions.intent.service import TASK, get_service
from shared.errors import ServiceError
from shared.models.onnx import OnnxModel
from shared.models.spec import read_spec
from shared.settings import get_settings
from training.intent.calibrate import expected_calibration_error
from training.intent.examples import OUT_OF_SCOPE
from training.intent.messages import Message
from training.intent.shop import held_out, of_another_author

ABSTAIN = "abstain"
SIZES = (1, 32)
Figures = dict[str, float]


class Answered(NamedTuple):
    """A message and what the service says of it."""

    message: Message
    result: IntentResult


def results_of(texts: Sequence[str]) -> list[IntentResult]:
    """One result for each text, in requests of as many as one may have.

    Raises:
        ServiceError: a text is refused.
    """
    found: list[IntentResult] = []
    for start in range(0, len(texts), MAX_TEXTS):
        page = IntentRequest(texts=list(texts[start : start + MAX_TEXTS]), top_k=0)
        (outcome,) = get_service().classify([page])
        if isinstance(outcome, ServiceError):
            raise outcome
        found += outcome.results
    return found


def answered(messages: Sequence[Message]) -> list[Answered]:
    """What the service says of each message."""
    results = results_of([message.text for message in messages])
    return [Answered(*pair) for pair in zip(messages, results, strict=True)]


def share(rows: Sequence[Answered], holds: Callable[[Answered], bool]) -> float:
    """Of the rows those that hold, in percent."""
    return round(100 * sum(map(holds, rows)) / len(rows), 1) if rows else float("nan")


def is_right(row: Answered) -> bool:
    """Whether the intent is the message's."""
    return row.result.intent is not None and row.result.intent.name == row.message.intent


def is_denied(row: Answered) -> bool:
    """Whether it is told what the message denies."""
    abstained = row.result.abstained
    denied = abstained.denied if abstained else None
    return denied is not None and denied.name == row.message.denied


def tells_both(row: Answered) -> bool:
    """Whether both wishes of the message are told."""
    abstained = row.result.abstained
    told = {found.name for found in (abstained.competing or [])} if abstained else set()
    return told == {part.name for part in row.message.wishes}


def slot_f1(rows: Sequence[Answered]) -> float:
    """F1 of slots, exact in place and kind, in percent."""
    right = told = marked = 0
    for message, result in rows:
        found = {(slot.start, slot.end, slot.name) for slot in result.slots or []}
        right += len(found & set(message.slots))
        told += len(found)
        marked += len(message.slots)
    return round(200 * right / (told + marked), 1) if told + marked else float("nan")


def figures(rows: Sequence[Answered]) -> Figures:
    """What is right of one language's messages, in percent."""
    inside = [row for row in rows if row.message.intent != OUT_OF_SCOPE]
    outside = [row for row in rows if row.message.intent == OUT_OF_SCOPE]
    return {
        "messages": len(rows),
        "intent_right": share(inside, is_right),
        "wrong_intent": share(inside, lambda row: bool(row.result.intent) and not is_right(row)),
        "out_of_scope_found": share(outside, lambda row: row.result.intent is None),
        "denied_told": share([row for row in rows if row.message.denied], is_denied),
        "two_wishes_told_of_one": share(inside, _is_divided),
        "slot_f1": slot_f1(rows),
    }


def _is_divided(row: Answered) -> bool:
    abstained = row.result.abstained
    return abstained is not None and any(x.span for x in abstained.competing or [])


def calibration(messages: Sequence[Message]) -> float:
    """Expected calibration error of the most probable class, in percent points."""
    model = OnnxModel.load(get_settings().model_dir(TASK))
    rule, names = rule_of(model.spec), [label.name for label in model.spec.labels]
    texts = [message.text for message in messages]
    rows = [
        model.run_padded(model.tokenize(texts[start : start + MAX_TEXTS]))
        for start in range(0, len(texts), MAX_TEXTS)
    ]
    probabilities = softmax(np.concatenate(rows), rule.temperature)  # (N, C)
    labels: NDArray[np.int64] = np.array([names.index(m.intent) for m in messages], np.int64)
    return round(100 * expected_calibration_error(probabilities, labels), 1)


def holds(expect: Any, result: IntentResult) -> bool:
    """Whether a result is what a case expects."""
    abstained = result.abstained
    if isinstance(expect, dict):
        told = {found.name for found in (abstained.competing or [])} if abstained else set()
        return set(expect["ambiguous"]) <= told
    name = result.intent.name if result.intent else ABSTAIN
    return name in ([expect] if isinstance(expect, str) else expect)


def cases(path: Path) -> dict[str, Any]:
    """How many cases of a file hold, by kind, and which do not."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    failed = []
    for case, result in zip(lines, results_of([case["text"] for case in lines]), strict=True):
        good = holds(case["expect"], result)
        counts[case["kind"]][0] += good
        counts[case["kind"]][1] += 1
        if not good:
            failed.append(case["id"])
    return {
        "hold": sum(good for good, _ in counts.values()),
        "of": len(lines),
        "kinds": {kind: f"{good} of {of}" for kind, (good, of) in sorted(counts.items())},
        "failed": failed,
    }


def latency(texts: Sequence[str], rounds: int) -> dict[str, Any]:
    """Milliseconds of the service for one text and for 32, one thread."""
    found = {}
    for size in SIZES:
        pages = [list(texts[i : i + size]) for i in range(0, len(texts) - size + 1, size)]
        pages = pages[: max(8, 256 // size)]
        times = []
        for number in range(rounds + 1):
            for page in pages:
                start = time.perf_counter()
                get_service().classify([IntentRequest(texts=page)])
                if number:  # the first round warms up
                    times.append((time.perf_counter() - start) * 1e3)
        found[str(size)] = summary(times)
    return found


def measure(held: Mapping[str, Sequence[Message]]) -> dict[str, Figures]:
    """The figures of every language."""
    found = {}
    for language, messages in held.items():
        single = [message for message in messages if not message.wishes]
        pairs = answered([message for message in messages if message.wishes])
        found[language] = {
            **figures(answered(single)),
            "two_wishes_told": share(pairs, tells_both),
            "calibration_error": calibration(single),
        }
    return found


def show(languages: Mapping[str, Figures]) -> None:
    """Print the figures as a table."""
    names = list(next(iter(languages.values())))
    print(f"{'':24}" + "".join(f"{language:>8}" for language in languages))
    for name in names:
        print(f"{name:24}" + "".join(f"{of[name]:8g}" for of in languages.values()))


def main(argv: list[str] | None = None) -> None:
    """Measure, print, and write results/intent_served.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--blind", action="store_true", help="another author's messages alone")
    parser.add_argument("--cases", type=Path, help="JSON Lines of cases to judge as well")
    parser.add_argument("--rounds", type=int, default=5, help="of the timed texts; 0 times none")
    args = parser.parse_args(argv)
    os.environ["INTRA_OP_THREADS"] = "1"
    if args.blind:
        show(measure(of_another_author()))
        return
    held = held_out()
    languages = measure(held)
    model = read_spec(get_settings().model_dir(TASK)).identifier
    result: dict[str, Any] = {"model": model, "languages": languages}
    show(languages)
    if args.cases:
        result["cases"] = cases(args.cases)
        print(json.dumps(result["cases"], ensure_ascii=False))
    if args.rounds:
        texts = [message.text for messages in held.values() for message in messages]
        result["latency"] = latency(texts, args.rounds)
        print(json.dumps(result["latency"]))
    path = write("intent_served", "python -m benchmarks.intent_served", result)
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
