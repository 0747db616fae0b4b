"""The services of this checkout, found by their folders, so that a new one needs no edit here."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from shared.operations import Service

FUNCTIONS_DIR = Path(__file__).resolve().parent.parent / "functions"


def service_names() -> list[str]:
    """Names of the packages under ``functions`` that have an HTTP entry."""
    return sorted(path.parent.name for path in FUNCTIONS_DIR.glob("*/api.py"))


def find_service(name: str) -> Service:
    """A service with its table of operations."""
    found: Service = entry(name, "operations").SERVICE
    return found


def entry(service: str, name: str) -> ModuleType:
    """A module of a service, such as its entries, ``api`` and ``worker``."""
    return import_module(f"functions.{service}.{name}")
