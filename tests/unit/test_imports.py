"""What a function loads when it starts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("intent", "recommendation", "translation")
# Whether or not these packages are installed here, an attempt to import one is told.
LOOKED_FOR = """
import sys
from importlib import import_module

class Recorder:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[2].split(","):
            found.append(name)

found = []
sys.meta_path.insert(0, Recorder())
import_module(sys.argv[1])
print(*found)
"""


@pytest.mark.parametrize("kind", ["api", "worker"])
@pytest.mark.parametrize("service", SERVICES)
def test_tracing_needs_no_sdk(service, kind):
    """Lambda traces by itself (`Tracing: Active`); powertools would load the SDK if asked to."""
    command = [sys.executable, "-c", LOOKED_FOR, f"functions.{service}.{kind}", "aws_xray_sdk,json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = done.stdout.splitlines()[-1].split()
    assert "json" in found  # the recorder sees what is imported
    assert "aws_xray_sdk" not in found


# The answer to each service's sample, and what of FastAPI was imported for it.
ANSWERED = """
import json, sys
from importlib import import_module

api = import_module(f"functions.{sys.argv[1]}.api")
sample = api.SERVICE.warm_up
http = {"method": "POST", "path": sample.path, "sourceIp": "127.0.0.1"}
event = {
    "version": "2.0", "rawPath": sample.path, "rawQueryString": "", "headers": {},
    "requestContext": {"http": http}, "body": json.dumps(sample.sample), "isBase64Encoded": False,
}
status = api.handler(event, None)["statusCode"]
before = {"fastapi", "anyio"} & sys.modules.keys()
get = event | {"rawPath": "/openapi.json", "requestContext": {"http": http | {"method": "GET"}}}
get["requestContext"]["http"]["path"] = "/openapi.json"
then = api.handler(get, None)["statusCode"]
print(json.dumps([status, sorted(before), then, "fastapi" in sys.modules]))
"""


@pytest.mark.parametrize("service", SERVICES)
def test_a_plain_request_does_not_wait_for_fastapi(service):
    command = [sys.executable, "-c", ANSWERED, service]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [200, [], 200, True]
