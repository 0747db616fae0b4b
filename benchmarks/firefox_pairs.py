"""Pairs of Firefox's behind one function: the first answer of a pair in S3, and what two take.

    python -m benchmarks.firefox_pairs

Twelve pairs lie in a bucket of a local S3 (moto): the two real ones under their own and other
languages' names. The function is warm, and has none of the pairs. Besides: resident memory of a
process with both pairs open, and of the whole API function that has served both.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from benchmarks.arguments import parser
from benchmarks.firefox_speed import EXTRA_MODELS
from benchmarks.machine import write
from functions.translation.engine import Engine
from functions.translation.translator import Sentence
from local import publish_model
from shared.locations import parse_location
from shared.models.spec import read_spec, write_spec
from shared.settings import get_settings

CODES = ("pt", "it", "nl", "pl", "sv", "cs")
PAIRS = ("en-pt", "pt-en")
TEXTS = {"en": "Where is my order?", "pt": "Onde está o meu pedido?"}
RESIDENT = (
    "from pathlib import Path\n"
    "from functions.translation.engine import Engine\n"
    "from functions.translation.translator import Sentence\n"
    "engine = Engine(Path('layers/models-extra/translation'), 1)\n"
    "for hop, text in ((('en', 'pt'), 'Where is my order?'), (('pt', 'en'), 'Onde está?')):\n"
    "    engine.translate(hop, [Sentence(text)], 4, 1)\n"
    "pages = int(Path('/proc/self/statm').read_text().split()[1])\n"
    "print(pages * 4096 / 1e6)\n"
)
# The whole API function over these models, after each of the 120 shop sentences as a request.
RESIDENT_API = (
    "import json\n"
    "from pathlib import Path\n"
    "from functions.translation.api import handler\n"
    "context = type('Context', (), {'aws_request_id': '1'})()\n"
    "event = json.loads(Path('events/translation_http.json').read_text())\n"
    "lines = Path('training/translation/firefox/shop.tsv').read_text('utf-8').splitlines()\n"
    "for place, (source, target) in enumerate((('en', 'pt'), ('pt', 'en'))):\n"
    "    for line in lines:\n"
    "        body = {'text': line.split('\\t')[place], 'source': source, 'target': target}\n"
    "        answer = handler({**event, 'body': json.dumps(body)}, context)\n"
    "        assert answer['statusCode'] == 200, answer\n"
    "pages = int(Path('/proc/self/statm').read_text().split()[1])\n"
    "print(pages * 4096 / 1e6)\n"
)


def publish(folder: Path) -> None:
    """Put the twelve pairs into the bucket."""
    boto3.client("s3").create_bucket(
        Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    for code in CODES:
        for pair in PAIRS:
            named = pair.replace("pt", code)
            copy = shutil.copytree(EXTRA_MODELS / pair, folder / named)
            spec = read_spec(copy)
            first = {**spec.golden.inputs[0], "target": named[3:]}
            golden = spec.golden.model_copy(update={"inputs": (first, *spec.golden.inputs[1:])})
            update = {"languages": (named[:2],), "targets": (named[3:],), "golden": golden}
            write_spec(copy, spec.model_copy(update={**update, "name": f"firefox-{named}"}))
            publish_model.main(["--model", str(copy), "--to", f"s3://models/pairs/{named}"])


def first_answers() -> list[dict[str, Any]]:
    """Wall and processor seconds of the first and the second answer of each pair."""
    location = parse_location("s3://models/pairs")
    engine = Engine(get_settings().model_dir("translation"), 1, location)
    engine.translate(("en", "de"), [Sentence(TEXTS["en"])], 4, 1)  # the function is warm
    found = []
    for code in CODES:
        for hop in (("en", code), (code, "en")):
            text = TEXTS["en" if hop[0] == "en" else "pt"]
            times = []
            for _ in range(2):
                wall, cpu = time.perf_counter(), time.process_time()
                engine.translate(hop, [Sentence(text)], 4, 1)
                times.append((time.perf_counter() - wall, time.process_time() - cpu))
            found.append(
                {
                    "pair": "-".join(hop),
                    "first_s": round(times[0][0], 3),
                    "first_processor_s": round(times[0][1], 3),
                    "second_s": round(times[1][0], 4),
                }
            )
    return found


def resident_mb(code: str) -> float:
    """Median of three processes that run ``code`` and end by printing what they hold."""
    folder = {"TRANSLATION_MODEL_DIR": str(EXTRA_MODELS), "TRANSLATION_EXTRA_MODELS": ""}
    found = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **folder},
        )
        found.append(float(done.stdout.split()[-1]))
    return round(statistics.median(found), 1)


def main() -> None:
    """Measure and write results/firefox_pairs.json."""
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "testing")
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {
            **keys,
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "MODEL_CACHE_DIR": f"{scratch}/cache",
        }
        publish(Path(scratch))
        answers = first_answers()
    server.stop()
    firsts = [answer["first_s"] for answer in answers]
    result = {
        "first_answer_s": {"median": statistics.median(firsts), "most": max(firsts)},
        "resident_two_pairs_mb": resident_mb(RESIDENT),
        "resident_api_two_pairs_mb": resident_mb(RESIDENT_API),
        "answers": answers,
    }
    path = write("firefox_pairs", "python -m benchmarks.firefox_pairs", result)
    resident = [value for name, value in result.items() if name.startswith("resident")]
    print(f"wrote {path.name}: {result['first_answer_s']}, {resident} MB")


if __name__ == "__main__":
    parser(__doc__).parse_args()
    main()
