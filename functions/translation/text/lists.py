"""Lists in a sentence: found, so that each member comes out once, and joined as they were."""

import re
from dataclasses import dataclass
from functools import lru_cache

from functions.translation.text.patterns import CLOTHES_SIZE, MARKS
from functions.translation.text.spans import Marked

AND = {"en": "and", "de": "und", "fr": "et", "es": "y", "pt": "e", "it": "e", "nl": "en"}
OR = {"en": "or", "de": "oder", "fr": "ou", "es": "o", "pt": "ou", "it": "o", "nl": "of"}
_MORE_AND = {"de": ("sowie",), "en": ("&", "plus"), "fr": ("&",), "es": ("&", "e")}
MOST_MEMBER_WORDS = 4
MOST_UNJOINED_WORDS = 2  # of a sentence's member, where no word joins the last one
FEWEST, MOST = 3, 60  # members
FEWEST_COUNTED = 2  # where each has its number, "1x kettle, 2x cups"
_COUNTED = re.compile(r"\d{1,4}\s?[x×]\s?[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]")
_BRACKETS = re.compile(r"[()\[\]{}]")
_END = re.compile(rf"[.!?…:;\s{MARKS}]*$")
_SIZE_LIST = r"(?<![\w'’.-]){0}(?:\s*[,/]\s*{0})*(?:,?\s+(?:{1})\s+{0}|\s*[,/]\s*{0})(?![\w'’-])"


@dataclass(frozen=True)
class Listing:
    """A list and what is around it; all of it together is the sentence.

    Attributes:
        head: what introduces the list.
        separators: one fewer than there are members; conjunctions have their spaces.
        tail: the sentence's end.
    """

    head: str
    members: tuple[str, ...]
    separators: tuple[str, ...]
    tail: str

    def joined(self, members: list[str], source: str, target: str) -> str:
        """Its members' translations as one list."""
        return joined(members, self.separators, source, target)

    def are_kept(self, output: str, source: str, target: str) -> bool:
        """Whether a translation lists as many members, none twice, and says those in the tables."""
        from functions.translation.text import members  # noqa: PLC0415 - only a list asks

        return same_members(self, output, target) and members.are_said(
            self.members, output, source, target
        )

    @staticmethod
    def known(member: str, source: str, target: str) -> str | None:
        """A member in the target language, with its article, where the tables have it."""
        from functions.translation.text import members  # noqa: PLC0415 - only a list asks

        return members.member(member, source, target)

    @property
    def opens(self) -> bool:
        """Whether nothing introduces the list."""
        return not _WORD.search(self.head)

    @property
    def is_label(self) -> bool:
        """Whether nothing but a label introduces the list, so that no sentence holds it."""
        if _WORD.search(self.tail):
            return False
        return not self.head.strip() or self.head.rstrip().endswith(":")


def _conjunctions(language: str) -> dict[str, str]:
    """Words that join the last member, with what they mean."""
    found = {word: "and" for word in (AND.get(language), *_MORE_AND.get(language, ())) if word}
    return {**found, **({OR[language]: "or"} if language in OR else {})}


@lru_cache(maxsize=16)
def _separator(language: str) -> re.Pattern[str]:
    words = "|".join(map(re.escape, _conjunctions(language))) or "(?!)"
    return re.compile(rf"\s*[,;]\s+(?:(?:{words})\s+)?|\s+(?:{words})\s+|\s+/\s+", re.IGNORECASE)


@lru_cache(maxsize=2048)
def listing(core: str, language: str) -> Listing | None:
    """The list that a sentence is, or ends in; None where it has none that is sure."""
    end = _END.search(core)
    assert end is not None  # it matches the empty end of any text
    body, tail = core[: end.start()], core[end.start() :]
    if _BRACKETS.search(body):
        return None
    colon = body.find(": ")
    head, rest = (body[: colon + 2], body[colon + 2 :]) if 0 < colon < 60 else ("", body)
    matches = list(_separator(language).finditer(rest))
    starts = [0, *(match.end() for match in matches)]
    ends = [*(match.start() for match in matches), len(rest)]
    members = [rest[a:b] for a, b in zip(starts, ends, strict=True)]
    fewest = FEWEST_COUNTED if all(map(_COUNTED.match, members)) else FEWEST
    if not fewest <= len(members) <= MOST or not any(
        set(",;/") & set(match[0]) for match in matches
    ):
        return None
    members[-1], after = _last(members, language)
    tail = after + tail
    longest = max(len(member.split()) for member in members[1:])
    if longest > MOST_MEMBER_WORDS or not all(member.strip() for member in members):
        return None
    signs = "".join(match[0] for match in matches)
    if {",", ";"} <= set(signs):
        return None
    is_joined = re.search(r"[^\W\d_]|[&/]", signs) is not None
    has_end = any(sign in tail for sign in ".!?…")
    if has_end and not (head or is_joined) and longest > MOST_UNJOINED_WORDS:
        return None
    has_lead = not head and (has_end or is_joined) and not _is_label(members[0], language)
    lead, first = _lead(members[0], longest) if has_lead else ("", members[0])
    if head and len(first.split()) > MOST_MEMBER_WORDS:
        return None
    return Listing(head + lead, (first, *members[1:]), tuple(m[0] for m in matches), tail)


