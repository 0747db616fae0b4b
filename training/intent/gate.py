"""The int8 model: the fastest way to quantize that still decides as the fp32 model does."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from tokenizers import Tokenizer

from functions.intent.decision import Rule, softmax
from shared.models.spec import Fidelity, Metric
from training.errors import GateError
from training.intent.calibrate import Costs, choose_rule, with_languages
from training.intent.evaluate import compare, metric
from training.intent.examples import Dataset, Split
from training.intent.export import Graph, to_fused_fp32
from training.intent.graph import supports
from training.intent.marks import Heads, both_told, choose_marks, figures_of
from training.intent.model import BertIntentClassifier
from training.intent.quantize import SCHEMES, Scheme, quantize

ALLOWED_FLIPS = 0.003
TIE = 0.05  # of probability: closer to another decision, a text's is a matter of rounding
MAX_TOKENS = 128
FP32_FILE, INT8_FILE = "fp32.onnx", "int8.onnx"


@dataclass(frozen=True)
class Candidate:
    """A trained model that is to be quantized.

    Attributes:
        model: fp32, on the CPU.
        golden: texts of which int8 may decide none otherwise.
        threshold_cost: in-scope accuracy to give up for rejecting texts out of scope.
        folder: that both graphs are written into.
    """

    model: BertIntentClassifier
    tokenizer: Tokenizer
    dataset: Dataset
    golden: list[str]
    threshold_cost: float
    folder: Path

    @property
    def heads(self) -> Heads:
        """What the model's outputs mean."""
        return Heads(self.dataset.labels, tuple(self.model.config.slots), MAX_TOKENS)


@dataclass(frozen=True)
class Logits:
    """Logits of both precisions, (N, C) float32 each, on one set."""

    name: str
    split: Split
    fp32: NDArray[np.float32]
    int8: NDArray[np.float32]


@dataclass(frozen=True)
class Faithful:
    """An int8 model that passed the gate, and what was measured on the way.

    Attributes:
        golden: the golden texts that lie away from ties.
        slots: that the model marks.
    """

    scheme: Scheme
    rule: Rule
    sets: list[Logits]
    metrics: list[Metric]
    fidelity: list[Fidelity]
    golden: list[str]
    slots: tuple[str, ...]


def both_precisions(folder: Path, tokenizer: Tokenizer, sets: dict[str, Split]) -> list[Logits]:
    """Logits of the fp32 and the int8 graph in ``folder`` on every set."""
    fp32, int8 = Graph(folder / FP32_FILE, tokenizer), Graph(folder / INT8_FILE, tokenizer)
    return [
        Logits(
            name,
            split,
            fp32.logits(split.texts, MAX_TOKENS),
            int8.logits(split.texts, MAX_TOKENS),
        )
        for name, split in sets.items()
    ]


def check_gate(fidelity: list[Fidelity], golden: Fidelity) -> None:
    """Refuse an int8 model that flips too much.

    Raises:
        GateError: more than `ALLOWED_FLIPS` of all decisions differ, or a golden one.
    """
    compared = sum(entry.compared for entry in fidelity)
    differing = sum(entry.differing for entry in fidelity)
    if differing > max(1.0, ALLOWED_FLIPS * compared):
        raise GateError(
            f"int8 decides {differing} of {compared} texts otherwise than fp32 "
            f"({differing / compared:.2%}, at most {ALLOWED_FLIPS:.1%}). "
            "Train longer, so that fewer texts lie on the border, or add examples."
        )
    if golden.differing:
        raise GateError(f"int8 flips {golden.differing} golden texts.")


def measure(sets: list[Logits], rule: Rule) -> tuple[list[Metric], list[Fidelity]]:
    """Figures of both precisions, and how far they agree away from ties, per set."""
    metrics = [
        metric(item.name, precision, logits, item.split, rule)
        for item in sets
        for precision, logits in (("fp32", item.fp32), ("int8", item.int8))
    ]
    fidelity = []
    for x in sets:
        far = far_from_ties(x.fp32, rule)
        fidelity.append(compare(x.name, x.fp32[far], x.int8[far], rule, ALLOWED_FLIPS))
    return metrics, fidelity


def report(metrics: list[Metric], fidelity: list[Fidelity], rule: Rule) -> None:
    """Print what was reached."""
    print(f"rule: {rule}")
    for entry in metrics:
        print(f"{entry.dataset} ({entry.precision}): {json.dumps(entry.values)}")
    for flips in fidelity:
        print(
            f"{flips.dataset}: {flips.differing} of {flips.compared} decisions differ, ties aside"
        )


def compared_sets(candidate: Candidate) -> tuple[Logits, Logits, list[Logits]]:
    """Logits on the golden texts, on the validation set, and on the test sets."""
    golden = Split(candidate.golden, [0] * len(candidate.golden))
    sets = {"golden": golden, "validation": candidate.dataset.validation, **candidate.dataset.test}
    kept, validation, *tests = both_precisions(candidate.folder, candidate.tokenizer, sets)
    return kept, validation, tests


