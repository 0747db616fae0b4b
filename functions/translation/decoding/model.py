"""A Marian model in ONNX graphs that share one embedding, opened for serving."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
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
    TABLES_FILE,
)
from functions.translation.decoding.batches import encoder_batches
from functions.translation.decoding.state import DecoderState
from functions.translation.decoding.workspace import Workspace
from shared.models.onnx import open_folder
from shared.models.sessions import Session, open_session, run
from shared.models.spec import ModelSpec

NEVER = np.float32(-1e9)  # logit of a piece that is never written

Array = NDArray[Any]


@dataclass(frozen=True)
class Encoded:
    """What the decoder needs to know of a batch of sources.

    Attributes:
        lengths: (S,) int64 tokens of each source.
        parts: the encoder's runs: which sources each one holds, and the keys and values of each
            decoder layer's cross-attention, by input name, each (part of S, T, H) float32.
    """

    lengths: Array
    parts: list[tuple[list[int], dict[str, Array]]]

    def __len__(self) -> int:
        return len(self.lengths)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of the keys and values of all sources together, by input name."""
        longest = int(self.lengths.max())
        parts = self.parts[0][1]
        return {name: (len(self), longest, array.shape[2]) for name, array in parts.items()}

    def write(self, arrays: Mapping[str, Array]) -> None:
        """Put the keys and values of all sources together, with zeros behind the shorter ones."""
        for sources, parts in self.parts:
            for name, part in parts.items():
                arrays[name][sources, : part.shape[1]] = part
                arrays[name][sources, part.shape[1] :] = 0.0


class DecoderGraph:
    """The decoder for one target language.

    Args:
        session: of the decoder graph.
        search: session that finds the best continuations of beams.
        pieces: (L,) int64 ids of the pieces that this language is written with, which are the
            columns of the logits.
        placeholders: how many of them, the last ones, are placeholders.
        start: id that every translation starts with.
        end: id of the end token.
        workspace: that its batches use.

    Attributes:
        ids: the same as ``pieces``, quicker to look single ones up in.
        first_placeholder: column of the first placeholder.
        end: column of the end token.
    """

    def __init__(
        self,
        session: Session,
        search: Session,
        pieces: Array,
        placeholders: int,
        start: int,
        end: int,
        workspace: Workspace,
    ) -> None:
        self.pieces, self.search = pieces, search
        self.ids: list[int] = pieces.tolist()
        self.end = self.ids.index(end)
        self.first_placeholder = len(self.ids) - placeholders
        self._session, self._start, self._workspace = session, start, workspace
        self._caches = {
            entry.name: entry.shape
            for entry in session.get_inputs()
            if entry.name.startswith("past")
        }

    @contextmanager
    def start(self, encoded: Encoded, longest: int, beams: int = 1) -> Iterator[DecoderState]:
        """Buffers for at most ``longest`` steps over the encoded sources."""
        rows = len(encoded) * beams
        cross = encoded.shapes()
        caches = {
            name: (rows, heads, longest, size) for name, (_, heads, _, size) in self._caches.items()
        }
        logits = {"logits": (rows, 1, len(self.ids))}
        with self._workspace.lend({**cross, **caches, **logits}) as lent:
            encoded.write(lent)
            yield DecoderState(
                self._session,
                encoded.lengths.copy(),
                {name: lent[name] for name in cross},
                {name: lent[name] for name in caches},
                lent["logits"],
                self._start,
            )


class MarianModel:
    """One model folder, verified; the decoder of a language is opened when first asked for.

    Attributes:
        spec: the folder's ``spec.json``.
        tokenizer: joint for all its languages.
        end: id of the end token.
    """

    def __init__(self, spec: ModelSpec, tokenizer: Tokenizer, folder: Path, threads: int) -> None:
        self.spec, self.tokenizer = spec, tokenizer
        self._folder, self._threads = folder, threads
        with np.load(folder / TABLES_FILE) as archive:
            self._tables = dict(archive)
        shared = {name: self._tables[name] for name in (EMBEDDING, EMBEDDING_SCALE)}
        self._encoder = open_session(folder / ENCODER_FILE, threads, shared)
        self._outputs = [output.name for output in self._encoder.get_outputs()]
        self._decoders: dict[str, DecoderGraph] = {}
        self._workspace = Workspace()
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

    @cached_property
    def _search(self) -> Session:
        return open_session(self._folder / SEARCH_FILE, self._threads)

    def decoder(self, language: str) -> DecoderGraph:
        """The decoder that writes ``language``, one of the spec's targets."""
        if language not in self._decoders:
            tables = self._tables
            pieces = tables[PIECES.format(language)].astype(np.int64)  # (L,)
            columns = {name: tables[name] for name in (EMBEDDING, EMBEDDING_SCALE)}
            columns[OUTPUT_WEIGHT] = np.ascontiguousarray(tables[EMBEDDING][pieces].T)  # (H, L)
            for name in (OUTPUT_BIAS, OUTPUT_SCALE):
                if name in tables:
                    columns[name] = np.ascontiguousarray(tables[name][pieces])  # (L,)
            self._decoders[language] = DecoderGraph(
                open_session(self._folder / DECODER_FILE, self._threads, columns),
                self._search,
                pieces,
                len(self.placeholder_ids),
                int(self.spec.parameters["decoder_start_token_id"] or 0),
                self.end,
                self._workspace,
            )
        return self._decoders[language]

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
        """Ids of the placeholders, in order; empty where the model was not trained with them."""
        ids = map(self.tokenizer.token_to_id, PLACEHOLDERS)
        return [number for number in ids if number is not None]
