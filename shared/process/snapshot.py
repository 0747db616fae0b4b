"""SnapStart: what a process does before its snapshot is taken, and when it is restored from it.

A version's first process is started once, at deployment, and copied at each cold start. What it
did before, no copy does again; what it held open, each copy must open for itself. Elsewhere these
functions register nothing.
"""

import random
import weakref
from collections.abc import Callable
from typing import Protocol, TypeVar

from shared.settings import get_settings


class Closing(Protocol):
    """A client whose connections can be closed, and open again by themselves."""

    def close(self) -> None: ...


Client = TypeVar("Client", bound=Closing)

_clients: "weakref.WeakSet[Closing]" = weakref.WeakSet()


def on_snapshot(warm_up: Callable[[], object]) -> None:
    """Call ``warm_up`` before the snapshot is taken.

    What it raises ends the deployment, so that no broken process is copied. Of several, the one
    that was registered last is called first.
    """
    if get_settings().snap_start:
        from snapshot_restore_py import register_before_snapshot  # noqa: PLC0415 - Lambda has it

        register_before_snapshot(warm_up)


def on_restore(reopen: Callable[[], object]) -> None:
    """Call ``reopen`` in each copy before its first request, in the order of registration."""
    if get_settings().snap_start:
        from snapshot_restore_py import register_after_restore  # noqa: PLC0415

        register_after_restore(reopen)


def reconnecting(client: Client) -> Client:
    """The same boto3 client, whose connections a copy does not use but opens new ones."""
    if get_settings().snap_start:
        _clients.add(client)
    return client


def _close_connections() -> None:
    for client in _clients:
        client.close()


on_restore(_close_connections)
on_restore(random.seed)  # or all copies would wait equally long between retries
