"""Terminologies in the store: imported under a name, and read for requests that name them."""

import base64
import time
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from pydantic import BaseModel

from functions.translation.terminology.reading import (
    Directionality,
    Form,
    Terms,
    read_terms,
)
from functions.translation.text.glossary import KeptTerm
from shared.errors import InvalidRequest, LimitExceeded
from shared.settings import get_settings

if TYPE_CHECKING:
    from shared.stores.documents import Documents

MOST_TERMINOLOGIES = 100
FOREVER_S = 100 * 365 * 86_400
_INDEX = "*"  # which no terminology is called
MOST_PACKED_BYTES = 340_000  # with what is kept beside it less than an item of the table


class UnknownTerminology(InvalidRequest):
    """No terminology has the name."""

    code = "unknown-terminology"


class About(BaseModel):
    """What is known of a terminology without its file.

    Attributes:
        created_s: when it was first imported, seconds since 1970-01-01 UTC.
        updated_s: when it was last.
    """

    name: str
    description: str | None
    form: Form
    directionality: Directionality
    languages: list[str]
    term_count: int
    skipped: int
    size_bytes: int
    created_s: float
    updated_s: float


class Terminology(BaseModel):
    """A terminology.

    Attributes:
        packed: its file, compressed, in base64.
    """

    about: About
    packed: str

    @property
    def content(self) -> bytes:
        """Its file as it was imported."""
        return zlib.decompress(base64.b64decode(self.packed))

    @property
    def terms(self) -> Terms:
        return _terms(self.packed, self.about.form)

    def glossary(self, text: str, source: str, target: str) -> list[KeptTerm]:
        """Those of its terms that a text may hold."""
        return [
            KeptTerm(word, translation, self.about.name)
            for word, translation in self.terms.pairs(source, target, self.about.directionality)
            if word.split(maxsplit=1)[0] in text
        ]


@lru_cache(maxsize=4)
def _terms(packed: str, form: Form) -> Terms:
    return read_terms(zlib.decompress(base64.b64decode(packed)), form)


def _packed(content: bytes) -> str:
    """A file as it is kept.

    Raises:
        LimitExceeded: it is too large for the table.
    """
    packed = base64.b64encode(zlib.compress(content, 9)).decode()
    if len(packed) > MOST_PACKED_BYTES:
        hint = "Import its terms as several terminologies."
        raise LimitExceeded("packed bytes", MOST_PACKED_BYTES, len(packed), hint)
    return packed


class Terminologies:
    """The terminologies that a store keeps, until they are deleted.

    Every method raises `StoreUnavailable` where the store does not answer.
    """

    def __init__(self, documents: "Documents") -> None:
        self._documents = documents

    def listed(self) -> list[About]:
        """What is known of each, by name."""
        index = self._documents.read(_INDEX) or {}
        return [About.model_validate(index[name]) for name in sorted(index)]

    def read(self, name: str) -> Terminology:
        """One of them.

        Raises:
            UnknownTerminology: there is none of that name.
        """
        document = self._documents.read(name)
        if document is None:
            known = ", ".join(about.name for about in self.listed()) or "none"
            raise UnknownTerminology(f"No terminology is called {name!r}; these are kept: {known}.")
        return Terminology.model_validate(document)

    def keep(
        self,
        name: str,
        content: bytes,
        form: Form,
        directionality: Directionality,
        description: str | None,
    ) -> About:
        """Import a file, in place of the one that has its name.

        Raises:
            InvalidRequest: it is no file of terms.
            LimitExceeded: it is too large, or there are too many.
            StillRunning: another one is being imported or deleted.
        """
        terms, packed = read_terms(content, form), _packed(content)
        now_s = time.time()
        about = About(
            name=name,
            description=description,
            form=form,
            directionality=directionality,
            languages=terms.languages,
            term_count=len(terms.rows),
            skipped=terms.skipped,
            size_bytes=len(content),
            created_s=now_s,
            updated_s=now_s,
        )
        with self._documents.changing(_INDEX):
            index = self._documents.read(_INDEX) or {}
            if name in index:
                about.created_s = index[name]["created_s"]
            elif len(index) >= MOST_TERMINOLOGIES:
                hint = "Delete one of them."
                raise LimitExceeded("terminologies", MOST_TERMINOLOGIES, len(index) + 1, hint)
            self._documents.write(name, Terminology(about=about, packed=packed).model_dump())
            self._documents.write(_INDEX, {**index, name: about.model_dump()})
        return about

    def forget(self, name: str) -> None:
        """Delete one.

        Raises:
            UnknownTerminology: there is none of that name.
            StillRunning: another one is being imported or deleted.
        """
        self.read(name)
        with self._documents.changing(_INDEX):
            index = self._documents.read(_INDEX) or {}
            self._documents.write(_INDEX, {key: index[key] for key in index if key != name})
            self._documents.remove(name)


@lru_cache(maxsize=1)
def get_terminologies() -> Terminologies:
    """Those of the store that the settings name."""
    from shared.stores.documents import Documents  # noqa: PLC0415 - boto3, for those who use them

    return Terminologies(Documents(get_settings(), "terminology", FOREVER_S))


def read_all(names: Sequence[str]) -> list[Terminology]:
    """The terminologies of a request, in its order.

    Raises:
        UnknownTerminology: one of them is not kept.
        StoreUnavailable: the store does not answer.
    """
    store = get_terminologies()
    return [store.read(name) for name in dict.fromkeys(names)]
