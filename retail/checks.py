"""What doctor looks at: each check tells how it is, and what to do where it is not well."""

import errno
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from retail.environment import EXTRA_MODELS, IMPORTED_MODELS, ROOT, TRAINING, TRAINING_PYTHON
from retail.environment import missing as missing_modules
from retail.findings import Check, Finding, State
from shared.errors import ServiceError
from shared.locations import S3Location
from shared.models.folder import model_folders
from shared.models.spec import read_spec, verify_files
from shared.settings import get_settings

PYTHONS = ((3, 11), (3, 12), (3, 13))
RUNTIME = ("aws_lambda_powertools", "fastapi", "mangum", "numpy", "onnxruntime", "pydantic")
LOCAL = ("boto3", "openpyxl", "polib", "rich", "uvicorn")
SERVICES = ("intent", "recommendation", "translation")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PROGRAM_S = 10.0  # that another program is waited for
CONNECT_S, READ_S = 2, 3  # that AWS is waited for
ENOUGH_GB, LEAST_GB = 3.0, 0.5  # of free disk: .venv and a build; a model in S3's cache


def _ok(name: str, detail: str) -> Finding:
    return Finding(name, "ok", detail)


def python() -> Finding:
    """The interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    detail = f"{version} at {sys.executable}"
    if sys.version_info[:2] in PYTHONS:
        return _ok("Python", detail)
    advice = "Use Python 3.11, 3.12 or 3.13: make PYTHON=/path/to/python3.13 demo."
    return Finding("Python", "failure", detail, advice)


def packages() -> Finding:
    """What serving and the commands import."""
    lacking = [name for name in (*RUNTIME, *LOCAL) if importlib.util.find_spec(name) is None]
    if not lacking:
        return _ok("Packages", f"onnxruntime {metadata.version('onnxruntime')} and the others")
    advice = "make demo sets up .venv; or pip install '.[local]'."
    return Finding("Packages", "failure", f"not installed: {', '.join(lacking)}", advice)


def models(service: str) -> Finding:
    """The models that a service would serve, each file against its hash."""
    name = f"Models: {service}"
    location = get_settings().model_location(service)
    if isinstance(location, S3Location):
        return Finding(name, "warning", f"{location} is in S3 and was not looked at")
    try:
        found = _verified(location)
    except (ServiceError, OSError) as error:
        advice = (
            f"git checkout -- layers/models restores the default one; or set "
            f"{service.upper()}_MODEL_DIR to a folder that training wrote."
        )
        return Finding(name, "failure", getattr(error, "detail", str(error)), advice)
    return _ok(name, f"{', '.join(found)}; every file has its hash")


def imported_models() -> Finding:
    """Translation models that were imported into the checkout, or that the environment names."""
    name, location = "Imported models", get_settings().extra_model_locations("translation")
    folder = location[0] if location else IMPORTED_MODELS
    if isinstance(folder, S3Location):
        return Finding(name, "warning", f"{folder} is in S3 and was not looked at")
    if not location and not any(folder.glob("*/spec.json")):
        advice = "For a pair of Firefox's: retail models add firefox:en-pt."
        return Finding(name, "ok", "none", advice)
    try:
        found = _verified(folder)
    except (ServiceError, OSError) as error:
        advice = f"Delete the model's folder and add it again, or unset {EXTRA_MODELS}."
        return Finding(name, "failure", getattr(error, "detail", str(error)), advice)
    return _ok(name, f"{', '.join(found)}; every file has its hash")


def _verified(folder: Path) -> list[str]:
    """Names and versions of a folder's models.

    Raises:
        ModelError: one is not what its spec states.
    """
    found = []
    for model in model_folders(folder).values():
        spec = read_spec(model)
        verify_files(model, spec)
        found.append(spec.identifier)
    return found


def stores() -> Finding:
    """The folder of this machine's queues, results and histories."""
    folder = get_settings().results_db.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:
        writable = False
    if writable:
        return _ok("Stores", f"{folder} can be written")
    advice = "Set RESULTS_DB, HISTORY_DB and QUEUES_DB to files in a folder of yours."
    return Finding("Stores", "failure", f"{folder} cannot be written", advice)


