"""Parameters of a query: one that nothing reads, or that comes twice, is refused."""

from collections.abc import Collection
from urllib.parse import parse_qsl

from shared.errors import InvalidRequest

_SIGNED = "x-amz-"  # what a signature adds to a query


def check_query(query: str, known: Collection[str]) -> None:
    """Refuse what would be taken for nothing, or of which one would be taken.

    Args:
        query: of the request's address.
        known: names that the route reads.

    Raises:
        InvalidRequest: a parameter is of no other name, or comes again.
    """
    names = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
    names = [name for name in names if not name.lower().startswith(_SIGNED)]
    unknown = sorted(set(names) - set(known))
    if unknown:
        allowed = ", ".join(sorted(known)) or "none; the body has what is asked for"
        raise InvalidRequest(
            f"The query has parameters that this route does not read. It reads: {allowed}.",
            errors=[{"pointer": f"/{name[:64]}", "detail": "unknown"} for name in unknown[:20]],
        )
    if len(names) > len(set(names)):
        raise InvalidRequest("The query has a parameter twice. Send it once.")
