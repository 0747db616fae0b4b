"""Send the sample events through the real Lambda handlers.

Every service runs in a process of its own, as it would in Lambda, so that the first event shows a
cold start: from the start of the interpreter to the answer.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.command import command_parser
from local.services import service_names
from shared.queue.jobs import get_job_store
from shared.queue.whereabouts import JOB_ID
from shared.settings import get_settings

EVENTS_DIR = Path(__file__).resolve().parent.parent / "events"
WORKER_KINDS = ("sqs", "bulk")
SHOWN_CHARACTERS = 48
SHOWN_ITEMS = 3
WARM_RUNS = 5
WIDTH = 132  # of the tables, where the output is no terminal


class _Context:
    aws_request_id = "demo"
    function_name = "demo"


def events(service: str | None) -> dict[str, list[Path]]:
    """Event files by the entry (module) that takes them."""
    grouped: dict[str, list[Path]] = {}
    found = sorted(EVENTS_DIR.glob(f"{service or '*'}_*.json"))
    if get_settings().translation_extra_models:
        found += sorted((EVENTS_DIR / "extra").glob(f"{service or '*'}_*.json"))
    for path in found:
        name, kind = path.stem.split("_")[:2]
        entry = f"functions.{name}.{'worker' if kind in WORKER_KINDS else 'api'}"
        grouped.setdefault(entry, []).append(path)
    return grouped


def _shorten(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def _question(event: dict[str, Any]) -> str:
    if "Records" in event:
        return "\n".join(_shorten(record["body"]) for record in event["Records"])
    if "Items" in event:
        lines = (json.dumps(item["request"], ensure_ascii=False) for item in event["Items"])
        return "\n".join(map(_shorten, lines))
    http = event.get("requestContext", {}).get("http", event)
    if "requestContext" not in event:
        return _shorten(json.dumps(event, ensure_ascii=False))
    method = http.get("method") or http["httpMethod"]
    encoded = " (base64)" if event["isBase64Encoded"] else ""
    return _shorten(f"{method} {http['path']} {event.get('body') or ''}{encoded}")


def _intent(result: dict[str, Any]) -> str:
    slots = "".join(f", {slot['name']} {slot['text']}" for slot in result.get("slots") or [])
    if found := result["intent"]:
        return f"{found['name']} {found['confidence']:.2f}{slots}"
    abstained = result["abstained"]
    named = abstained.get("competing") or [x for x in (abstained.get("denied"),) if x]
    about = " ".join(intent["name"] for intent in named)
    return f"({abstained['reason']}{': ' + about if about else ''}){slots}"


def _translation(result: dict[str, Any]) -> str:
    if "untranslated" in result:
        return f"({result['untranslated']['reason']})"
    return str(result["text"])


def _item(item: dict[str, Any]) -> str:
    return f"{_shorten(item['title'])} {item['score']:.2f}"


def _results(body: dict[str, Any]) -> str:
    if "results" in body:
        return "\n".join(map(_intent, body["results"]))
    if "translations" in body:
        return "\n".join(map(_translation, body["translations"]))
    if "items" in body:
        return "\n".join(map(_item, body["items"][:SHOWN_ITEMS]))
    if "recorded" in body:
        return f"recorded {body['recorded']}, duplicates {body['duplicates']}"
    if "id" in body:
        return f"{body['status']}: GET /v1/jobs/{body['id']}"
    if "detail" in body:
        return f"{body['status']} {body['title']}: {_shorten(body['detail'])}"
    return _shorten(json.dumps(body, ensure_ascii=False))


def _stated(record: dict[str, Any]) -> str | None:
    """The job id that a message states for itself."""
    value: str | None = record["messageAttributes"].get(JOB_ID, {}).get("stringValue")
    return value


def _kept(record: dict[str, Any]) -> dict[str, Any]:
    """A message's result, or why it failed."""
    job = get_job_store().read(_stated(record) or record["messageId"])
    assert job is not None
    return dict(job.failure.problem if job.failure else job.result)


