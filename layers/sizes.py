"""List the unzipped size of each built function and layer, and what the runtime layer holds.

python layers/sizes.py .aws-sam/build
"""

import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

LIMIT_MIB = 250
MIB = 1024 * 1024
LISTED = 10


def size_bytes(path: Path) -> int:
    """Bytes of a file or of all files below a folder."""
    files = [path] if path.is_file() else [item for item in path.rglob("*") if item.is_file()]
    return sum(item.stat().st_size for item in files)


def zipped_bytes(folder: Path) -> int:
    """Bytes of what is uploaded for a folder: a zip file of all in it, deflated."""
    with tempfile.TemporaryFile() as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in folder.rglob("*"):
                archive.write(path, path.relative_to(folder))
        return out.tell()


def package_sizes(site: Path) -> dict[str, int]:
    """Bytes of each package, with its metadata and the libraries beside it, largest first."""
    found: Counter[str] = Counter()
    for path in site.iterdir():
        found[path.name.partition("-")[0].partition(".")[0]] += size_bytes(path)
    return dict(found.most_common())


def main() -> None:
    """Print the table."""
    build = Path(sys.argv[1])
    parts = {path.name: size_bytes(path) for path in sorted(build.iterdir()) if path.is_dir()}
    layers = sum(size for name, size in parts.items() if name.endswith("Layer"))
    for name, size in parts.items():
        print(f"  {name:<22}{size / MIB:8.1f} MiB")
    packages = package_sizes(build / "RuntimeLayer/python")
    for name, size in list(packages.items())[:LISTED]:
        print(f"    {name:<44}{size / MIB:6.1f} MiB")
    largest = max(size for name, size in parts.items() if not name.endswith("Layer"))
    total = (layers + largest) / MIB
    print(f"  a function with all layers: {total:.1f} MiB of {LIMIT_MIB} allowed")


if __name__ == "__main__":
    main()
