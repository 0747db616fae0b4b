"""``retail``, and ``python -m retail``."""

import sys


def main() -> None:
    """Run the command line; Typer ends the process with the command's exit code."""
    try:
        from retail.app import build_app  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich"):
            raise
        sys.exit(f"error: the command needs {error.name}: pip install '.[local]'")
    build_app()(prog_name="retail")


if __name__ == "__main__":
    main()
