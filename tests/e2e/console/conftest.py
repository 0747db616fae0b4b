"""The console in a real Chromium, against the local server with the real models."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.e2e.conftest import ROOT, new_port, wait_for

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no Chromium is installed: apt-get install chromium, or give its path as CHROMIUM"
# The first answers load models, which takes its time on a machine that has other work.
PATIENCE_MS = 60_000
# What Chromium itself says of an answer that is an error, whatever the page does with it.
REFUSED = "Failed to load resource"


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Address of the local server, with stores of its own."""
    folder = tmp_path_factory.mktemp("console")
    stores = {f"{name}_DB": str(folder / f"{name}.db") for name in ("RESULTS", "HISTORY", "QUEUES")}
    extra = {"TRANSLATION_EXTRA_MODELS": "layers/models-extra/translation"}
    port, log = new_port(), folder / "server.log"
    command = [sys.executable, "-m", "local.server", "--port", str(port), "--no-worker"]
    with (
        log.open("w") as out,
        subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **extra, **stores}, stdout=out, stderr=out
        ) as process,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(address, process, log)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=60)


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None and os.environ.get("CI"):
        pytest.fail(MISSING)
    if program is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program)
        yield started
        started.close()


@dataclass
class Console:
    """The page, and what happened on it."""

    page: Page
    address: str
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, panel: str) -> Page:
        """Show a panel that has got what it needs from its service."""
        self.page.goto(f"{self.address}/#{panel}")
        ready = {
            "intent": "#intent-examples button",
            "translation": "#translation-examples button",
            "recommendation": "#recommendation-result .items li",
        }
        self.page.locator(ready[panel]).first.wait_for()
        return self.page

    def ask(self, path: str, body: Any = None) -> Any:
        """What the service answers to the same request without a browser."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(self.address + path, data, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def refusals(self) -> list[str]:
        """Answers that were errors, which Chromium lists; they are not looked at any more."""
        refused = [error for error in self.errors if error.startswith(REFUSED)]
        self.errors = [error for error in self.errors if error not in refused]
        return refused


def new_page(browser: Browser, address: str, **options: Any) -> Console:
    page = browser.new_page(**options)
    page.set_default_timeout(PATIENCE_MS)
    console = Console(page, address)
    page.on("pageerror", lambda error: console.errors.append(str(error)))
    page.on("console", console.hear)
    page.on("request", lambda request: console.requests.append(request.url))
    return console


@pytest.fixture
def console(browser, server):
    """A page of 1,240 x 860 pixels; the console says no error and asks nobody but its server."""
    opened = new_page(browser, server, viewport={"width": 1240, "height": 860})
    yield opened
    opened.page.close()
    assert opened.errors == []
    assert [url for url in opened.requests if not url.startswith(server)] == []


@pytest.fixture
def answered(console):
    """Answer a path with something that today's models do not say."""

    def answer(path: str, body: Any, status: int = 200, media_type: str = "application/json"):
        text = body if isinstance(body, str) else json.dumps(body)
        console.page.route(
            f"**{path}",
            lambda route: route.fulfill(status=status, body=text, content_type=media_type),
        )

    return answer
