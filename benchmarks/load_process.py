"""The processes under load, what they are asked, and the connections to them."""

import asyncio
import inspect
import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import h11

from benchmarks import recommendation_blocks, texts, translation_blocks
from benchmarks.arrivals import TIMEOUT_S, Failed
from benchmarks.built import ROOT, interpreter
from functions.recommendation.catalogue import CATALOGUE_FILE, Catalogue
from shared.settings import get_settings

HOST = "127.0.0.1"
SHOPPERS = 64
LONGEST_BYTES = 2**24  # of an answer
IDLE_S = 2.0  # after which a connection is not used again; uvicorn closes it after 5


def bodies(service: str) -> list[dict[str, Any]]:
    """Different requests of a service, each for one text or one shopper."""
    if service == "intent":
        return [{"text": text} for text in texts.messages()]
    if service == "translation":
        fields = {"source": translation_blocks.SOURCE, "target": translation_blocks.TARGET}
        return [{"text": text, **fields} for text in translation_blocks.texts()]
    ids = Catalogue.load(get_settings().model_dir(service) / CATALOGUE_FILE).ids
    begun = time.time() - recommendation_blocks.HISTORY
    histories = recommendation_blocks.users(range(SHOPPERS), len(ids)).tolist()  # (B, T)
    return [
        {
            "history": [
                {"item_id": ids[row], "event": "purchase", "timestamp": begun + place}
                for place, row in enumerate(history)
            ],
            "k": recommendation_blocks.K,
        }
        for history in histories
    ]


def http_request(path: str, body: bytes) -> list[h11.Event]:
    """A POST of JSON."""
    length = str(len(body))
    headers = [("host", HOST), ("content-type", "application/json"), ("content-length", length)]
    request = h11.Request(method="POST", target=path, headers=headers)
    return [request, h11.Data(data=body), h11.EndOfMessage()]


class HttpConnection:
    """A connection that is kept alive; httpx takes more time for a request than some services."""

    def __init__(self, port: int, requests: Sequence[Sequence[h11.Event]]) -> None:
        self._port, self._requests = port, requests
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._http = h11.Connection(h11.CLIENT)
        self._used_s = 0.0

    async def ask(self, number: int) -> None:
        try:
            status, body = await self._exchange(self._requests[number % len(self._requests)])
        except (OSError, h11.ProtocolError) as error:
            raise Failed(f"{type(error).__name__}: {error}") from error
        if status != 200:
            raise Failed(f"{status}: {body.decode()}")

    async def _exchange(self, request: Sequence[h11.Event]) -> tuple[int, bytes]:
        reader, writer = await self._open()
        writer.write(b"".join(self._http.send(event) or b"" for event in request))
        status, body = 0, b""
        while not isinstance(event := self._http.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                self._http.receive_data(await reader.read(LONGEST_BYTES))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
        if self._http.our_state is self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            self._used_s = time.monotonic()
        return status, body

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The streams; new ones where those may not be used again."""
        idle_s = time.monotonic() - self._used_s
        ended_well = self._http.our_state is h11.IDLE
        if self._streams and ended_well and idle_s < IDLE_S and not self._streams[0].at_eof():
            return self._streams
        await self.close()
        self._streams = await asyncio.open_connection(HOST, self._port)
        self._http = h11.Connection(h11.CLIENT)
        return self._streams

    async def close(self) -> None:
        """Close it; the next request opens it again."""
        if self._streams:
            (_, writer), self._streams = self._streams, None
            writer.close()
            # A transport that is still closing when its loop ends leaves its socket open.
            with suppress(ConnectionError):  # what the other end did to it no longer matters
                await writer.wait_closed()


@contextmanager
def local_server(env: Mapping[str, str]) -> Iterator[int]:
    """The port of a local server, which is stopped at the end.

    Raises:
        Failed: it ended, or does not listen in time.
    """
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
    command = [sys.executable, "-m", "local.server", "--port", str(port)]
    with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL) as child:
        try:
            _wait_until_listening(port, child)
            yield port
        finally:
            child.kill()  # its stores are thrown away


def _wait_until_listening(port: int, child: subprocess.Popen[bytes]) -> None:
    end_s = time.monotonic() + TIMEOUT_S
    while child.poll() is None and time.monotonic() < end_s:
        with socket.socket() as tried:
            if tried.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    state = "runs" if child.returncode is None else f"ended with {child.returncode}"
    raise Failed(f"the local server does not listen on port {port}; it {state}")


def answer_events(path: str) -> None:
    """Answer each line of the input, an event, with the handler at a path.

    The source runs in a process that sees only what was built, so it imports what it needs.
    """
    import json
    import os
    import sys
    from importlib import import_module

    # Handlers log to standard output, from where Lambda takes it; here nobody reads it.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    module, _, name = path.rpartition(".")
    handler = getattr(import_module(module), name)
    context = type("Context", (), {"aws_request_id": "load"})()
    for line in sys.stdin.buffer:
        answer = handler(json.loads(line), context)
        answers.write(json.dumps(answer).encode() + b"\n")


class HandlerConnection:
    """The pipes to a handler's process.

    Args:
        child: the process.
        events: JSON of the event of each request.
    """

    def __init__(self, child: asyncio.subprocess.Process, events: Sequence[bytes]) -> None:
        self._child, self._events = child, events

    async def ask(self, number: int) -> None:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(self._events[number % len(self._events)] + b"\n")
        line = await self._child.stdout.readline()
        if not line:
            raise Failed("the handler's process ended")
        answer = json.loads(line)
        if answer["statusCode"] != 200:
            raise Failed(f"{answer['statusCode']}: {answer['body']}")


@asynccontextmanager
async def handler_process(
    handler: str, env: Mapping[str, str], folder: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process of a handler such as ``functions.intent.api.handler``, stopped at the end."""
    pipe = asyncio.subprocess.PIPE
    code = f"{inspect.getsource(answer_events)}\nanswer_events({handler!r})"
    command = [*interpreter(), "-c", code]
    child = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, env=env, cwd=folder, limit=LONGEST_BYTES
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()
