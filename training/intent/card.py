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
_MARKED = ("slot_f1", "denied_found", "two_wishes_told")  # of models that tell them


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value * 100:.2f}"


def _metric_table(metrics: tuple[Metric, ...]) -> str:
    known = {name for metric in metrics for name in metric.values}
    names = [*_FIGURES, *(name for name in _MARKED if name in known)]
    head = "| test set | precision | texts | " + " | ".join(n.replace("_", " ") for n in names)
    lines = [head + " |", "|---" * (3 + len(names)) + "|"]
    for metric in metrics:
        cells = " | ".join(_percent(metric.values.get(name)) for name in names)
        lines.append(f"| {metric.dataset} | {metric.precision} | {metric.rows:,} | {cells} |")
    return "\n".join(lines)


def _decision(spec: ModelSpec) -> str:
    """The parameters of the decision, one a line."""
    shown = {name: value for name, value in spec.parameters.items() if name != "slots"}
    return "\n".join(f"- {name.replace('_', ' ')}: {value}" for name, value in shown.items())


def model_card(spec: ModelSpec, f1: Mapping[str, Mapping[str, float]]) -> str:
    """Markdown for one model.

    Args:
        spec: as written beside the model.
        f1: per test set, the int8 model's F1 by intent.
    """
    size_mb = sum(entry.size_bytes for entry in spec.files.values()) / 1e6
    data = "\n".join(f"- {d.name} ({d.source}), {d.licence}, {d.rows:,} texts" for d in spec.data)
    fidelity = "\n".join(
        f"- {f.dataset}: {f.differing} of {f.compared:,} decisions away from ties differ "
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
(15 bins) of the calibrated probabilities. "slot f1" counts a slot as right where its place and
kind are; "denied found" is the share of denied wishes that are told with their intent; "two wishes
told" that of messages with two wishes of which both intents are.

## Decision

{_decision(spec)}

All are chosen on validation data with the fp32 model. Of a text of more than
{spec.limits["tokens"]} tokens, the part that says most is read.

## int8 against fp32

A text is at a tie where its probabilities lie within 0.05 of another decision.

{fidelity}

{quantization}

## Intents

| intent | what it is | {heads} |
|---|---|{"---|" * len(sets)}
{rows}
"""


def calibrated_card(content: str, former: ModelSpec, spec: ModelSpec) -> str:
    """The card of a model that was calibrated anew: what decides it, and how that came about.

    Args:
        content: the former card.
        former: the former spec.
        spec: with the record of the calibration.
    """
    record = spec.training["calibrated"]
    lines = content.replace(former.version, spec.version).splitlines()
    start = lines.index("## Decision")
    end = lines.index("## int8 against fp32")
    told = f"""## Decision

{_decision(spec)}

The figures above are of the training. What decides was calibrated since with the int8 model, on
{record["messages"]:,} messages that the training did not see:

    {record["command"]}

Of a text of more than {spec.limits["tokens"]} tokens, the part that says most is read.
"""
    return "\n".join([*lines[:start], *told.splitlines(), "", *lines[end:]]) + "\n"
