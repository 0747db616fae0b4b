"""Two translation models that know each other's languages only by way of English."""

import shutil
from pathlib import Path

from shared.models.spec import read_spec, write_spec
from shared.settings import get_settings

FROM_ENGLISH, INTO_ENGLISH = "from-english", "into-english"
FOREIGN = ("de", "fr", "es")
DIRECTIONS = {FROM_ENGLISH: (("en",), FOREIGN), INTO_ENGLISH: (FOREIGN, ("en",))}


def two_models(folder: Path) -> Path:
    """The default model twice, once from English alone and once into it.

    Returns:
        ``folder``, which holds both.
    """
    whole = get_settings().model_dir("translation") / "en-de-fr-es"
    for name, (sources, targets) in DIRECTIONS.items():
        half = shutil.copytree(whole, folder / name)
        spec = read_spec(half)
        golden = [
            (example, output)
            for example, output in zip(spec.golden.inputs, spec.golden.outputs, strict=True)
            if example["target"] in targets and example["source"] in sources
        ]
        inputs, outputs = zip(*golden, strict=True)
        said = {"inputs": inputs, "outputs": outputs}
        changed = {
            "name": name,
            "languages": sources,
            "targets": targets,
            "golden": spec.golden.model_copy(update=said),
        }
        write_spec(half, spec.model_copy(update=changed))
    return folder
