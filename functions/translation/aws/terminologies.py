"""Terminologies, kept for Amazon Translate's clients and used by all."""

import base64
from typing import Any

from functions.translation.aws.shapes import (
    GetTerminologyRequest,
    ImportTerminologyRequest,
    ListTerminologiesRequest,
    NamedRequest,
)
from functions.translation.service import TranslationService
from functions.translation.terminology.kept import (
    About,
    UnknownTerminology,
    get_terminologies,
)
from functions.translation.terminology.reading import Form, written
from shared.aws_contract import AwsAnswer, AwsRefusal
from shared.errors import InvalidRequest, StillRunning
from shared.settings import get_settings

ACCOUNT = "000000000000"  # which no request tells
LONGEST_LOCATION = 10_000
MEDIA_TYPES: dict[Form, str] = {"CSV": "text/csv", "TSV": "text/tab-separated-values"}


def import_terminology(_: TranslationService, request: ImportTerminologyRequest) -> AwsAnswer:
    """Keep a file of terms under a name.

    Raises:
        AwsRefusal: another one is being imported.
        ServiceError: the file is none, or passes a limit.
    """
    if request.encryption_key is not None or request.tags:
        raise InvalidRequest(
            "EncryptionKey and Tags are not served here: the table that keeps terminologies has "
            "its own encryption. Leave them out."
        )
    data = request.terminology_data
    try:
        about = get_terminologies().keep(
            request.name,
            data.file,
            _form(data.format),
            data.directionality,
            request.description,
        )
    except StillRunning as error:
        raise AwsRefusal("ConcurrentModificationException", error.detail) from None
    return AwsAnswer({"TerminologyProperties": _properties(about)})


def get_terminology(_: TranslationService, request: GetTerminologyRequest) -> AwsAnswer:
    """What is known of a terminology, and its file where it is small.

    Raises:
        AwsRefusal: there is none of that name.
        InvalidRequest: its file is wanted in a form that it is not written in.
    """
    try:
        kept = get_terminologies().read(request.name)
    except UnknownTerminology as error:
        raise _not_found(error) from None
    form = _form(request.terminology_data_format or kept.about.form)
    content = kept.content if form == kept.about.form else written(kept.terms, form)
    location = f"data:{MEDIA_TYPES[form]};base64,{base64.b64encode(content).decode()}"
    answer: dict[str, Any] = {"TerminologyProperties": _properties(kept.about)}
    if len(location) <= LONGEST_LOCATION:
        answer["TerminologyDataLocation"] = {"RepositoryType": "DATA", "Location": location}
    return AwsAnswer(answer)


def list_terminologies(_: TranslationService, request: ListTerminologiesRequest) -> AwsAnswer:
    """What is known of all terminologies, by name."""
    everything = get_terminologies().listed()
    shown = everything[request.start : request.start + request.max_results]
    answer: dict[str, Any] = {"TerminologyPropertiesList": [_properties(it) for it in shown]}
    if request.start + len(shown) < len(everything):
        answer["NextToken"] = str(request.start + len(shown))
    return AwsAnswer(answer)


def delete_terminology(_: TranslationService, request: NamedRequest) -> AwsAnswer:
    """Forget a terminology.

    Raises:
        AwsRefusal: there is none of that name.
    """
    try:
        get_terminologies().forget(request.name)
    except UnknownTerminology as error:
        raise _not_found(error) from None
    return AwsAnswer({})


def _form(name: str) -> Form:
    if name == "TMX":
        raise InvalidRequest("TMX is not read or written here: use CSV or TSV.")
    return "CSV" if name == "CSV" else "TSV"


def _not_found(error: UnknownTerminology) -> AwsRefusal:
    return AwsRefusal("ResourceNotFoundException", error.detail)


def _properties(about: About) -> dict[str, Any]:
    region = get_settings().region
    source, *targets = about.languages
    properties: dict[str, Any] = {
        "Name": about.name,
        "Arn": f"arn:aws:translate:{region}:{ACCOUNT}:terminology/{about.name}/LATEST",
        "SourceLanguageCode": source,
        "TargetLanguageCodes": targets,
        "SizeBytes": about.size_bytes,
        "TermCount": about.term_count,
        "CreatedAt": about.created_s,
        "LastUpdatedAt": about.updated_s,
        "Directionality": about.directionality,
        "SkippedTermCount": about.skipped,
        "Format": about.form,
    }
    if about.description is not None:
        properties["Description"] = about.description
    if about.skipped:
        properties["Message"] = (
            f"{about.skipped} lines were skipped: a term needs its first language and another one, "
            "as many columns as the first line, and at most 200 characters in each."
        )
    return properties
