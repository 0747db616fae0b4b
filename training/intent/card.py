"""The model card: what a spec states, for people to read."""

from collections.abc import Mapping

from shared.models.spec import Metric, ModelSpec

_FIGURES = (
    "accuracy",
    "macro_f1",
    "in_scope_accuracy",
    "in_scope_answered",
    "out_of_scope_recall",
    "out_of_scope_precision",
    "ece_uncalibrated",
    "ece",
)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value * 100:.2f}"


def _metric_table(metrics: tuple[Metric, ...]) -> str:
    head = "| test set | precision | texts | " + " | ".join(n.replace("_", " ") for n in _FIGURES)
    lines = [head + " |", "|---" * (3 + len(_FIGURES)) + "|"]
    for metric in metrics:
        cells = " | ".join(_percent(metric.values.get(name)) for name in _FIGURES)
        lines.append(f"| {metric.dataset} | {metric.precision} | {metric.rows:,} | {cells} |")
    return "\n".join(lines)


def model_card(spec: ModelSpec, f1: Mapping[str, Mapping[str, float]]) -> str:
    """Markdown for one model.

    Args:
        spec: as written beside the model.
        f1: per test set, the int8 model's F1 by intent.
    """
    size_mb = sum(entry.size_bytes for entry in spec.files.values()) / 1e6
    data = "\n".join(f"- {d.name} ({d.source}), {d.licence}, {d.rows:,} texts" for d in spec.data)
    fidelity = "\n".join(
        f"- {f.dataset}: {f.differing} of {f.compared:,} decisions differ "
        f"({f.differing / f.compared:.2%}; at most {f.allowed_fraction:.1%} allowed)"
        for f in spec.fidelity
    )
    sets = list(f1)
    rows = "\n".join(
        f"| `{label.name}` | {label.description} | "
        + " | ".join(_percent(f1[name].get(label.name)) for name in sets)
        + " |"
        for label in spec.labels
    )
    heads = " | ".join(f"F1, {name}" for name in sets)
    quantization = "\n".join(f"- {key}: {value}" for key, value in spec.quantization.items())
    return f"""# {spec.name}

Version `{spec.version}`, {spec.created}. Licence {spec.licence}.
Reads {", ".join(spec.languages) or "any language"}. int8 ONNX, {size_mb:.1f} MB with its tokenizer.

Made by:

    {spec.training["command"]}

from {spec.training["base_model"]}.

## Training data

{data}

## Figures, in percent

{_metric_table(spec.metrics)}

"accuracy" and "macro f1" count the most probable class; "in scope accuracy" counts decisions,
where an abstention on an in-scope text is an error. "ece" is the expected calibration error
(15 bins) of the calibrated probabilities.

## Decision

Temperature {spec.parameters["temperature"]}, threshold {spec.parameters["threshold"]},
margin {spec.parameters["margin"]}, all chosen on validation data with the fp32 model. Texts of
more than {spec.limits["tokens"]} tokens are refused.

## int8 against fp32

{fidelity}

{quantization}

## Intents

| intent | what it is | {heads} |
|---|---|{"---|" * len(sets)}
{rows}
"""
