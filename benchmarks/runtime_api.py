"""A minimal Lambda Runtime API: it starts a process, gives it one event and takes its answer.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

RUNTIME = "/2018-06-01/runtime"
REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Start:
    """One start of a process.

    Attributes:
        answer: the body that it posted.
        answer_ms: from its start to its answer.
        init_ms: from its start to its asking for the first event.
        cpu_ms: processor time of all its threads until it was stopped, at its second question.
    """

    answer: bytes
    answer_ms: float
    init_ms: float
    cpu_ms: float


class _Server(ThreadingHTTPServer):
    """Tells what one client asked and posted, and when.

    Args:
        event: what the first question for an event is answered with.
    """

    daemon_threads = True

    def __init__(self, event: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.event = event
        self.asked_s: list[float] = []
        self.posted: list[tuple[str, bytes, float]] = []
        self.over = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self.server.asked_s.append(time.perf_counter())
        if len(self.server.asked_s) > 1:  # idle: Lambda would freeze it here
            self.server.over.set()
            self.close_connection = True
            return
        self._send(
            200,
            self.server.event,
            {
                "Lambda-Runtime-Aws-Request-Id": REQUEST_ID,
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + TIMEOUT_S) * 1e3)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:1:function:f",
                "Content-Type": "application/json",
            },
        )

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append((self.path, body, time.perf_counter()))
        self._send(202, b"", {})
        if self.path != f"{RUNTIME}/invocation/{REQUEST_ID}/response":
            self.server.over.set()

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the child's own output is what is read where it fails."""


def start(command: Sequence[str], env: Mapping[str, str], event: bytes, folder: Path) -> Start:
    """Start a fresh process that asks this API for its events, and stop it when it is idle.

    Args:
        command: of the process.
        env: its environment.
        event: JSON of the one event that it gets.
        folder: it runs in.

    Raises:
        RuntimeError: it ended, reported an error or did not answer in time.
    """
    with _Server(event) as server, tempfile.TemporaryFile() as output:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        told = {**env, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}"}
        started_s = time.perf_counter()
        child = subprocess.Popen(command, env=told, cwd=folder, stdout=output, stderr=output)
        cpu_ms = _stop_when(server.over, child)
        server.shutdown()
        output.seek(0)
        if [path.rpartition("/")[2] for path, _, _ in server.posted] != ["response"]:
            raise RuntimeError(f"{command}: {server.posted or 'no answer'}\n{output.read()!r}")
    _, answer, posted_s = server.posted[0]
    answer_ms, init_ms = ((at_s - started_s) * 1e3 for at_s in (posted_s, server.asked_s[0]))
    return Start(answer, answer_ms, init_ms, cpu_ms)


def _stop_when(over: threading.Event, child: subprocess.Popen[bytes]) -> float:
    """Stop a process when ``over`` is set or it ended by itself; its processor time in ms."""
    watcher = threading.Thread(target=_watch, args=(child.pid, over))
    watcher.start()
    over.wait(TIMEOUT_S)
    os.kill(child.pid, signal.SIGKILL)  # not Popen.kill, which would wait for one that ended
    watcher.join()
    _, _, used = os.wait4(child.pid, 0)
    child.returncode = -signal.SIGKILL
    return (used.ru_utime + used.ru_stime) * 1e3


def _watch(pid: int, over: threading.Event) -> None:
    """Set ``over`` when the process has ended by itself; it is left to be waited for."""
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    over.set()
