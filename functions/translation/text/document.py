"""One text on its way through translation: cut up, translated, put together again."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from functions.translation.text import rarities
from functions.translation.text.languages import Hop
from functions.translation.text.normal import on_one_line, readable_lines
from functions.translation.text.patterns import MESSAGE_HEAD
from functions.translation.text.segments import Block, Segment, segments
from functions.translation.text.spans import Marked, Span
from shared.language import clearly_other

if TYPE_CHECKING:
    from functions.translation.text.glossary import Glossary
    from functions.translation.text.messages import Message, Run

_MARKDOWN = re.compile(r"[<\[*_~`]")
LETTERS_TO_JUDGE = 20  # a shorter sentence says too little about its language


def _markup(document: str, marked: Marked) -> list[Block]:
    """See `markup.blocks`."""
    from functions.translation.text import markup

    return markup.blocks(document, marked)


def _escape(text: str) -> str:
    """See `markup.escape`."""
    from functions.translation.text.markup import escape

    return escape(text)


def messages(text: str) -> "Iterable[Message]":
    """See `messages.messages`."""
    if not MESSAGE_HEAD.search(text):
        return ()
    from functions.translation.text import messages

    return messages.messages(text)


def mark_inline(text: str, marked: Marked) -> str:
    """See `markdown.mark_inline`."""
    if not _MARKDOWN.search(text):
        return text
    from functions.translation.text import markdown

    return markdown.mark_inline(text, marked)


@dataclass
class Piece:
    """A segment, the language it is in, and its translations.

    Attributes:
        marked: the spans of its document.
        hops: the model runs that it goes through.
        results: marked translations, best first; empty where the segment stays as it is.
        failed: whether a model could not deal with it.
        faults: what is wrong with its first translation, as far as it was noticed.
        confidence: how likely its first translation is right; None where that is not known.
    """

    segment: Segment
    language: str
    marked: Marked
    hops: list[Hop] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    failed: bool = False
    faults: list[str] = field(default_factory=list)
    confidence: float | None = None

    @property
    def sentence(self) -> str:
        """The sentence as it came."""
        return self.marked.restore(self.marked.untranslated(self.segment.core))

    def marked_text(self, choice: int = 0) -> str:
        """Translation number ``choice``, or the last one, with what is around it."""
        last = min(choice, len(self.results) - 1)
        core = self.results[last] if self.results else self.marked.untranslated(self.segment.core)
        return f"{self.segment.before}{core}{self.segment.after}"


class Document:
    """One text of a request.

    Args:
        text: as it came.
        html: whether it is HTML.
        glossary: of the request; none where absent.

    Attributes:
        has_hours: whether `localise` wrote opening hours.
    """

    has_hours = False

    def __init__(self, text: str, *, html: bool, glossary: "Glossary | None" = None) -> None:
        self.marked = Marked(_escape) if html else Marked()
        self._html, self._glossary = html, glossary
        self._messages: list[tuple[str, list[str | Piece]]] = []
        self._pending: list[tuple[str, list[Run]]] = []
        self._blocks = [
            block if block.kept else Block(self._protected(block.text), kept=False)
            for block in self._read(text)
        ]
        self._parts: list[str | Piece] = []

    def _read(self, text: str) -> list[Block]:
        if self._html:
            return _markup(text, self.marked)
        return [Block(self.marked.escape(text), kept=False)]

    def _protected(self, text: str) -> str:
        text = on_one_line(text) if self._html else self._without_messages(text)
        return self._put_aside(text)

    def _put_aside(self, text: str) -> str:
        if not self._html:
            text = mark_inline(text, self.marked)
        if self._glossary is not None:
            text = self._glossary.mark(text, self.marked)
        return self.marked.protect(text)

    def _without_messages(self, text: str) -> str:
        """The text with a mark for each ICU message, whose branches are translated apart."""
        for message in reversed(list(messages(text))):
            mark = self.marked.mark(Span(text[message.start : message.end]))
            runs = [
                run if run.is_syntax else run._replace(text=self._branch(run.text))
                for run in message.runs
            ]
            self._pending.append((mark, runs))
            text = text[: message.start] + mark + text[message.end :]
        return text

    def _branch(self, text: str) -> str:
        # Each "#" is a number that the application fills in.
        numbered = re.sub("#", lambda match: self.marked.mark(Span(match[0])), text)
        return self._put_aside(numbered)

    @property
    def words(self) -> str:
        """What is to be translated, without markup and what else is kept."""
        texts = [block.text for block in self._blocks if not block.kept]
        texts += [run.text for _, runs in self._pending for run in runs if not run.is_syntax]
        return readable_lines("\n".join(map(self.marked.without, texts)))

    @property
    def term_characters(self) -> int:
        """Of what stands in the translation for the glossary's terms, each time that it does."""
        return sum(len(span.text) for span in self.marked.spans if span.kind == "term")

    def localise(self, source: str, target: str) -> None:
        """Write prices, measures and opening hours in the target's convention, and put those aside.

        This is before sentences are cut: "Mo." ends none.
        """
        for number, span in enumerate(self.marked.spans):
            if span.kind == "verbatim":
                written = rarities.localised_span(span.text, source, target)
                if written != span.text:
                    self.marked.spans[number] = Span(written, original=span.text)
        if source == target:
            return
        before = len(self.marked.spans)
        self._blocks = [
            block
            if block.kept
            else Block(rarities.mark_days(block.text, source, target, self.marked), kept=False)
            for block in self._blocks
        ]
        self.has_hours = len(self.marked.spans) > before

    def split(self, language: str, served: Sequence[str], *, judge: bool) -> list[Piece]:
        """Cut the text into sentences.

        Args:
            language: of the text.
            served: languages that can be translated.
            judge: whether a sentence that is clearly in another of them is taken to be so.

        Returns:
            Those that have words.
        """
        for block in self._blocks:
            if block.kept:
                self._parts.append(block.text)
                continue
            self._parts += self._cut(block.text, language, served, judge=judge)
        for mark, runs in self._pending:
            parts: list[str | Piece] = []
            for run in runs:
                parts += (
                    [run.text]
                    if run.is_syntax
                    else self._cut(run.text, language, served, judge=judge)
                )
            self._messages.append((mark, parts))
        return [piece for piece in self.pieces if piece.segment.core]

    def _cut(
        self, text: str, language: str, served: Sequence[str], *, judge: bool
    ) -> list["str | Piece"]:
        found: list[str | Piece] = []
        for segment in segments(text, language, self.marked):
            own = language
            if segment.core and judge:
                own = self._language_of(segment.core, language, served)
            found.append(Piece(segment, own, self.marked))
        return found

    @property
    def pieces(self) -> list[Piece]:
        """All sentences, those of messages last."""
        inside = [part for _, parts in self._messages for part in parts]
        return [part for part in (*self._parts, *inside) if isinstance(part, Piece)]

    def _language_of(self, core: str, language: str, served: Sequence[str]) -> str:
        words = self.marked.without(core)
        if sum(map(str.isalpha, words)) < LETTERS_TO_JUDGE:
            return language
        other = clearly_other(words, [language])
        return other.language if other is not None and other.language in served else language

    def join(self, choice: int = 0) -> str:
        """The text with translation number ``choice`` of each sentence that has so many."""
        for mark, parts in self._messages:
            self.marked.replace(mark, self._joined(parts, choice))
        return self._joined(self._parts, choice)

    def _joined(self, parts: Sequence["str | Piece"], choice: int) -> str:
        return "".join(
            part if isinstance(part, str) else self._restored(part.marked_text(choice))
            for part in parts
        )

    def _restored(self, text: str) -> str:
        return self.marked.restore(_escape(text) if self._html else text)

    def marked_text(self) -> str:
        """The best translation with its marks."""
        return "".join(piece.marked_text() for piece in self.pieces)
