"""Words whose loss makes a text dangerous: negations, allergens, hazards."""

import re
from functools import lru_cache

_NEGATIONS = {
    "en": r"not|n['’]t|never|no|none|nor|neither|nothing|nobody|cannot|without|nowhere",
    "de": r"nicht|kein\w*|nie|niemals|nirgends|niemand\w*|nichts|ohne|weder|noch nie|keinesfalls"
    r"|keineswegs|nein|un(?:geeignet|zulässig|möglich|erlaubt)\w*|verboten",
    "fr": r"ne|n['’]\w+|pas|jamais|sans|aucun\w*|non|rien|ni|personne|interdit\w*",
    "es": r"no|nunca|sin|jamás|ni|nada|nadie|ningún|ninguna?|tampoco|prohibid\w*",
    "pt": r"não|nunca|sem|jamais|nem|nada|ninguém|nenhuma?|proibid\w*",
}
# Words that another language may well say with a negation, so that one more is no mistake.
_NEAR = {
    "en": r"free|un\w+|in\w+ble|less|\w+less|avoid|keep|only|stop|out|except|away|fail\w*|lack\w*"
    r"|miss\w*|refus\w*|prohibit\w*|forbid\w*|forbidden|hardly|rather|before|until|otherwise|wrong"
    r"|dis\w+|empty|non\w*|\w+proof|\w+free|different|few|little|but|any\w*|too|instead|waterproof",
    "de": r"\w*frei\w*|un\w+|nur|vermeiden|außer\w*|fern\w*|fehl\w*|ab\w+|kaum|\w+los\w*|statt"
    r"|bevor|bis|sonst|falsch\w*|leer\w*|anders|wenig\w*|aber|sondern|miss\w*|ver\w+",
    "fr": r"seul\w*|évit\w*|hors|sauf|in\w+|im\w+|dé\w+|manqu\w*|refus\w*|que|avant|sinon|plus"
    r"|peu|mais|vide\w*|autre\w*|éloign\w*|loin|écart|moins|guère|gratuit\w*|mal\w*|dépourvu\w*",
    "es": r"sol[oa]|sólo|evit\w*|fuera|excepto|salvo|in\w+|des\w+|falt\w*|antes|hasta|menos|apenas"
    r"|poc[oa]s?|pero|vací[oa]s?|libre\w*|lejos|alej\w*|otr[oa]s?|mal\w*|rechaz\w*|gratis|más",
}
# What the law has a shop say of food, and what it warns of: one row each, stems by language.
LANGUAGES = ("en", "de", "fr", "es")
_HAZARDS = (
    ("milk|dairy", "milch|molke", "lait", "leche|láct"),
    ("egg", r"\bei\b|\beier|eigelb|vollei", r"œuf|oeuf", "huevo"),
    ("peanut", "erdn[uü]ss", "arachide|cacahu", "cacahue|maní"),
    (r"\bnuts?\b|hazelnut|walnut|almond", "n[uü]ss|mandel", "noix|noisette|amande|coque",
     "nue[cz]|avellana|almendra|cáscara"),
    ("gluten", "gluten", "gluten", "gluten"),
    ("wheat", "weizen", r"\bblé", "trigo"),
    ("soya?", "soja", "soja", "soja|soya"),
    ("fish", "fisch", "poisson", "pescad|pez"),
    ("shellfish|crustacean", "krebs|krust", "crustac", "crustác|marisco"),
    ("sesame", "sesam", "sésame", "sésamo"),
    ("mustard", "senf", "moutarde", "mostaza"),
    ("celery", "sellerie", "céleri", "apio"),
    ("lactose", "laktose|lactose", "lactose", "lactosa"),
    ("poison|toxic", "gift(?!card)|toxi", "poison|toxi", "venen|tóxic"),
    ("flammable", "brennbar|entzündlich|entflammbar", "inflammable", "inflamable"),
    ("chok", "erstick|verschluck", "étouff|suffoc", "asfixi|atragant|ahog"),
)  # fmt: skip


@lru_cache(maxsize=16)
def _word(table: str, language: str) -> re.Pattern[str] | None:
    words = (_NEGATIONS if table == "negation" else _NEAR).get(language)
    if words is None:
        return None
    # The English "n't" is the end of a word.
    start = r"(?:(?<!\w)|(?<=\w)(?=n['’]t))" if language == "en" else r"(?<!\w)"
    return re.compile(rf"{start}(?:{words})(?!\w)", re.IGNORECASE)


def negation_differs(source: str, output: str, language: str, target: str) -> bool:
    """Whether a negation is lost, or made up."""
    here, there = _word("negation", language), _word("negation", target)
    if here is None or there is None:
        return False
    said, told = here.search(source), there.search(output)
    if said and not told:
        near = _word("near", target)
        return not (near and near.search(output))
    near = _word("near", language)
    return bool(told and not said and not (near and near.search(source)))


def hazards_lost(source: str, output: str, language: str, target: str) -> bool:
    """Whether an allergen or a hazard that the source names is not named by the translation."""
    if language not in LANGUAGES or target not in LANGUAGES:
        return False
    here, there = LANGUAGES.index(language), LANGUAGES.index(target)
    low, other = source.lower(), output.lower()
    if not _any_hazard(language).search(low):
        return False
    return any(row[here].search(low) and not row[there].search(other) for row in _compiled())


@lru_cache(maxsize=8)
def _any_hazard(language: str) -> re.Pattern[str]:
    place = LANGUAGES.index(language)
    return re.compile("|".join(row[place] for row in _HAZARDS))


@lru_cache(maxsize=1)
def _compiled() -> list[tuple[re.Pattern[str], ...]]:
    return [tuple(map(re.compile, row)) for row in _HAZARDS]
