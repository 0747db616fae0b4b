"""How a served intent model decides messages that you labelled.

    retail evaluate intent --test messages.csv

Reads all that training reads. A message counts as right when its intent is answered, and one that
is out of scope when the model abstains; what it wrongly abstains from is told apart from what it
wrongly answers.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.intent.schemas import IntentRequest, IntentResult
from functions.intent.service import IntentService, get_service
from local.evaluation.measuring import (
    Figures,
    evaluated,
    evaluation_parser,
    in_batches,
    serve_from,
    share,
)
from shared.errors import ServiceError
from shared.operations import NoFields
from training.errors import DataError
from training.intent.examples import OUT_OF_SCOPE
from training.intent.formats.read import read_messages
from training.intent.messages import DENIED, Message

BATCH = 32
BINS = 10  # of confidence
MOST_CONFUSIONS = 20


@dataclass(frozen=True)
class Decision:
    """What is right for a message, and what came.

    Attributes:
        wanted: an intent, or None for none.
        given: an intent, or the reason of an abstention in parentheses.
        confidence: of the intent that was given.
    """

    wanted: str | None
    given: str
    confidence: float | None

    @property
    def answered(self) -> bool:
        return self.confidence is not None

    @property
    def right(self) -> bool:
        return self.given == self.wanted if self.wanted else not self.answered


def decision_of(message: Message, result: IntentResult) -> Decision:
    """A message beside the answer to it."""
    outside = message.intent == OUT_OF_SCOPE or message.intent.startswith(DENIED)
    wanted = None if outside or message.denied else message.intent
    if result.intent is not None:
        return Decision(wanted, result.intent.name, result.intent.confidence)
    reason = result.abstained.reason if result.abstained else "none"
    return Decision(wanted, f"({reason})", None)


def decide(service: IntentService, messages: Sequence[Message]) -> list[Decision]:
    """The service's answers to messages.

    Raises:
        DataError: a message cannot be answered, such as one that is too long.
    """
    decisions: list[Decision] = []
    for batch in in_batches(messages, BATCH, "messages"):
        request = IntentRequest(texts=[message.text for message in batch])
        (outcome,) = service.classify([request])
        if isinstance(outcome, ServiceError):
            first = len(decisions) + 1
            raise DataError(f"Messages {first} to {first + len(batch) - 1}: {outcome.detail}")
        decisions += map(decision_of, batch, outcome.results)
    return decisions


def figures(decisions: Sequence[Decision]) -> Figures:
    """Figures of decisions; shares of nothing are None."""
    inside = [one for one in decisions if one.wanted is not None]
    outside = [one for one in decisions if one.wanted is None]
    answered = [one for one in inside if one.answered]
    rejected = [one for one in decisions if not one.answered]
    return {
        "messages": len(decisions),
        "right": share(sum(one.right for one in decisions), len(decisions)),
        "in_scope": len(inside),
        "in_scope_right": share(sum(one.right for one in inside), len(inside)),
        "in_scope_answered": share(len(answered), len(inside)),
        "right_of_answered": share(sum(one.right for one in answered), len(answered)),
        "out_of_scope": len(outside),
        "out_of_scope_recall": share(sum(one.right for one in outside), len(outside)),
        "out_of_scope_precision": share(sum(one.right for one in outside), len(rejected)),
        "calibration_error": calibration_error(decisions),
    }


def calibration_error(decisions: Sequence[Decision]) -> float | None:
    """Mean distance of confidence and share of right answers, over bins of confidence."""
    bins: dict[int, list[Decision]] = {}
    for one in decisions:
        if one.confidence is not None:
            bins.setdefault(min(BINS - 1, int(one.confidence * BINS)), []).append(one)
    gaps = (
        abs(sum((one.confidence or 0.0) - one.right for one in found)) for found in bins.values()
    )
    return share(sum(gaps), sum(map(len, bins.values())))


def by_intent(decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """Each intent that is in the messages, the worst first."""
    found: dict[str, list[Decision]] = {}
    for one in decisions:
        found.setdefault(one.wanted or OUT_OF_SCOPE, []).append(one)
    rows: list[dict[str, Any]] = [
        {
            "intent": name,
            "messages": len(ones),
            "right": share(sum(one.right for one in ones), len(ones)),
            "answered": share(sum(one.answered for one in ones), len(ones)),
        }
        for name, ones in found.items()
    ]
    return sorted(rows, key=lambda row: (row["right"], row["intent"]))


def confusions(decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """What came in place of what, the most frequent first."""
    wrong = Counter((one.wanted or OUT_OF_SCOPE, one.given) for one in decisions if not one.right)
    return [
        {"wanted": wanted, "given": given, "messages": count}
        for (wanted, given), count in wrong.most_common(MOST_CONFUSIONS)
    ]


def evaluate(test: Path, model: Path | None) -> Figures:
    """Figures of the served model on a file.

    Raises:
        DataError: the file cannot be used.
        CommandError: the folder has no model.
        ServiceError: the model cannot be served.
    """
    serve_from("intent", model)
    messages = read_messages(test)
    if not messages:
        raise DataError(f"{test} has no messages.")
    service = get_service()
    labels = service.labels(NoFields())
    known = {label.name for label in labels.labels}
    decisions = decide(service, messages)
    unknown = sorted({one.wanted for one in decisions if one.wanted} - known)
    return {
        "model": labels.model,
        "test": str(test),
        **figures(decisions),
        "unknown_intents": ", ".join(unknown) or None,
        "confusions": confusions(decisions),
        "intents": by_intent(decisions),
    }


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = evaluation_parser("intent", __doc__)
    parser.add_argument(
        "--test",
        type=Path,
        required=True,
        help="labelled messages: CSV with the columns text,intent, Rasa's NLU YAML, or an export "
        "of Lex V2 or Dialogflow",
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Evaluate; 0 when it is done, 2 where the data or the model cannot be used."""
    args = build_parser().parse_args(argv)
    return evaluated(lambda: evaluate(args.test, args.model), as_json=args.json)


if __name__ == "__main__":
    sys.exit(main())
