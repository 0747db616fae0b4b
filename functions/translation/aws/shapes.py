"""Amazon Translate's requests, after its service model of 2017-07-01."""

from typing import Annotated, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from functions.translation.schemas import TerminologyName
from shared.texts import UnicodeText

MAX_TEXT_BYTES = 10_000
MAX_DOCUMENT_BYTES = 102_400

Code = Annotated[str, Field(min_length=2, max_length=5)]
Format = Literal["CSV", "TMX", "TSV"]


class _Shape(BaseModel):
    model_config = ConfigDict(alias_generator=to_pascal)


class TranslationSettings(_Shape):
    """None of them is honoured: none is named as applied."""

    formality: Literal["FORMAL", "INFORMAL"] | None = None
    profanity: Literal["MASK"] | None = None
    brevity: Literal["ON"] | None = None


class Directed(_Shape):
    """From which language into which, and by which terms."""

    source_language_code: Code
    target_language_code: Code
    terminology_names: list[TerminologyName] = []
    settings: TranslationSettings | None = None


class TranslateTextRequest(Directed):
    """A text."""

    text: UnicodeText = Field(min_length=1)


class Document(_Shape):
    """A file with its media type."""

    content: Base64Bytes
    content_type: str = Field(max_length=256)


class TranslateDocumentRequest(Directed):
    """A file."""

    document: Document


class _Page(_Shape):
    max_results: int = Field(100, ge=1, le=500)
    next_token: str | None = Field(None, max_length=8192, pattern="^[0-9]{1,9}$")

    @property
    def start(self) -> int:
        """How many were listed before."""
        return int(self.next_token or 0)


class ListLanguagesRequest(_Page):
    """The languages, named in one of them."""

    max_results: int = Field(500, ge=1, le=500)
    display_language_code: (
        Literal["de", "en", "es", "fr", "it", "ja", "ko", "pt", "zh", "zh-TW"] | None
    ) = None


class ListTerminologiesRequest(_Page):
    """All terminologies."""


class TerminologyData(_Shape):
    """A file of terms."""

    file: Base64Bytes
    format: Format
    directionality: Literal["UNI", "MULTI"] = "UNI"


class ImportTerminologyRequest(_Shape):
    """A file of terms and the name to keep it under."""

    name: TerminologyName
    merge_strategy: Literal["OVERWRITE"]
    description: UnicodeText | None = Field(None, max_length=256)
    terminology_data: TerminologyData
    encryption_key: dict[str, str] | None = None
    tags: list[dict[str, str]] = []


class NamedRequest(_Shape):
    """A terminology."""

    name: TerminologyName


class GetTerminologyRequest(NamedRequest):
    """A terminology, and the form in which its file is wanted."""

    terminology_data_format: Format | None = None
