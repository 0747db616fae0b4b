"""Work through the local queues, as Lambda's event source mappings do in AWS.

    retail worker intent translation recommendation

Receives batches, runs each service's real worker handler on them and deletes what did not fail; a
message that fails comes again after the visibility timeout and is put aside after three deliveries.
"""

import argparse
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from local.command import at_least_one, command_parser, seconds
from local.services import entry, service_names
from shared.queue.queues import VISIBILITY_TIMEOUT_S, SqliteQueue
from shared.settings import get_settings

BATCH = 10
IDLE_S = 0.1
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


class _Context:
    """Lambda's context: when the invocation will be stopped."""

    aws_request_id = "local"
    function_name = "local"

    def __init__(self, timeout_s: float) -> None:
        self._until = time.monotonic() + timeout_s

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._until - time.monotonic()) * 1e3))


def local_queue(service: str, visibility_timeout_s: float = VISIBILITY_TIMEOUT_S) -> SqliteQueue:
    """The queue of a service on this machine."""
    settings = get_settings()
    return SqliteQueue(settings.queues_db, service, visibility_timeout_s, settings.max_receives)


def work_off(queue: SqliteQueue, handler: Handler, timeout_s: float, batch: int = BATCH) -> int:
    """Run a batch of a queue; how many messages there were.

    Args:
        queue: where they wait.
        handler: a worker's.
        timeout_s: after which Lambda would stop the invocation.
        batch: messages at most.
    """
    messages = queue.receive(batch)
    if messages:
        event = {"Records": [message.as_record() for message in messages]}
        answer = handler(event, _Context(timeout_s))
        failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        queue.delete([message for message in messages if message.id not in failed])
    return len(messages)


def work(
    queues: Mapping[str, SqliteQueue], stop: threading.Event, timeout_s: float, batch: int = BATCH
) -> None:
    """Work through queues in turn until told to stop.

    Args:
        queues: by service.
        stop: ends it, after the current batch.
        timeout_s: of an invocation.
        batch: messages of an invocation at most.
    """
    handlers = {service: entry(service, "worker").handler for service in queues}
    while not stop.is_set():
        found = [work_off(queues[name], handlers[name], timeout_s, batch) for name in queues]
        if not any(found):
            stop.wait(IDLE_S)


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_parser("retail worker", __doc__)
    names = service_names()
    parser.add_argument("services", nargs="*", metavar="service", help=f"of {', '.join(names)}")
    parser.add_argument(
        "--batch", type=at_least_one, default=BATCH, help="messages at once (%(default)s)"
    )
    parser.add_argument(
        "--timeout", type=seconds, default=30.0, metavar="S", help="of an invocation (%(default)s)"
    )
    parser.add_argument(
        "--visibility-timeout",
        type=seconds,
        default=VISIBILITY_TIMEOUT_S,
        metavar="S",
        help="seconds after which a message that failed comes again (%(default)s)",
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Work until interrupted."""
    parser, names = build_parser(), service_names()
    args = parser.parse_args(argv)
    if unknown := set(args.services) - set(names):
        parser.error(f"no service {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    services = args.services or names
    queues = {name: local_queue(name, args.visibility_timeout) for name in services}
    print(f"working on {', '.join(services)} in {get_settings().queues_db}; Ctrl-C stops")
    work(queues, stop, args.timeout, args.batch)
    return 0


if __name__ == "__main__":
    sys.exit(main())