def try_scheme(scheme: Scheme, candidate: Candidate) -> Faithful:
    """Quantize by ``scheme``, measure, and pass the gate.

    Raises:
        GateError: the int8 model is not faithful.
    """
    model, dataset, folder = candidate.model, candidate.dataset, candidate.folder
    costs = Costs(threshold=candidate.threshold_cost)
    fused = to_fused_fp32(model)
    onnx.save(fused, folder / FP32_FILE)
    texts, tokenizer = dataset.train.texts, candidate.tokenizer
    quantize(model, fused, texts, tokenizer, MAX_TOKENS, folder / INT8_FILE, scheme)
    kept, validation, tests = compared_sets(candidate)
    # By fp32: a rule fitted to broken int8 logits abstains everywhere, and hides it from the gate.
    labels = np.asarray(validation.split.labels)
    rule = choose_rule(validation.fp32, labels, dataset.out_of_scope, costs)
    rule = _with_marks(rule, validation, candidate, costs)
    sets = tests or [validation]
    metrics, fidelity = measure(sets, rule)
    metrics = _with_marked_figures(metrics, sets, rule, candidate)
    report(metrics, fidelity, rule)
    far = far_from_ties(kept.fp32, rule)
    flips = compare("golden", kept.fp32[far], kept.int8[far], rule, 0.0)
    check_gate(fidelity, flips)
    golden = [text for text, is_far in zip(candidate.golden, far, strict=True) if is_far]
    return Faithful(scheme, rule, sets, metrics, [*fidelity, flips], golden, candidate.heads.slots)


def far_from_ties(logits: NDArray[np.float32], rule: Rule) -> NDArray[np.bool_]:
    """Which texts are decided clearly enough for no rounding to turn them, (N,).

    A text whose best two classes are all but alike, or that is all but rejected, says nothing of
    how faithful a graph is. Where that is so of all, the first stands for them.
    """
    probabilities = softmax(logits, rule.temperature)  # (N, C)
    ordered = np.sort(probabilities, axis=1)
    apart = ordered[:, -1] - ordered[:, -2] - rule.margin
    best, least = ordered[:, -1], np.full(len(logits), rule.threshold)  # (N,)
    if rule.out_of_scope is not None:
        best = np.delete(probabilities, rule.out_of_scope, axis=1).max(axis=1)
        least = np.maximum(least, rule.odds * probabilities[:, rule.out_of_scope])
    far: NDArray[np.bool_] = (np.abs(apart) >= TIE) & (np.abs(best - least) >= TIE)
    if not far.any():
        far[:1] = True
    return far


def _with_marks(rule: Rule, validation: Logits, candidate: Candidate, costs: Costs) -> Rule:
    """The rule with what languages, denials and second wishes need, as far as there are any."""
    messages = validation.split.messages
    if messages is None:
        return rule
    labels = np.asarray(validation.split.labels)
    languages = [message.language for message in messages]
    rule = with_languages(rule, validation.fp32, labels, languages, costs)
    graph = Graph(candidate.folder / FP32_FILE, candidate.tokenizer)
    return choose_marks(rule, graph, messages, candidate.heads, candidate.dataset)


def _with_marked_figures(
    metrics: list[Metric], sets: list[Logits], rule: Rule, candidate: Candidate
) -> list[Metric]:
    """The figures with those of slots and of denied wishes, and of two wishes behind them."""
    marked = {x.name: x.split.messages for x in sets if x.split.messages}
    graphs = {
        precision: Graph(candidate.folder / file, candidate.tokenizer)
        for precision, file in (("fp32", FP32_FILE), ("int8", INT8_FILE))
    }
    found = []
    for entry in metrics:
        messages, values = marked.get(entry.dataset), dict(entry.values)
        if messages:
            texts = [message.text for message in messages]
            answers = graphs[entry.precision].answers(texts, MAX_TOKENS)
            values |= figures_of(answers, messages, rule, candidate.heads)
        found.append(entry.model_copy(update={"values": values}))
    pairs = candidate.dataset.pairs
    for language in sorted({pair.language for pair in pairs}):
        own = [pair for pair in pairs if pair.language == language]
        for precision, graph in graphs.items():
            told = {"two_wishes_told": round(both_told(own, graph, rule, candidate.heads), 5)}
            found.append(
                Metric(
                    dataset=f"{candidate.dataset.name} {language}, two wishes, held out",
                    split="test",
                    precision=precision,
                    rows=len(own),
                    values=told,
                )
            )
    return found


def quantize_faithfully(candidate: Candidate) -> Faithful:
    """The int8 model by the fastest scheme that passes the gate.

    Raises:
        GateError: none does; the last one's reason.
    """
    for scheme in SCHEMES[:-1]:
        if scheme.name == "tokens" and not supports(candidate.model):
            continue
        try:
            return try_scheme(scheme, candidate)
        except GateError as error:
            print(f"scheme {scheme.name}: {error} Trying a slower, more faithful one.")
    return try_scheme(SCHEMES[-1], candidate)
