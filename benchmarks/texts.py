"""The messages that are timed: what shoppers type, 2 to 12 words."""

from pathlib import Path

from training.intent.examples import read_csv

SOURCE = Path(__file__).resolve().parent.parent / "training/intent/retail_natural_test.csv"


def messages() -> list[str]:
    """All of them, in file order."""
    return [text for text, _ in read_csv(SOURCE)]


def batches(size: int) -> list[list[str]]:
    """Full batches over the messages."""
    texts = messages()
    return [texts[i : i + size] for i in range(0, len(texts) - size + 1, size)]
