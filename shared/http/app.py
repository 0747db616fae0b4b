"""A service's HTTP application: what stands around every request, and who answers it."""

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

from shared.http.context import RequestContext
from shared.http.fast_posts import JsonPosts, Posts
from shared.http.idempotency import Idempotent
from shared.http.respond_async import RespondAsync
from shared.operations import Operations

if TYPE_CHECKING:
    from shared.http.deferred_fastapi import FastAPI


class HttpApp:
    """ASGI application: plain JSON requests are answered at once, all others by FastAPI.

    Args:
        posts: the requests that are one JSON document, by path.
        operations: per service, the requests that may be answered by way of its queue, by path.
        make_whole: imports FastAPI and makes the application of every route, when it is needed.
        form_paths: paths that read forms beside JSON.
    """

    def __init__(
        self,
        posts: Posts,
        operations: Mapping[str, Operations],
        make_whole: Callable[[], "FastAPI"],
        form_paths: Collection[str] = (),
    ) -> None:
        self._answers = JsonPosts(posts, make_whole)
        queueing = RespondAsync(self._answers, operations)
        self._entry = RequestContext(Idempotent(queueing), form_paths)

    @property
    def whole(self) -> "FastAPI":
        """The application of every route, which knows their OpenAPI document."""
        return self._answers.whole

    def load_whole(self) -> None:
        """Make that application now, so that no request waits for it."""
        _ = self.whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._entry(scope, receive, send)
