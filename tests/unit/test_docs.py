"""README and docs/: what they point to is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
MOST_BYTES = 12_000
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"^```.*?^```|^ {4}[^\n]*$|`[^`\n]+`", re.DOTALL | re.MULTILINE)
# The start of a command: a line's, a code span's, or what follows another command.
COMMAND = r"(?:^|`|&& |; )\s*(?:[A-Z_]+=\S+ )*"
MAKE = re.compile(COMMAND + r"make ([a-z][a-z0-9-]*)", re.MULTILINE)
MODULE = re.compile(r"python[\d.]* -m ([\w.]+\w)")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SOURCE = re.compile(
    r"(?<![\w/.*-])(?:functions|shared|training|local|benchmarks|tests|layers)/[\w./-]+"
)
CARRIERS = re.compile(
    r"^\| ((?:`\w+`(?:, )?)+) \|.*\[[^\]]+\]\(\.\./([\w/]+\.py)\) \|$", re.MULTILINE
)


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _code(name: str) -> list[str]:
    return CODE.findall(_text(name))


def _anchors(path: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(
        r"^#+ (.+)$", FENCED.sub("", path.read_text(encoding="utf-8")), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z0-9-]*):", _text("Makefile"), re.MULTILINE))


def _is_module(dotted: str) -> bool:
    path = ROOT / dotted.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


def test_readme_is_short():
    assert len(README.read_bytes()) <= MOST_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name):
    for link in LINK.findall(CODE.sub("", _text(name))):
        if re.match(r"https?://", link):
            continue
        place, _, anchor = link.partition("#")
        target = (ROOT / name).parent / place if place else ROOT / name
        assert target.exists(), f"{name}: {link}"
        assert not anchor or anchor in _anchors(target), f"{name}: {link}"


@pytest.mark.parametrize("name", NAMES)
def test_make_targets_are_there(name):
    named = {target for code in _code(name) for target in MAKE.findall(code)}
    assert named <= _targets()


@pytest.mark.parametrize("name", NAMES)
def test_modules_are_there(name):
    modules = set(MODULE.findall(_text(name)))
    assert [module for module in modules if not _is_module(module)] == []


@pytest.mark.parametrize("name", NAMES)
def test_files_named_in_code_are_there(name):
    files = {file for code in _code(name) for file in SOURCE.findall(code)}
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_what_looks_for_names_finds_them():
    found = {target for name in NAMES for code in _code(name) for target in MAKE.findall(code)}
    assert {"demo", "test", "build", "run", "publish-model"} <= found
    assert "training.intent" in {m for name in NAMES for m in MODULE.findall(_text(name))}
    assert "a" not in found  # prose, such as "make a backup"
    assert _anchors(ROOT / "docs" / "operations.md") >= {"bulk-jobs", "data-and-its-keys"}


def test_carriers_are_in_the_files_that_architecture_names():
    rows = CARRIERS.findall(_text("docs/architecture.md"))
    assert len(rows) >= 15
    for names, file in rows:
        source = _text(file)
        for name in re.findall(r"\w+", names):
            defined = rf"^(?:class {name}\b|{name} = |(?:async )?def {name}\()"
            assert re.search(defined, source, re.MULTILINE), f"{name} is not in {file}"


def test_the_tests_that_hold_a_threat_are_there():
    """Each row of the table names tests and then their file, or a file of tests alone."""
    rows = re.findall(r"^\|([^|]+)\|[^|]+\|([^|]+)\|$", _text("docs/security.md"), re.MULTILINE)[2:]
    assert len(rows) >= 40
    everything = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py"))
    file = ""
    for threat, named in rows:
        tests: list[str] = []
        for test, path, same in re.findall(r"`(test_\w+)`|`(tests/\S+\.py)`|(same file)", named):
            tests += [test] if test else []
            file = path or file
            source = _text(file) if path or same else everything
            assert [name for name in tests if f"def {name}(" not in source] == [], threat
            tests = [] if path or same else tests
        assert "`test" in named, f"no test holds: {threat}"
