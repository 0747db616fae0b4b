"""List the unzipped size of each built function and layer, and what the runtime layer holds.

python layers/sizes.py .aws-sam/build
"""

import sys
from pathlib import Path

LIMIT_MIB = 250
MIB = 1024 * 1024
LISTED = 10


def size_bytes(path: Path) -> int:
    """Bytes of a file or of all files below a folder."""
    files = [path] if path.is_file() else [item for item in path.rglob("*") if item.is_file()]
    return sum(item.stat().st_size for item in files)


def main() -> None:
    """Print the table."""
    build = Path(sys.argv[1])
    parts = {path.name: size_bytes(path) for path in sorted(build.iterdir()) if path.is_dir()}
    layers = sum(size for name, size in parts.items() if name.endswith("Layer"))
    for name, size in parts.items():
        print(f"  {name:<22}{size / MIB:8.1f} MiB")
    packages = [(size_bytes(path), path.name) for path in (build / "RuntimeLayer/python").iterdir()]
    for size, name in sorted(packages, reverse=True)[:LISTED]:
        print(f"    {name:<44}{size / MIB:6.1f} MiB")
    largest = max(size for name, size in parts.items() if not name.endswith("Layer"))
    total = (layers + largest) / MIB
    print(f"  a function with all layers: {total:.1f} MiB of {LIMIT_MIB} allowed")


if __name__ == "__main__":
    main()
