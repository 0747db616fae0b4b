"""A model in ONNX graphs that share one embedding, opened for serving."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from tokenizers import Tokenizer

from functions.translation.contract import (
    DECODER_FILE,
    EMBEDDING,
    EMBEDDING_SCALE,
    ENCODER_FILE,
    OUTPUT_BIAS,
    OUTPUT_SCALE,
    OUTPUT_WEIGHT,
    PIECES,
    PLACEHOLDERS,
    SEARCH_FILE,
    SHORTLIST,
    SOURCE_EMBEDDING,
    TABLES_FILE,
    TARGET_TOKENIZER_FILE,
)
from functions.translation.decoding.batches import encoder_batches
from functions.translation.decoding.columns import Columns, Shortlist
from functions.translation.decoding.graph import DecoderGraph
from functions.translation.decoding.state import Array, Encoded
from functions.translation.decoding.workspace import Workspace
from shared.models.onnx import open_folder
from shared.models.sessions import Session, open_session, run
from shared.models.spec import ModelSpec

MOST_WORDS = 20_000  # whose pieces are remembered


class MarianModel:
    """One model folder, verified; the decoder of a language is opened when first asked for.

    Attributes:
        spec: the folder's ``spec.json``.
        tokenizer: of what it reads, which mostly is that of what it writes.
        end: id of the end token.
    """

    def __init__(self, spec: ModelSpec, tokenizer: Tokenizer, folder: Path, threads: int) -> None:
        self.spec, self.tokenizer = spec, tokenizer
        self._folder, self._threads = folder, threads
        with np.load(folder / TABLES_FILE) as archive:
            self._tables = dict(archive)
        own = SOURCE_EMBEDDING if SOURCE_EMBEDDING in self._tables else EMBEDDING
        self._encoder = open_session(folder / ENCODER_FILE, threads, shared=self._shared(own))
        self._outputs = [output.name for output in self._encoder.get_outputs()]
        self._decoders: dict[str, DecoderGraph] = {}
        self._workspace = Workspace()
        self._pieces: dict[str, tuple[int, ...]] = {}
        self.end = int(spec.parameters["eos_token_id"] or 0)

    @classmethod
    def load(cls, folder: Path, threads: int = 1) -> Self:
        """Verify every file of ``folder`` and open it.

        Raises:
            ModelMissing: the folder or a file is not there.
            ModelAltered: a file is not what ``spec.json`` states.
        """
        spec, files = open_folder(folder, threads)
        return cls(spec, files.tokenizer(), folder, threads)

    def _shared(self, table: str) -> dict[str, Array]:
        """A table of embeddings, as a graph takes it."""
        return {
            name: self._tables[name] for name in (table, EMBEDDING_SCALE) if name in self._tables
        }

    @cached_property
    def _search(self) -> Session:
        return open_session(self._folder / SEARCH_FILE, self._threads)

    @cached_property
    def _target_tokenizer(self) -> Tokenizer:
        path = self._folder / TARGET_TOKENIZER_FILE
        own = TARGET_TOKENIZER_FILE in self.spec.files
        return Tokenizer.from_file(str(path)) if own else self.tokenizer

    def text(self, ids: Sequence[int]) -> str:
        """What pieces of the target spell."""
        return str(self._target_tokenizer.decode(list(ids), skip_special_tokens=False))

    def pieces(self, word: str) -> tuple[int, ...]:
        """Ids of what spells a word of the target, or a term, in a sentence."""
        if word not in self._pieces:
            if len(self._pieces) >= MOST_WORDS:
                self._pieces.clear()
            self._pieces[word] = tuple(self._target_tokenizer.encode(word).ids)
        return self._pieces[word]

    def decoder(self, language: str, rows: Sequence[Sequence[int]] = ()) -> DecoderGraph:
        """The decoder that writes ``language``, one of the spec's targets.

        Args:
            language: of the translations.
            rows: ids of the sources, on which the columns of some models depend.
        """
        if self._shortlist is not None:
            return self._graph(self._short_session, self._shortlist.columns(rows))
        if language not in self._decoders:
            tables = self._tables
            pieces = tables[PIECES.format(language)].astype(np.int64)  # (L,)
            given = {OUTPUT_WEIGHT: np.ascontiguousarray(tables[EMBEDDING][pieces].T)}  # (H, L)
            for name in (OUTPUT_BIAS, OUTPUT_SCALE):
                if name in tables:
                    given[name] = np.ascontiguousarray(tables[name][pieces])  # (L,)
            session = self._open_decoder(given)
            columns = Columns(pieces, len(self._written_placeholders), self.end)
            self._decoders[language] = self._graph(session, columns)
        return self._decoders[language]

    def _open_decoder(self, given: dict[str, Array]) -> Session:
        path = self._folder / DECODER_FILE
        return open_session(path, self._threads, given, shared=self._shared(EMBEDDING))

    def _graph(self, session: Session, columns: Columns) -> DecoderGraph:
        start = int(self.spec.parameters["decoder_start_token_id"] or 0)
        return DecoderGraph(session, self._search, columns, start, self._workspace)

    @cached_property
    def _short_session(self) -> Session:
        return self._open_decoder({})

    @cached_property
    def _shortlist(self) -> Shortlist | None:
        if SHORTLIST not in self._tables:
            return None
        return Shortlist(
            self._tables,
            self._written_placeholders,
            self.end,
            int(self.spec.parameters["decoder_start_token_id"] or 0),
            shared=SOURCE_EMBEDDING not in self._tables,
        )

    def encode(self, rows: Sequence[Sequence[int]]) -> Encoded:
        """Run the encoder over token ids, those of like length together, padded on the right.

        Args:
            rows: ids of each source with its tag and end token.

        Raises:
            DeadlineNear: the function is about to be stopped.
        """
        lengths = np.array([len(row) for row in rows])
        parts = []
        for batch in encoder_batches(lengths.tolist()):
            ids = np.zeros((len(batch), lengths[batch].max()), dtype=np.int64)  # (b, T)
            for source, place in enumerate(batch):
                ids[source, : lengths[place]] = rows[place]
            feeds = {"input_ids": ids, "lengths": lengths[batch]}
            values = run(self._encoder, self._outputs, feeds)
            parts.append((batch, dict(zip(self._outputs, values, strict=True))))
        return Encoded(lengths, parts)

    @cached_property
    def placeholder_ids(self) -> list[int]:
        """Ids of the placeholders in a source, in order; empty where the model knows none."""
        return _placeholders(self.tokenizer)

    @cached_property
    def _written_placeholders(self) -> list[int]:
        """Their ids in a translation."""
        return _placeholders(self._target_tokenizer)


def _placeholders(tokenizer: Tokenizer) -> list[int]:
    ids = map(tokenizer.token_to_id, PLACEHOLDERS)
    return [number for number in ids if number is not None]
