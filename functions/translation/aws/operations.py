"""Amazon Translate's operations, which its clients ask for by a header at one path."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from functions.translation.aws.errors import DOCUMENTS, IMPORTS, RESOURCES, TEXTS, TRANSLATE
from functions.translation.aws.shapes import (
    GetTerminologyRequest,
    ImportTerminologyRequest,
    ListLanguagesRequest,
    ListTerminologiesRequest,
    NamedRequest,
    TranslateDocumentRequest,
    TranslateTextRequest,
)
from functions.translation.aws.terminologies import (
    delete_terminology,
    get_terminology,
    import_terminology,
    list_terminologies,
)
from functions.translation.aws.texts import list_languages, translate_document, translate_text
from shared.aws_contract import UNKNOWN_OPERATION, AwsAnswer, not_covered
from shared.operations import Dialect, Operation, each

PREFIX = "AWSShineFrontendService_20170701."
PATH = "/"
_JOBS = "Translate many texts with POST /v1/translate, the queue or a bulk job: docs/operations.md."
_PARALLEL = "Terms go into a terminology; training takes pairs of sentences: docs/training.md."
_TAGS = "Nothing here has tags."
# Of what is not served: the error that each of them knows, and what there is in its place.
NOT_COVERED = {
    "CreateParallelData": ("InvalidRequestException", _PARALLEL),
    "DeleteParallelData": ("ResourceNotFoundException", _PARALLEL),
    "DescribeTextTranslationJob": ("ResourceNotFoundException", _JOBS),
    "GetParallelData": ("ResourceNotFoundException", _PARALLEL),
    "ListParallelData": ("InvalidParameterValueException", _PARALLEL),
    "ListTagsForResource": ("InvalidParameterValueException", _TAGS),
    "ListTextTranslationJobs": ("InvalidRequestException", _JOBS),
    "StartTextTranslationJob": ("InvalidRequestException", _JOBS),
    "StopTextTranslationJob": ("ResourceNotFoundException", _JOBS),
    "TagResource": ("InvalidParameterValueException", _TAGS),
    "UntagResource": ("InvalidParameterValueException", _TAGS),
    "UpdateParallelData": ("InvalidRequestException", _PARALLEL),
}
_UNKNOWN = TRANSLATE.dialect(UNKNOWN_OPERATION)


def _row(
    name: str, request: type[BaseModel], answer: Callable[[Any, Any], Any], dialect: Dialect
) -> Operation:
    doc = answer.__doc__ or ""
    target = PREFIX + name
    return Operation(
        name, PATH, request, AwsAnswer, each(answer), doc, dialect=dialect, target=target
    )


OPERATIONS = (
    _row("TranslateText", TranslateTextRequest, translate_text, TEXTS),
    _row("TranslateDocument", TranslateDocumentRequest, translate_document, DOCUMENTS),
    _row("ListLanguages", ListLanguagesRequest, list_languages, RESOURCES),
    _row("ImportTerminology", ImportTerminologyRequest, import_terminology, IMPORTS),
    _row("GetTerminology", GetTerminologyRequest, get_terminology, RESOURCES),
    _row("ListTerminologies", ListTerminologiesRequest, list_terminologies, RESOURCES),
    _row("DeleteTerminology", NamedRequest, delete_terminology, RESOURCES),
    *(
        not_covered(name, PATH, kind, _UNKNOWN, instead, PREFIX + name)
        for name, (kind, instead) in NOT_COVERED.items()
    ),
    not_covered("This operation", PATH, UNKNOWN_OPERATION, _UNKNOWN, "", PREFIX),
)
