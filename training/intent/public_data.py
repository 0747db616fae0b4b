"""The public files as rows, and where they come from. Imports without torch."""

import gzip
import json
from pathlib import Path

from shared.models.spec import DataSource
from training.errors import DataError
from training.intent.examples import OUT_OF_SCOPE, Rows, check_training_rows, read_csv

BITEXT = DataSource(
    name="Bitext customer support utterances",
    source="https://github.com/bitext/customer-support-intent-detection-training-dataset",
    licence="CDLA-Sharing 1.0",
    rows=0,
)
CLINC150 = DataSource(
    name="CLINC150", source="https://github.com/clinc/oos-eval", licence="CC BY 3.0", rows=0
)
BANKING77 = DataSource(
    name="Banking77",
    source="https://github.com/PolyAI-LDN/task-specific-datasets",
    licence="CC BY 4.0",
    rows=0,
)
TATOEBA = DataSource(
    name="Tatoeba sentences", source="https://tatoeba.org", licence="CC BY 2.0 FR", rows=0
)


def used(source: DataSource, rows: int) -> DataSource:
    """A source with the number of rows that were taken from it."""
    return source.model_copy(update={"rows": rows})


def _existing(path: Path) -> Path:
    if not path.exists():
        raise DataError(
            f"{path} is not there. Fetch it from the source named in training/intent/datasets.py "
            "and give its folder with --data-dir."
        )
    return path


def clinc_rows(data_dir: Path, variant: str = "full") -> dict[str, Rows]:
    """CLINC150 in its own splits, ``train``, ``val`` and ``test``, out of scope included."""
    path = _existing(data_dir / "intent" / "clinc150" / f"data_{variant}.json")
    raw = json.loads(path.read_text(encoding="utf-8"))
    splits: dict[str, Rows] = {"train": [], "val": [], "test": []}
    for name, rows in splits.items():
        rows += [(text, intent) for text, intent in raw[name]]
        rows += [(text, OUT_OF_SCOPE) for text, _ in raw[f"oos_{name}"]]
    return splits


def banking_rows(data_dir: Path, split: str) -> Rows:
    """Banking77's ``train`` or ``test``."""
    path = _existing(data_dir / "intent" / "banking77" / f"{split}.csv")
    return read_csv(path, intent_column="category")


def bitext_rows(data_dir: Path) -> Rows:
    """Bitext's utterances, each once."""
    path = _existing(data_dir / "intent" / "bitext" / "bitext_20000_utterances.csv")
    return check_training_rows(read_csv(path, "utterance", "intent"), "bitext")


def tatoeba_sentences(data_dir: Path, language: str) -> list[str]:
    """The sentences of one language, from its pairs with English."""
    path = _existing(data_dir / "mt" / "everyday" / f"tatoeba.en-{language}.tsv.gz")
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [line.rstrip("\n").split("\t")[1] for line in stream]
