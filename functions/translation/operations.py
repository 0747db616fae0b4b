"""What the translation service does, by the path of its HTTP route."""

from functions.translation.libretranslate.shapes import (
    LibreDetectRequest,
    LibreTranslateRequest,
    detect_as_libretranslate,
    translate_as_libretranslate,
)
from functions.translation.schemas import DetectRequest, TranslateRequest
from functions.translation.service import detect_languages, translate_requests
from shared.operations import Operation, Sample, each

OPERATIONS = {
    "/v1/translate": Operation(TranslateRequest, translate_requests),
    "/v1/detect": Operation(DetectRequest, each(detect_languages)),
    "/translate": Operation(LibreTranslateRequest, each(translate_as_libretranslate)),
    "/detect": Operation(LibreDetectRequest, each(detect_as_libretranslate)),
}
# From German to French both models are used.
SAMPLE = Sample("/v1/translate", {"text": "Wo ist meine Bestellung?", "target": "fr"})
