import pytest

from functions.recommendation.model import RecommendationModel
from functions.recommendation.service import RecommendationService, get_service


@pytest.fixture
def service() -> RecommendationService:
    return get_service()


@pytest.fixture
def model(service) -> RecommendationModel:
    return service._model
