"""The floor of a cold start: what no function can do without, as a handler of its own.

It imports numpy, onnxruntime and tokenizers, opens a service's tokenizer and the sessions that its
first request needs, over the same files, and runs the first once. Nothing is verified or validated.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

FOLDERS = {
    "intent": "intent",
    "translation": "translation/en-de-fr-es",
    "recommendation": "recommendation",
}

options = ort.SessionOptions()
options.intra_op_num_threads = 1
options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL


def _session(path: Path, **constants: Any) -> Any:
    values = [ort.OrtValue.ortvalue_from_numpy(array) for array in constants.values()]
    with_constants = options
    if values:
        with_constants = ort.SessionOptions()
        with_constants.graph_optimization_level = options.graph_optimization_level
        with_constants.intra_op_num_threads = 1
        with_constants.add_external_initializers(list(constants), values)
    return ort.InferenceSession(str(path), with_constants)


def _sessions(folder: Path) -> list[Any]:
    """The graphs of a folder, over the tables that they share."""
    if (folder / "model.onnx").exists():
        return [_session(folder / "model.onnx")]
    with np.load(folder / "tables.npz") as stored:
        tables = dict(stored)
    if "items" in tables:
        rows = np.ascontiguousarray(tables["items"].T)
        scales = tables["scales"][:, None]
        return [
            _session(folder / "encoder.onnx", item_rows=rows, row_scales=scales),
            _session(folder / "ranker.onnx", items=tables["items"]),
        ]
    shared = {name: tables[name] for name in ("embedding", "embedding_scale")}
    pieces = tables["pieces_de"].astype(np.int64)
    columns = {"output_weight": np.ascontiguousarray(tables["embedding"][pieces].T)}
    columns |= {n: tables[n][pieces] for n in ("output_bias", "output_scale") if n in tables}
    return [
        _session(folder / "encoder.onnx", **shared),
        _session(folder / "decoder.onnx", **shared, **columns),
        _session(folder / "search.onnx"),
    ]


def _feeds(session: Any, tokenizer: Any) -> dict[str, Any]:
    """Inputs of the first graph: a text's ids and length, and ones in their shape."""
    ids = np.array([tokenizer.encode("where is my order").ids or [0]], dtype=np.int64)  # (1, T)
    known = {"input_ids": ids, "lengths": np.array([ids.shape[1]])}
    kinds = {"tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(float)": np.float32}
    return {
        given.name: known.get(given.name, np.ones_like(ids)).astype(kinds[given.type])
        for given in session.get_inputs()
    }


folder = Path(os.environ["MODELS_DIR"]) / FOLDERS[os.environ["FLOOR_SERVICE"]]
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
sessions = _sessions(folder)


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Run the first graph once."""
    del event, context
    sessions[0].run(None, _feeds(sessions[0], tokenizer))
    return {"statusCode": 200}
