"""What failed for good, why, and another try: list, show and redrive dead letters.

    retail redrive intent list
    retail redrive intent show MESSAGE_ID
    retail redrive intent send MESSAGE_ID...
    retail redrive intent send --all

Without --stack these are the queues of this machine (make run); with it, those of a stack in AWS.
A message keeps its job id when it is sent again, so that its result is where it was asked for.
The list shows no customer text; `show` does.
"""

import argparse
import os
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.command import add_json, command_parser, exit_code, print_json
from local.dead_letters import (
    DeadLetters,
    LocalDeadLetters,
    SqsDeadLetters,
    job_id_of,
    stack_outputs,
)
from local.services import find_service, service_names
from local.worker import local_queue
from shared.errors import NotFound
from shared.queue.jobs import JobStore
from shared.queue.queues import Message
from shared.queue.whereabouts import OPERATION
from shared.settings import from_env, get_settings

INTERACTIONS = "interactions"  # recommendation's second queue, which only a stack has
LIMIT = 1_000
WIDTH = 200  # of the table, where the output is no terminal
HIDDEN = "…"
LABELS = {"sent_at": "sent (UTC)"}  # of what has another name as data
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")


def _properties(schema: Any) -> set[str]:
    """Names of all fields in a JSON schema."""
    if isinstance(schema, list):
        return set().union(*map(_properties, schema))
    if not isinstance(schema, dict):
        return set()
    own = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
    return own.union(*map(_properties, schema.values()))


@dataclass(frozen=True)
class Reasons:
    """Why messages of a queue failed.

    Attributes:
        service: whose queue it is.
    """

    jobs: JobStore
    service: str

    @cached_property
    def _fields(self) -> frozenset[str]:
        """Names that the requests of the service have; any other key is the sender's."""
        names: set[str] = set()
        for operation in find_service(self.service).operations:
            names |= _properties(operation.request.model_json_schema())
        return frozenset(names)

    def listed(self, message: Message) -> tuple[str, str]:
        """Code and detail with nothing in them that the sender wrote."""
        code, detail, errors = self._reason(message)
        if errors:
            detail = "; ".join(f"{self._place(one['pointer'])}: {one['detail']}" for one in errors)
        return code, _QUOTED.sub(HIDDEN, detail)

    def _place(self, pointer: str) -> str:
        keys = pointer.split("/")[1:]
        known = (key if key in self._fields or key.isdecimal() else HIDDEN for key in keys)
        return "".join(f"/{key}" for key in known) or "the body"

    def of(self, message: Message) -> tuple[str, str]:
        """Code and detail of why a message last failed."""
        code, detail, _ = self._reason(message)
        return code, detail

    def _reason(self, message: Message) -> tuple[str, str, list[dict[str, str]]]:
        """Why a message last failed, and what was wrong where; its own before its job's."""
        place = (self.service, message.attributes.get(OPERATION))
        failure = None
        for id_ in dict.fromkeys((message.id, job_id_of(message))):
            failure = failure or self.jobs.failure(id_, *place)
        if failure is None:
            detail = "No reason is kept: the worker was stopped each time, or it expired."
            return "unknown", detail, []
        problem = failure.problem
        code, detail = str(problem["type"]).rpartition(":")[2], str(problem["detail"])
        return code, detail, list(problem.get("errors", []))


