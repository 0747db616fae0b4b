"""The model card: what a spec states, for people to read."""

from collections.abc import Sequence

from functions.recommendation.catalogue import Catalogue
from shared.models.spec import Metric, ModelSpec
from training.recommendation.evaluate import DECILES, SPREAD


def _table(metrics: Sequence[Metric], names: Sequence[str]) -> str:
    heads = " | ".join(name.replace("_", " ") for name in names)
    lines = [f"| cases | ranked by | users | {heads} |", "|---" * (3 + len(names)) + "|"]
    for metric in metrics:
        cells = " | ".join(
            f"{metric.values[name]:.4f}" if name in metric.values else "" for name in names
        )
        lines.append(f"| {metric.dataset} | {metric.precision} | {metric.rows:,} | {cells} |")
    return "\n".join(lines)


def _spread(metrics: Sequence[Metric]) -> str:
    """How the lists differ, a line for each way of ranking."""
    lines = ["| ranked by | coverage | popularity percentile | novelty, bits |", "|---" * 4 + "|"]
    for metric in metrics:
        coverage, percentile, novelty = (metric.values[name] for name in SPREAD)
        lines.append(f"| {metric.precision} | {coverage:.1%} | {percentile:.3f} | {novelty:.1f} |")
    return "\n".join(lines)


def _deciles(metrics: Sequence[Metric]) -> str:
    """Shares of what is shown by popularity, a line for each way of ranking."""
    heads = ["most popular", *map(str, range(2, len(DECILES))), "least"]
    lines = ["| ranked by | " + " | ".join(heads) + " |", "|---" * (1 + len(heads)) + "|"]
    for metric in metrics:
        cells = " | ".join(f"{metric.values[name]:.1%}" for name in DECILES)
        lines.append(f"| {metric.precision} | {cells} |")
    return "\n".join(lines)


def _lost(groups: Sequence[Metric]) -> str:
    """What users with many events lose where the model is given few of them."""
    few = [metric for metric in groups if "newest" in metric.dataset]
    if not few:
        return ", of whom none has events enough here"
    whole = groups[groups.index(few[0]) - 1].values["ndcg@10"]
    return (
        f" with a part of their history alone (the last line): NDCG@10 falls from {whole:.4f} to "
        f"{few[0].values['ndcg@10']:.4f}"
    )


def _facts(spec: ModelSpec, catalogue: Catalogue) -> str:
    """Items, their fields, and size."""
    size_mb = sum(entry.size_bytes for entry in spec.files.values()) / 1e6
    cold = int((~catalogue.known).sum())
    fields = ", ".join(f"`{name}`" for name in sorted(catalogue.fields)) or "none"
    base = spec.training["text_base" if "text_base" in spec.training else "base_model"]
    precision = "fp32" if spec.quantization.get("item vectors") == "none" else "int8"
    words = "the words of their titles" if base == "none" else f"their texts (words and {base})"
    return (
        f"{len(catalogue):,} items, of which {cold:,} have no event in the training data and are "
        f"placed by {words}. Fields that a filter can name: {fields}. {precision} ONNX, "
        f"{size_mb:.1f} MB with tokenizer and catalogue."
    )


def _fidelity(spec: ModelSpec) -> str:
    compared = "\n".join(
        f"- {f.dataset}: {f.differing:,} of {f.compared:,} differ ({f.differing / f.compared:.2%}; "
        f"at most {f.allowed_fraction:.1%} allowed)"
        for f in spec.fidelity
    )
    return compared + "\n\n" + "\n".join(f"- {k}: {v}" for k, v in spec.quantization.items())


def first_day_card(spec: ModelSpec, catalogue: Catalogue) -> str:
    """Markdown for a model of texts alone."""
    return f"""# {spec.name}

Version `{spec.version}`, {spec.created}. Licence {spec.licence}.
{_facts(spec, catalogue)}

Made by:

    {spec.training["command"]}

## What it knows

No event: it has no figures of accuracy, and nothing is known of what is popular or had together.
Items with like texts are similar, and a shopper is shown what is like the items of their history,
the newest counting most. Answers say so in `warnings`. Train with `--events` as soon as there are
some.

## int8 against fp32

{_fidelity(spec)}
"""


def model_card(spec: ModelSpec, catalogue: Catalogue, cutoffs: Sequence[int]) -> str:
    """Markdown for one model."""
    names = [f"{figure}@{k}" for figure in ("hr", "recall", "ndcg") for k in cutoffs]
    whole = [metric for metric in spec.metrics if SPREAD[0] in metric.values]
    groups = [metric for metric in spec.metrics if SPREAD[0] not in metric.values]
    data = "\n".join(f"- {d.name} ({d.source}), {d.licence}, {d.rows:,} rows" for d in spec.data)
    return f"""# {spec.name}

Version `{spec.version}`, {spec.created}. Licence {spec.licence}.
{_facts(spec, catalogue)}

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

## What is shown

Of the ten best: which share of the catalogue is shown to anyone, the mean rank by popularity (1
would be: only the most popular items), and how rare an item is by its events, -log2 of its share.

{_spread(whole)}

Shares of what is shown by tenths of the catalogue, the most popular first:

{_deciles(whole)}

## By how active the user is

{_table(groups, names)}

Baskets of active users are larger too, so compare the ways within a group. What having few events
costs is seen of the same users{_lost(groups)}.

## int8 against fp32

{_fidelity(spec)}
"""
