"""The default model's data: a shop's messages in four languages, written for this project.

``shop/first.*.tsv`` and the like of the other `AUTHORS` (CC0) hold intent, tab, message with slots
marked inline; ``denied:NAME`` stands for a wish that is denied, ``A+B`` for two wishes, with ``||``
before the second. Beside them each epoch gets wishes
in frames, two messages in one, bare values, the English phrases of retail_phrases.json, and texts
of CLINC150 and Banking77. ``shop/test.*.tsv`` is by an author of whom nothing is learned and by
whom nothing is chosen; what happens to be learned word for word is left out of it.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

from shared.models.spec import DataSource
from training.intent import public_data
from training.intent.examples import (
    OUT_OF_SCOPE,
    Dataset,
    Split,
    label_names,
    read_csv,
    to_split,
)
from training.intent.messages import DENIED, Message, message_of, parts_of
from training.intent.noise import joined
from training.intent.retail import SHOP_LIKE, phrases
from training.intent.values import Values, pool_of
from training.intent.wishes import FOLDER, FramedWishes

LANGUAGES = ("en", "de", "fr", "es")
# Of each intent's messages in a file, every so many-th is held out, from that place on.
AUTHORS = ("first", "second", "third", "fourth", "fifth")
HELD_OUT = {
    "first.en": (6, 2),
    "first": (5, 2),
    "second": (8, 3),
    "third": (10, 4),
    "fourth": (10, 4),
    "fifth": (3, 1),
}
TALK = frozenset({"greeting", "goodbye", "thanks", "affirm", "deny", "bot_challenge"})
LONE = TALK | {OUT_OF_SCOPE, "complaint"}  # no wish beside another
LONGEST_JOINED = 190  # characters
# Wishes that one sentence often holds while it asks for one thing.
CLOSE = tuple(
    frozenset(names.split())
    for names in (
        "return_item get_refund check_refund_policy track_refund exchange_item",
        "delivery_problem track_order delivery_period missing_item",
        "login_problem recover_password registration_problems create_account",
        "contact_human_agent contact_customer_service",
        "product_question size_advice price_question product_availability recommend_product",
        "damaged_item warranty_repair wrong_item",
        "change_order place_order cancel_order",
        "charge_dispute payment_issue price_match",
        "change_shipping_address set_up_shipping_address edit_account",
    )
)
TWO = "two wishes"
RENAMED = {"check_invoices": "get_invoice"}  # of the intents of the model of 0.1.0
NATURAL_TEST = Path(__file__).with_name("retail_natural_test.csv")
FRAMED = {"wanted": 50, "denied": 90, "rather": 45, "both": 60}  # an epoch, in each language
BARE_VALUES, JOINED_SHARE = 26, 0.1
PUBLIC = {"outside": 250, "customers": 160}  # texts an epoch
# Intents of the public sets that mean the same in a shop.
SAME_AS_CLINC = {
    "order_status": "track_order",
    "order": "place_order",
    "card_declined": "payment_issue",
    "greeting": "greeting",
    "goodbye": "goodbye",
    "thank_you": "thanks",
    "yes": "affirm",
    "no": "deny",
    "are_you_a_bot": "bot_challenge",
    "what_is_your_name": "bot_challenge",
}
SAME_AS_BANKING = {
    "request_refund": "get_refund",
    "Refund_not_showing_up": "track_refund",
    "transaction_charged_twice": "charge_dispute",
    "declined_card_payment": "payment_issue",
}
# CLINC150's small talk that a shop's customer could mean: unfit as examples of out of scope.
SMALL_TALK = {"maybe", "user_name", "who_made_you", "what_are_your_hobbies", "change_ai_name"}


def joinable(first: str, second: str) -> bool:
    """Whether two intents can be asked for in one message as two wishes."""
    pair = {first, second}
    return len(pair) == 2 and not pair & LONE and not any(pair <= close for close in CLOSE)


def read_messages(path: Path, language: str) -> list[Message]:
    """The messages of a file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t", 1) for line in lines if line]
    return [message_of(text, intent, OUT_OF_SCOPE, language) for intent, text in rows]


def hold_out(
    messages: list[Message], every: int, first: int
) -> tuple[list[Message], list[Message]]:
    """Messages to learn from and those held out, the same share of each intent."""
    places: dict[str, int] = defaultdict(int)
    kept: tuple[list[Message], list[Message]] = ([], [])
    for message in messages:
        key = DENIED if message.denied else TWO if message.wishes else message.intent
        kept[places[key] % every == first].append(message)
        places[key] += 1
    return kept


def _split() -> tuple[list[Message], dict[str, list[Message]]]:
    """What is learned from, and what is held out by author and language.

    No message is in both, not even where two authors wrote the same one.
    """
    train: list[Message] = []
    held: dict[str, list[Message]] = {}
    for author in AUTHORS:
        for language in LANGUAGES:
            name = f"{author}.{language}"
            every, first = HELD_OUT.get(name) or HELD_OUT[author]
            messages = read_messages(FOLDER / f"{name}.tsv", language)
            kept, held[name] = hold_out(messages, every, first)
            train += kept
    said = {_letters(m.text) for part in held.values() for m in part}
    return [m for m in train if _letters(m.text) not in said], held


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold())) or text


def held_out() -> dict[str, list[Message]]:
    """The messages that no training sees, by language; some hold two wishes."""
    _, parts = _split()
    named = {language: f".{language}" for language in LANGUAGES}
    return {
        language: [m for name, part in parts.items() if name.endswith(end) for m in part]
        for language, end in named.items()
    }


def split_of(messages: list[Message], labels: list[str]) -> Split:
    index = {label: position for position, label in enumerate(labels)}
    texts, places = [m.text for m in messages], [index[m.intent] for m in messages]
    return Split(texts, places, messages)


