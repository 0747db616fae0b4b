"""Delete all that is kept of a shopper, here or in a stack; docs/erasure.md has what remains.

    retail erase-shopper shopper-1042

Without --stack the store is this machine's; with it, the table of a stack in AWS, which your
credentials must be allowed to read and to delete from. In a terminal it asks first; elsewhere it
wants --yes.
"""

import argparse
import os
import sys
from typing import Any

from functions.recommendation.history import HistoryStore, get_history_store
from functions.recommendation.schemas import MAX_PAGE
from local.command import CommandError, add_json, command_parser, exit_code, print_json
from local.dead_letters import stack_outputs
from shared.errors import NotFound
from shared.settings import from_env


def open_store(stack: str | None) -> HistoryStore:
    """The store of shoppers' events.

    Raises:
        NotFound: there is no such stack, or it is not this product's.
        StoreUnavailable: the store cannot be opened.
    """
    if stack is None:
        return get_history_store()
    from functions.recommendation.history_table import DynamoHistoryStore  # noqa: PLC0415 - boto3

    outputs = stack_outputs(stack)
    if "HistoryTableName" not in outputs:
        raise NotFound(f"The stack {stack} has no output HistoryTableName: is it this product's?")
    settings = from_env(os.environ)
    return DynamoHistoryStore(outputs["HistoryTableName"], settings.history_ttl_s)


def count_events(store: HistoryStore, user_id: str) -> int:
    """Events of a shopper that have not expired."""
    count, after = 0, None
    while True:
        events, after = store.page(user_id, MAX_PAGE, after)
        count += len(events)
        if after is None:
            return count


def agreed(user_id: str, count: int, where: str) -> bool:
    """Whether whoever sits at the terminal agrees.

    Raises:
        CommandError: nobody can be asked.
    """
    if not sys.stdin.isatty():
        raise CommandError(f"{count:,} events would be deleted for good: give --yes to do it.")
    print(
        f"Delete {count:,} events of {user_id!r} from {where} for good? [y/N] ", end="", flush=True
    )
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Erase, or count; what was done.

    Raises:
        CommandError: the user cannot be asked, or declines.
        ServiceError: the stack or the store is not there, or does not answer.
    """
    where = f"the stack {args.stack}" if args.stack else "this machine"
    store = open_store(args.stack)
    count = count_events(store, args.user_id)
    outcome = {"user_id": args.user_id, "where": where, "events": count}
    if args.dry_run:
        return {**outcome, "erased": 0, "dry_run": True}
    if not args.yes and not agreed(args.user_id, count, where):
        raise CommandError("Nothing was deleted.")
    return {**outcome, "erased": store.erase(args.user_id), "dry_run": False}


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command_parser("retail erase-shopper", __doc__)
    parser.add_argument("user_id", help="as it was sent with events")
    parser.add_argument("--stack", help="name of the stack in AWS; without it, this machine's")
    parser.add_argument("--dry-run", action="store_true", help="count, and delete nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_json(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Erase; 0 when it is done, 2 where it cannot be or was declined."""
    args = build_parser().parse_args(argv)

    def erase() -> None:
        outcome = run(args)
        if args.json:
            print_json(outcome)
        elif outcome["dry_run"]:
            print(f"{outcome['events']:,} events are kept of {args.user_id!r}; none was deleted")
        else:
            # Expired events are deleted as well, and are not counted before.
            deleted = f"{outcome['erased']:,} events of {args.user_id!r}"
            print(f"{deleted} deleted from {outcome['where']}")

    return exit_code(erase, "what is deleted is; the same command goes on")


if __name__ == "__main__":
    sys.exit(main())
