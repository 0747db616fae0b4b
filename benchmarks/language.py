"""How often is English taken for another language, and another one not noticed?

    python -m benchmarks.language --data-dir DIR

English: the test texts of Banking77 and CLINC150. Other languages: the foreign side of
``mt/dev/tatoeba-test-v2021-08-07.en-*.tsv.gz``, short everyday sentences.
"""

import argparse
import gzip
from pathlib import Path

from benchmarks.machine import write
from shared.language import clearly_other
from training.intent.datasets import banking77, clinc150

FOREIGN = ("de", "es", "fr")
ROWS = 3_000


def rate(texts: list[str]) -> dict[str, float | int]:
    """Share of ``texts`` found to be clearly not English."""
    found = sum(clearly_other(text, {"en"}) is not None for text in texts)
    return {"rows": len(texts), "found_other": round(found / len(texts), 5)}


def foreign(data_dir: Path, language: str) -> list[str]:
    """Sentences of another language."""
    path = data_dir / "mt" / "dev" / f"tatoeba-test-v2021-08-07.en-{language}.tsv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [line.rstrip("\n").split("\t")[1] for line in stream][:ROWS]


def main() -> None:
    """Measure and write results/language.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data-dir", type=Path, required=True)
    data_dir = parser.parse_args().data_dir
    english = {**banking77(data_dir, 0).test, **clinc150(data_dir, 0).test}
    result = {
        "english": {name: rate(split.texts) for name, split in english.items()},
        "other": {language: rate(foreign(data_dir, language)) for language in FOREIGN},
    }
    path = write("language", "python -m benchmarks.language --data-dir DIR", result)
    print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
