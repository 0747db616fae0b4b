"""The timed process of the peers: transformers on torch, optimum on onnxruntime, CTranslate2.

    python -m benchmarks.peers.pipelines [CHECKPOINT_DIR]

The checkpoint is what training leaves in build/checkpoints/NAME: the same weights, fp32. Without
one they run the served graph's own int8 weights in fp32, with the text's head.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from onnxruntime import SessionOptions
from optimum.onnxruntime import ORTModelForSequenceClassification, ORTQuantizer
from optimum.onnxruntime.configuration import AutoQuantizationConfig
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast, pipeline

from benchmarks import texts
from benchmarks.blocks import Timed, serve
from benchmarks.peers import ctranslate2_encoder
from benchmarks.peers.checkpoint import load
from training.intent.export import export_fp32
from training.intent.model import BertIntentClassifier

TOLERANCE = 1.0  # of a logit, for int8


def optimum_pipelines(
    model: BertIntentClassifier, tokenizer: PreTrainedTokenizerFast, folder: Path
) -> dict[str, Any]:
    """Optimum's ONNX pipeline in fp32, and with its own dynamic int8 for AVX2."""
    export_fp32(model, folder / "model.onnx")
    model.config.save_pretrained(folder)
    quantizer = ORTQuantizer.from_pretrained(folder, file_name="model.onnx")
    scheme = AutoQuantizationConfig.avx2(is_static=False, per_channel=True)
    quantizer.quantize(save_dir=folder, quantization_config=scheme)
    options = SessionOptions()
    options.intra_op_num_threads = 1
    pipelines = {}
    for name, file_name in (("fp32", "model.onnx"), ("int8", "model_quantized.onnx")):
        loaded = ORTModelForSequenceClassification.from_pretrained(
            folder, file_name=file_name, session_options=options
        )
        pipelines[f"optimum pipeline, {name}"] = pipeline(
            "text-classification", model=loaded, tokenizer=tokenizer
        )
    return pipelines


def make() -> Timed:
    """All peers, one thread each."""
    torch.set_num_threads(1)
    model, tokenizer = load(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    torch_pipeline = pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")
    folder = Path(tempfile.mkdtemp(prefix="optimum-"))
    pipelines = {"transformers pipeline, torch fp32": torch_pipeline}
    pipelines |= optimum_pipelines(model, tokenizer, folder)

    def call(chosen: Any) -> Any:
        return lambda texts: chosen(texts, batch_size=len(texts))

    calls = {name: call(chosen) for name, chosen in pipelines.items()}
    encoder = ctranslate2_encoder.classifier(model, tokenizer.backend_tokenizer, folder / "ct2")
    check_agreement(encoder, model, tokenizer.backend_tokenizer)
    return calls | {"CTranslate2 encoder, int8": encoder}


def check_agreement(
    encoder: Callable[[list[str]], Any], model: BertIntentClassifier, tokenizer: Tokenizer
) -> None:
    """See that a peer of our own making computes what torch does.

    Raises:
        RuntimeError: its logits are others.
    """
    for text in texts.messages()[:8]:
        row = torch.tensor([tokenizer.encode(text).ids])
        with torch.inference_mode():
            expected = model(input_ids=row, attention_mask=torch.ones_like(row)).logits.numpy()
        error = abs(encoder([text]) - expected).max()
        if error > TOLERANCE:
            raise RuntimeError(f"CTranslate2's logits are {error:.2f} from torch's")


if __name__ == "__main__":
    output, sys.stdout = sys.stdout, sys.stderr
    timed = make()
    sys.stdout = output
    serve(lambda: timed)
