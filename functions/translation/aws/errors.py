"""Amazon Translate's errors: what its clients are told of this product's."""

from dataclasses import replace

from shared.aws_contract import AwsContract

STATUSES = {
    "ConcurrentModificationException": 409,
    "InternalServerException": 500,
    "ResourceNotFoundException": 404,
    "ServiceUnavailableException": 503,
    "TooManyRequestsException": 429,
}
TRANSLATE = AwsContract(
    "translate",
    media_type="application/x-amz-json-1.1",
    message="Message",
    statuses=STATUSES,
    not_found="ResourceNotFoundException",
    unavailable="ServiceUnavailableException",
    failed="InternalServerException",
)
TEXTS = TRANSLATE.dialect("InvalidRequestException", "TextSizeLimitExceededException")
DOCUMENTS = TRANSLATE.dialect("InvalidRequestException", "LimitExceededException")
# These know no ServiceUnavailableException; clients send again for this one too.
_RESOURCES = replace(TRANSLATE, unavailable="TooManyRequestsException")
IMPORTS = _RESOURCES.dialect("InvalidParameterValueException", "LimitExceededException")
RESOURCES = _RESOURCES.dialect("InvalidParameterValueException")