def open_dead_letters(queue: str, stack: str | None) -> tuple[DeadLetters, Reasons]:
    """The dead letters of a queue, and where the reasons are.

    Raises:
        NotFound: the stack or its queue is not there.
    """
    if stack is None:
        if queue == INTERACTIONS:
            raise NotFound("Locally events go through the recommendation queue; give --stack.")
        return LocalDeadLetters(local_queue(queue)), Reasons(JobStore(get_settings()), queue)
    outputs, name = stack_outputs(stack), queue.capitalize()
    try:
        letters = SqsDeadLetters(outputs[f"{name}QueueUrl"], outputs[f"{name}DeadLetterQueueUrl"])
        settings = from_env({**os.environ, "RESULTS_TABLE": outputs["ResultsTableName"]})
    except KeyError as error:
        raise NotFound(f"The stack {stack} has no output {error}: is it this product's?") from None
    service = "recommendation" if queue == INTERACTIONS else queue
    return letters, Reasons(JobStore(settings), service)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _printable(text: str) -> str:
    """Text whose control characters a terminal shows and does not obey."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


Row = dict[str, Any]  # of a message: what is shown, by name


def listed_messages(letters: DeadLetters, reasons: Reasons) -> list[Row]:
    """Every message with its reason, without its text."""
    rows = []
    for message in letters.messages(LIMIT):
        code, detail = reasons.listed(message)
        row = {"message": message.id, "sent_at": _time(message.sent_at)}
        rows.append({**row, "tries": message.receives, "reason": code, "detail": detail})
    return rows


def show_table(rows: list[Row], console: Console) -> None:
    """Print messages, one a line."""
    if not rows:
        console.print("the dead-letter queue is empty")
        return
    table = Table(*(LABELS.get(name, name) for name in rows[0]))
    for row in rows:
        table.add_row(*(Text(_printable(str(cell))) for cell in row.values()))
    console.print(table)


def whole_message(letters: DeadLetters, reasons: Reasons, message_id: str) -> Row:
    """One message whole.

    Raises:
        NotFound: it is not among the first `LIMIT`.
    """
    found = [message for message in letters.messages(LIMIT) if message.id == message_id]
    if not found:
        raise NotFound(f"No message {message_id} is in the dead-letter queue; 'list' shows them.")
    (message,) = found
    code, detail = reasons.of(message)
    return {
        "message": message.id,
        "job": job_id_of(message),
        "sent_at": _time(message.sent_at),
        "tries": message.receives,
        "attributes": message.attributes,
        "reason": f"{code}: {detail}",
        "body": message.body,
    }


def send_again(letters: DeadLetters, args: argparse.Namespace, console: Console) -> None:
    """Put messages on their queue again.

    Raises:
        NotFound: one is not there; the others were sent.
    """
    wanted = [message.id for message in letters.messages(LIMIT)] if args.all else args.ids
    sent = letters.redrive(wanted, LIMIT)
    if args.json:
        print_json({"sent": sent})
    else:
        console.print(f"{len(sent)} sent again")
    if missing := sorted(set(wanted) - set(sent)):
        raise NotFound(f"Not in the dead-letter queue: {', '.join(missing)}.")


def run(args: argparse.Namespace, console: Console) -> None:
    """Do what the command line says.

    Raises:
        ServiceError: a queue, a message or the store is not there, or does not answer.
    """
    letters, reasons = open_dead_letters(args.queue, args.stack)
    if args.verb == "send":
        send_again(letters, args, console)
        return
    listed = args.verb == "list"
    found = (
        listed_messages(letters, reasons) if listed else whole_message(letters, reasons, *args.ids)
    )
    if args.json:
        print_json(found)
    elif isinstance(found, list):
        show_table(found, console)
    else:
        for name, value in found.items():
            console.print(Text(f"{LABELS.get(name, name):12s}{_printable(str(value))}"))


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_parser("retail redrive", __doc__)
    parser.add_argument("queue", choices=[*service_names(), INTERACTIONS])
    parser.add_argument("--stack", help="name of the stack in AWS; without it, this machine's")
    verbs = parser.add_subparsers(dest="verb", required=True)
    listing = verbs.add_parser("list", help="every message with its reason")
    show = verbs.add_parser("show", help="one message whole")
    show.add_argument("ids", nargs=1, metavar="id")
    send = verbs.add_parser("send", help="put messages on their queue again")
    send.add_argument("ids", nargs="*", metavar="id")
    send.add_argument("--all", action="store_true", help="all that are there")
    for verb in (listing, show, send):
        add_json(verb)
    return parser


def main(argv: list[str] | None = None) -> int:
    """List, show or send; 0 when it is done, 2 where it cannot be."""
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.verb == "send" and bool(args.ids) == args.all:
        parser.error("give either message ids or --all")
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    return exit_code(lambda: run(args, console), "the same command can be given again")


if __name__ == "__main__":
    sys.exit(main())
