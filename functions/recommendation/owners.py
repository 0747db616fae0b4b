"""Whose a record of the history is: keys of users, of visitors' sessions, and of no one.

A user's key is the id itself, as it has been from the beginning. All others begin with a character
that an id of a user gets another one before.
"""

_APART = "\0"
ITEMS_KEY = _APART + "items"
CHANGES_KEY = _APART + "changes"


def user_key(user_id: str) -> str:
    """The key of a user's records."""
    return f"{_APART}user{_APART}{user_id}" if user_id.startswith(_APART) else user_id


def session_key(session_id: str) -> str:
    """The key of the records of a visitor without a user's id."""
    return f"{_APART}session{_APART}{session_id}"


def owner_key(user_id: str | None, session_id: str | None) -> str:
    """The key of a user's records, or of a session's where there is no user."""
    return user_key(user_id) if user_id is not None else session_key(session_id or "")


def hour_key(hour: int) -> str:
    """The key of the counts of one hour since 1970."""
    return f"{_APART}hour{_APART}{hour}"


def credit_key(recommendation_id: str) -> str:
    """The key of what became of a recommendation's items."""
    return f"{_APART}recommendation{_APART}{recommendation_id}"
