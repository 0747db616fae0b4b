"""The translation API's requests and responses: the OpenAPI schema and the queue message."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.texts import WHOLE, TextsRequest, UnicodeText, WholeNumber, is_none

MAX_TEXTS = 64
MAX_CHARACTERS = 10_000
MAX_TOTAL_CHARACTERS = 50_000
MAX_BEAMS = 8
MAX_ALTERNATIVES = MAX_BEAMS - 1
MAX_TERMS = 200
MAX_TERM_CHARACTERS = 200
MAX_KEPT = 200
MAX_TERMINOLOGIES = 5
MAX_GLOSSARY_CHARACTERS = 20_000  # of all terms, their targets and the names that stay
MAX_WRITTEN_CHARACTERS = 100_000  # for terms that are found: twice the characters of all texts
AUTO = "auto"

Confidence = Annotated[float, Field(ge=0, le=1)]
Reason = Literal["no_words", "same_language", "unsupported_language", "unrecognised_language"]
Fault = Literal[
    "date",
    "time",
    "number",
    "list",
    "name",
    "negation",
    "hazard",
    "repetition",
    "untranslated",
    "garbled",
    "meaning",
    "unsure",
]
TerminologyName = Annotated[
    str, Field(min_length=1, max_length=256, pattern=r"^([A-Za-z0-9-]_?)+$")
]
# What `str.strip` takes for spaces: `\s` is otherwise in other languages' expressions.
_SPACES = r"\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_NOT_BLANK: dict[str, Any] = {"pattern": f"[^{_SPACES}]"}
Term = Annotated[UnicodeText, Field(min_length=1, max_length=MAX_TERM_CHARACTERS)]
# Lengths are checked by the service, which names the limit; here they only document it.
Text = Annotated[UnicodeText, Field(json_schema_extra={"maxLength": MAX_CHARACTERS})]
Texts = Annotated[list[Text], Field(min_length=1, json_schema_extra={"maxItems": MAX_TEXTS})]


class _Request(TextsRequest):
    """One text or several."""

    MAX_TEXTS = MAX_TEXTS
    MAX_CHARACTERS = MAX_CHARACTERS
    SHORTEN = "Split the text between paragraphs and send the parts as 'texts'."

    text: Text | None = Field(None, description="One text. Give this or `texts`.")
    texts: Texts | None = Field(None, description="Several texts. Give this or `text`.")


class GlossaryTerm(BaseModel, defer_build=True):
    """A term and what stands for it in the translation, as it is given here."""

    model_config = ConfigDict(extra="forbid")

    source: Term = Field(json_schema_extra=_NOT_BLANK)
    target: Term = Field(json_schema_extra=_NOT_BLANK)
    case_sensitive: bool = Field(
        False,
        strict=True,
        description="Match only this case. Otherwise any, and the target follows capitals.",
    )

    @field_validator("source", "target")
    @classmethod
    def _not_blank(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("must hold more than spaces")
        return value


class TranslateRequest(_Request, defer_build=False):
    """Texts to translate; the answer holds one translation for each, in order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "Where is my order?", "source": "en", "target": "de"},
                {
                    "texts": ["Ihr Paket kommt morgen.", "Merci beaucoup !"],
                    "target": "en",
                    "alternatives": 2,
                },
                {
                    "text": "<p>The <b>Cloud Runner</b> is back in stock.</p>",
                    "source": "en",
                    "target": "fr",
                    "format": "html",
                    "glossary": [{"source": "Cloud Runner", "target": "Cloud Runner"}],
                },
            ]
        }
    )

    source: str = Field(AUTO, description="ISO 639-1 code of the texts' language, or `auto`.")
    target: str = Field(description="ISO 639-1 code of the language to translate into.")
    format: Literal["text", "html"] = Field(
        "text", description="`html` keeps tags, attributes, comments and entities."
    )
    glossary: list[GlossaryTerm] = Field(
        [],
        max_length=MAX_TERMS,
        description=f"With `keep` at most {MAX_GLOSSARY_CHARACTERS:,} characters in all.",
    )
    keep: list[Term] = Field(
        [],
        max_length=MAX_KEPT,
        description="Names that stay as they are, in the case given here.",
        examples=[["PlayStation", "Cloud Runner"]],
    )
    terminologies: list[TerminologyName] = Field(
        [],
        max_length=MAX_TERMINOLOGIES,
        description="Names of imported terminologies, whose terms join the glossary's.",
    )
    alternatives: WholeNumber = Field(
        0, ge=0, le=MAX_ALTERNATIVES, description="How many other translations to list."
    )
    beam_size: Annotated[int, Field(strict=True, ge=1, le=MAX_BEAMS), WHOLE] | None = Field(
        None,
        description="Beams of the search; 1 is greedy. The service's default where absent.",
    )

    @field_validator("source", "target")
    @classmethod
    def _lower_case(cls, value: str) -> str:
        return value.strip().lower()


class DetectRequest(_Request):
    """Texts whose language is asked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Où est ma commande ?"}]})


class DetectedSource(BaseModel):
    """The language of a text; `und` where none is recognised."""

    language: str
    confidence: Confidence = Field(description="1 where the request named the language.")


class AppliedTerm(BaseModel, defer_build=True):
    """A glossary term that the translation holds."""

    source: str
    target: str
    count: int
    terminology: str | None = Field(
        None, exclude_if=is_none, description="Whose term it is, where it is not the glossary's."
    )


class Untranslated(BaseModel, defer_build=True):
    """Why a text came back as it was."""

    reason: Reason
    detail: str


class ReviewReason(BaseModel, defer_build=True):
    """What a check found in a translation that could not be mended: someone should read it."""

    reason: Fault
    detail: str
    sentence: str = Field(description="The first 200 characters of the sentence in the source.")


class Translation(BaseModel):
    """The answer for one text."""

    text: str
    source: DetectedSource
    target: str
    alternatives: list[str] | None = Field(
        None, exclude_if=is_none, description="Where asked for: others, best first."
    )
    glossary_applied: list[AppliedTerm] | None = Field(
        None, exclude_if=is_none, description="Where a glossary was given: what was used of it."
    )
    untranslated: Untranslated | None = Field(
        None, exclude_if=is_none, description="Where the text is returned as it came: why."
    )
    confidence: Confidence | None = Field(
        None,
        exclude_if=is_none,
        description="How likely the translation is right: that of its least sure sentence. Absent "
        "where nothing was translated, and for a `beam_size` of 1, which computes no "
        "probabilities.",
    )
    review: bool | None = Field(
        None,
        exclude_if=is_none,
        description="True where a check found what someone should read before it is published.",
    )
    review_reasons: list[ReviewReason] | None = Field(
        None, exclude_if=is_none, description="Where `review` is true: what the checks found."
    )


class TranslateResponse(BaseModel):
    """One translation for each text, in the request's order."""

    model: str = Field(description="Names and versions of the models that took part.")
    translations: list[Translation]
    warnings: list[str] = []


class Detection(BaseModel, defer_build=True):
    """Languages that a text may be in, most probable first; empty for a text without letters."""

    languages: list[DetectedSource]


class DetectResponse(BaseModel, defer_build=True):
    """One detection for each text, in the request's order."""

    detections: list[Detection]


class Language(BaseModel, defer_build=True):
    """A language and what it can be translated into."""

    code: str
    name: str
    targets: list[str] = Field(description="Codes, direct or by way of English.")
    direct: list[str] = Field(description="Of those, what one model translates.")


class LanguagesResponse(BaseModel, defer_build=True):
    """All languages that this deployment reads."""

    languages: list[Language]
