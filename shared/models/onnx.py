"""OnnxModel: a verified tokenizer and session."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from shared.models.preload import Files, take
from shared.models.sessions import Session, run
from shared.models.spec import ModelSpec, read_spec, verify_files

MAX_BATCH = 32
MAX_PADDING = 1.25

Feeds = Mapping[str, NDArray[np.generic]]


def open_folder(folder: Path, threads: int) -> tuple[ModelSpec, Files]:
    """A model folder's spec, and its files once each of them was verified.

    Raises:
        ModelMissing: the folder or a file is not there.
        ModelAltered: a file is not what ``spec.json`` states.
    """
    files = take(folder, threads)
    spec = read_spec(folder)
    verify_files(folder, spec, files.hashes)
    return spec, files


def length_batches(lengths: Sequence[int], max_batch: int = MAX_BATCH) -> Iterator[list[int]]:
    """Split indices into batches of like length, shortest first.

    A batch ends at ``max_batch`` rows, or where its next row would pad its first by more than
    the factor `MAX_PADDING` (and four tokens, below which padding costs less than another run).
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch:
            widest = lengths[batch[0]] * MAX_PADDING + 4
            if len(batch) == max_batch or lengths[index] > widest:
                yield batch
                batch = []
        batch.append(index)
    if batch:
        yield batch


def pad(encodings: Sequence[Encoding]) -> dict[str, NDArray[np.int64]]:
    """Token ids and attention mask of one batch, padded on the right with zeros.

    Returns:
        ``input_ids`` and ``attention_mask``, each (B, T) int64.
    """
    width = max(map(len, encodings))
    input_ids = np.zeros((len(encodings), width), dtype=np.int64)  # (B, T)
    attention_mask = np.zeros_like(input_ids)  # (B, T)
    for row, encoding in enumerate(encodings):
        input_ids[row, : len(encoding)] = encoding.ids
        attention_mask[row, : len(encoding)] = 1
    return {"input_ids": input_ids, "attention_mask": attention_mask}


class OnnxModel:
    """One model folder, verified and ready to run.

    Attributes:
        spec: the folder's ``spec.json``.
        tokenizer: its tokenizer, without padding or truncation.
    """

    def __init__(self, spec: ModelSpec, tokenizer: Tokenizer, session: Session):
        self.spec = spec
        self.tokenizer = tokenizer
        self._session = session
        self._outputs = [output.name for output in session.get_outputs()]

    @classmethod
    def load(cls, folder: Path, threads: int = 1) -> Self:
        """Verify every file of ``folder`` and open it.

        Raises:
            ModelMissing: the folder or a file is not there.
            ModelAltered: a file is not what ``spec.json`` states.
        """
        spec, files = open_folder(folder, threads)
        return cls(spec, files.tokenizer(), files.session())

    def tokenize(self, texts: Sequence[str]) -> list[Encoding]:
        """Token ids of each text, in order, with special tokens."""
        if len(texts) == 1:
            return [self.tokenizer.encode(texts[0])]
        encodings: list[Encoding] = self.tokenizer.encode_batch_fast(list(texts))
        return encodings

    def run(self, feeds: Feeds) -> list[NDArray[np.float32]]:
        """One ``session.run`` over named inputs, all outputs in the graph's order.

        Raises:
            DeadlineNear: the function is about to be stopped.
        """
        return run(self._session, self._outputs, feeds)

    def run_padded(self, encodings: Sequence[Encoding]) -> NDArray[np.float32]:
        """First output of every encoding, run in batches of like length.

        Returns:
            (N, C) float32 in the order of ``encodings``.
        """
        batches = list(length_batches([len(encoding) for encoding in encodings]))
        found = [self.run(pad([encodings[index] for index in batch]))[0] for batch in batches]
        logits = np.empty((len(encodings), found[0].shape[1]), dtype=np.float32)  # (N, C)
        for batch, rows in zip(batches, found, strict=True):
            logits[batch] = rows  # (B, C)
        return logits

    def run_each(self, encodings: Sequence[Encoding]) -> list[dict[str, NDArray[np.float32]]]:
        """Every output of every encoding by its name, run in batches of like length.

        Returns:
            Per encoding, in order, its row of each output; of one that is (B, T, K), the rows of
            the encoding's own tokens.
        """
        found: list[dict[str, NDArray[np.float32]]] = [{} for _ in encodings]
        lengths = [len(encoding) for encoding in encodings]
        for batch in length_batches(lengths):
            outputs = self.run(pad([encodings[index] for index in batch]))
            for name, rows in zip(self._outputs, outputs, strict=True):
                for index, row in zip(batch, rows, strict=True):
                    found[index][name] = row[: lengths[index]] if rows.ndim == 3 else row
        return found

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what a run gives, in the graph's order."""
        return tuple(self._outputs)
