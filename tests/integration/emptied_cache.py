"""Run by test_faults.py: a process that serves models from S3 while their cache is emptied.

python -m tests.integration.emptied_cache CACHE
"""

import copy
import json
import shutil
import sys
import types

from local.services import entry
from tests.expectations import load_event

CONTEXT = types.SimpleNamespace(
    aws_request_id="r",
    function_name="f",
    memory_limit_in_mb=1024,
    get_remaining_time_in_millis=lambda: 30_000,
)


def translate(text: str, source: str, target: str) -> int:
    event = copy.deepcopy(load_event("translation_http.json"))
    event["body"] = json.dumps({"text": text, "source": source, "target": target})
    answer = entry("translation", "api").handler(event, CONTEXT)
    return int(answer["statusCode"])


def main(cache: str) -> dict[str, int]:
    """Ask the model that is open, and one that is opened when its files are gone."""
    assert translate("Where is my order?", "en", "de") == 200
    shutil.rmtree(cache)
    return {
        "open": translate("Where is my parcel?", "en", "fr"),
        "opened later": translate("Wo ist meine Bestellung?", "de", "en"),
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
