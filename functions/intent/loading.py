"""The service, which is loaded while the entry that imports this module first imports the rest."""

from shared.models.preload import begin
from shared.process.start import Loading

begin("intent")

from functions.intent.service import get_service  # noqa: E402 - the files are being read meanwhile

LOADING = Loading(get_service)
