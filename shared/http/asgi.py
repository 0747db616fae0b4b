"""What the middlewares share, without Starlette: headers, bodies and responses."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import BodyTooLarge


def headers(scope: Scope, name: str) -> list[str]:
    """Every value of a request's header, whose name is given in lower case."""
    wanted = name.encode("latin-1")
    return [value.decode("latin-1") for key, value in scope["headers"] if key == wanted]


def header(scope: Scope, name: str) -> str | None:
    """The first value of a request's header, whose name is given in lower case."""
    return next(iter(headers(scope, name)), None)


async def respond(
    send: Send, status: int, body: bytes, media_type: str, extra: Mapping[str, str] | None = None
) -> None:
    """Send a whole response.

    Args:
        send: the server's channel.
        status: of HTTP.
        body: of the response.
        media_type: of the body.
        extra: further headers, with names in lower case.
    """
    told = {"content-length": str(len(body)), "content-type": media_type, **(extra or {})}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def read_body(receive: Receive, allowed_bytes: int | None = None) -> bytes:
    """The whole body of a request.

    Raises:
        BodyTooLarge: it has more bytes than are allowed.
    """
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if allowed_bytes is not None and len(body) > allowed_bytes:
            hint = "Send the texts in several requests."
            raise BodyTooLarge("bytes", allowed_bytes, len(body), hint)
    return bytes(body)


def replay(body: bytes, receive: Receive) -> Receive:
    """A receive channel that gives ``body`` once, then what the server sends."""
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


@dataclass
class Caught:
    """A response that was not sent yet."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def send(self, message: Message) -> None:
        """The send channel of the application whose response this is."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self.body += message.get("body", b"")

    async def send_to(self, send: Send) -> None:
        """Send it now."""
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        await send(start)
        await send({"type": "http.response.body", "body": self.body})


async def answer_of(app: ASGIApp, scope: Scope, body: bytes, receive: Receive) -> Caught:
    """The response of an application to a request with this body."""
    caught = Caught()
    await app(scope, replay(body, receive), caught.send)
    return caught
