"""HTML as marked text: tags, comments and entities are kept, only text is translated."""

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import accumulate
from typing import NamedTuple

from functions.translation.text.segments import Block
from functions.translation.text.spans import Kind, Marked, Span

INLINE = frozenset((
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "img", "input", "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strike",
    "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
))  # fmt: skip
NOT_TRANSLATED = frozenset(
    (
        *("script", "style", "code", "pre", "kbd", "samp", "var", "textarea", "svg", "math"),
        *("template", "noscript"),
    )
)
VOID = frozenset(
    (
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"),
        *("source", "track", "wbr"),
    )
)
_PLAIN = frozenset("&<>\"'")  # that HTML has entities for, but which are text like any other
_ENTITY = re.compile(r"(&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);?)")
# The parser asserts that what follows "<![" is one of the names that it knows.
_NO_SECTION = re.compile(
    r"<!\[(?!(?:temp|cdata|ignore|include|rcdata|if|else|endif)(?![-\w.]))",
    re.IGNORECASE | re.ASCII,
)
_STRAY = re.compile(r"&(?!#\d|#[xX][0-9a-fA-F]|[A-Za-z])")
_UNFINISHED = re.compile(r"<[A-Za-z/!?]")  # a tag or comment that never ends


class _Token(NamedTuple):
    kind: str  # start, empty, end, text, entity, other
    tag: str
    closed: bool  # an element whose text is not translated
    offset: int


class _Tokenizer(HTMLParser):
    """What kind of token begins at which place of a document."""

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=False)
        lengths = (len(line) for line in document.split("\n"))
        self._lines = list(accumulate((length + 1 for length in lengths), initial=0))
        self.tokens: list[_Token] = []
        # The parser takes all that follows a stray ampersand for text. Only places are read here.
        self.feed(_NO_SECTION.sub("<+[", _STRAY.sub("+", document)))
        self.close()

    def _note(self, kind: str, tag: str = "", *, closed: bool = False) -> None:
        line, column = self.getpos()
        self.tokens.append(_Token(kind, tag, closed, self._lines[line - 1] + column))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note("empty" if tag in VOID else "start", tag, closed=_closed(tag, attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._note("empty", tag)

    def handle_endtag(self, tag: str) -> None:
        self._note("end", tag)

    def handle_data(self, data: str) -> None:  # noqa: ARG002
        self._note("text")

    def handle_entityref(self, name: str) -> None:  # noqa: ARG002
        self._note("entity")

    def handle_charref(self, name: str) -> None:  # noqa: ARG002
        self._note("entity")

    def handle_comment(self, data: str) -> None:  # noqa: ARG002
        self._note("other")

    def handle_decl(self, decl: str) -> None:  # noqa: ARG002
        self._note("other")

    def handle_pi(self, data: str) -> None:  # noqa: ARG002
        self._note("other")

    def unknown_decl(self, data: str) -> None:  # noqa: ARG002
        self._note("other")


def _closed(tag: str, attrs: list[tuple[str, str | None]]) -> bool:
    """Whether the page's author, or the kind of element, forbids translation."""
    values = dict(attrs)
    classes = (values.get("class") or "").split()
    return (
        tag in NOT_TRANSLATED
        or (values.get("translate") or "").lower() == "no"
        or "notranslate" in classes
    )


def _tokens(document: str) -> Iterator[tuple[_Token, str]]:
    """Tokens with their HTML; together they are the document."""
    found = _Tokenizer(document).tokens
    ends = [*(token.offset for token in found[1:]), len(document)][: len(found)]
    if document and (not found or found[0].offset):
        yield _Token("other", "", False, 0), document[: found[0].offset if found else None]
    for token, end in zip(found, ends, strict=True):
        yield token, document[token.offset : end]


class _Splitter:
    """Sorts a document's tokens into blocks."""

    def __init__(self, marked: Marked) -> None:
        self.found: list[Block] = []
        self._marked = marked
        self._run: list[str] = []
        self._closed: list[str] = []  # open elements inside of one that is not translated
        self._raw = ""

    def take(self, token: _Token, text: str) -> None:
        """Add the next token."""
        if self._closed:
            self._take_closed(token, text)
        elif token.kind == "start" and token.closed:
            self._closed, self._raw = [token.tag], text
        elif token.kind in ("text", "entity"):
            self._take_text(text)
        elif token.kind == "other":
            self._take_other(text)
        elif token.tag in INLINE and token.kind != "empty":
            kind: Kind = "open" if token.kind == "start" else "close"
            self._run.append(self._marked.mark(Span(text, kind)))
        else:
            self._keep(text, inline=token.tag in INLINE)

    def _take_other(self, text: str) -> None:
        """A comment inside of a run belongs to no word of it; any other stands by itself."""
        if self._run and text.startswith("<!--"):
            self._run.append(self._marked.mark(Span(text, "float")))
        else:
            self._keep(text, inline=False)

    def _take_text(self, text: str) -> None:
        if _UNFINISHED.match(text):
            self._keep(text, inline=False)
            return
        for place, part in enumerate(_ENTITY.split(text)):
            found = _entity(part, self._marked) if place % 2 else self._marked.escape(part)
            self._run.append(found)

    def _take_closed(self, token: _Token, text: str) -> None:
        """Add a token inside of an element that is not translated."""
        self._raw += text
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
    for token, text in _tokens(document):
        splitter.take(token, text)
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