def _last(members: list[str], language: str) -> tuple[str, str]:
    """The last member, and what follows it: where it is longer than others, a thing may end it."""
    words = re.findall(r"\S+\s*", members[-1])
    longest = max((len(member.split()) for member in members[1:-1]), default=0)
    if not 0 < longest < len(words):
        return members[-1], ""
    from functions.translation.text.things import LANGUAGES, nouns  # noqa: PLC0415 - few ask

    for size in range(longest, 0, -1) if language in LANGUAGES else ():
        head = "".join(words[:size]).rstrip()
        if head.lower() in nouns(language):
            return head, members[-1][len(head) :]
    return members[-1], ""


def _is_label(text: str, language: str) -> bool:
    """Whether a first member is a thing with its traits, however long."""
    if len(text.split()) < 2:
        return False
    from functions.translation.text.labels import read  # noqa: PLC0415 - few lists ask
    from functions.translation.text.things import LANGUAGES  # noqa: PLC0415

    return language in LANGUAGES and read(text, language) is not None


def _lead(chunk: str, words: int) -> tuple[str, str]:
    """What introduces a list, and its first member, which is no longer than the longest other."""
    parts = re.findall(r"\S+\s*", chunk)
    if len(parts) <= words:
        return "", chunk
    return "".join(parts[:-words]), "".join(parts[-words:])


def joined(members: list[str], separators: tuple[str, ...], source: str, target: str) -> str:
    """Translated members with their separators, the conjunctions in the target's words."""
    meanings = _conjunctions(source)
    text = members[0]
    for separator, member in zip(separators, members[1:], strict=True):
        text += _translated(separator, meanings, target, member) + member
    return text


def _translated(separator: str, meanings: dict[str, str], target: str, following: str) -> str:
    word = separator.strip(" ,;/\u00a0").lower()
    if word not in meanings or target not in AND or word == "&":
        return separator
    written = (AND if meanings[word] == "and" else OR)[target]
    if target == "es" and written == "y" and re.match(r"h?i(?![ae])", following.lower()):
        written = "e"
    if target == "es" and written == "o" and re.match(r"h?o", following.lower()):
        written = "u"
    comma = separator[: separator.lower().index(word)].strip()
    # Only English writes a comma before the last member.
    return f"{comma if target == 'en' else ''} {written} "


def mark_sizes(core: str, source: str, target: str, marked: Marked) -> str:
    """The sentence with a mark for each list of sizes of clothes, which are no words."""
    return _size_lists(source).sub(
        lambda match: marked.mark_text(rendered_sizes(match[0], source, target)), core
    )


@lru_cache(maxsize=16)
def _size_lists(source: str) -> re.Pattern[str]:
    words = "|".join(map(re.escape, _conjunctions(source))) or "(?!)"
    return re.compile(_SIZE_LIST.format(CLOTHES_SIZE, words))


def rendered_sizes(text: str, source: str, target: str) -> str:
    """A list of sizes with the target's conjunction."""
    parts = re.split(_separator(source), text)
    found = tuple(match[0] for match in _separator(source).finditer(text))
    if len(parts) != len(found) + 1:
        return text
    return joined(parts, found, source, target)


def same_members(source: Listing, output: str, target: str) -> bool:
    """Whether a translation lists as many members, none of them twice."""
    pieces = [piece.strip().lower() for piece in _separator(target).split(output.rstrip(".!?… "))]
    if len(pieces) != len(source.members):
        return False
    words = [set(piece.split()) for piece in pieces[1:-1]]
    tails = [piece.split()[-1] if piece else "" for piece in pieces]
    return all(pieces) and len(set(tails)) == len(tails) and all(words)
