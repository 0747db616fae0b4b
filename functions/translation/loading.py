"""The service, which is loaded while the entry that imports this module first imports the rest."""

from shared.loading import Loading

# isort: split
from functions.translation.service import get_service

LOADING = Loading(get_service)
