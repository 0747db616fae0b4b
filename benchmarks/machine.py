"""What a figure was measured on, and where results go."""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS_DIR_VARIABLE = "BENCH_RESULTS_DIR"
RESULTS_DIR = Path(
    os.environ.get(RESULTS_DIR_VARIABLE) or Path(__file__).resolve().parent / "results"
)
PACKAGES = (
    "numpy",
    "onnxruntime",
    "tokenizers",
    "fastapi",
    "mangum",
    "torch",
    "transformers",
    "optimum-onnx",
    "ctranslate2",
)


def processor() -> dict[str, Any]:
    """Model, cores and the vector extensions that int8 kernels choose by."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    pairs = [line.split(":", 1) for line in text.splitlines() if ":" in line]
    fields = {name.strip(): value.strip() for name, value in pairs}
    flags = set(fields.get("flags", "").split())
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8")
    return {
        "model": fields.get("model name", platform.processor()),
        "cores": os.cpu_count(),
        "extensions": [flag for flag in wanted if flag in flags],
    }


def packages() -> dict[str, str]:
    """Versions of the packages that matter, where installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def packages_of(python: str) -> dict[str, str]:
    """The same for another interpreter."""
    code = "import json; from benchmarks.machine import packages; print(json.dumps(packages()))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def load(name: str) -> dict[str, Any] | None:
    """One result, or None where it was not measured."""
    path = RESULTS_DIR / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def write(name: str, command: str, result: dict[str, Any]) -> Path:
    """Write one result with the command, the machine and the versions."""
    RESULTS_DIR.mkdir(exist_ok=True)
    path = RESULTS_DIR / f"{name}.json"
    document = {
        "command": command,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": processor(),
        "python": sys.version.split()[0],
        "packages": packages(),
        **result,
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
