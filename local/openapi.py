"""Write docs/openapi/<service>.json, check that they are current, or write one of all services.

python -m local.openapi [--check | --together FILE]
"""

import argparse
import json
import sys
from pathlib import Path

from local.server import build_app
from local.services import find_service, service_names
from shared.http.app import HttpApp

OUT_DIR = Path(__file__).resolve().parent.parent / "docs" / "openapi"


def document(name: str) -> str:
    """The OpenAPI document of a service as JSON text."""
    return (
        json.dumps(HttpApp(find_service(name)).whole.openapi(), indent=1, ensure_ascii=False) + "\n"
    )


def main(argv: list[str] | None = None) -> int:
    """Write or check; 1 where a document is out of date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument(
        "--together", type=Path, metavar="FILE", help="write one document of all services there"
    )
    args = parser.parse_args(argv)
    if args.together:
        args.together.write_text(json.dumps(build_app().whole.openapi()), encoding="utf-8")
        return 0
    stale = []
    for name in service_names():
        path = OUT_DIR / f"{name}.json"
        text = document(name)
        if args.check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(path.name)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote docs/openapi/{path.name}")
    if stale:
        print(f"out of date: {', '.join(stale)}; run 'make openapi'", file=sys.stderr)
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
