"""Everyday shop sentences in four languages, composed from small tables of words that agree.

None is a golden sentence or one of its accepted translations; a test checks that.
"""

import random
from collections.abc import Iterator

from training.translation.shop_words import (
    ADJECTIVES,
    COLOURS,
    COSTS,
    DAYS,
    DELIVERIES,
    FIELDS,
    IRREGULAR,
    PAYMENTS,
    THINGS,
    Row,
)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _returning(rng: random.Random) -> Iterator[Row]:
    verbs: tuple[Row, ...] = (
        ("I would like to return {}.", "Ich möchte {} zurückgeben.", "Je voudrais retourner {}.",
         "Me gustaría devolver {}."),
        ("I'd like to return {}.", "Ich würde {} gerne zurückgeben.",
         "J'aimerais retourner {}.", "Quisiera devolver {}."),
        ("I want to return {}.", "Ich will {} zurückgeben.", "Je veux retourner {}.",
         "Quiero devolver {}."),
        ("I'd like to send back {}.", "Ich möchte {} zurücksenden.", "Je voudrais renvoyer {}.",
         "Me gustaría devolver {}."),
        ("Can I return {}?", "Kann ich {} zurückgeben?", "Puis-je retourner {} ?",
         "¿Puedo devolver {}?"),
        ("I would like to exchange {}.", "Ich möchte {} umtauschen.", "Je voudrais échanger {}.",
         "Me gustaría cambiar {}."),
    )  # fmt: skip
    for thing in THINGS:
        if thing.words[0] not in ("shoes", "size"):
            for verb in rng.sample(verbs, 4):
                yield _fill(verb, thing.these_accusative)


def _stock(rng: random.Random) -> Iterator[Row]:
    for thing in THINGS:
        en, de, fr, es = map(_capital, thing.these)
        be = ("are", "sind", "sont", "están") if thing.plural else ("is", "ist", "est", "está")
        out = f"{en} {be[0]} out of stock."
        agotado = f"{es} {be[3]} agotad{thing.ending('es')}."
        yield out, f"{de} {be[1]} nicht auf Lager.", f"{fr} {be[2]} en rupture de stock.", agotado
        yield (
            f"{en} {be[0]} sold out.",
            f"{de} {be[1]} ausverkauft.",
            f"{fr} {be[2]} épuisé{thing.ending('fr')}.",
            agotado,
        )
        if rng.random() < 1 / 2:
            yield (
                f"{en} {be[0]} back in stock.",
                f"{de} {be[1]} wieder auf Lager.",
                f"{fr} {be[2]} de nouveau en stock.",
                f"{es} {be[3]} de nuevo en stock.",
            )
            yield (
                f"{en} {be[0]} no longer in stock.",
                f"{de} {be[1]} nicht mehr auf Lager.",
                f"{fr} ne {be[2]} plus en stock." if thing.plural else f"{fr} n'est plus en stock.",
                f"{es} ya no {be[3]} en stock.",
            )


def _colours(rng: random.Random) -> Iterator[Row]:
    asks: tuple[Row, ...] = (
        ("Do you have {} in {}?", "Haben Sie {} in {}?", "Avez-vous {} en {} ?",
         "¿Tiene {} en {}?"),
        ("Do you also have {} in {}?", "Haben Sie {} auch in {}?", "Avez-vous aussi {} en {} ?",
         "¿Tienen también {} en {}?"),
        ("I would like {} in {}.", "Ich hätte gerne {} in {}.", "Je voudrais {} en {}.",
         "Me gustaría {} en {}."),
    )  # fmt: skip
    for thing in THINGS:
        for colour in rng.sample(COLOURS, 5):
            yield _fill(asks[0], thing.these_accusative, colour)
        yield _fill(rng.choice(asks[1:]), thing.these_accusative, rng.choice(COLOURS))


