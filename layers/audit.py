"""Look the runtime layer's packages up among known vulnerabilities, where that can be done.

    python layers/audit.py [REQUIREMENTS]

Runs pip-audit, which asks PyPI. Where no index of advisories is reachable, or it knows none of the
packages, it says so and ends well. Exit status 1 where a package has a known vulnerability, with
its name and the version that mends it.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().with_name("runtime") / "requirements.txt"
TIMEOUT_S = 120


def report(requirements: Path) -> dict[str, Any] | None:
    """What pip-audit finds, as it writes it; None where it cannot look."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(requirements)]
    command += ["--disable-pip", "--require-hashes", "--format", "json"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
        found: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return found


def verdict(found: dict[str, Any] | None) -> tuple[int, list[str]]:
    """Exit status, and what to say.

    Args:
        found: pip-audit's document, or None.
    """
    packages = [] if found is None else found["dependencies"]
    known = [package for package in packages if "vulns" in package]
    if not known:
        return 0, ["audit skipped: no index of advisories is reachable from here"]
    lines = [
        f"{package['name']} {package['version']}: {flaw['id']}, mended in "
        f"{', '.join(flaw['fix_versions']) or 'no version yet'}"
        for package in known
        for flaw in package["vulns"]
    ]
    if lines:
        return 1, lines
    skipped = len(packages) - len(known)
    more = f"; {skipped} could not be looked up" if skipped else ""
    return 0, [f"{len(known)} packages of the layer have no known vulnerability{more}"]


def main(arguments: Sequence[str]) -> int:
    """Audit a lock."""
    status, lines = verdict(report(Path(arguments[0]) if arguments else LOCK))
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
