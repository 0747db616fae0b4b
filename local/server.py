"""All services on one port, with the routes of API Gateway; the console at /, OpenAPI at /docs.

retail serve --port 8000

Their queues are worked through beside it, so that ``Prefer: respond-async`` works here too.
"""

import argparse
import sys
import threading

import uvicorn

from local.command import command_parser
from local.console import WithConsole
from local.services import find_service, service_names
from local.worker import local_queue, work
from shared.http.app import HttpApp

TIMEOUT_S = 30.0  # of a worker's invocation, as template.yaml has it


def build_app() -> HttpApp:
    """One application over the routes of every service."""
    return HttpApp(
        *map(find_service, service_names()),
        title="Retail inference",
        description="Intent, translation, recommendation.",
    )


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_parser("retail serve", __doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address (default %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port (default %(default)s)")
    parser.add_argument(
        "--no-worker", action="store_true", help="leave the queues to retail worker"
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Serve until interrupted."""
    args = build_parser().parse_args(argv)
    app, stop = build_app(), threading.Event()
    if not args.no_worker:
        queues = {name: local_queue(name) for name in service_names()}
        threading.Thread(target=work, args=(queues, stop, TIMEOUT_S), daemon=True).start()
    print(f"http://{args.host}:{args.port} tries every service in a browser; Ctrl-C stops")
    uvicorn.run(WithConsole(app), host=args.host, port=args.port, log_level="warning")
    stop.set()
    return 0


if __name__ == "__main__":
    sys.exit(main())
