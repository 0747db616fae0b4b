"""Amazon Personalize's errors: what its clients are told of this product's."""

from shared.aws_contract import AwsContract

PERSONALIZE = AwsContract(
    "personalize",
    media_type="application/json",
    message="message",
    statuses={"InternalServerException": 500, "ResourceNotFoundException": 404},
    not_found="ResourceNotFoundException",
    unavailable="InternalServerException",
    failed="InternalServerException",
)
DIALECT = PERSONALIZE.dialect("InvalidInputException")
