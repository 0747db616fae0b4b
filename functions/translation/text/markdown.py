"""Markdown's emphasis and links, and the tags that interface texts hold, as marks."""

import re

from functions.translation.text.spans import Marked, Span

_LINK_END = r"\]\((?:[^()\s]|\([^()\s]*\)){0,500}(?: \"[^\"\n]{0,200}\")?\)"
_LINK = re.compile(rf"(?P<open>!?\[)(?P<text>[^\[\]\n]{{1,300}})(?P<close>{_LINK_END})")
# The longest first: three stars are emphasis too.
_EMPHASIS = re.compile(
    r"(?P<open>\*{2,3}|~~|(?<!\w)__(?=[^\s_])|(?<!\w)_(?=[^\s_])|(?<![\w*])\*(?!\*))"
    r"(?P<text>(?=[^\s|])[^*~\n]{1,300}?(?<=\S))(?P<close>(?P=open))(?![\w*])"
)
_TAG = re.compile(r"<(?P<end>/?)[A-Za-z0-9][\w-]{0,30}(?: [^<>\n]{0,200})?(?P<empty>/?)>")
_CODE = re.compile(r"(```[^`]*```|`[^`\n]{1,200}`)")


def mark_inline(text: str, marked: Marked) -> str:
    """A plain text with marks for its tags, and for the signs around emphasis and links."""
    parts = _CODE.split(text)  # code holds what only looks like emphasis
    parts[::2] = [_mark_run(part, marked) for part in parts[::2]]
    parts[1::2] = [marked.mark(Span(part)) for part in parts[1::2]]
    return "".join(parts)


def _mark_run(text: str, marked: Marked) -> str:
    def tag(match: re.Match[str]) -> str:
        if match["empty"]:
            return marked.mark(Span(match[0]))
        return marked.mark(Span(match[0], "close" if match["end"] else "open"))

    def around(match: re.Match[str]) -> str:
        opening = marked.mark(Span(match["open"], "open"))
        closing = marked.mark(Span(match["close"], "close"))
        return f"{opening}{match['text']}{closing}"

    def emphasis(match: re.Match[str]) -> str:
        single_word = match["open"] in ("_", "__") and " " not in match["text"]
        # A lone word between underscores is a variable as often as it is emphasis.
        return marked.mark(Span(match[0])) if single_word else around(match)

    return _EMPHASIS.sub(emphasis, _LINK.sub(around, _TAG.sub(tag, text)))
