"""From torch to an optimised fp32 graph: optimum's export, then transformer fusions.

The fused operators (Attention, SkipLayerNormalization, BiasGelu) are portable: they run on every
processor that onnxruntime's CPU provider supports. The serving session does no optimisation of
its own, which is most of what makes its creation quick.
"""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from optimum.exporters.onnx import export as optimum_export
from tokenizers import Tokenizer

from functions.intent.tags import spelled
from shared.models.onnx import length_batches, pad
from shared.models.sessions import session_options
from training.intent.model import BertIntentClassifier
from training.intent.onnx_config import IntentOnnxConfig

OPSET = 17
CONTRIB_DOMAIN = "com.microsoft"


def export_fp32(model: BertIntentClassifier, path: Path) -> None:
    """Write the graph: (B, T) int64 ``input_ids`` and ``attention_mask`` to (B, C) ``logits``."""
    optimum_export(model.eval().cpu(), IntentOnnxConfig(model.config), path, opset=OPSET)


def fuse(path: Path, heads: int, hidden_size: int) -> onnx.ModelProto:
    """The graph at ``path`` with its transformer blocks fused, still fp32.

    The embedding lookup stays unfused: its table is quantized by rows, which the fused operator
    cannot. The products of attention's input stay apart too, to be quantized one by one.
    """
    options = FusionOptions("bert")
    options.use_multi_head_attention = True
    options.enable_embed_layer_norm = False
    fused = optimize_model(
        str(path),
        model_type="bert",
        num_heads=heads,
        hidden_size=hidden_size,
        opt_level=0,
        optimization_options=options,
    ).model
    if all(entry.domain != CONTRIB_DOMAIN for entry in fused.opset_import):
        fused.opset_import.append(onnx.helper.make_opsetid(CONTRIB_DOMAIN, 1))
    return fused


@dataclass(frozen=True, slots=True)
class Answer:
    """What a graph gives for one text.

    Attributes:
        outputs: by name: (C,), or (T, K) of its tokens.
        offsets: characters of each token that stands for any.
    """

    outputs: dict[str, NDArray[np.float32]]
    offsets: list[tuple[int, int]]


class Graph:
    """An ONNX graph to run over texts, without padding errors between precisions.

    Args:
        source: a file, or a model in memory.
        tokenizer: of the model.
    """

    def __init__(self, source: Path | onnx.ModelProto, tokenizer: Tokenizer) -> None:
        threads = os.cpu_count() or 1
        content = str(source) if isinstance(source, Path) else source.SerializeToString()
        self._session = ort.InferenceSession(
            content, session_options(threads), providers=["CPUExecutionProvider"]
        )
        self._tokenizer = tokenizer

    def run(self, texts: Sequence[str], outputs: Sequence[str], max_tokens: int) -> list[Any]:
        """Named outputs, one list per batch of like length."""
        encodings = self._tokenizer.encode_batch(list(texts))
        for encoding in encodings:
            encoding.truncate(max_tokens)
        found = []
        for batch in length_batches([len(encoding) for encoding in encodings]):
            feeds = pad([encodings[index] for index in batch])
            found.append((batch, self._session.run(list(outputs), feeds)))
        return found

    def logits(self, texts: Sequence[str], max_tokens: int) -> NDArray[np.float32]:
        """Logits of all texts in their order, (N, C) float32."""
        found = self.run(texts, ["logits"], max_tokens)
        rows = np.zeros((len(texts), found[0][1][0].shape[1]), dtype=np.float32)
        for batch, (logits,) in found:
            rows[batch] = logits
        return rows

    def answers(self, texts: Sequence[str], max_tokens: int) -> list[Answer]:
        """Every output of each text, in the order of the texts."""
        encodings = self._tokenizer.encode_batch(list(texts))
        found: list[Answer | None] = [None] * len(encodings)
        names = [output.name for output in self._session.get_outputs()]
        for batch, outputs in self.run(texts, names, max_tokens):
            for row, index in enumerate(batch):
                offsets = encodings[index].offsets[:max_tokens]
                places = spelled(offsets)
                values = dict(zip(names, (output[row] for output in outputs), strict=True))
                if "tokens" in values:
                    values["tokens"] = values["tokens"][places]
                found[index] = Answer(values, [offsets[place] for place in places])
        return [answer for answer in found if answer is not None]


def to_fused_fp32(model: BertIntentClassifier) -> onnx.ModelProto:
    """Export and fuse in one go."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fp32.onnx"
        export_fp32(model, path)
        config = model.config
        return fuse(path, config.num_attention_heads, config.hidden_size)
