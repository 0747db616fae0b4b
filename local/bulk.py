"""Answer a file of requests, as bulk jobs do in AWS, with a progress bar; can be interrupted.

    retail bulk translation --input products.jsonl --output de.jsonl --request '{"target": "de"}'

Every line of the input is the JSON of a POST's body, with an "id" of your own where you want one;
--request holds what lines may leave out. OUTPUT gets the lines that were answered and FAILURES the
others, each with its number. What is done is kept in OUTPUT.journal until the end: after a stop,
or a kill, the same command with --resume goes on from there.
"""

import argparse
import hashlib
import json
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic_core import from_json
from rich.console import Console

from local.bulk_limits import LIMITS, BatchLimits
from local.command import (
    CommandError,
    add_json,
    at_least_one,
    command_parser,
    exit_code,
    print_json,
    progress_bar,
)
from local.journal import Entry, Journal
from local.services import find_service
from shared.errors import LimitExceeded, MalformedJson, ServiceError
from shared.operations import Service
from shared.queue.bulk import bulk_answer, failed_line


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the input that is not blank.

    Attributes:
        number: in the file, from 1.
        request: what it holds, or why it cannot be answered.
    """

    number: int
    size_bytes: int
    request: Any


def read_lines(path: Path, limits: BatchLimits) -> Iterator[Line]:
    """Lines of a file, one after the other."""
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            if text := _content(raw):
                yield Line(number, len(text), _request(text, limits))


def _content(raw: bytes) -> bytes:
    return raw.removeprefix(BOM_UTF8).strip()


def _request(text: bytes, limits: BatchLimits) -> Any:
    if len(text) > limits.size_bytes:
        hint = "Split it into several lines."
        return LimitExceeded("bytes in one line", limits.size_bytes, len(text), hint)
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError:
        return MalformedJson("The line is not JSON. Write one JSON object on each line, in UTF-8.")


def batches(lines: Iterator[Line], limits: BatchLimits) -> Iterator[list[Line]]:
    """Lines in batches of at most the limits, as Step Functions makes them."""
    batch: list[Line] = []
    size_bytes = 0
    for line in lines:
        full = len(batch) == limits.lines or size_bytes + line.size_bytes > limits.size_bytes
        if batch and full:
            yield batch
            batch, size_bytes = [], 0
        batch.append(line)
        size_bytes += line.size_bytes
    if batch:
        yield batch


def answer_batch(batch: Sequence[Line], service: Service, defaults: dict[str, Any]) -> list[Entry]:
    """Results of a batch, in order; from the function that answers one in AWS.

    Raises:
        ServiceError: a store or a model cannot be used; nothing of the batch is answered.
    """
    refused = {
        line.number: failed_line(line.number, line.request)
        for line in batch
        if isinstance(line.request, ServiceError)
    }
    items = [
        {"index": line.number - 1, "request": line.request}
        for line in batch
        if line.number not in refused
    ]
    event = {"Items": items, "BatchInput": {"request": defaults}}
    answered = bulk_answer(event, service)["results"]
    results = refused | {result["line"]: result for result in answered}
    return [results[line.number] for line in batch]


def write_results(journal: Journal, output: Path, failures: Path) -> int:
    """Write both files whole, or none of them; how many lines failed."""
    partial = [path.with_name(path.name + ".partial") for path in (output, failures)]
    failed = 0
    with partial[0].open("wb") as good, partial[1].open("wb") as bad:
        for result in (line for batch in journal.entries() for line in batch["results"]):
            is_bad = result["status"] == "failed"
            failed += is_bad
            (bad if is_bad else good).write(json.dumps(result, ensure_ascii=False).encode() + b"\n")
    partial[1].replace(failures)
    partial[0].replace(output)
    return failed


def prepare(args: argparse.Namespace) -> tuple[str, int]:
    """Check the files.

    Returns:
        The fingerprint of the job, and the number of its lines.

    Raises:
        CommandError: one of them cannot be used.
    """
    if not args.input.is_file():
        raise CommandError(f"{args.input} is not a file.")
    if len({args.input.resolve(), args.output.resolve(), args.failures.resolve()}) < 3:
        raise CommandError("--input, --output and --failures must be three files.")
    for path in (args.output, args.failures):
        if not path.parent.is_dir():
            raise CommandError(f"{path.parent} is not a folder; make it first.")
    stopped = journal_of(args).exists()
    if stopped and not args.resume and not args.force:
        raise CommandError(
            f"{journal_of(args)} is of a job that was stopped: give --resume to go on with it, or "
            "--force to begin anew."
        )
    for path in (args.output, args.failures):
        if path.exists() and not stopped and not args.force:
            raise CommandError(f"{path} is there already: give another name, or --force.")
    return fingerprint(args)


def journal_of(args: argparse.Namespace) -> Path:
    output: Path = args.output
    return output.with_name(output.name + ".journal")


def fingerprint(args: argparse.Namespace) -> tuple[str, int]:
    """What makes this job this job, and how many lines it has."""
    digest = hashlib.sha256(json.dumps([args.service, args.request], sort_keys=True).encode())
    count = 0
    with args.input.open("rb") as stream:
        for raw in stream:
            digest.update(raw)
            count += bool(_content(raw))
    return digest.hexdigest(), count


def run(args: argparse.Namespace) -> None:
    """Answer the lines, or the rest of them, and say how many were.

    Raises:
        CommandError: a file or an option cannot be used.
        ServiceError: there is no model, or a store does not answer.
    """
    job, total = prepare(args)
    limits = LIMITS[args.service]
    limits = BatchLimits(args.batch_size or limits.lines, limits.size_bytes)
    service = find_service(args.service)
    console = Console(stderr=True)
    with Journal(journal_of(args), job, anew=args.force) as journal:
        done = sum(len(batch["results"]) for batch in journal.entries())
        if done:
            console.print(f"going on after {done:,} lines")
        lines = islice(read_lines(args.input, limits), done, None)
        with progress_bar(console) as bar:
            task = bar.add_task(args.service, total=total, completed=done)
            for batch in batches(lines, limits):
                journal.add([{"results": answer_batch(batch, service, args.request)}])
                bar.advance(task, len(batch))
        failed = write_results(journal, args.output, args.failures)
        journal.delete()
    console.print(f"{total - failed:,} lines in {args.output}, {failed:,} in {args.failures}")
    if args.json:
        files = {"output": str(args.output), "failures": str(args.failures)}
        print_json({"service": args.service, "answered": total - failed, "failed": failed, **files})


def json_object(text: str) -> dict[str, Any]:
    """An option that is a JSON object.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        value = from_json(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(
            f'{text!r} must be a JSON object, such as \'{{"target": "de"}}\''
        )
    return value


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_parser("retail bulk", __doc__)
    parser.add_argument("service", choices=sorted(LIMITS))
    parser.add_argument("--input", type=Path, required=True, help="JSON Lines, UTF-8")
    parser.add_argument("--output", type=Path, required=True, help="JSON Lines of answers")
    parser.add_argument("--failures", type=Path, help="(default: OUTPUT.failures)")
    parser.add_argument(
        "--request",
        type=json_object,
        default={},
        metavar="JSON",
        help="fields that lines leave out",
    )
    parser.add_argument(
        "--batch-size", type=at_least_one, metavar="LINES", help="(default: as in AWS)"
    )
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument("--resume", action="store_true", help="go on where it was stopped")
    existing.add_argument(
        "--force", action="store_true", help="begin anew, and replace OUTPUT and FAILURES"
    )
    add_json(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Answer a file; 0 when every line has its answer or its failure."""
    args = build_parser().parse_args(argv)
    args.failures = args.failures or args.output.with_name(args.output.name + ".failures")
    return exit_code(lambda: run(args), "the same command with --resume goes on from here")


if __name__ == "__main__":
    sys.exit(main())
