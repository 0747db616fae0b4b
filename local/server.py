"""All services on one port, with the routes of API Gateway and the OpenAPI page at /docs.

python -m local.server --port 8000

Their queues are worked through beside it, so that ``Prefer: respond-async`` works here too.
"""

import argparse
import threading

import uvicorn

from local.services import entry, service_names
from local.worker import local_queue, work
from shared.http.app import HttpApp
from shared.http.openapi import create_app
from shared.http.routes import models_router

TIMEOUT_S = 30.0  # of a worker's invocation, as template.yaml has it


def build_app() -> HttpApp:
    """One application over the routes of every service."""
    names = service_names()
    apis = [entry(name, "api") for name in names]
    operations = {name: api.OPERATIONS for name, api in zip(names, apis, strict=True)}
    routers = [*(entry(name, "routes").router for name in names), models_router(names[0])]
    whole = create_app(
        "Retail inference", "Intent, translation, recommendation.", routers, operations
    )
    posts = {path: endpoint for api in apis for path, endpoint in api.POSTS.items()}
    forms = {path for api in apis for path in getattr(api, "FORM_PATHS", ())}
    return HttpApp(posts, operations, lambda: whole, forms)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--host", default="127.0.0.1", help="address (default %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port (default %(default)s)")
    parser.add_argument(
        "--no-worker", action="store_true", help="leave the queues to python -m local.worker"
    )
    args = parser.parse_args()
    app, stop = build_app(), threading.Event()
    if not args.no_worker:
        queues = {name: local_queue(name) for name in service_names()}
        threading.Thread(target=work, args=(queues, stop, TIMEOUT_S), daemon=True).start()
    print(f"http://{args.host}:{args.port}/docs shows every route; Ctrl-C stops")
    uvicorn.run(app, host=args.host, port=args.port, log_level="warning")
    stop.set()


if __name__ == "__main__":
    main()
