"""Calibrating a served model anew on labelled messages, without training it.

Temperature and thresholds give way to those that the messages ask for only where these do better on
messages that they were not fitted to. How sure each of two wishes must be is chosen as in training.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from functions.intent.decision import Rule, rule_of, softmax
from functions.intent.languages import hear
from functions.intent.reading import Reader, Reading
from functions.intent.service import TASK
from shared.models.onnx import OnnxModel
from shared.models.spec import ModelSpec, write_spec
from training.errors import DataError
from training.folders import verified
from training.intent.calibrate import (
    LEAST_SURE,
    Costs,
    choose_rule,
    expected_calibration_error,
    fit_temperature,
    least_sureness,
    with_languages,
)
from training.intent.messages import Message
from training.intent.parameters import parameters_of

FOLDS = 5
LEAST_MESSAGES = 200
PAGE = 64  # messages that are read together
CLEARLY = 2.0  # standard errors by which new figures must be better
DRAWS = 200  # of what chance alone would show

Logits = NDArray[np.float32]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Reliability:
    """How far the confidences of some messages are from how often they are right, 0 to 1.

    Attributes:
        before: expected calibration error with the temperature that is served.
        after: the same with temperatures of other messages.
        by_chance: what as many messages would show on average if all confidences were right.
    """

    messages: int
    before: float
    after: float
    by_chance: float


@dataclass(frozen=True)
class Recalibrated:
    """What calibrating came to.

    Attributes:
        spec: of the folder now.
        languages: reliability by language; ``all`` of all messages.
        refitted: whether temperature and thresholds are new.
    """

    spec: ModelSpec
    former: ModelSpec
    languages: dict[str, Reliability]
    refitted: bool


def _read(model: OnnxModel, rule: Rule, texts: Sequence[str]) -> list[Reading]:
    """What the model gives for texts, as serving reads them; alike ones together."""
    reader, found = Reader(model, rule), dict[int, Reading]()
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    for start in range(0, len(order), PAGE):
        places = order[start : start + PAGE]
        readings = reader.read(reader.pieces([texts[place] for place in places]))
        found.update(zip(places, readings, strict=True))
    return [found[place] for place in range(len(texts))]


def _losses(logits: Logits, labels: Labels, temperatures: NDArray[np.float32]) -> Logits:
    """Negative log-likelihood of each message, (N,), with a temperature (N, 1) of its own."""
    probabilities = softmax(logits / temperatures, 1.0)
    found: Logits = -np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-12))
    return found


def of_others(logits: Logits, labels: Labels) -> NDArray[np.float32]:
    """For each message the temperature that is fitted to the other folds', (N, 1)."""
    folds = np.arange(len(labels)) % FOLDS
    found = np.zeros((len(labels), 1), np.float32)
    for fold in range(FOLDS):
        rest = folds != fold
        found[~rest] = fit_temperature(logits[rest], labels[rest])
    return found


def _by_chance(probabilities: Logits) -> float:
    """Mean calibration error of confidences that are right, on as many messages."""
    rng = np.random.default_rng(0)
    best = probabilities.argmax(axis=1)
    other = (best + 1) % probabilities.shape[1]
    errors = []
    for _ in range(DRAWS):
        hits = rng.random(len(best)) < probabilities.max(axis=1)
        errors.append(expected_calibration_error(probabilities, np.where(hits, best, other)))
    return float(np.mean(errors))


def reliabilities(
    logits: Logits, labels: Labels, languages: Sequence[str], before: float, after: Logits
) -> dict[str, Reliability]:
    """Reliability by language, and of all.

    Args:
        logits: (N, C).
        labels: (N,).
        languages: of each message.
        before: temperature that is served.
        after: temperature for each message, (N, 1).
    """
    known = np.asarray(languages)
    groups = {code: known == code for code in sorted(set(languages))}
    found = {}
    for name, rows in {**groups, "all": np.ones(len(labels), np.bool_)}.items():
        served, own = softmax(logits[rows], before), softmax(logits[rows] / after[rows], 1.0)
        found[name] = Reliability(
            int(rows.sum()),
            expected_calibration_error(served, labels[rows]),
            expected_calibration_error(own, labels[rows]),
            _by_chance(served),
        )
    return found


