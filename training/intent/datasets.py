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
"""

import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from shared.model_spec import DataSource
from training.intent.data import (
    OUT_OF_SCOPE,
    DataError,
    Dataset,
    Rows,
    check_training_rows,
    label_names,
    read_csv,
    split_rows,
    to_split,
)

HERE = Path(__file__).resolve().parent
BITEXT_PER_INTENT = 400
# Intents of the other sets that mean the same in a shop.
SAME_AS_BANKING = {
    "request_refund": "get_refund",
    "Refund_not_showing_up": "track_refund",
    "passcode_forgotten": "recover_password",
    "edit_personal_details": "edit_account",
    "terminate_account": "delete_account",
    "transaction_charged_twice": "payment_issue",
    "declined_card_payment": "payment_issue",
    "card_arrival": "track_order",
    "card_delivery_estimate": "delivery_period",
}
SAME_AS_CLINC = {
    "order_status": "track_order",
    "order": "place_order",
    "card_declined": "payment_issue",
}
# CLINC150 intents that a shop's customer could mean: unfit as examples of "out of scope".
SHOP_LIKE = {
    "order", "order_status", "cancel", "account_blocked", "pay_bill", "bill_due", "balance",
    "transactions", "report_fraud", "card_declined", "new_card", "report_lost_card",
    "damaged_card", "application_status", "change_user_name", "reset_settings",
    "redeem_rewards", "rewards_balance", "expiration_date", "shopping_list",
    "shopping_list_update", "cancel_reservation", "bill_balance", "pin_change",
    "replacement_card_duration", "order_checks", "spending_history", "what_can_i_ask_you",
    "are_you_a_bot", "lost_luggage", "min_payment", "repeat", "sync_device", "text", "make_call",
}  # fmt: skip


def _existing(path: Path) -> Path:
    if not path.exists():
        raise DataError(
            f"{path} is not there. Fetch it from the source named in training/intent/datasets.py "
            "and give its folder with --data-dir."
        )
    return path


def _clinc_rows(path: Path) -> dict[str, Rows]:
    raw = json.loads(_existing(path).read_text(encoding="utf-8"))
    splits: dict[str, Rows] = {"train": [], "val": [], "test": []}
    for name, rows in splits.items():
        rows += [(text, intent) for text, intent in raw[name]]
        rows += [(text, OUT_OF_SCOPE) for text, _ in raw[f"oos_{name}"]]
    return splits


def _clinc_source(rows: int) -> DataSource:
    return DataSource(
        name="CLINC150", source="https://github.com/clinc/oos-eval", licence="CC BY 3.0", rows=rows
    )


def clinc150(data_dir: Path, seed: int, variant: str = "full") -> Dataset:
    """CLINC150 (Larson et al., 2019, arXiv:1909.02027) in its own splits."""
    del seed
    rows = _clinc_rows(data_dir / "intent" / "clinc150" / f"data_{variant}.json")
    labels = label_names(rows["train"])
    name = "clinc150" if variant == "full" else "clinc150-oos-plus"
    return Dataset(
        name,
        labels,
        to_split(rows["train"], labels),
        to_split(rows["val"], labels),
        {f"{name} test": to_split(rows["test"], labels)},
        (_clinc_source(len(rows["train"])),),
    )


def clinc150_oos_plus(data_dir: Path, seed: int) -> Dataset:
    """CLINC150 with 250 out-of-scope training texts instead of 100."""
    return clinc150(data_dir, seed, "oos_plus")


def _banking_source(rows: int) -> DataSource:
    return DataSource(
        name="Banking77",
        source="https://github.com/PolyAI-LDN/task-specific-datasets",
        licence="CC BY 4.0",
        rows=rows,
    )


def banking77(data_dir: Path, seed: int) -> Dataset:
    """Banking77 (Casanueva et al., 2020, arXiv:2003.04807); validation from its train split."""
    folder = data_dir / "intent" / "banking77"
    rows = read_csv(_existing(folder / "train.csv"), intent_column="category")
    test = read_csv(_existing(folder / "test.csv"), intent_column="category")
    labels = label_names(rows)
    kept, held = split_rows(rows, 0.08, seed)
    return Dataset(
        "banking77",
        labels,
        to_split(kept, labels),
        to_split(held, labels),
        {"banking77 test": to_split(test, labels)},
        (_banking_source(len(rows)),),
    )


def template_of(text: str) -> str:
    """A key that near-duplicates of a template-made utterance share: its sorted rare words.

    Articles, pronouns, politeness and plural endings are what such templates vary.
    """
    words = re.findall(r"[a-z]+", text.lower().replace("'", ""))
    kept = {word.rstrip("s") for word in words if word not in _FILLERS and len(word) > 2}
    return " ".join(sorted(kept))


_FILLER_WORDS = """
the and for you your yours can could would will want need please help with how what where when why
who does did have has had are was were been this that these those there some any let get got try
trying tell give show assist assistance like know may should must more ill ive dont doesnt cant
couldnt not its our their about from into out see check way ways able possible
"""
_FILLERS = frozenset(_FILLER_WORDS.split())


def split_by_template(rows: Rows, fraction: float, seed: int) -> tuple[Rows, Rows]:
    """Like `split_rows`, but no template is on both sides.

    A random split of template-made text holds out sentences whose near-copies were trained on.
    """
    groups: dict[tuple[str, str], Rows] = defaultdict(list)
    for text, intent in rows:
        groups[template_of(text), intent].append((text, intent))
    keys: Rows = [(key, intent) for key, intent in groups]
    kept_keys, held_keys = split_rows(keys, fraction, seed)
    kept = [row for key in kept_keys for row in groups[key]]
    held = [row for key in held_keys for row in groups[key]]
    return kept, held


def bitext(data_dir: Path, seed: int) -> Dataset:
    """Bitext alone, tested on templates that were not trained on."""
    path = _existing(data_dir / "intent" / "bitext" / "bitext_20000_utterances.csv")
    rows = check_training_rows(read_csv(path, "utterance", "intent"), "bitext")
    labels = label_names(rows)
    rest, unseen = split_by_template(rows, 0.1, seed)
    train, validation = split_by_template(rest, 0.1, seed + 1)
    return Dataset(
        "bitext",
        labels,
        to_split(train, labels),
        to_split(validation, labels),
        {"bitext unseen templates": to_split(unseen, labels)},
        (_bitext_source(len(train)),),
    )


def _bitext_source(rows: int) -> DataSource:
    return DataSource(
        name="Bitext customer support utterances",
        source="https://github.com/bitext/customer-support-intent-detection-training-dataset",
        licence="CDLA-Sharing 1.0",
        rows=rows,
    )


def _customer_rows(data_dir: Path) -> dict[str, Rows]:
    """Real customers' wording for retail intents, from Banking77 and CLINC150."""
    rows = {name: list[tuple[str, str]]() for name in ("train", "val", "test")}
    for name in ("train", "test"):
        path = _existing(data_dir / "intent" / "banking77" / f"{name}.csv")
        for text, intent in read_csv(path, intent_column="category"):
            if intent in SAME_AS_BANKING:
                rows[name].append((text, SAME_AS_BANKING[intent]))
    for name, split in _clinc_rows(data_dir / "intent" / "clinc150" / "data_full.json").items():
        rows[name] += [(t, SAME_AS_CLINC[intent]) for t, intent in split if intent in SAME_AS_CLINC]
    rows["train"], held = split_rows(rows["train"], 0.1, 0)
    rows["val"] += held
    return rows


