"""One text on its way through translation: cut up, translated, put together again."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from functions.translation.schemas import GlossaryTerm
from functions.translation.text import markup
from functions.translation.text.glossary import mark_terms
from functions.translation.text.languages import Hop
from functions.translation.text.segments import Segment, segments
from functions.translation.text.spans import Marked
from shared.language import clearly_other

LETTERS_TO_JUDGE = 20  # a shorter sentence says too little about its language


@dataclass
class Piece:
    """A segment, the language it is in, and its translations.

    Attributes:
        marked: the spans of its document.
        hops: the model runs that it goes through.
        results: marked translations, best first; empty where the segment stays as it is.
        failed: whether a model could not deal with it.
    """

    segment: Segment
    language: str
    marked: Marked
    hops: list[Hop] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    failed: bool = False

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
        glossary: of the request.
    """

    def __init__(self, text: str, *, html: bool, glossary: Sequence[GlossaryTerm]) -> None:
        self.marked = Marked(markup.escape) if html else Marked()
        self._html = html
        plain = markup.Block(self.marked.escape(text), kept=False)
        found = markup.blocks(text, self.marked) if html else [plain]
        self._blocks = [
            block if block.kept else markup.Block(self._protected(block.text, glossary), kept=False)
            for block in found
        ]
        self._parts: list[str | Piece] = []

    def _protected(self, text: str, glossary: Sequence[GlossaryTerm]) -> str:
        if self._html:
            text = markup.on_one_line(text)
        return self.marked.protect(mark_terms(text, glossary, self.marked))

    @property
    def words(self) -> str:
        """What is to be translated, without markup and what else is kept."""
        return "\n".join(self.marked.without(b.text) for b in self._blocks if not b.kept)

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
            for segment in segments(block.text, language, self.marked):
                found = language
                if segment.core and judge:
                    found = self._language_of(segment.core, language, served)
                self._parts.append(Piece(segment, found, self.marked))
        return [part for part in self._pieces if part.segment.core]

    @property
    def _pieces(self) -> list[Piece]:
        return [part for part in self._parts if isinstance(part, Piece)]

    def _language_of(self, core: str, language: str, served: Sequence[str]) -> str:
        words = self.marked.without(core)
        if sum(map(str.isalpha, words)) < LETTERS_TO_JUDGE:
            return language
        other = clearly_other(words, [language])
        return other.language if other is not None and other.language in served else language

    def join(self, choice: int = 0) -> str:
        """The text with translation number ``choice`` of each sentence that has so many."""
        return "".join(
            part if isinstance(part, str) else self._restored(part.marked_text(choice))
            for part in self._parts
        )

    def _restored(self, text: str) -> str:
        return self.marked.restore(markup.escape(text) if self._html else text)

    def marked_text(self) -> str:
        """The best translation with its marks."""
        return "".join(piece.marked_text() for piece in self._pieces)