def _fit(rng: random.Random) -> Iterator[Row]:
    for thing in THINGS:
        en, de, fr, es = map(_capital, thing.these)
        be = ("are", "sind", "sont", "son") if thing.plural else ("is", "ist", "est", "es")
        for adjective in rng.sample(ADJECTIVES, 3):
            french = adjective[2] + thing.ending("fr")
            spanish = adjective[3] + thing.ending("es")
            yield (
                f"{en} {be[0]} too {adjective[0]}.",
                f"{de} {be[1]} zu {adjective[1]}.",
                f"{fr} {be[2]} trop {IRREGULAR.get(french, french)}.",
                f"{es} {be[3]} demasiado {IRREGULAR.get(spanish, spanish)}.",
            )


def _costs(rng: random.Random) -> Iterator[Row]:
    asks: tuple[Row, ...] = (
        ("How much does {} cost?", "Wie viel kostet {}?", "Combien coûte {} ?",
         "¿Cuánto cuesta {}?"),
        ("How much is {}?", "Was kostet {}?", "Combien coûte {} ?", "¿Cuánto cuesta {}?"),
        ("What does {} cost?", "Was kostet {}?", "Combien coûte {} ?", "¿Cuánto cuesta {}?"),
    )  # fmt: skip
    for item in COSTS:
        for ask in asks:
            yield _fill(ask, item)
    for thing in THINGS:
        if not thing.plural:
            yield _fill(asks[rng.random() < 1 / 4], thing.these)


def _paying(_: random.Random) -> Iterator[Row]:
    asks: tuple[Row, ...] = (
        ("Can I pay {}?", "Kann ich {} bezahlen?", "Puis-je payer {} ?", "¿Puedo pagar {}?"),
        ("May I pay {}?", "Kann ich {} zahlen?", "Est-ce que je peux payer {} ?",
         "¿Se puede pagar {}?"),
        ("You can pay {}.", "Sie können {} bezahlen.", "Vous pouvez payer {}.",
         "Puede pagar {}."),
        ("I would like to pay {}.", "Ich möchte {} bezahlen.", "Je voudrais payer {}.",
         "Me gustaría pagar {}."),
    )  # fmt: skip
    for way in PAYMENTS:
        for ask in asks:
            yield _fill(ask, way)
    card = ("by credit card", "mit Kreditkarte", "par carte de crédit", "con tarjeta de crédito")
    for ask in asks[2:]:
        yield _fill(ask, card)


def _fields(_: random.Random) -> Iterator[Row]:
    asks: tuple[Row, ...] = (
        ("Please enter your {}.", "Bitte geben Sie {} ein.", "Veuillez saisir {}.",
         "Por favor, introduzca {}."),
        ("Enter your {}.", "Geben Sie {} ein.", "Saisissez {}.", "Introduzca {}."),
        ("Please check your {}.", "Bitte überprüfen Sie {}.", "Veuillez vérifier {}.",
         "Por favor, compruebe {}."),
    )  # fmt: skip
    for field in FIELDS:
        for ask in asks:
            yield _fill(ask, field)


def _windows(rng: random.Random) -> Iterator[Row]:
    for _ in range(260):
        what, day = rng.choice(DELIVERIES), rng.choice(DAYS)
        start = rng.randint(7, 18)
        end = start + rng.randint(1, 4)
        if (start, end) == (9, 12):
            continue
        french = rng.choice((f"{start} h et {end} h", f"{start} et {end} heures"))
        verb = rng.choice(("will arrive", "will arrive", "arrives"))
        comes = "kommt" if rng.random() < 2 / 3 else "trifft"
        yield (
            f"{what[0]} {verb} {day[0]} between {start} and {end}.",
            f"{what[1]} {comes} {day[1]} zwischen {start} und {end} Uhr "
            + ("an." if comes == "kommt" else "ein."),
            f"{what[2]} arrivera {day[2]} entre {french}.",
            f"{what[3]} llegará {day[3]} entre las {start} y las {end}.",
        )


def _fill(form: Row, *parts: Row) -> Row:
    filled = [text.format(*values) for text, *values in zip(form, *parts, strict=True)]
    return filled[0], filled[1], filled[2], filled[3]


FORMS = (_returning, _stock, _colours, _fit, _costs, _paying, _fields, _windows)


def sentences() -> list[Row]:
    """All of them, each once, the same at every call."""
    rng = random.Random(0)
    return list(dict.fromkeys(row for form in FORMS for row in form(rng)))
