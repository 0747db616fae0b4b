"""What goes through the layers."""

from tests.halving import DIALECT, Halver, halve_row, halving, request_of


def test_a_request_has_the_dialect_of_its_route():
    own, other = halving(Halver()), halving(Halver(), halve_row("/halves", dialect=DIALECT))
    assert request_of(service=own).dialect is None
    assert request_of(service=other).dialect is DIALECT
    assert request_of().dialect is None
