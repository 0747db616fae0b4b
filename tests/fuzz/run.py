"""Ask a local server what each OpenAPI document allows, and what it does not.

    python tests/fuzz/run.py SCHEMATHESIS [SERVICE ...]

Starts the server with stores of its own and runs schemathesis over docs/openapi: all checks, a
fixed seed. Exit status 1 where an answer is not as documented, or something else than documented is
taken; 2 where it took longer than `LIMIT_S`.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SERVICES = ("intent", "recommendation", "translation")
EXAMPLES = 300  # of each operation
SEED = 17
LIMIT_S = 1_200  # of all, which takes 5 minutes of processor time: beyond it something hangs
START_S = 120
TEXT_FIELD = "brand"  # as narrowing.py has it


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server, whose models are loaded."""
    with tempfile.TemporaryDirectory() as folder:
        stores = {
            name: f"{folder}/{name.lower()}" for name in ("RESULTS_DB", "QUEUES_DB", "HISTORY_DB")
        }
        url = f"http://127.0.0.1:{(port := free_port())}"
        command = [sys.executable, "-m", "local.server", "--port", str(port)]
        env = {**os.environ, **stores, "LOG_LEVEL": "ERROR"}
        with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL) as server:
            try:
                for service in SERVICES:
                    wait_for(f"{url}/v1/{service}/health/ready", server)
                write_a_text(url)
                yield url
            finally:
                server.terminate()


def wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    """Return when a path answers.

    Raises:
        SystemExit: the server ended, or did not come up in time.
    """
    until = time.monotonic() + START_S
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url):
                return
        except urllib.error.URLError:
            time.sleep(0.2)
    raise SystemExit(f"the local server does not answer at {url}")


def write_a_text(url: str) -> None:
    """Give the catalogue, which has numbers alone, a field of text."""
    body = json.dumps({"fields": {TEXT_FIELD: "Regency"}}).encode()
    kind = {"content-type": "application/json"}
    request = urllib.request.Request(f"{url}/v1/items/22697", body, kind, method="PUT")
    urllib.request.urlopen(request).close()


def command(schemathesis: str, service: str, url: str) -> list[str]:
    """What asks one service."""
    return [
        schemathesis,
        "--config-file",
        str(HERE / "schemathesis.toml"),
        "run",
        str(ROOT / "docs" / "openapi" / f"{service}.json"),
        *("--url", url, "--seed", str(SEED), "--max-examples", str(EXAMPLES)),
        *("--checks", "all", "--no-color"),
    ]


def main(arguments: Sequence[str]) -> int:
    """Run; 0 where nothing is found."""
    schemathesis, *services = arguments
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzz.narrowing", "PYTHONPATH": str(ROOT)}
    start, status = time.monotonic(), 0
    with serving() as url, tempfile.TemporaryDirectory() as folder:
        for service in services or SERVICES:
            left_s = LIMIT_S - (time.monotonic() - start)
            print(
                f"== {service}: what docs/openapi/{service}.json allows, {EXAMPLES} examples each"
            )
            try:
                done = subprocess.run(
                    command(str(Path(schemathesis).absolute()), service, url),
                    cwd=folder,
                    env=env,
                    timeout=max(left_s, 1),
                    check=False,
                )
            except subprocess.TimeoutExpired:
                print(f"took longer than {LIMIT_S} s", file=sys.stderr)
                return 2
            status |= int(done.returncode != 0)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
