"""The services as a stand-in for Amazon Translate, Lex and Personalize in a test suite.

    from local.stand_in import standing_in

    with standing_in() as url:
        boto3.client("translate", endpoint_url=url, ...).translate_text(...)

The server is a process of its own, with stores of its own that end with it.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 60.0
_PAUSE_S = 0.05
_STORES = {"RESULTS_DB": "results.db", "HISTORY_DB": "history.db", "QUEUES_DB": "queues.db"}
_ELSEWHERE = ("RESULTS_TABLE", "RESULTS_BUCKET", "HISTORY_TABLE", "QUEUE_URL")


@contextmanager
def standing_in(variables: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a server that answers until the end.

    Args:
        variables: of the server's environment, beside this process's.

    Raises:
        RuntimeError: it ended, or did not answer in a minute.
    """
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "local.server", "--port", str(port)]
    with tempfile.TemporaryDirectory() as folder:
        own = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
        stores = {name: str(Path(folder) / file) for name, file in _STORES.items()}
        env = {**own, **stores, **(variables or {})}
        server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL)  # noqa: S603
        try:
            _wait(server, f"{url}/v1/intent/health/live")
            yield url
        finally:
            server.terminate()
            server.wait()


def _free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
    return port


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    """Wait until the server answers."""
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with status {server.returncode}")
        try:
            urllib.request.urlopen(url, timeout=PATIENCE_S).close()  # noqa: S310 - of this machine
        except (ConnectionError, urllib.error.URLError):
            time.sleep(_PAUSE_S)
        else:
            return
    raise RuntimeError(f"the server did not answer in {PATIENCE_S:.0f} s")
