"""HTML as tokens, in linear time whatever the document.

After the tokenization of https://html.spec.whatwg.org/multipage/parsing.html, as far as places and
kinds matter. What never ends takes the rest of the document, as browsers read it, so that nothing
is looked for twice.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["start", "empty", "end", "text", "unfinished", "other"]

NOT_TRANSLATED = frozenset((
    "script", "style", "code", "pre", "kbd", "samp", "var", "textarea", "svg", "math", "template",
    "noscript",
))  # fmt: skip
VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
))  # fmt: skip
_NO_TAGS_INSIDE = frozenset(("script", "style", "textarea"))
# "<![" that begins none of a browser's or an editor's sections is text.
_SECTIONS = "temp|cdata|ignore|include|rcdata|if|else|endif"
_BEGIN = re.compile(
    rf"<(?=/?[A-Z]|\?|/[^>\s]|!(?!\[(?!(?:{_SECTIONS})(?![-\w.]))))", re.IGNORECASE | re.ASCII
)
_IS_TAG = re.compile(r"</?[A-Za-z]")
_TAG = re.compile(
    r"""<(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*+)"""
    r"""(?P<rest>(?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+'|(?!["']))|["'])*+)>"""
)
_COMMENT = re.compile(r"<!--(?:-?>|.*?--!?>)", re.DOTALL)
_SECTION = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_DECLARATION = re.compile(r"<[!?/][^>]*+>")
_ATTRIBUTE = re.compile(r"""([^\s/>=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>]*))?""")


class Token(NamedTuple):
    """A piece of a document.

    Attributes:
        text: as it stands there.
        tag: in small letters, of a start, an empty element or an end.
        closed: whether it begins an element whose text is not translated.
    """

    kind: Kind
    text: str
    tag: str = ""
    closed: bool = False


def tokens(document: str) -> Iterator[Token]:
    """The pieces of a document; together they are it."""
    at = 0
    while begin := _BEGIN.search(document, at):
        if begin.start() > at:
            yield Token("text", document[at : begin.start()])
        token = _token(document, begin.start())
        yield token
        at = begin.start() + len(token.text)
        if token.kind == "start" and token.tag in _NO_TAGS_INSIDE:
            end = re.compile(rf"</{token.tag}(?=[\s/>])", re.IGNORECASE).search(document, at)
            inside = document[at : end.start() if end else None]
            at += len(inside)
            if inside:
                yield Token("text", inside)
    if at < len(document):
        yield Token("text", document[at:])


def _token(document: str, at: int) -> Token:
    """The tag, comment or declaration that begins at a place."""
    if match := _TAG.match(document, at):
        return _tag(match)
    if document.startswith("<!--", at):
        match = _COMMENT.match(document, at)
    elif document.startswith("<![CDATA[", at):
        match = _SECTION.match(document, at)
    else:
        match = None if _IS_TAG.match(document, at) else _DECLARATION.match(document, at)
    return Token("other", match[0]) if match else Token("unfinished", document[at:])


def _tag(match: re.Match[str]) -> Token:
    tag, rest = match["name"].lower(), match["rest"]
    if match["end"]:
        return Token("end", match[0], tag)
    empty = tag in VOID or _ends_itself(rest)
    return Token("empty" if empty else "start", match[0], tag, not empty and _closed(tag, rest))


def _ends_itself(rest: str) -> bool:
    """Whether the slash at a tag's end is none of an attribute's value that has no quotes."""
    if not rest.endswith("/"):
        return False
    last = rest.rsplit(maxsplit=1)[-1]
    return "=" not in last[max(last.rfind('"'), last.rfind("'")) + 1 :]


def _closed(tag: str, attributes: str) -> bool:
    """Whether the page's author, or the kind of element, forbids translation."""
    if tag in NOT_TRANSLATED:
        return True
    if "translate" not in attributes.lower():
        return False
    values = {
        name.lower(): value.strip("\"'").lower() for name, value in _ATTRIBUTE.findall(attributes)
    }
    return values.get("translate") == "no" or "notranslate" in values.get("class", "").split()
