"""Requests whose whole input is one JSON document, answered without FastAPI.

They are what a function is for, and FastAPI's import is a quarter of its start. The same coroutines
are FastAPI's endpoints too, which documents them. Whatever does not fit goes FastAPI's way, which
says why; it is imported when the first such request comes.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from inspect import signature
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from shared.http.asgi import header, read_body, replay, respond

if TYPE_CHECKING:
    from shared.http.deferred_fastapi import FastAPI

JSON = "application/json"
Endpoint = Callable[[Any], Awaitable[BaseModel]]
Posts = Mapping[str, Endpoint]


class JsonPosts:
    """ASGI application: answer a POST that fits its model at once, and leave all else to FastAPI.

    Args:
        posts: by path, coroutines from one pydantic model to another.
        make_whole: makes the FastAPI application, which has the same paths and more.
    """

    def __init__(self, posts: Posts, make_whole: Callable[[], "FastAPI"]) -> None:
        self._posts = {path: (_model(endpoint), endpoint) for path, endpoint in posts.items()}
        self._make_whole = make_whole

    @cached_property
    def whole(self) -> "FastAPI":
        """The FastAPI application; asked for the first time, it is imported."""
        return self._make_whole()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fits = scope["type"] == "http" and scope["method"] == "POST" and _declares_json(scope)
        if not fits or scope["path"] not in self._posts:
            await self.whole(scope, receive, send)
            return
        model, endpoint = self._posts[scope["path"]]
        body = await read_body(receive)
        try:
            request = model.model_validate(json.loads(body))
        except (ValueError, RecursionError):
            await self.whole(scope, replay(body, receive), send)
            return
        answer = await endpoint(request)
        await respond(send, 200, answer.model_dump_json(by_alias=True).encode(), JSON)


def _model(endpoint: Endpoint) -> type[BaseModel]:
    (parameter,) = signature(endpoint).parameters.values()
    model: type[BaseModel] = parameter.annotation
    return model


def _declares_json(scope: Scope) -> bool:
    return (header(scope, "content-type") or JSON).startswith(JSON)
