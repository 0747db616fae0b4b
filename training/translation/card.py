"""The model card: what a spec states, for people to read."""

from shared.models.spec import Metric, ModelSpec


def _metric_table(metrics: tuple[Metric, ...]) -> str:
    by_set: dict[str, dict[str, Metric]] = {}
    for metric in metrics:
        by_set.setdefault(metric.dataset, {})[metric.precision] = metric
    lines = ["| set | pairs | BLEU fp32 | BLEU int8 | chrF fp32 | chrF int8 |", "|---" * 6 + "|"]
    for name, found in by_set.items():
        figures = [
            f"{found[precision].values[key]:.2f}" if precision in found else ""
            for key in ("bleu", "chrf")
            for precision in ("fp32", "int8")
        ]
        rows = next(iter(found.values())).rows
        lines.append(f"| {name} | {rows:,} | {' | '.join(figures)} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _served(spec: ModelSpec) -> str:
    weight = spec.parameters.get("dictionary_weight")
    if not weight:
        return ""
    return (
        f"Figures are of the model alone. Serving adds {weight:g} nats to pieces of words that the "
        "dictionary says (docs/translation.md); RESULTS.md has figures with it.\n\n"
    )


def model_card(spec: ModelSpec) -> str:
    """Markdown for one model."""
    size_mb = sum(entry.size_bytes for entry in spec.files.values()) / 1e6
    data = "\n".join(f"| {d.name} | {d.source} | {d.licence} | {d.rows:,} |" for d in spec.data)
    agreement = "\n".join(
        f"- {f.dataset}: {f.differing:,} of {f.compared:,} pieces differ "
        f"({f.differing / f.compared:.2%}; at most {f.allowed_fraction:.0%} over all sets)"
        for f in spec.fidelity
    )
    golden = "\n".join(
        f"| {example['source']}-{example['target']} | {_cell(example['text'])} | {_cell(output)} |"
        for example, output in zip(spec.golden.inputs, spec.golden.outputs, strict=True)
    )
    precision = "fp32" if spec.quantization["weights"] == "fp32" else "int8"
    quantization = "\n".join(f"- {key}: {value}" for key, value in spec.quantization.items())
    record = "\n".join(
        f"- {key}: {value}" for key, value in spec.training.items() if key != "command"
    )
    return f"""# {spec.name}

Version `{spec.version}`, {spec.created}. Licence of the weights: {spec.licence}.
Reads {", ".join(spec.languages)}, writes {", ".join(spec.targets)}.
{precision} ONNX, {size_mb:.1f} MB with its tokenizer.

Made by:

    {spec.training["command"]}

{record}

## Figures

{_metric_table(spec.metrics)}

{_served(spec)}Percent, by sacrebleu (BLEU nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp, chrF2
nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no), on sets that training never saw but that progress
was watched on, so they are tuning sets and not a blind test.

## {precision} against fp32

Pieces that the {precision} model chooses otherwise, given all that the fp32 model wrote before:

{agreement}

{quantization}

## Examples

As served; `spec.json` holds them, and the first is tried at every cold start.

| direction | text | translation |
|---|---|---|
{golden}

## Training data

| collection | origin | licence | pairs |
|---|---|---|---|
{data}
"""
