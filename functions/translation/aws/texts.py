"""Texts and documents, translated for Amazon Translate's clients."""

import base64
from typing import Any, ClassVar

from functions.translation.aws.shapes import (
    MAX_DOCUMENT_BYTES,
    MAX_TEXT_BYTES,
    Directed,
    ListLanguagesRequest,
    TranslateDocumentRequest,
    TranslateTextRequest,
)
from functions.translation.schemas import AUTO, MAX_TOTAL_CHARACTERS, TranslateRequest, Translation
from functions.translation.service import TranslationService
from functions.translation.terminology.kept import UnknownTerminology
from functions.translation.text.languages import NAMES, NotServed
from shared.aws_contract import AwsAnswer, AwsRefusal
from shared.errors import InvalidRequest, LimitExceeded, ServiceError
from shared.operations import NoFields
from shared.problems import parse

FORMATS = {"text/plain": "text", "text/html": "html"}
DISPLAYED = "en"  # the language in which languages are named


class DocumentRequest(TranslateRequest):
    """A document, which may be as long as all texts of a request together."""

    MAX_CHARACTERS: ClassVar[int] = MAX_TOTAL_CHARACTERS
    SHORTEN: ClassVar[str] = "Split the document between paragraphs."


def translate_text(service: TranslationService, request: TranslateTextRequest) -> AwsAnswer:
    """A text in another language.

    Raises:
        AwsRefusal: the languages are not served, or the text is in none of them.
        ServiceError: it passes a limit, or cannot be answered.
    """
    size_bytes = len(request.text.encode())
    if size_bytes > MAX_TEXT_BYTES:
        hint = "Split the text between sentences."
        raise LimitExceeded("bytes", MAX_TEXT_BYTES, size_bytes, hint, "/Text")
    fields = {"text": request.text, **_directed(request)}
    found = _translated(service, request, parse(TranslateRequest, fields))
    return AwsAnswer({"TranslatedText": found.text, **_about(request, found)})


def translate_document(service: TranslationService, request: TranslateDocumentRequest) -> AwsAnswer:
    """A file of text or HTML in another language.

    Raises:
        AwsRefusal: the languages are not served, or the text is in none of them.
        ServiceError: the file is of another kind, passes a limit, or cannot be answered.
    """
    content, media_type = request.document.content, request.document.content_type.lower()
    if media_type not in FORMATS:
        raise InvalidRequest(
            f"/Document/ContentType: {media_type} is not translated here; send "
            f"{' or '.join(FORMATS)}, in UTF-8."
        )
    if len(content) > MAX_DOCUMENT_BYTES:
        hint, where = DocumentRequest.SHORTEN, "/Document/Content"
        raise LimitExceeded("bytes", MAX_DOCUMENT_BYTES, len(content), hint, where)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"/Document/Content: byte {error.start} is not UTF-8.") from None
    fields = {"text": text, "format": FORMATS[media_type], **_directed(request)}
    found = _translated(service, request, parse(DocumentRequest, fields))
    translated = {"Content": base64.b64encode(found.text.encode()).decode()}
    return AwsAnswer({"TranslatedDocument": translated, **_about(request, found)})


def list_languages(service: TranslationService, request: ListLanguagesRequest) -> AwsAnswer:
    """Every language that is read or written, in English, and ``auto``.

    Raises:
        AwsRefusal: they are asked for in another language.
    """
    if request.display_language_code not in (None, DISPLAYED):
        raise AwsRefusal(
            "UnsupportedDisplayLanguageCodeException",
            f"Languages are named in English here: ask for {DISPLAYED}, or for none.",
            DisplayLanguageCode=str(request.display_language_code),
        )
    served = service.languages(NoFields()).languages
    codes = {language.code for language in served}.union(*(it.targets for it in served))
    named = {AUTO: "Auto", **{code: NAMES.get(code, code) for code in codes}}
    everything = [
        {"LanguageName": named[code], "LanguageCode": code}
        for code in sorted(named, key=named.__getitem__)
    ]
    shown = everything[request.start : request.start + request.max_results]
    answer: dict[str, Any] = {"Languages": shown, "DisplayLanguageCode": DISPLAYED}
    if request.start + len(shown) < len(everything):
        answer["NextToken"] = str(request.start + len(shown))
    return AwsAnswer(answer)


def _directed(request: Directed) -> dict[str, Any]:
    return {
        "source": request.source_language_code,
        "target": request.target_language_code,
        "terminologies": request.terminology_names,
    }


def _translated(
    service: TranslationService, request: Directed, query: TranslateRequest
) -> Translation:
    """The translation, where there is one or nothing had to be translated."""
    (response,) = service.translate([query])
    if isinstance(response, NotServed):
        _, _, detail = response.detail.partition(": ")  # without the name of this product's field
        raise _unsupported(request, request.source_language_code, detail)
    if isinstance(response, UnknownTerminology):
        raise AwsRefusal("ResourceNotFoundException", response.detail)
    if isinstance(response, ServiceError):
        raise response
    (found,) = response.translations
    if found.untranslated is not None:
        reason, detail = found.untranslated.reason, found.untranslated.detail
        if reason == "unsupported_language":
            raise _unsupported(request, found.source.language, detail)
        if reason == "unrecognised_language":
            raise AwsRefusal(
                "DetectedLanguageLowConfidenceException",
                "The text's language was not recognised; name it in SourceLanguageCode.",
                DetectedLanguageCode=found.source.language,
            )
    return found


def _unsupported(request: Directed, source: str, detail: str) -> AwsRefusal:
    return AwsRefusal(
        "UnsupportedLanguagePairException",
        detail,
        SourceLanguageCode=source,
        TargetLanguageCode=request.target_language_code,
    )


def _about(request: Directed, found: Translation) -> dict[str, Any]:
    """What answers tell beside the translation."""
    about: dict[str, Any] = {
        "SourceLanguageCode": found.source.language,
        "TargetLanguageCode": found.target,
    }
    if request.terminology_names:
        about["AppliedTerminologies"] = _applied(request.terminology_names, found)
    if request.settings is not None:
        about["AppliedSettings"] = {}
    return about


def _applied(names: list[str], found: Translation) -> list[dict[str, Any]]:
    """The terms that were used of each of the terminologies."""
    terms: dict[str | None, list[dict[str, str]]] = {name: [] for name in names}
    for term in found.glossary_applied or []:
        terms[term.terminology].append({"SourceText": term.source, "TargetText": term.target})
    return [{"Name": name, "Terms": terms[name]} for name in terms]
