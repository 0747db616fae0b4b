"""What the middlewares share: bodies that are read, replayed and caught."""

from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope

from shared.errors import BodyTooLarge


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


async def answer_of(app: ASGIApp, scope: Scope, body: bytes, receive: Receive) -> Caught:
    """The response of an application to a request with this body."""
    caught = Caught()
    await app(scope, replay(body, receive), caught.send)
    return caught
