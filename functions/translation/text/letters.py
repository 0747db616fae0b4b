"""How letters open and close: conventions, which no model should guess."""

import re
from functools import lru_cache
from typing import NamedTuple

from functions.translation.text.patterns import MARKS

LANGUAGES = ("en", "de", "fr", "es", "pt")
# One meaning a row, in the order of LANGUAGES; alternatives of a source after a bar, the first is
# what is written. ``{}`` is a name. A row whose name has no gender does not guess one.
_OPENINGS = (
    ("Dear Sir or Madam|Dear Madam or Sir|Dear Sirs|Dear Sir/Madam",
     "Sehr geehrte Damen und Herren",
     "Madame, Monsieur", "Estimados señores|Muy señores míos|Estimado señor o señora",
     "Prezados senhores"),
    ("Dear customers|Dear valued customers", "Liebe Kundinnen und Kunden|Liebe Kunden",
     "Chers clients|Chères clientes, chers clients", "Estimados clientes", "Caros clientes"),
    ("Dear customer|Dear valued customer",
     "Liebe Kundin, lieber Kunde|Lieber Kunde|Sehr geehrter Kunde",
     "Chère cliente, cher client|Cher client", "Estimado cliente|Estimada clienta", "Caro cliente"),
    ("Hello everyone|Hi everyone|Hello all|Hi all|Dear all", "Hallo zusammen|Hallo an alle",
     "Bonjour à tous", "Hola a todos", "Olá a todos"),
    ("Good morning", "Guten Morgen", "Bonjour", "Buenos días", "Bom dia"),
    ("Good afternoon", "Guten Tag", "Bonjour", "Buenas tardes", "Boa tarde"),
    ("Good evening", "Guten Abend", "Bonsoir", "Buenas noches", "Boa noite"),
    ("Hello|Hi|Hey|Hi there", "Hallo|Moin|Servus", "Bonjour|Salut", "Hola", "Olá"),
    ("Dear Mr {}|Dear Mr. {}", "Sehr geehrter Herr {}|Lieber Herr {}",
     "Cher Monsieur {}|Monsieur {}|Cher M. {}", "Estimado señor {}|Estimado Sr. {}",
     "Caro senhor {}"),
    ("Dear Ms {}|Dear Mrs {}|Dear Ms. {}|Dear Mrs. {}|Dear Miss {}",
     "Sehr geehrte Frau {}|Liebe Frau {}", "Chère Madame {}|Madame {}|Chère Mme {}",
     "Estimada señora {}|Estimada Sra. {}", "Cara senhora {}"),
    ("=Dear {}", "Lieber {}", "Cher {}", "Estimado {}|Querido {}", "Caro {}"),
    ("=Dear {}", "Liebe {}", "Chère {}", "Estimada {}|Querida {}", "Cara {}"),
    ("Hello {}|Hi {}|Hey {}|Dear {}", "Hallo {}|Guten Tag {}", "Bonjour {}|Salut {}",
     "Hola, {}|Hola {}",
     "Olá, {}|Olá {}"),
)  # fmt: skip
_CLOSINGS = (
    ("Kind regards|With kind regards|Regards|Many regards",
     "Mit freundlichen Grüßen|Freundliche Grüße",
     "Cordialement", "Saludos cordiales|Un cordial saludo|Un saludo|Saludos",
     "Com os melhores cumprimentos"),
    ("Best regards|Best", "Beste Grüße|Viele Grüße", "Bien cordialement", "Saludos cordiales",
     "Melhores cumprimentos"),
    ("Warm regards|Warmest regards", "Herzliche Grüße", "Bien cordialement|Chaleureusement",
     "Un cordial saludo|Un afectuoso saludo", "Cordiais saudações"),
    ("Best wishes|With best wishes", "Mit den besten Wünschen|Beste Wünsche",
     "Meilleures salutations",
     "Un cordial saludo", "Com os melhores votos"),
    ("Yours sincerely|Sincerely|Sincerely yours", "Mit freundlichen Grüßen", "Sincères salutations",
     "Atentamente|Le saluda atentamente", "Atenciosamente"),
    ("Yours faithfully|Yours truly", "Hochachtungsvoll",
     "Veuillez agréer nos salutations distinguées|Salutations distinguées", "Atentamente",
     "Atenciosamente"),
    ("Thank you in advance|Thanks in advance|Many thanks in advance", "Vielen Dank im Voraus",
     "Merci d'avance|Merci par avance", "Gracias de antemano|Muchas gracias de antemano",
     "Obrigado desde já"),
)  # fmt: skip
_NAME = r"(?P<name>(?:[^\W\d_a-zß-öø-ÿ][\w'’-]*\.?(?: |$|(?=[,:!.])))"
_NAME += rf"{{1,3}}|[{MARKS}](?: [{MARKS}])?)"


class Letter(NamedTuple):
    """An opening or a closing, in the target's words, and what follows it in its sentence."""

    written: str
    rest: str


class _Row(NamedTuple):
    pattern: re.Pattern[str]
    number: int
    opening: bool


@lru_cache(maxsize=16)
def _rows(language: str) -> list[_Row]:
    place = LANGUAGES.index(language)
    rows = []
    for opening, table in ((True, _OPENINGS), (False, _CLOSINGS)):
        for number, row in enumerate(table):
            for form in row[place].split("|"):
                if form.startswith("="):
                    continue
                body = re.escape(form).replace("'", "['’]").replace(r"\{\}", f"(?-i:{_NAME})")
                pattern = re.compile(f"(?i:{body})")
                rows.append(_Row(pattern, number, opening))
    return rows


def letter(core: str, language: str, target: str) -> Letter | None:
    """What a sentence opens or closes a letter with, as the target language has it."""
    if language not in LANGUAGES or target not in LANGUAGES:
        return None
    best: tuple[re.Match[str], _Row] | None = None
    for row in _rows(language):
        match = row.pattern.match(core)
        if match and _ends(core, match) and (best is None or match.end() > best[0].end()):
            best = match, row
    if best is None:
        return None
    match, row = best
    sign, rest = _split(core[match.end() :])
    table = _OPENINGS if row.opening else _CLOSINGS
    written = table[row.number][LANGUAGES.index(target)].split("|")[0].lstrip("=")
    name = match.groupdict().get("name")
    written = written.replace("{}", name.strip()) if name else written
    return Letter(written + _sign(sign, rest, row, target), rest)


def _ends(core: str, match: re.Match[str]) -> bool:
    """Whether the phrase is all that is before a comma, a colon or the end."""
    return not match[0].endswith(" ") and (match.end() == len(core) or core[match.end()] in ",:!.")


def _split(after: str) -> tuple[str, str]:
    match = re.match(r"([,:!.]?)(\s*)(.*)", after, re.DOTALL)
    assert match is not None  # it matches any text
    return match[1] + (match[2] if match[3] else ""), match[3]


def _sign(sign: str, rest: str, row: _Row, target: str) -> str:
    mark = sign.strip()
    if not rest and row.opening and mark in (",", ":"):
        return ":" if target == "es" else ","
    space = sign[len(mark) :]
    return f" {mark}{space}" if target == "fr" and mark in ("!", ":") else sign