class ShopEpochs:
    """The messages of each epoch."""

    def __init__(self, train: list[Message], public: Mapping[str, list[Message]]) -> None:
        self.train, self.public = train, public
        self.pool = pool_of(train)
        self.halves = [part for m in train for part in parts_of(m)]
        wanted = [m for m in train if m.intent not in LONE and not m.wishes]
        self.by_language = {x: [m for m in wanted if m.language == x] for x in LANGUAGES}
        greetings = [m for m in train if m.intent == "greeting"]
        self.greetings = {x: [m for m in greetings if m.language == x] for x in LANGUAGES}

    def __call__(self, rng: random.Random) -> list[Message]:
        """One epoch, in random order."""
        values = Values(rng, self.pool)
        framed = FramedWishes(rng, OUT_OF_SCOPE, joinable)
        kinds: dict[str, Callable[[str], Message]] = {
            "wanted": framed.wanted,
            "denied": framed.denied,
            "rather": framed.rather,
            "both": framed.both,
        }
        messages = [*self.train, *self.halves]
        for language in LANGUAGES:
            messages += [make(language) for x, make in kinds.items() for _ in range(FRAMED[x])]
            messages += [values.bare(language, OUT_OF_SCOPE) for _ in range(BARE_VALUES)]
            messages += self._joined(language, values)
        for name, texts in self.public.items():
            messages += rng.sample(texts, min(PUBLIC.get(name, len(texts)), len(texts)))
        rng.shuffle(messages)
        return [
            values.refilled(m) if m.slots and not m.wishes and rng.random() < 0.4 else m
            for m in messages
        ]

    def _joined(self, language: str, values: Values) -> list[Message]:
        """Two wishes in one message, and a greeting before one wish."""
        rng, found = values.rng, []
        wanted, greetings = self.by_language[language], self.greetings[language]
        for _ in range(round(len(self.train) * JOINED_SHARE / len(LANGUAGES))):
            one, other = rng.choice(wanted), rng.choice(wanted)
            fits = len(one.text) + len(other.text) <= LONGEST_JOINED
            if fits and joinable(one.intent, other.intent):
                both = joined(values.refilled(one), values.refilled(other), rng)
                found += [both, *parts_of(both)[1:]]  # a second wish begins as no message does
            if rng.random() < 1 / 8:
                both = joined(rng.choice(greetings), other, rng)
                found.append(Message(both.text, other.intent, both.slots, language))
        return found


def public_messages(data_dir: Path) -> dict[str, list[Message]]:
    """English messages of others that join the epochs: phrases, customers' words, outsiders."""
    rows = public_data.clinc_rows(data_dir, "oos_plus")["train"]
    rows = [(text, SAME_AS_CLINC.get(intent, intent)) for text, intent in rows]
    banking = [
        (text, SAME_AS_BANKING[intent])
        for text, intent in public_data.banking_rows(data_dir, "train")
        if intent in SAME_AS_BANKING
    ]
    known = set(SAME_AS_CLINC.values())
    unfit = SHOP_LIKE | SMALL_TALK | known
    found = {
        "phrases": [(t, RENAMED.get(x, x)) for t, x in phrases() if x != OUT_OF_SCOPE],
        "customers": banking + [(text, intent) for text, intent in rows if intent in known],
        "outside": [(text, OUT_OF_SCOPE) for text, intent in rows if intent not in unfit],
    }
    return {
        name: [Message(text, intent, (), "en", plain=True) for text, intent in texts]
        for name, texts in found.items()
    }


def of_another_author(train: list[Message] | None = None) -> dict[str, list[Message]]:
    """The messages of whom nothing is learned and by whom nothing is chosen, by language.

    Args:
        train: what is learned, of which none is kept; None for what the default model learns.
    """
    learned = {_letters(message.text) for message in (_split()[0] if train is None else train)}
    found = {}
    for language in LANGUAGES:
        blind = read_messages(FOLDER / f"test.{language}.tsv", language)
        found[language] = [one for one in blind if _letters(one.text) not in learned]
    return found


def _of_others(train: list[Message], labels: list[str]) -> dict[str, Split]:
    """What authors wrote of whom nothing is learned, without what is learned word for word."""
    tests = {
        f"shop {language}, another author": split_of(messages, labels)
        for language, messages in of_another_author(train).items()
    }
    # What was out of scope for that model, such as a greeting, has an intent of its own here.
    natural = [
        (text, RENAMED.get(name, name))
        for text, name in read_csv(NATURAL_TEST)
        if name != OUT_OF_SCOPE
    ]
    tests["natural messages of 0.1.0"] = to_split(natural, labels)
    return tests


def shop(data_dir: Path, seed: int) -> Dataset:
    """The 55 intents of a shop's chatbot in English, German, French and Spanish."""
    del seed
    train, held = _split()
    labels = label_names([(m.text, m.intent) for m in train])
    public = public_messages(data_dir)
    one = [m for part in held.values() for m in part if not m.wishes]
    tests = {
        f"shop {language}, held out": split_of([m for m in one if m.language == language], labels)
        for language in LANGUAGES
    }
    tests |= _of_others(train, labels)
    own = DataSource(
        name="A shop's messages, written for this project",
        source="training/intent/shop",
        licence="CC0-1.0",
        rows=len(train),
    )
    return Dataset(
        "shop",
        labels,
        split_of(train, labels),
        split_of(one, labels),
        tests,
        (
            own,
            public_data.used(public_data.CLINC150, len(public["outside"])),
            public_data.used(public_data.BANKING77, len(public["customers"])),
        ),
        epochs=ShopEpochs(train, public),
        joinable=joinable,
        pairs=tuple(m for part in held.values() for m in part if m.wishes),
    )
