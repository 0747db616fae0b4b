"""A served folder's graphs built anew, as this version of the project builds them."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from functions.translation.contract import TABLES_FILE
from functions.translation.decoding.model import MarianModel
from functions.translation.engine import TASK
from functions.translation.translator import DICTIONARY_WEIGHT
from shared.models.folder import TOKENIZER_FILE
from shared.models.spec import (
    Metric,
    ModelSpec,
    describe_files,
    write_spec,
)
from training.errors import GateError
from training.folders import check_out, folder_aside, put_in_place, verified
from training.published import Published
from training.translation.card import model_card
from training.translation.config import RewriteOptions
from training.translation.data import by_direction
from training.translation.evaluate import BEAMS, TestSet
from training.translation.export import write_graphs
from training.translation.folder import FILES, golden_outputs
from training.translation.scores import measure
from training.translation.served import read_served


def rewrite(
    folder: Path, out: Path, sets: Sequence[TestSet], dictionary_weight: float | None = None
) -> ModelSpec:
    """Write a model of the same numbers with the graphs of this version.

    Args:
        folder: served, of this version or an earlier one.
        out: where to; may be ``folder``.
        sets: to measure the int8 model on again, under the names that its spec has them by.
            Rounding can decide otherwise between hypotheses that are as good as equal.
        dictionary_weight: of the written model, in nats; None for that of ``folder``.

    Raises:
        DataError: ``folder`` is no served model, or altered.
        GateError: a golden example comes out otherwise; nothing was published.
    """
    spec = verified(folder, TASK)
    served = read_served(folder)
    with folder_aside(out) as built:
        write_graphs(served.config, served.weights, served.precision, served.width, built)
        for name in (TABLES_FILE, TOKENIZER_FILE):
            shutil.copyfile(folder / name, built / name)
        files = describe_files(built, FILES)
        spec = spec.model_copy(
            update={"files": files, "parameters": _parameters(spec, dictionary_weight)}
        )
        spec = write_spec(built, spec)
        _check_golden(spec, built)
        metrics = {"metrics": _measured(spec, MarianModel.load(built), sets)}
        spec = write_spec(built, spec.model_copy(update=metrics))
        put_in_place(built, out)
    return spec


def _parameters(spec: ModelSpec, weight: float | None) -> dict[str, float | int | str | None]:
    kept = {
        name: value
        for name, value in spec.parameters.items()
        if weight is None or name != DICTIONARY_WEIGHT
    }
    return {**kept, DICTIONARY_WEIGHT: weight} if weight else kept


def _check_golden(spec: ModelSpec, folder: Path) -> None:
    for example, stated, output in zip(
        spec.golden.inputs,
        spec.golden.outputs,
        golden_outputs(folder, spec.golden.inputs),
        strict=True,
    ):
        if output != stated:
            raise GateError(
                f"{example['text']!r} comes out as {output!r}; spec.json states {stated!r}. This "
                "processor or build of onnxruntime computes other values than the one that "
                "exported the model: train or import it again."
            )


def _measured(spec: ModelSpec, model: MarianModel, sets: Sequence[TestSet]) -> tuple[Metric, ...]:
    """The spec's figures, those of int8 measured again where there is a set for them."""
    precision = "fp32" if spec.quantization.get("weights") == "fp32" else "int8"
    again = [
        measure(test.name, test.split, precision, model, test.pairs, beams)
        for test in (test.sample() for test in sets)
        for beams in BEAMS
    ]
    found = {(metric.dataset, metric.precision, metric.rows): metric for metric in again}
    return tuple(found.get((m.dataset, m.precision, m.rows), m) for m in spec.metrics)


def run(options: RewriteOptions) -> Published:
    """Rewrite a model as the options say.

    Raises:
        DataError: it cannot be rewritten, or ``out`` is taken.
        GateError: a golden example comes out otherwise; nothing was published.
    """
    out = options.out or options.model
    check_out(out)
    spec = verified(options.model, TASK)
    tests = by_direction(options.test, spec.languages, spec.targets)
    sets = [TestSet(name, "tuning", pairs) for name, pairs in tests.items()]
    spec = rewrite(options.model, out, sets, options.dictionary_weight)
    card = options.card or out / "README.md"
    return Published(out, card, spec).with_card(model_card(spec), "rewrote")
