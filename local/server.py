"""All services on one port, with the routes of API Gateway and the OpenAPI page at /docs.

python -m local.server --port 8000
"""

import argparse

import uvicorn
from fastapi import FastAPI

from local.services import entry, service_names
from shared.routes import models_router
from shared.web import create_app


def build_app() -> FastAPI:
    """One application over the routers of every service."""
    names = service_names()
    apis = [entry(name, "api") for name in names]
    return create_app(
        "Retail inference",
        "Intent, translation, recommendation.",
        [*(api.router for api in apis), models_router(names[0])],
        form_paths={path for api in apis for path in getattr(api, "FORM_PATHS", ())},
    )


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--host", default="127.0.0.1", help="address (default %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port (default %(default)s)")
    args = parser.parse_args()
    print(f"http://{args.host}:{args.port}/docs shows every route; Ctrl-C stops")
    uvicorn.run(build_app(), host=args.host, port=args.port, log_level="warning")


if __name__ == "__main__":
    main()