def _one_line(body: dict[str, Any]) -> str:
    return _results(body).replace("\n", ", ")


def _answer(event: dict[str, Any], answer: dict[str, Any]) -> str:
    if "Records" in event:
        failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        return "\n".join(
            _one_line(_kept(record)) + (" → retry" if record["messageId"] in failed else "")
            for record in event["Records"]
        )
    if "Items" in event:
        lines = (line.get("result") or line["problem"] for line in answer["results"])
        return "\n".join(map(_one_line, lines))
    return _results(json.loads(answer["body"]) if "body" in answer else answer)


def _as_new(event: dict[str, Any], run: int) -> dict[str, Any]:
    """The event with ids of its own: a known one is answered from the result store."""
    if "Records" not in event:
        return event
    records = []
    for record in event["Records"]:
        told = dict(record["messageAttributes"])
        if job_id := _stated(record):
            told[JOB_ID] = {"dataType": "String", "stringValue": f"{job_id}-{run}"}
        new_id = f"{record['messageId']}-{run}"
        records.append(record | {"messageId": new_id, "messageAttributes": told})
    return event | {"Records": records}


def run_entry(module: str, paths: list[Path], started: float) -> list[dict[str, Any]]:
    """Answer the events of one entry in this process.

    Args:
        module: of the handler.
        paths: event files.
        started: when the process was started, seconds since the epoch.
    """
    handler = importlib.import_module(module).handler
    rows = []
    for number, path in enumerate(paths):
        event = json.loads(path.read_text(encoding="utf-8"))
        answer = handler(event, _Context())
        cold_ms = (time.time() - started) * 1e3 if number == 0 else None
        times = []
        for run in range(WARM_RUNS):
            repeated = _as_new(event, run)
            start = time.perf_counter()
            handler(repeated, _Context())
            times.append((time.perf_counter() - start) * 1e3)
        rows.append(
            {
                "event": path.stem,
                "asked": _question(event),
                "answered": _answer(event, answer),
                "cold_ms": cold_ms,
                "warm_ms": sorted(times)[WARM_RUNS // 2],
            }
        )
    return rows


def _child(module: str, paths: list[Path], env: dict[str, str]) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "local.demo", "--entry", module, "--started", str(time.time())]
    command += map(str, paths)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"{module} failed:\n{done.stderr}")
    rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return rows


def show(rows: list[dict[str, Any]], title: str) -> None:
    """Print one entry's table."""
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("event", no_wrap=True)
    table.add_column("asked", overflow="fold")
    table.add_column("answered", overflow="fold")
    table.add_column("cold ms", justify="right")
    table.add_column("warm ms", justify="right")
    for row in rows:
        cold = "" if row["cold_ms"] is None else f"{row['cold_ms']:.0f}"
        cells = (Text(row["event"]), Text(row["asked"]), Text(row["answered"]))
        table.add_row(*cells, cold, f"{row['warm_ms']:.1f}")
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table)


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_parser("retail demo", __doc__)
    parser.add_argument("--service", choices=service_names(), help="only this service's events")
    parser.add_argument("--entry", help=argparse.SUPPRESS)
    parser.add_argument("--started", type=float, help=argparse.SUPPRESS)
    parser.add_argument("paths", nargs="*", type=Path, help=argparse.SUPPRESS)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run every entry in a process of its own and show its answers."""
    args = build_parser().parse_args(argv)
    if args.entry:
        print(json.dumps(run_entry(args.entry, args.paths, args.started)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "RESULTS_DB": f"{folder}/results.db", "RESULTS_TABLE": ""}
        env |= {"HISTORY_DB": f"{folder}/history.db", "HISTORY_TABLE": ""}
        env |= {"QUEUES_DB": f"{folder}/queues.db", "QUEUE_URL": ""}
        env["LOG_LEVEL"] = "CRITICAL"
        for module, paths in events(args.service).items():
            show(_child(module, paths, env), module)
    return 0


if __name__ == "__main__":
    sys.exit(main())
