import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_S = 180


@pytest.fixture(scope="session")
def sam() -> str:
    """The SAM CLI, where `make e2e` put it or on the PATH."""
    found = os.environ.get("SAM") or shutil.which("sam")
    if not found:
        pytest.fail("the SAM CLI is not there: run these tests with 'make e2e'")
    return found


@pytest.fixture(scope="session")
def sam_env() -> dict[str, str]:
    quiet = {"SAM_CLI_TELEMETRY": "0", "AWS_EC2_METADATA_DISABLED": "true"}
    return {**os.environ, **quiet, "AWS_DEFAULT_REGION": "eu-central-1"}


@pytest.fixture(scope="session")
def free_port() -> int:
    return new_port()


def new_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    """Until something answers at ``url``."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            urllib.request.urlopen(url, timeout=60)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"nothing answers at {url}: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def api(sam, sam_env, free_port, tmp_path_factory):
    """Base URL of `sam local start-api` over what was built."""
    command = [sam, "local", "start-api", "--port", str(free_port)]
    log = tmp_path_factory.mktemp("api") / "sam.log"
    with (
        log.open("w") as out,
        subprocess.Popen(command, cwd=ROOT, env=sam_env, stdout=out, stderr=out) as process,
    ):
        url = f"http://127.0.0.1:{free_port}"
        try:
            wait_for(f"{url}/v1/intent/health/live", process, log)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=60)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    """Address of an AWS account that is only here, and only for these tests."""
    folder = tmp_path_factory.mktemp("emulator")
    log = folder / "emulator.log"
    command = [str(ROOT / "layers" / "emulator.sh"), str(new_port()), str(folder)]
    with (
        log.open("w") as out,
        subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out) as process,
    ):
        try:
            deadline = time.monotonic() + START_S
            while "emulator: " not in log.read_text():
                assert process.poll() is None, log.read_text()[-2000:]
                assert time.monotonic() < deadline, log.read_text()[-2000:]
                time.sleep(0.2)
            address = log.read_text().partition("emulator: ")[2].split()[0]
            wait_for(f"{address}/_ministack/health", process, log)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=60)
