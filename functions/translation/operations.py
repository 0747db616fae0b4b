"""What the translation service can do."""

from functions.translation.engine import TASK
from functions.translation.libretranslate.operations import LIBRETRANSLATE_OPERATIONS
from functions.translation.schemas import (
    DetectRequest,
    DetectResponse,
    LanguagesResponse,
    TranslateRequest,
    TranslateResponse,
)
from functions.translation.service import TranslationService, get_service
from shared.operations import NoFields, Operation, Service, each

OPERATIONS = (
    Operation(
        "translate",
        "/v1/translate",
        TranslateRequest,
        TranslateResponse,
        TranslationService.translate,
        "Translate one text or several, plain or HTML, with a glossary and alternatives.",
        sample={"text": "Wo ist meine Bestellung?", "target": "fr"},  # which uses both models
    ),
    Operation(
        "detect",
        "/v1/detect",
        DetectRequest,
        DetectResponse,
        each(TranslationService.detect),
        "The languages that each text may be in, of 176, most probable first.",
    ),
    Operation(
        "list_languages",
        "/v1/languages",
        NoFields,
        LanguagesResponse,
        each(TranslationService.languages),
        "What can be translated into what.",
        method="GET",
    ),
    *LIBRETRANSLATE_OPERATIONS,
)
SERVICE = Service(
    TASK,
    "Retail translation",
    "Texts and HTML between English and German, French and Spanish, with a glossary.",
    get_service,
    OPERATIONS,
    make_ready=TranslationService.make_ready,
    elsewhere={"": "functions.translation.aws.operations"},  # Amazon Translate's, all at "/"
)
