"""Comments inside of a sentence: taken out of it for the model, and put back between two words."""

import re
from dataclasses import dataclass

from functions.translation.text.spans import MARK, Marked

_WORDS = re.compile(r"\S+")
_TAIL = ".,;:!?…"


@dataclass(frozen=True)
class Lifted:
    """Comments of a sentence and where they stood.

    Attributes:
        marks: each with the share of the words that stood before it, 0 to 1.
    """

    marks: tuple[tuple[str, float], ...]

    def put_back(self, text: str) -> str:
        """The translation with each comment after as large a share of its words."""
        words = list(_WORDS.finditer(text))
        out, at = [], 0
        for mark, share in self.marks:
            count = round(share * len(words))
            end = 0
            if count:
                word = words[count - 1]
                end = word.start() + len(word[0].rstrip(_TAIL))
            end = max(end, at)
            out += [text[at:end], mark]
            at = end
        return "".join([*out, text[at:]])


def lift(core: str, marked: Marked) -> tuple[str, Lifted]:
    """A sentence without its comments, and these."""
    found = [m for m in MARK.finditer(core) if marked.span(m[0]).kind == "float"]
    if not found:
        return core, Lifted(())
    gone = {match[0] for match in found}
    bare = MARK.sub(lambda match: "" if match[0] in gone else match[0], core)
    total = len(_WORDS.findall(bare)) or 1
    marks, words, at, glued = [], 0, 0, False
    for match in found:
        between = MARK.sub(lambda m: "" if m[0] in gone else m[0], core[at : match.start()])
        # A word that goes on behind a comment is one word.
        words += len(_WORDS.findall(between)) - (glued and between[:1].strip() != "")
        glued = between[-1:].strip() != "" if between else glued
        at = match.end()
        marks.append((match[0], words / total))
    return bare, Lifted(tuple(marks))
