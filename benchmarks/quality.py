r"""How good are a model's answers on a named set, int8 as served beside fp32?

    python -m benchmarks.quality --dataset banking77 --data-dir DIR \
        --model build/models/banking77 --checkpoint build/checkpoints/intent-banking77

Runs in the training environment. The int8 figures come from the folder that serving loads, the
fp32 ones from the graph that training keeps; both are decided by the same rule.
"""

import argparse
import warnings
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from benchmarks.machine import write
from functions.intent.decision import rule_of
from shared.models.folder import MODEL_FILE, TOKENIZER_FILE
from shared.models.spec import read_spec, verify_files
from training.intent.datasets import LOADERS
from training.intent.evaluate import compare, figures
from training.intent.examples import DataWarning
from training.intent.export import Graph

FP32_FILE = "fp32.onnx"
ALLOWED_FRACTION = 0.003


def evaluate(dataset: str, data_dir: Path, model: Path, checkpoint: Path) -> dict[str, Any]:
    """Figures of both precisions on every test set of ``dataset``."""
    spec = read_spec(model)
    verify_files(model, spec)
    rule, tokens = rule_of(spec), spec.limits["tokens"]
    tokenizer = Tokenizer.from_file(str(model / TOKENIZER_FILE))
    int8, fp32 = Graph(model / MODEL_FILE, tokenizer), Graph(checkpoint / FP32_FILE, tokenizer)
    sets = {}
    for name, split in LOADERS[dataset](data_dir, spec.training["seed"]).test.items():
        served, reference = int8.logits(split.texts, tokens), fp32.logits(split.texts, tokens)
        flips = compare(name, reference, served, rule, ALLOWED_FRACTION)
        sets[name] = {
            "rows": len(split),
            "int8": figures(served, split, rule),
            "fp32": figures(reference, split, rule),
            "decisions_differing": flips.differing,
        }
    return {
        "model": spec.identifier,
        "trained_by": spec.training["command"],
        "rule": spec.parameters,
        "quantization": spec.quantization,
        "sets": sets,
    }


def main() -> None:
    """Evaluate and write results/quality_<dataset>.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--dataset", choices=sorted(LOADERS), required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="served folder")
    parser.add_argument("--checkpoint", type=Path, required=True, help="what training kept")
    args = parser.parse_args()
    warnings.simplefilter("ignore", DataWarning)
    result = evaluate(args.dataset, args.data_dir, args.model, args.checkpoint)
    command = (
        f"python -m benchmarks.quality --dataset {args.dataset} --data-dir DIR "
        f"--model {args.model} --checkpoint {args.checkpoint}"
    )
    path = write(f"quality_{args.dataset}", command, result)
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
