"""What a training returns: the model that it put in its place, with its card."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from shared.models.spec import DataSource, Metric, ModelSpec


@dataclass(frozen=True)
class Published:
    """A model that is ready to be served.

    Attributes:
        folder: that serving takes.
        card: the model card, in Markdown.
        spec: what the folder's spec.json states.
        previous: the folder that now holds the model that lay in ``folder`` before, or None.
        report: the page with plots, or None where none was drawn.
    """

    folder: Path
    card: Path
    spec: ModelSpec = field(repr=False)
    previous: Path | None = None
    report: Path | None = None

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Figures of the fp32 and the int8 model on each test set."""
        return self.spec.metrics

    def with_card(self, content: str, verb: str = "published") -> "Published":
        """Write the model card, and print where all of it is."""
        self.card.parent.mkdir(parents=True, exist_ok=True)
        self.card.write_text(content, encoding="utf-8")
        print(f"{verb} {self.spec.identifier} at {self.folder}, card {self.card}")
        if self.previous:
            print(
                f"the former model is at {self.previous}; to restore it: "
                f"mv {self.previous} {self.folder}"
            )
        return self


def joint_licence(sources: Iterable[DataSource]) -> str:
    """SPDX expression of the licences of all data, for weights made of them."""
    return " AND ".join(sorted({source.licence for source in sources}))
