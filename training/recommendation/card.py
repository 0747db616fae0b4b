"""The model card: what a spec states, for people to read."""

from collections.abc import Sequence

from functions.recommendation.catalogue import Catalogue
from shared.models.spec import Metric, ModelSpec


def _table(metrics: Sequence[Metric], names: Sequence[str]) -> str:
    heads = " | ".join(name.replace("_", " ") for name in names)
    lines = [f"| cases | ranked by | users | {heads} |", "|---" * (3 + len(names)) + "|"]
    for metric in metrics:
        cells = " | ".join(
            f"{metric.values[name]:.4f}" if name in metric.values else "" for name in names
        )
        lines.append(f"| {metric.dataset} | {metric.precision} | {metric.rows:,} | {cells} |")
    return "\n".join(lines)


def model_card(spec: ModelSpec, catalogue: Catalogue, cutoffs: Sequence[int]) -> str:
    """Markdown for one model."""
    size_mb = sum(entry.size_bytes for entry in spec.files.values()) / 1e6
    names = [f"{figure}@{k}" for figure in ("hr", "recall", "ndcg") for k in cutoffs]
    wide = ["coverage@10", "popularity_percentile@10"]
    whole = [metric for metric in spec.metrics if wide[0] in metric.values]
    groups = [metric for metric in spec.metrics if wide[0] not in metric.values]
    data = "\n".join(f"- {d.name} ({d.source}), {d.licence}, {d.rows:,} rows" for d in spec.data)
    fidelity = "\n".join(
        f"- {f.dataset}: {f.differing:,} of {f.compared:,} differ ({f.differing / f.compared:.2%}; "
        f"at most {f.allowed_fraction:.1%} allowed)"
        for f in spec.fidelity
    )
    quantization = "\n".join(f"- {key}: {value}" for key, value in spec.quantization.items())
    cold = int((~catalogue.known).sum())
    fields = ", ".join(f"`{name}`" for name in sorted(catalogue.fields)) or "none"
    return (
        f"""# {spec.name}

Version `{spec.version}`, {spec.created}. Licence {spec.licence}.
{len(catalogue):,} items, of which {cold:,} have no event in the training data and are placed by the
words of their titles. Fields that a filter can name: {fields}.
int8 ONNX, {size_mb:.1f} MB with tokenizer and catalogue.

Made by:

    {spec.training["command"]}

## Training data

{data}

Each user's last basket (events of one time) is the test, the one before it the validation, which
chose the number of epochs{
            " and was then trained on too, as all counts are made from it too"
            if spec.training.get("refit_with_validation")
            else ""
        }.

## Figures on the test baskets

{_table(whole, names)}

"hr" is whether any of the k best items is in the basket, "recall" the share of the basket that is
among them. "own frequency" ranks by how often the user had an item before; "item-transition counts"
by how often items of the last basket were followed by an item of the next.

| ranked by | catalogue coverage, ten best | popularity percentile of what is shown |
|---|---|---|
"""
        + "\n".join(
            f"| {m.precision} | {m.values[wide[0]]:.1%} | {m.values[wide[1]]:.3f} |" for m in whole
        )
        + f"""

1 would be: only the most popular items are shown.

## By how active the user is

{_table(groups, names)}

## int8 against fp32

{fidelity}

{quantization}
"""
    )
