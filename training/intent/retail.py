"""The data of the default model: a shop's customer service. Imports without torch."""

import json
import random
from collections import defaultdict
from pathlib import Path

from shared.models.spec import DataSource
from training.intent import public_data
from training.intent.examples import (
    OUT_OF_SCOPE,
    Dataset,
    Rows,
    label_names,
    read_csv,
    split_rows,
    to_split,
)
from training.intent.templates import split_by_template

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


def _customer_rows(data_dir: Path) -> dict[str, Rows]:
    """Real customers' wording for retail intents, from Banking77 and CLINC150."""
    rows = {name: list[tuple[str, str]]() for name in ("train", "val", "test")}
    for name in ("train", "test"):
        for text, intent in public_data.banking_rows(data_dir, name):
            if intent in SAME_AS_BANKING:
                rows[name].append((text, SAME_AS_BANKING[intent]))
    for name, split in public_data.clinc_rows(data_dir).items():
        rows[name] += [(t, SAME_AS_CLINC[intent]) for t, intent in split if intent in SAME_AS_CLINC]
    rows["train"], held = split_rows(rows["train"], 0.1, 0)
    rows["val"] += held
    return rows


def phrases() -> Rows:
    """Customers' phrases written for this project, with their intents."""
    by_intent = json.loads((HERE / "retail_phrases.json").read_text(encoding="utf-8"))
    return [(text, intent) for intent, texts in by_intent.items() for text in texts]


def _out_of_scope_rows(data_dir: Path) -> dict[str, Rows]:
    """CLINC150 texts that no shop could mean, in its own splits."""
    clinc = public_data.clinc_rows(data_dir)
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
    bitext = public_data.bitext_rows(data_dir)
    rest, unseen = split_by_template(bitext, 0.1, seed)
    rest, at_random = split_rows(rest, 0.05, seed)
    train, validation = split_by_template(rest, 0.1, seed + 1)
    train = _capped(train, BITEXT_PER_INTENT, seed)
    outside = _out_of_scope_rows(data_dir)
    foreign, foreign_source = foreign_rows(data_dir, seed)
    customers = _customer_rows(data_dir)
    spoken, held_phrases = split_rows(phrases(), 0.1, seed)
    used_outside = outside["train"][::4]
    labels = label_names(train + used_outside)
    natural = read_csv(HERE / "retail_natural_test.csv")
    return Dataset(
        "retail",
        labels,
        to_split(
            train + customers["train"] * 2 + spoken * 6 + used_outside + foreign["train"], labels
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
            public_data.used(public_data.BITEXT, len(train)),
            public_data.used(public_data.CLINC150, len(used_outside)),
            public_data.used(public_data.BANKING77, len(customers["train"])),
            foreign_source,
            DataSource(
                name="Phrases written for this project",
                source="training/intent/retail_phrases.json",
                licence="Apache-2.0",
                rows=len(spoken),
            ),
        ),
    )


def foreign_rows(data_dir: Path, seed: int) -> tuple[dict[str, Rows], DataSource]:
    """Everyday German, French and Spanish as out of scope (Tatoeba)."""
    rng = random.Random(seed)
    rows: dict[str, Rows] = {"train": [], "val": []}
    for language in ("de", "fr", "es"):
        foreign = public_data.tatoeba_sentences(data_dir, language)
        sample = rng.sample(foreign, 350)
        rows["train"] += [(text, OUT_OF_SCOPE) for text in sample[:300]]
        rows["val"] += [(text, OUT_OF_SCOPE) for text in sample[300:]]
    source = public_data.used(public_data.TATOEBA, len(rows["train"]))
    return rows, source
