"""HTML as marked text: tags, comments and entities are kept, only text is translated."""

import html
import re

from functions.translation.text.segments import Block
from functions.translation.text.spans import Kind, Marked, Span
from functions.translation.text.tags import Token, tokens

INLINE = frozenset((
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "img", "input", "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strike",
    "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
))  # fmt: skip
_PLAIN = frozenset("&<>\"'")  # that HTML has entities for, but which are text like any other
_ENTITY = re.compile(r"(&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);?)")


class _Splitter:
    """Sorts a document's tokens into blocks."""

    def __init__(self, marked: Marked) -> None:
        self.found: list[Block] = []
        self._marked = marked
        self._run: list[str] = []
        self._closed: list[str] = []  # open elements inside of one that is not translated
        self._raw = ""

    def take(self, token: Token) -> None:
        """Add the next token."""
        text = token.text
        if self._closed:
            self._take_closed(token)
        elif token.kind == "start" and token.closed:
            self._closed, self._raw = [token.tag], text
        elif token.kind == "text":
            self._take_text(text)
        elif token.kind in ("other", "unfinished"):
            self._take_other(token)
        elif token.tag in INLINE and token.kind != "empty":
            kind: Kind = "open" if token.kind == "start" else "close"
            self._run.append(self._marked.mark(Span(text, kind)))
        else:
            self._keep(text, inline=token.tag in INLINE)

    def _take_other(self, token: Token) -> None:
        """A comment inside of a run belongs to no word of it; any other stands by itself."""
        if self._run and token.kind == "other" and token.text.startswith("<!--"):
            self._run.append(self._marked.mark(Span(token.text, "float")))
        else:
            self._keep(token.text, inline=False)

    def _take_text(self, text: str) -> None:
        for place, part in enumerate(_ENTITY.split(text)):
            found = _entity(part, self._marked) if place % 2 else self._marked.escape(part)
            self._run.append(found)

    def _take_closed(self, token: Token) -> None:
        """Add a token inside of an element that is not translated."""
        self._raw += token.text
        if token.kind == "start":
            self._closed.append(token.tag)
        elif token.kind == "end" and token.tag in self._closed:
            while self._closed.pop() != token.tag:
                continue
            if not self._closed:
                self._keep(self._raw, inline=token.tag in INLINE)

    def _keep(self, text: str, *, inline: bool) -> None:
        if inline:
            self._run.append(self._marked.mark(Span(text)))
            return
        self._end_run()
        self.found.append(Block(text, kept=True))

    def _end_run(self) -> None:
        comments: list[str] = []  # at the end of the run, which are not of it
        while self._run and self._is_comment(self._run[-1]):
            comments.append(self._marked.restore(self._run.pop()))
        if self._run:
            self.found.append(Block("".join(self._run), kept=False))
            self._run = []
        self.found += [Block(comment, kept=True) for comment in reversed(comments)]

    def _is_comment(self, part: str) -> bool:
        return (
            len(part) == 1 and self._marked.holds(part) and self._marked.span(part).kind == "float"
        )

    def end(self) -> list[Block]:
        """All blocks."""
        if self._closed:
            self._keep(self._raw, inline=False)
        self._end_run()
        return self.found


def blocks(document: str, marked: Marked) -> list[Block]:
    """The document as runs of marked text and the HTML between them.

    Args:
        document: HTML, which need not be valid.
        marked: where inline tags and what else is kept inside of a run are put.
    """
    splitter = _Splitter(marked)
    for token in tokens(document):
        splitter.take(token)
    return splitter.end()


def _entity(text: str, marked: Marked) -> str:
    """A letter's or a quote's character, or a mark for an entity that no one reads as text."""
    character = html.unescape(text)
    if character == text and not text.endswith(";"):
        return marked.escape(text)
    if character in _PLAIN or character.isalnum():
        return marked.escape(character)
    return marked.mark(Span(text))


def escape(text: str) -> str:
    """Translated text as HTML, before its marks are replaced."""
    return html.escape(text, quote=False)