def _phrases() -> Rows:
    phrases = json.loads((HERE / "retail_phrases.json").read_text(encoding="utf-8"))
    return [(text, intent) for intent, texts in phrases.items() for text in texts]


def _out_of_scope_rows(data_dir: Path) -> dict[str, Rows]:
    """CLINC150 texts that no shop could mean, in its own splits."""
    clinc = _clinc_rows(data_dir / "intent" / "clinc150" / "data_full.json")
    unfit = SHOP_LIKE | set(SAME_AS_CLINC)
    return {
        name: [(text, OUT_OF_SCOPE) for text, intent in split if intent not in unfit]
        for name, split in clinc.items()
    }


def _capped(rows: Rows, per_intent: int, seed: int) -> Rows:
    """At most so many rows of each intent, drawn at random."""
    by_intent: dict[str, Rows] = defaultdict(list)
    for row in rows:
        by_intent[row[1]].append(row)
    rng = random.Random(seed)
    return [
        row
        for intent in sorted(by_intent)
        for row in rng.sample(by_intent[intent], min(per_intent, len(by_intent[intent])))
    ]


def retail(data_dir: Path, seed: int) -> Dataset:
    """Bitext's 27 customer-service intents, in customers' words too, and texts no shop would get.

    Bitext is made from templates: alone, it teaches that natural wording is out of scope. So it
    is capped, and joined by customers' sentences with the same intent from Banking77 and CLINC150
    and by phrases written for this project.
    """
    path = _existing(data_dir / "intent" / "bitext" / "bitext_20000_utterances.csv")
    bitext = check_training_rows(read_csv(path, "utterance", "intent"), "bitext")
    rest, unseen = split_by_template(bitext, 0.1, seed)
    rest, at_random = split_rows(rest, 0.05, seed)
    train, validation = split_by_template(rest, 0.1, seed + 1)
    train = _capped(train, BITEXT_PER_INTENT, seed)
    outside = _out_of_scope_rows(data_dir)
    foreign, foreign_source = foreign_rows(data_dir, seed)
    customers = _customer_rows(data_dir)
    phrases, held_phrases = split_rows(_phrases(), 0.1, seed)
    used_outside = outside["train"][::4]
    labels = label_names(train + used_outside)
    natural = read_csv(HERE / "retail_natural_test.csv")
    return Dataset(
        "retail",
        labels,
        to_split(
            train + customers["train"] * 2 + phrases * 6 + used_outside + foreign["train"], labels
        ),
        to_split(
            validation + customers["val"] + held_phrases + outside["val"] + foreign["val"], labels
        ),
        {
            "retail unseen templates": to_split(unseen + outside["test"], labels),
            "retail random split": to_split(at_random, labels),
            "retail customers' wording": to_split(customers["test"], labels),
            "retail natural messages": to_split(natural, labels),
        },
        (
            _bitext_source(len(train)),
            _clinc_source(len(used_outside)),
            _banking_source(len(customers["train"])),
            foreign_source,
            DataSource(
                name="Phrases written for this project",
                source="training/intent/retail_phrases.json",
                licence="Apache-2.0",
                rows=len(phrases),
            ),
        ),
    )


def foreign_rows(data_dir: Path, seed: int) -> tuple[dict[str, Rows], DataSource]:
    """Everyday German, French and Spanish as out of scope (Tatoeba)."""
    rng = random.Random(seed)
    rows: dict[str, Rows] = {"train": [], "val": []}
    for language in ("de", "fr", "es"):
        path = data_dir / "mt" / "everyday" / f"tatoeba.en-{language}.tsv.gz"
        with gzip.open(_existing(path), "rt", encoding="utf-8") as stream:
            foreign = [line.rstrip("\n").split("\t")[1] for line in stream]
        sample = rng.sample(foreign, 350)
        rows["train"] += [(text, OUT_OF_SCOPE) for text in sample[:300]]
        rows["val"] += [(text, OUT_OF_SCOPE) for text in sample[300:]]
    source = DataSource(
        name="Tatoeba sentences",
        source="https://tatoeba.org",
        licence="CC BY 2.0 FR",
        rows=len(rows["train"]),
    )
    return rows, source


LOADERS: dict[str, Callable[[Path, int], Dataset]] = {
    "bitext": bitext,
    "retail": retail,
    "clinc150": clinc150,
    "clinc150-oos-plus": clinc150_oos_plus,
    "banking77": banking77,
}