def disk() -> Finding:
    """Free disk where the checkout is."""
    free_gb = shutil.disk_usage(ROOT).free / 1e9
    detail = f"{free_gb:,.1f} GB free at {ROOT}"
    if free_gb >= ENOUGH_GB:
        return _ok("Disk", detail)
    state: State = "warning" if free_gb >= LEAST_GB else "failure"
    advice = "make clean deletes environments and builds (README has their sizes)."
    return Finding("Disk", state, detail, advice)


def port(number: int) -> Finding:
    """Whether the local server could listen."""
    name = f"Port {number}"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            detail = "another program listens there" if taken else str(error)
            advice = f"Give another one: retail serve --port {number + 1}."
            return Finding(name, "warning", detail, advice)
    return _ok(name, "free")


def docker() -> Finding:
    """A Docker engine that answers."""
    advice = "Start a Docker engine; only make e2e, make emulator and sam local need one."
    if shutil.which("docker") is None:
        return Finding("Docker", "warning", "not installed", advice)
    answer = _told("docker", "version", "--format", "{{.Server.Version}}")
    if answer is None:
        return Finding("Docker", "warning", "installed, but no engine answers", advice)
    return _ok("Docker", f"engine {answer}")


def sam() -> Finding:
    """The SAM CLI of the checkout, or of the path."""
    own = ROOT / ".venv-sam" / "bin" / "sam"
    program = str(own) if own.exists() else shutil.which("sam")
    advice = "make build sets it up in .venv-sam; only building and deploying need it."
    if program is None:
        return Finding("SAM CLI", "warning", "not installed", advice)
    answer = _told(program, "--version")
    if answer is None:
        return Finding("SAM CLI", "warning", f"{program} does not run", advice)
    return _ok("SAM CLI", f"{answer} at {program}")


def _told(*command: str) -> str | None:
    """The first line that a program prints; None where it fails or takes too long."""
    env = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=PROGRAM_S, check=True, env=env
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip().partition("\n")[0]


def aws() -> Finding:
    """Whose credentials are here."""
    import boto3  # noqa: PLC0415 - slow, and not there without the extra
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    advice = "aws configure, or AWS_PROFILE and AWS_REGION; nothing on this machine needs them."
    session = boto3.Session()
    region = session.region_name
    try:
        if session.get_credentials() is None:
            return Finding("AWS identity", "warning", "no credentials", advice)
        config = Config(
            connect_timeout=CONNECT_S, read_timeout=READ_S, retries={"total_max_attempts": 1}
        )
        client = session.client("sts", region_name=region or "us-east-1", config=config)
        arn = client.get_caller_identity()["Arn"]
    except (BotoCoreError, ClientError) as error:
        return Finding("AWS identity", "warning", f"not known: {error}", advice)
    if region is None:
        return Finding("AWS identity", "warning", f"{arn}, no region", "Set AWS_REGION.")
    return _ok("AWS identity", f"{arn} in {region}")


def chromium() -> Finding:
    """A browser for the console's tests."""
    candidates = (os.environ.get("CHROMIUM", ""), *BROWSERS)
    found = next((path for name in candidates if name and (path := shutil.which(name))), None)
    if found:
        return _ok("Chromium", found)
    advice = "apt-get install chromium, or set CHROMIUM; only make console and make e2e need it."
    return Finding("Chromium", "warning", "not installed", advice)


def training() -> Finding:
    """Packages to train with, here or in the training environment."""
    name, lacking = "Training", missing_modules(TRAINING)
    if not lacking:
        return _ok(name, f"torch {metadata.version('torch')} is installed here")
    if TRAINING_PYTHON.exists():
        return _ok(name, f"{TRAINING_PYTHON.parent.parent} is there")
    detail = f"not installed: {', '.join(lacking)}"
    return Finding(name, "warning", detail, f"Only training needs it: {TRAINING.remedy}.")


def all_checks(port_number: int) -> Iterator[tuple[str, Check]]:
    """Checks by the name that stands for one that takes too long."""
    yield "Python", python
    yield "Packages", packages
    for service in SERVICES:
        yield f"Models: {service}", lambda service=service: models(service)  # type: ignore[misc]
    yield "Imported models", imported_models
    yield "Stores", stores
    yield "Disk", disk
    yield f"Port {port_number}", lambda: port(port_number)
    yield "Docker", docker
    yield "SAM CLI", sam
    yield "AWS identity", aws
    yield "Chromium", chromium
    yield "Training", training
