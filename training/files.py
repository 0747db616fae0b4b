"""Reading files that lie beside the code that trains."""

import json
from pathlib import Path
from typing import Any


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file of this project."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
