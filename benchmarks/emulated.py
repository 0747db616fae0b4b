"""Do the served models answer the same on a processor without VNNI, as much of Lambda has?

    python -m benchmarks.emulated [--cpu Haswell]

Runs the golden texts of every model and some messages natively and under QEMU's user emulation
(Debian: qemu-user) of a processor with AVX2 but neither AVX-512 nor VNNI, and compares.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
from typing import Any

import numpy as np

from benchmarks.machine import write
from benchmarks.texts import messages
from functions.intent.decision import decide, rule_of, softmax
from functions.recommendation.event_requests import HistoryEvent
from functions.recommendation.responses import ItemsResponse
from functions.recommendation.schemas import RecommendationRequest
from functions.recommendation.service import get_service as get_recommendation
from functions.translation.engine import TASK, Engine
from functions.translation.translator import DEFAULT_BEAMS, Sentence
from shared.models.onnx import OnnxModel
from shared.settings import get_settings

MESSAGES = 40
SHOPPERS = 120


def logits() -> tuple[OnnxModel, list[list[float]]]:
    """The model, and the logits of every text run alone."""
    model = OnnxModel.load(get_settings().model_dir("intent"))
    texts = [*model.spec.golden.inputs, *messages()[:MESSAGES]]
    return model, [model.run_padded(model.tokenize([text]))[0].tolist() for text in texts]


def translations() -> list[str]:
    """Every golden sentence of every translation model, translated alone as served."""
    folder = get_settings().model_dir(TASK)
    engine = Engine(folder, threads=1)
    return [
        text
        for spec in engine.specs.values()
        for example in spec.golden.inputs
        for text in engine.translate(
            (example["source"], example["target"]), [Sentence(example["text"])], DEFAULT_BEAMS, 1
        )[0]
    ]


def recommendations() -> list[list[str]]:
    """The ten best items for shoppers with histories of every length, drawn from the catalogue."""
    service, draw = get_recommendation(), random.Random(1)
    ids = service.model.catalogue.ids
    histories = [
        [HistoryEvent(item_id=item_id) for item_id in draw.choices(ids, k=1 + number % 60)]
        for number in range(SHOPPERS)
    ]
    found = service.rank([RecommendationRequest(history=history) for history in histories])
    return [
        [item.item_id for item in answer.items]
        for answer in found
        if isinstance(answer, ItemsResponse)
    ]


def emulated(cpu: str) -> dict[str, Any]:
    """The same from an emulated processor."""
    qemu = shutil.which("qemu-x86_64")
    if qemu is None:
        raise SystemExit("qemu-x86_64 is not there: install QEMU's user emulation (qemu-user)")
    command = [qemu, "-cpu", cpu, sys.executable, "-m", "benchmarks.emulated", "--child"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Compare and write results/emulated.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cpu", default="Haswell", help="a QEMU processor (default %(default)s)")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    model, native = logits()
    translated, recommended = translations(), recommendations()
    if args.child:
        found = {"logits": native, "translations": translated, "recommendations": recommended}
        print(json.dumps(found))
        return
    other = emulated(args.cpu)
    pair = [np.asarray(rows, dtype=np.float32) for rows in (native, other["logits"])]
    rule = rule_of(model.spec)
    decided = [
        [(d.index, d.reason) for d in decide(softmax(rows, rule.temperature), rule)]
        for rows in pair
    ]
    result = {
        "model": model.spec.identifier,
        "cpu": args.cpu,
        "texts": len(native),
        "decisions_differing": sum(a != b for a, b in zip(*decided, strict=True)),
        "translations": len(translated),
        "translations_differing": sum(
            a != b for a, b in zip(translated, other["translations"], strict=True)
        ),
        "recommendations": len(recommended),
        "recommendations_differing": sum(
            a != b for a, b in zip(recommended, other["recommendations"], strict=True)
        ),
        "largest_logit_difference": round(float(np.abs(pair[0] - pair[1]).max()), 4),
    }
    path = write("emulated", f"python -m benchmarks.emulated --cpu {args.cpu}", result)
    print(f"wrote {path.name}: {json.dumps(result)}")


if __name__ == "__main__":
    main()
