"""A served folder's graph built anew, as this version of the project builds it."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from tokenizers import Tokenizer

from functions.intent.decision import rule_of
from functions.intent.service import TASK
from shared.models.folder import MODEL_FILE, TOKENIZER_FILE
from shared.models.spec import ModelSpec, describe_files, write_spec
from training.errors import GateError
from training.evaluating import names_of
from training.folders import check_out, folder_aside, put_in_place, verified
from training.intent.card import model_card
from training.intent.config import RewriteOptions
from training.intent.evaluate import compare
from training.intent.evaluation import read_test
from training.intent.export import Graph
from training.intent.gate import ALLOWED_FLIPS
from training.intent.graph import build, outline_in
from training.intent.numbers import numbers_in
from training.published import Published


def rewrite(folder: Path, out: Path, sets: Mapping[str, Sequence[str]]) -> ModelSpec:
    """Write a model of the same numbers with the graph of this version.

    Args:
        folder: served, of this version or an earlier one.
        out: where to; may be ``folder``.
        sets: texts by name, of which the new graph may decide next to none otherwise.

    Raises:
        DataError: ``folder`` is no served model, or altered, or its graph was not built node by
            node.
        GateError: a golden example comes out otherwise, or too many texts are decided otherwise;
            nothing was published.
    """
    spec = verified(folder, TASK)
    former = onnx.load(folder / MODEL_FILE)
    model = build(numbers_in(former), outline_in(former))
    with folder_aside(out) as built:
        onnx.save(model, built / MODEL_FILE)
        shutil.copyfile(folder / TOKENIZER_FILE, built / TOKENIZER_FILE)
        tokenizer = Tokenizer.from_file(str(built / TOKENIZER_FILE))
        graphs = Graph(former, tokenizer), Graph(built / MODEL_FILE, tokenizer)
        _check_golden(spec, graphs[1])
        for name, texts in sets.items():
            _check_decisions(spec, name, texts, graphs)
        files = describe_files(built, [MODEL_FILE, TOKENIZER_FILE])
        spec = write_spec(built, spec.model_copy(update={"files": files}))
        put_in_place(built, out)
    return spec


def _check_golden(spec: ModelSpec, graph: Graph) -> None:
    golden, most = spec.golden, spec.limits["tokens"]
    found = graph.logits([str(text) for text in golden.inputs], most)  # (N, C)
    errors = np.abs(found - np.asarray(golden.outputs, np.float32)).max(axis=1)  # (N,)
    if not errors.max() <= golden.tolerance:
        text = golden.inputs[int(np.argmax(errors))]
        raise GateError(
            f"the logits of {text!r} depart by {errors.max():.3f} from spec.json (at most "
            f"{golden.tolerance}). This processor or build of onnxruntime computes other values "
            "than the one that exported the model: train it again."
        )


def _check_decisions(
    spec: ModelSpec, name: str, texts: Sequence[str], graphs: tuple[Graph, Graph]
) -> None:
    before, after = (graph.logits(texts, spec.limits["tokens"]) for graph in graphs)
    found = compare(name, before, after, rule_of(spec), ALLOWED_FLIPS)
    apart = float(np.abs(before - after).max())
    print(
        f"{name}: {found.differing} of {found.compared} decided otherwise; "
        f"logits within {apart:.2g}"
    )
    if found.differing > ALLOWED_FLIPS * found.compared:
        raise GateError(
            f"{found.differing} of {found.compared} texts of {name} are decided otherwise than by "
            f"the former graph (at most {ALLOWED_FLIPS:.1%})."
        )


def _card(path: Path, former: ModelSpec, spec: ModelSpec) -> str:
    """The card of the new version: the old one's figures stay, for the numbers do."""
    if path.is_file() and former.version in (content := path.read_text(encoding="utf-8")):
        return content.replace(former.version, spec.version)
    return model_card(spec, {})


def run(options: RewriteOptions) -> Published:
    """Rewrite a model as the options say.

    Raises:
        DataError: it cannot be rewritten, or ``out`` is taken.
        GateError: it answers otherwise; nothing was published.
    """
    out = options.out or options.model
    check_out(out)
    former, names = verified(options.model, TASK), names_of(options.test)
    sets = {names[path]: [one.text for one in read_test(path)] for path in options.test}
    card = options.card or out / "README.md"
    content_of = options.card or options.model / "README.md"
    spec = rewrite(options.model, out, sets)
    return Published(out, card, spec).with_card(_card(content_of, former, spec), "rewrote")