def _labels(messages: Sequence[Message], spec: ModelSpec) -> Labels:
    names = [label.name for label in spec.labels]
    unknown = sorted({message.intent for message in messages} - set(names))
    if unknown:
        raise DataError(f"{spec.identifier} does not know {', '.join(unknown)}; rename or drop it.")
    return np.asarray([names.index(message.intent) for message in messages], np.int64)


def calibrate(folder: Path, messages: Sequence[Message], cost: float, command: str) -> Recalibrated:
    """Calibrate a served model and write what decides into its spec.json.

    Args:
        folder: of the model.
        messages: that no training saw; those with two wishes are left out.
        cost: in-scope accuracy to give up for rejecting texts out of scope.
        command: as spec.json is to state it.

    Raises:
        DataError: the folder or the messages cannot be used.
    """
    former, single = verified(folder, TASK), [one for one in messages if not one.wishes]
    if len(single) < LEAST_MESSAGES:
        raise DataError(f"{len(single)} messages are too few; give at least {LEAST_MESSAGES}.")
    labels, model = _labels(single, former), OnnxModel.load(folder)
    texts = [one.text for one in single]
    rule = rule_of(former)
    readings = _read(model, replace(rule, two_wishes=None), texts)
    logits = np.stack([reading.outputs["logits"] for reading in readings])  # (N, C)
    languages = [one.language or hear(one.text, former.languages).language for one in single]
    after, served = of_others(logits, labels), np.full((len(labels), 1), rule.temperature, "f")
    gains = _losses(logits, labels, served) - _losses(logits, labels, after)  # (N,)
    refitted = bool(gains.mean() > CLEARLY * gains.std() / len(gains) ** 0.5)
    if refitted:
        costs = Costs(threshold=cost)
        chosen = choose_rule(logits, labels, rule.out_of_scope, costs)
        chosen = with_languages(chosen, logits, labels, languages, costs)
        rule = replace(chosen, two_wishes=rule.two_wishes, apart=rule.apart, denied=rule.denied)
    if rule.two_wishes is not None:
        found = _read(model, replace(rule, two_wishes=LEAST_SURE), texts)
        rule = replace(rule, two_wishes=least_sureness([one.wishes for one in found]))
    spec = _put(folder, former, rule, {"command": command, "messages": len(single)})
    table = reliabilities(logits, labels, languages, rule_of(former).temperature, after)
    return Recalibrated(spec, former, table, refitted)


def _put(folder: Path, former: ModelSpec, rule: Rule, record: dict[str, str | int]) -> ModelSpec:
    names = [label.name for label in former.labels]
    slots = str(former.parameters.get("slots") or "").split()
    changed = {
        "parameters": parameters_of(rule, names, slots),
        "training": {**former.training, "calibrated": record},
    }
    return write_spec(folder, former.model_copy(update=changed))


def show(found: Recalibrated) -> None:
    """Print what calibrating came to; errors in points."""
    print(f"{'':10}{'messages':>10}{'before':>10}{'after':>10}{'by chance':>10}")
    for name, of in found.languages.items():
        errors = (of.before, of.after, of.by_chance)
        cells = "".join(f"{100 * error:10.2f}" for error in errors)
        print(f"{name or 'any':10}{of.messages:10,}{cells}")
    kept = (
        "are new" if found.refitted else "stay: others' do no better on messages they did not see"
    )
    print(f"temperature and thresholds {kept}")
    parameters = found.spec.parameters.items()
    for name, value in parameters:
        if (former := found.former.parameters.get(name)) != value:
            print(f"{name}: {former} -> {value}")
    print(f"wrote {found.spec.identifier}")
