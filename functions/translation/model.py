"""A Marian model in ONNX graphs that share one embedding, opened for serving."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from functions.translation.graphs import (
    DECODER_FILE,
    EMBEDDING,
    EMBEDDING_SCALE,
    ENCODER_FILE,
    OUTPUT_BIAS,
    OUTPUT_SCALE,
    OUTPUT_WEIGHT,
    PAST_KEY,
    PAST_VALUE,
    PIECES,
    PRESENT_KEY,
    PRESENT_VALUE,
    SEARCH_FILE,
    TABLES_FILE,
)
from functions.translation.placeholders import PLACEHOLDERS
from shared.inference import Session, open_folder, open_session, to_tensor
from shared.model_spec import ModelSpec

PAST_NAMES, PRESENT_NAMES = (PAST_KEY, PAST_VALUE), (PRESENT_KEY, PRESENT_VALUE)
NEVER = np.float32(-1e9)  # logit of a piece that is never written

Array = NDArray[Any]


@dataclass(frozen=True)
class Encoded:
    """What the decoder needs to know of a batch of sources.

    Attributes:
        cross: keys and values of each decoder layer's cross-attention, by input name, each
            (B, heads, S, H / heads) float32.
        mask: (B, S) int32, 1 where there is a token.
    """

    cross: dict[str, Array]
    mask: Array

    def __len__(self) -> int:
        return len(self.mask)

    def rows(self, index: Array) -> "Encoded":
        """The batch's rows ``index``, which may repeat."""
        cross = {name: value[index] for name, value in self.cross.items()}
        return Encoded(cross, self.mask[index])


class DecoderState:
    """Buffers of one decoding, bound to the graph once: a step changes them in place.

    Args:
        session: of the decoder graph.
        encoded: a row for each beam of each source.
        caches: by input name, (B, heads, T, H / heads) float32, which is also where steps write.
        beams: rows of each source.
        columns: of the logits.

    Attributes:
        ids: (B, 1) int64, the last tokens, to be set before each step.
        logits: (B, L) float32, the last step's.
        indirection: (B / beams, beams, T) int32, which beam holds each past position.
    """

    def __init__(
        self,
        session: Session,
        encoded: Encoded,
        caches: dict[str, Array],
        beams: int,
        columns: int,
        position: int = 0,
    ) -> None:
        batch, (_, _, longest, _) = len(encoded), next(iter(caches.values())).shape
        self.ids = np.zeros((batch, 1), dtype=np.int64)
        self.logits = np.empty((batch, columns), dtype=np.float32)
        self.indirection = np.zeros((batch // beams, beams, longest), dtype=np.int32)
        self.logits_tensor = to_tensor(self.logits)
        self._session, self._encoded, self._caches, self._beams = session, encoded, caches, beams
        self._position = np.array([position], dtype=np.int32)
        self._binding = session.io_binding()
        inputs: dict[str, Array] = {
            "input_ids": self.ids,
            "position": self._position,
            "beam_width": np.array([beams], dtype=np.int32),
            "cache_indirection": self.indirection,
            "attention_mask": encoded.mask,
            **encoded.cross,
        }
        # The binding does not keep what it was given alive.
        self._bound = {name: to_tensor(array) for name, array in inputs.items()}
        for name, tensor in self._bound.items():
            self._binding.bind_ortvalue_input(name, tensor)
        self._binding.bind_ortvalue_output("logits", self.logits_tensor)
        for past, present in zip(PAST_NAMES, PRESENT_NAMES, strict=True):
            for layer in range(len(caches) // len(PAST_NAMES)):
                cache = self._bound[past.format(layer)] = to_tensor(caches[past.format(layer)])
                self._binding.bind_ortvalue_input(past.format(layer), cache)
                self._binding.bind_ortvalue_output(present.format(layer), cache)

    def step(self) -> Array:
        """Logits (B, L) after `ids`; valid until the next step."""
        self._session.run_with_iobinding(self._binding)
        self._position[0] += 1
        return self.logits

    def rows(self, index: Array) -> "DecoderState":
        """The state of the rows ``index``, whole sources, and no others."""
        caches = {name: cache[index] for name, cache in self._caches.items()}
        smaller = DecoderState(
            self._session,
            self._encoded.rows(index),
            caches,
            self._beams,
            self.logits.shape[1],
            int(self._position[0]),
        )
        smaller.ids[:] = self.ids[index]
        smaller.indirection[:] = self.indirection[index[:: self._beams] // self._beams]
        return smaller


class DecoderGraph:
    """The decoder for one target language.

    Attributes:
        pieces: (L,) int64 ids of the pieces that this language is written with, which are the
            columns of the logits; the placeholders come last.
        end: column of the end token.
        search: session that finds the best continuations of beams.
    """

    def __init__(
        self, session: Session, search: Session, pieces: Array, start: int, end: int
    ) -> None:
        self.pieces = pieces
        self.end = int(np.flatnonzero(pieces == end)[0])
        self.search = search
        self._start = start
        self._session = session
        self._caches = {
            entry.name: entry.shape
            for entry in session.get_inputs()
            if entry.name.startswith("past")
        }

    def start(self, encoded: Encoded, longest: int, beams: int = 1) -> DecoderState:
        """Buffers for at most ``longest`` steps over the encoded rows."""
        caches = {
            name: np.empty((len(encoded), heads, longest, size), dtype=np.float32)
            for name, (_, heads, _, size) in self._caches.items()
        }
        state = DecoderState(self._session, encoded, caches, beams, len(self.pieces))
        state.ids[:] = self._start
        return state


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
        self.end = int(spec.parameters["eos_token_id"] or 0)

    @classmethod
    def load(cls, folder: Path, threads: int = 1) -> Self:
        """Verify every file of ``folder`` and open it.

        Raises:
            ModelMissing: the folder or a file is not there.
            ModelAltered: a file is not what ``spec.json`` states.
        """
        spec, tokenizer = open_folder(folder)
        return cls(spec, tokenizer, folder, threads)

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
            session = open_session(self._folder / DECODER_FILE, self._threads, columns)
            start = int(self.spec.parameters["decoder_start_token_id"] or 0)
            graph = DecoderGraph(session, self._search, pieces, start, self.end)
            self._decoders[language] = graph
        return self._decoders[language]

    def encode(self, rows: Sequence[Sequence[int]]) -> Encoded:
        """Run the encoder over token ids, padded on the right.

        Args:
            rows: ids of each source with its tag and end token.
        """
        width = max(len(row) for row in rows)
        ids = np.zeros((len(rows), width), dtype=np.int64)  # (B, S)
        mask = np.zeros((len(rows), width), dtype=np.int32)  # (B, S)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
        values = self._encoder.run(self._outputs, {"input_ids": ids, "attention_mask": mask})
        return Encoded(dict(zip(self._outputs, values, strict=True)), mask)

    @cached_property
    def placeholder_ids(self) -> list[int]:
        """Ids of the placeholders, in order; empty where the model was not trained with them."""
        ids = map(self.tokenizer.token_to_id, PLACEHOLDERS)
        return [number for number in ids if number is not None]
