"""Public data sets by name. Each loader names its source and licence; none is shipped.

Every file is expected under ``--data-dir`` in the layout of its source:

- ``clinc150``, ``clinc150-oos-plus``: ``intent/clinc150/data_full.json``, ``data_oos_plus.json``
  from github.com/clinc/oos-eval, CC BY 3.0
- ``banking77``: ``intent/banking77/train.csv``, ``test.csv``
  from github.com/PolyAI-LDN/task-specific-datasets, CC BY 4.0
- ``bitext``, ``retail``: ``intent/bitext/bitext_20000_utterances.csv``
  from github.com/bitext/customer-support-intent-detection-training-dataset, CDLA-Sharing 1.0;
  ``retail`` adds CLINC150, Banking77, ``mt/everyday/tatoeba.en-{de,fr,es}.tsv.gz`` (tatoeba.org,
  CC BY 2.0 FR) and the phrases in retail_phrases.json
- ``shop``: the messages in training/intent/shop, and CLINC150's texts out of scope
"""

from collections.abc import Callable
from pathlib import Path

from training.intent import public_data
from training.intent.examples import Dataset, label_names, split_rows, to_split
from training.intent.retail import retail
from training.intent.shop import shop
from training.intent.templates import split_by_template


def clinc150(data_dir: Path, seed: int, variant: str = "full") -> Dataset:
    """CLINC150 (Larson et al., 2019, arXiv:1909.02027) in its own splits."""
    del seed
    rows = public_data.clinc_rows(data_dir, variant)
    labels = label_names(rows["train"])
    name = "clinc150" if variant == "full" else "clinc150-oos-plus"
    return Dataset(
        name,
        labels,
        to_split(rows["train"], labels),
        to_split(rows["val"], labels),
        {f"{name} test": to_split(rows["test"], labels)},
        (public_data.used(public_data.CLINC150, len(rows["train"])),),
    )


def clinc150_oos_plus(data_dir: Path, seed: int) -> Dataset:
    """CLINC150 with 250 out-of-scope training texts instead of 100."""
    return clinc150(data_dir, seed, "oos_plus")


def banking77(data_dir: Path, seed: int) -> Dataset:
    """Banking77 (Casanueva et al., 2020, arXiv:2003.04807); validation from its train split."""
    rows = public_data.banking_rows(data_dir, "train")
    test = public_data.banking_rows(data_dir, "test")
    labels = label_names(rows)
    kept, held = split_rows(rows, 0.08, seed)
    return Dataset(
        "banking77",
        labels,
        to_split(kept, labels),
        to_split(held, labels),
        {"banking77 test": to_split(test, labels)},
        (public_data.used(public_data.BANKING77, len(rows)),),
    )


def bitext(data_dir: Path, seed: int) -> Dataset:
    """Bitext alone, tested on templates that were not trained on."""
    rows = public_data.bitext_rows(data_dir)
    labels = label_names(rows)
    rest, unseen = split_by_template(rows, 0.1, seed)
    train, validation = split_by_template(rest, 0.1, seed + 1)
    return Dataset(
        "bitext",
        labels,
        to_split(train, labels),
        to_split(validation, labels),
        {"bitext unseen templates": to_split(unseen, labels)},
        (public_data.used(public_data.BITEXT, len(train)),),
    )


LOADERS: dict[str, Callable[[Path, int], Dataset]] = {
    "bitext": bitext,
    "retail": retail,
    "shop": shop,
    "clinc150": clinc150,
    "clinc150-oos-plus": clinc150_oos_plus,
    "banking77": banking77,
}
