from http import HTTPStatus

from shared import errors
from shared.errors import LimitExceeded, ServiceError


def tree(cls: type[ServiceError]) -> list[type[ServiceError]]:
    return [cls, *(leaf for child in cls.__subclasses__() for leaf in tree(child))]


def test_every_error_has_its_own_code_and_a_real_status():
    classes = [cls for cls in tree(ServiceError) if cls.__module__ == errors.__name__]
    codes = [cls.code for cls in classes]
    assert len(set(codes)) == len(codes)
    assert all(400 <= HTTPStatus(cls.status) < 600 for cls in classes)


def test_the_docstring_draws_every_class():
    for cls in tree(ServiceError):
        assert cls.__name__ in (errors.__doc__ or "")


def test_a_client_error_is_retryable_only_where_its_own_first_request_still_runs():
    retryable = [cls for cls in tree(ServiceError) if cls.retryable and cls.status < 500]
    assert retryable == [errors.StillRunning]


def test_a_limit_names_itself_and_what_came():
    problem = LimitExceeded("texts", 64, 65, "Split the list.", "/texts").problem("r-1")
    assert problem["status"] == 422
    assert (problem["limit"], problem["allowed"], problem["received"]) == ("texts", 64, 65)
    assert problem["request_id"] == "r-1"
    assert "Split the list." in problem["detail"]
