"""Amazon Lex's errors: what its clients are told of this product's."""

from shared.aws_contract import AwsContract

LEX = AwsContract(
    "lexv2-runtime",
    media_type="application/json",
    message="message",
    statuses={"InternalServerException": 500, "ResourceNotFoundException": 404},
    not_found="ResourceNotFoundException",
    unavailable="InternalServerException",
    failed="InternalServerException",
)
DIALECT = LEX.dialect("ValidationException")
