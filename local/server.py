"""All services on one port, with the routes of API Gateway; the console at /, OpenAPI at /docs.

retail serve --port 8000

Their queues are worked through beside it, so that ``Prefer: respond-async`` works here too.
"""

import argparse
import sys
import threading
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from local.command import CommandError, command_parser, exit_code
from local.services import find_service, service_names
from local.worker import local_queue, work
from shared.http.app import HttpApp
from shared.http.console import WithConsole

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
    parser.add_argument(
        "--stack", help="the console for this stack in AWS: requests are signed and sent there"
    )
    parser.add_argument(
        "--token-file",
        type=Path,
        help="with --stack and Authorizer=JWT: file with the token to send instead of a signature",
    )
    return parser


def serve_stack(args: argparse.Namespace) -> None:
    """Serve the console for a stack until interrupted.

    Raises:
        CommandError: there are no credentials, or others could reach this server.
        NotFound: there is no such stack.
    """
    from local.forwarding import LOCAL_NAMES, Forwarding, open_stack  # noqa: PLC0415 - boto3

    if args.host not in LOCAL_NAMES:
        raise CommandError(f"--stack signs for you: --host {args.host} would let others ask.")
    app = Forwarding(open_stack(args.stack, args.token_file), build_app())
    listen(app, args, f"tries the stack {args.stack} in a browser")


def listen(app: ASGIApp, args: argparse.Namespace, purpose: str) -> None:
    """Serve an application, and the console before it, until interrupted."""
    print(f"http://{args.host}:{args.port} {purpose}; Ctrl-C stops")
    uvicorn.run(WithConsole(app), host=args.host, port=args.port, log_level="warning")


def main(argv: list[str] | None = None) -> int:
    """Serve until interrupted."""
    args = build_parser().parse_args(argv)
    if args.stack:
        return exit_code(lambda: serve_stack(args), "the same command can be given again")
    app, stop = build_app(), threading.Event()
    if not args.no_worker:
        queues = {name: local_queue(name) for name in service_names()}
        threading.Thread(target=work, args=(queues, stop, TIMEOUT_S), daemon=True).start()
    listen(app, args, "tries every service in a browser")
    stop.set()
    return 0


if __name__ == "__main__":
    sys.exit(main())
