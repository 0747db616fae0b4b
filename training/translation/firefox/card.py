"""The model card of an imported model: what its spec states, for people to read."""

from shared.models.spec import ModelSpec


def model_card(spec: ModelSpec) -> str:
    """Markdown for one model."""
    size_mb = sum(entry.size_bytes for entry in spec.files.values()) / 1e6
    (source,), (target,) = spec.languages, spec.targets
    figures = "\n".join(
        f"| {m.dataset} | {m.precision} | {m.rows:,} | {m.values['bleu']:.1f} "
        f"| {m.values['chrf']:.1f} |"
        for m in spec.metrics
    )
    table = "| set | precision | pairs | BLEU | chrF |\n|---|---|---|---|---|\n" if figures else ""
    (agreement,) = spec.fidelity
    examples = "\n".join(
        f"| {_cell(example['text'])} | {_cell(output)} |"
        for example, output in zip(spec.golden.inputs, spec.golden.outputs, strict=True)
    )
    published = spec.training.get("published_figures")
    return f"""# {spec.name}

Version `{spec.version}`, {spec.created}. Licence of the weights: {spec.licence}.
Reads {source}, writes {target}. int8 ONNX, {size_mb:.1f} MB with its tokenizer.

One of Firefox Translations' models, made by Mozilla and the Bergamot project; nothing of it was
trained here. From {spec.training["imported_from"]} (`{spec.training["imported_version"]}`) by:

    {spec.training["command"]}

## Quality

{f"Its publisher states: {published}." if published else "Its files state no figures."}

{table}{figures}

## int8 against fp32

Given all that fp32 wrote before, int8 chooses {agreement.differing:,} of {agreement.compared:,}
pieces otherwise ({agreement.differing / agreement.compared:.2%}; at most
{agreement.allowed_fraction:.0%}).

{chr(10).join(f"- {key}: {value}" for key, value in spec.quantization.items())}

## Examples

As served; `spec.json` holds them, and the first is tried at every cold start.

| text | translation |
|---|---|
{examples}
"""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
