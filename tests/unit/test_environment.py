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


def is_default(node):
    """Whether a statement does nothing but give a variable a default, for a library to read."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and node.value.func.attr == "setdefault"
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_other_module_reads_the_environment(path):
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    written = [node.value.func.value for node in nodes if is_default(node)]
    read = [
        node.lineno
        for node in nodes
        if (isinstance(node, ast.Attribute) and node.attr in NAMES and node not in written)
        or (isinstance(node, ast.ImportFrom) and {a.name for a in node.names} & NAMES)
    ]
    assert read == []
