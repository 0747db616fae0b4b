"""``retail doctor``: whether what the product needs is here, and what to do where it is not."""

import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from retail.findings import Check, Finding

SUMMARY = "Whether what the product needs is here, and what to do where it is not."
EXAMPLES = ("retail doctor", "retail doctor --json", "retail doctor --port 8001")
TIME_LIMIT_S = 15.0
STYLES = {"ok": "green", "warning": "yellow", "failure": "red bold"}


def examine(checks: Iterable[tuple[str, Check]], time_limit_s: float) -> list[Finding]:
    """Run checks side by side; one that fails or takes too long is a finding too.

    Args:
        checks: by name.
        time_limit_s: for all of them.
    """
    found: dict[str, Finding] = {}

    def run(name: str, check: Check) -> None:
        try:
            found[name] = check()
        except Exception as error:  # noqa: BLE001 - what breaks a check is what it found
            detail = f"{type(error).__name__}: {error}"
            found[name] = Finding(name, "failure", detail, "Report it with this line.")

    threads = {
        name: threading.Thread(target=run, args=(name, check), daemon=True)
        for name, check in checks
    }
    for thread in threads.values():
        thread.start()
    until = time.monotonic() + time_limit_s
    for thread in threads.values():
        thread.join(max(0.0, until - time.monotonic()))
    late = f"no answer within {time_limit_s:g} s"
    return [found.get(name, Finding(name, "warning", late)) for name in threads]


def show(findings: list[Finding], console: Console) -> None:
    """Print findings, one a line, and what to do below each."""
    table = Table.grid(padding=(0, 2))
    for one in findings:
        lines = Text(one.detail)
        if one.advice:
            lines.append(f"\n{one.advice}", style="dim")
        table.add_row(Text(one.state, style=STYLES[one.state]), Text(one.name), lines)
    console.print(table)
    counts: Counter[str] = Counter(one.state for one in findings)
    said = ", ".join(f"{counts[state]} {state}" for state in STYLES)
    console.print(f"{said}. A warning concerns what you may not need.", highlight=False)


def doctor(
    port: Annotated[int, typer.Option(help="that retail serve is to listen on")] = 8000,
    as_json: Annotated[bool, typer.Option("--json", help="print the findings as JSON")] = False,
) -> None:
    """Look at everything; exit code 1 where something fails."""
    from local.command import print_json  # noqa: PLC0415 - slow, for a help that does not look
    from retail.checks import all_checks  # noqa: PLC0415

    findings = examine(all_checks(port), TIME_LIMIT_S)
    failed = any(one.state == "failure" for one in findings)
    if as_json:
        print_json({"ok": not failed, "checks": [asdict(one) for one in findings]})
    else:
        show(findings, Console())
    raise typer.Exit(int(failed))
