"""The service, which is loaded while the entry that imports this module first imports the rest."""

from shared.loading import Loading

# isort: split
from functions.recommendation.service import get_service

LOADING = Loading(get_service)
