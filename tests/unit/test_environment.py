"""Only shared/settings.py reads the environment of a serving process."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READER = ROOT / "shared" / "settings.py"
NAMES = {"environ", "environb", "getenv"}
MODULES = sorted(
    path
    for folder in ("functions", "shared")
    for path in (ROOT / folder).rglob("*.py")
    if path != READER
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_other_module_reads_the_environment(path):
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    read = [
        node.lineno
        for node in tree
        if (isinstance(node, ast.Attribute) and node.attr in NAMES)
        or (isinstance(node, ast.ImportFrom) and {a.name for a in node.names} & NAMES)
    ]
    assert read == []
