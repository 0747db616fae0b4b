"""What a function loads when it starts."""

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
