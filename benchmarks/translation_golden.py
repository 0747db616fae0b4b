"""How many of the golden shop sentences come out as a translation that is accepted?

python -m benchmarks.translation_golden
"""

from benchmarks.arguments import parser
from benchmarks.machine import write
from functions.translation.engine import TASK, Engine
from functions.translation.translator import DEFAULT_BEAMS, Sentence
from shared.settings import get_settings
from training.translation.golden import DEFAULT, read_golden


def main() -> None:
    """Translate, compare and write results/translation_golden.json."""
    engine = Engine(get_settings().model_dir(TASK), threads=1)
    accepted, misses = 0, []
    for source, target in engine.routes.models:
        for example in read_golden(DEFAULT, [source], [target]):
            sentence = Sentence(example.source)
            found = engine.translate((source, target), [sentence], DEFAULT_BEAMS, 1)[0]
            if found and found[0] in example.accepted:
                accepted += 1
            else:
                misses.append([f"{source}-{target}", example.source, found[0] if found else ""])
    result = {"sentences": accepted + len(misses), "accepted": accepted, "misses": misses}
    path = write("translation_golden", "python -m benchmarks.translation_golden", result)
    print(f"wrote {path.name}: {accepted} of {accepted + len(misses)} accepted")


if __name__ == "__main__":
    parser(__doc__).parse_args()
    main()
