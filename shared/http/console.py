"""The console: a page that tries every service, beside their routes.

Its files lie in the folder ``console``. They are served as they are, need no other origin, and may
run and load nothing but themselves: the policy below says so to the browser. What it knows of the
requests it reads from ``openapi.json`` beside them: in a stack a file that the build wrote, for no
function there has all services' routes; elsewhere the application's own.
"""

from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER = Path(__file__).resolve().parents[2] / "console"
PREFIX = "/console"
PAGE = f"{PREFIX}/index.html"
DESCRIPTION = f"{PREFIX}/openapi.json"
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",  # asked again each time, so that a new checkout is seen
}


class WithConsole:
    """ASGI application: the console's page at ``/``, its files below it, all else another's.

    Args:
        app: answers every other request, a POST to ``/`` too.
        folder: the console's files.
    """

    def __init__(self, app: ASGIApp, folder: Path = FOLDER) -> None:
        self._app, self._files = app, StaticFiles(directory=folder)
        self._paths = {f"{PREFIX}/{file.name}": f"/{file.name}" for file in folder.iterdir()}
        self._paths["/"] = "/index.html"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        path = self._paths.get(scope["path"]) if asked else None
        if path is None:
            if asked and scope["path"] == DESCRIPTION:
                scope = dict(scope, path="/openapi.json", raw_path=b"/openapi.json")
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._files(dict(scope, path=path, root_path=""), receive, send_with_headers)
