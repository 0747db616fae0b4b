"""Which model translates what, and which language a text is in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from functions.translation.schemas import Language
from shared.errors import InvalidRequest
from shared.language import DetectedLanguage, clearly_other, detect
from shared.models.spec import ModelSpec

PIVOT = "en"
UNKNOWN = "und"  # ISO 639-2: undetermined
LEAST_CONFIDENCE = 0.1  # of a supported language, below which a text is in none
NAMES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "pt": "Portuguese",
    "bg": "Bulgarian",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "el": "Greek",
    "et": "Estonian",
    "fi": "Finnish",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}

Hop = tuple[str, str]  # source and target of one model run


class NotServed(InvalidRequest):
    """A language or a pair that no model translates."""


@dataclass(frozen=True)
class Routes:
    """Directions that the loaded models serve.

    Attributes:
        models: name of the model for each hop.
    """

    models: Mapping[Hop, str]

    @classmethod
    def of(cls, specs: Mapping[str, ModelSpec]) -> "Routes":
        """Routes over models by name; where two serve the same hop, the first by name does."""
        models: dict[Hop, str] = {}
        for name in sorted(specs):
            for source in specs[name].languages:
                for target in specs[name].targets:
                    if source != target:
                        models.setdefault((source, target), name)
        return cls(models)

    @property
    def sources(self) -> list[str]:
        return sorted({source for source, _ in self.models})

    def targets(self, source: str) -> list[str]:
        """Codes that texts in ``source`` can be translated into."""
        everything = {target for _, target in self.models}
        return sorted(target for target in everything if self.hops(source, target))

    def hops(self, source: str, target: str) -> list[Hop]:
        """The runs from one language to another: one, two by way of English, or none."""
        if source == target:
            return []
        if (source, target) in self.models:
            return [(source, target)]
        by_way = [(source, PIVOT), (PIVOT, target)]
        return by_way if all(hop in self.models for hop in by_way) else []

    def check(self, source: str | None, target: str) -> None:
        """Refuse a language or a pair that is not served.

        Raises:
            NotServed: the message lists what is.
        """
        if source is not None and source not in self.sources:
            raise NotServed(_unknown("source", source, self.sources, " or 'auto'"))
        targets = sorted({code for _, code in self.models})
        if target not in targets:
            raise NotServed(_unknown("target", target, targets, ""))
        if source is not None and source != target and not self.hops(source, target):
            raise NotServed(
                f"/target: no model translates {source} to {target}; from {source} these are "
                f"served: {', '.join(self.targets(source))}"
            )

    def languages(self) -> list[Language]:
        """Every source with its targets."""
        return [
            Language(
                code=source,
                name=NAMES.get(source, source),
                targets=self.targets(source),
                direct=[t for t in self.targets(source) if (source, t) in self.models],
            )
            for source in self.sources
        ]


def _unknown(field: str, code: str, served: Sequence[str], more: str) -> str:
    shown = code if len(code) <= 12 else code[:12] + "…"
    return f"/{field}: {shown!r} is not served; use one of {', '.join(served)}{more}"


def recognise(text: str, served: Sequence[str]) -> DetectedLanguage:
    """The language of a text, a served one if it may be.

    Args:
        text: without markup.
        served: ISO 639-1 codes.

    Returns:
        A language that is not served only where the text is clearly in it; `UNKNOWN` with
        confidence 0 where the text may be in anything.
    """
    other = clearly_other(text, served)
    if other is not None:
        return other
    likely = [found for found in detect(text) if found.language in served]
    if likely and likely[0].confidence >= LEAST_CONFIDENCE:
        return likely[0]
    return DetectedLanguage(UNKNOWN, 0.0)
