"""What a text is freed of before the model reads it."""

import re
import unicodedata

INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_BETWEEN_WORDS = re.compile(r"(?<=[^\W\d_])\u200b+(?=[^\W\d_])")
_BREAKS = re.compile(r"[ \t]*[\r\n]\s*")
_WIDE = r"\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_SPACES = re.compile(rf" [ {_WIDE}]+|[{_WIDE}][ {_WIDE}]*")  # but one that is plain


def readable(text: str) -> str:
    """Text without soft hyphens and other invisible characters, composed, with plain spaces.

    A zero-width space between two words is the only thing that parts them, so it becomes a space.
    """
    if "\u200b" in text:
        text = _BETWEEN_WORDS.sub(" ", text)
    text = _INVISIBLE.sub("", text)
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text))


def readable_lines(text: str) -> str:
    """The same for several lines."""
    return "\n".join(map(readable, text.split("\n")))


def on_one_line(text: str) -> str:
    """A run of HTML with spaces for the line breaks inside of it, which it shows as spaces too."""
    core = text.strip()
    start = text.index(core)
    return text[:start] + _BREAKS.sub(" ", core) + text[start + len(core) :]
