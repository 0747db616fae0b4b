"""Files of terms: a column for each language, a line for each term."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from functions.translation.schemas import MAX_TERM_CHARACTERS
from shared.errors import InvalidRequest

Form = Literal["CSV", "TSV"]
Directionality = Literal["UNI", "MULTI"]
DELIMITERS = {"CSV": ",", "TSV": "\t"}
FEWEST_COLUMNS = 2
_CODE = re.compile(r"[a-z]{2,3}(-[a-z]{2,4})?")


@dataclass(frozen=True)
class Terms:
    """What a file of terms holds.

    Attributes:
        languages: of its columns, ISO 639-1 codes in lower case.
        rows: of its terms, one text for each language; empty where a term has none.
        skipped: lines that are no terms.
    """

    languages: list[str]
    rows: list[list[str]]
    skipped: int

    def pairs(
        self, source: str, target: str, directionality: Directionality
    ) -> Iterator[tuple[str, str]]:
        """Terms of two languages: of ``UNI``, those from the first column's language alone."""
        if source not in self.languages or target not in self.languages or source == target:
            return
        if directionality == "UNI" and source != self.languages[0]:
            return
        here, there = self.languages.index(source), self.languages.index(target)
        yield from ((row[here], row[there]) for row in self.rows if row[here] and row[there])


def read_terms(content: bytes, form: Form) -> Terms:
    """The terms of a file.

    Raises:
        InvalidRequest: it is no such file; the message says what one has to be.
    """
    try:
        text = content.decode("utf-8-sig")
        header, *lines = csv.reader(
            io.StringIO(text, newline=""), delimiter=DELIMITERS[form], strict=True
        )
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The file's byte {error.start} is not UTF-8.") from None
    except csv.Error as error:
        raise InvalidRequest(f"The file is no {form} (RFC 4180): {error}.") from None
    except ValueError:
        raise InvalidRequest(_advice("is empty")) from None
    languages = [code.strip().lower() for code in header]
    _check(languages)
    rows = [row for row in lines if any(cell.strip() for cell in row)]
    terms = [[cell.strip() for cell in row] for row in rows if _is_term(row, len(languages))]
    if not terms:
        raise InvalidRequest(_advice("has no terms"))
    return Terms(languages, terms, len(rows) - len(terms))


def _check(languages: list[str]) -> None:
    if len(languages) < FEWEST_COLUMNS:
        raise InvalidRequest(_advice("has one column"))
    wrong = [code for code in languages if not _CODE.fullmatch(code)]
    if wrong or len(set(languages)) < len(languages):
        shown = (wrong or languages)[0][:12]
        raise InvalidRequest(_advice(f"has {shown!r} twice, or as what is no language's code"))


def _is_term(row: list[str], columns: int) -> bool:
    """Whether a line has a term in its first language and in another, none of them too long."""
    cells = [cell.strip() for cell in row]
    return (
        len(cells) == columns
        and bool(cells[0])
        and any(cells[1:])
        and max(map(len, cells)) <= MAX_TERM_CHARACTERS
    )


def _advice(what: str) -> str:
    return (
        f"The file {what}. Its first line has to name languages, such as en,de,fr, and each other "
        "line a term in the first and in one or more of the others."
    )


def written(terms: Terms, form: Form) -> bytes:
    """A file of the terms."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=DELIMITERS[form]).writerows([terms.languages, *terms.rows])
    return out.getvalue().encode()
