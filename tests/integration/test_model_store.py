"""Models in S3, over HTTP: fetched by real processes, published by the real command."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from local import publish_model
from shared import aws
from shared.errors import ModelAltered, ModelMissing, ModelNotKept, StoreUnavailable
from shared.locations import parse_location
from shared.models.folder import hash_file, model_folders
from shared.models.spec import read_spec, verify_files, write_spec
from shared.models.store import find_models, local_folder, read_model_spec
from shared.settings import get_settings
from tests.aws_server import AwsServer, refusal
from tests.by_english import two_models
from tests.expectations import load_event, outcomes, translations
from tests.small_models import small_model

SIZE_BYTES = 100_000
LARGE_BYTES = 20_000_000  # three parts
ASK = (
    "import sys; from shared.locations import parse_location\n"
    "from shared.models.store import local_folder\n"
    "from shared.models.spec import read_spec, verify_files, write_spec\n"
    "folder = local_folder(parse_location(sys.argv[1])); verify_files(folder, read_spec(folder))\n"
    "print(folder)"
)
HANDLE = (
    "import importlib, json, sys, types\n"
    "handler = importlib.import_module(sys.argv[1]).handler\n"
    "context = types.SimpleNamespace(aws_request_id='r', function_name='f',\n"
    "    memory_limit_in_mb=1024, get_remaining_time_in_millis=lambda: 30_000)\n"
    "print(json.dumps([handler(event, context) for event in json.load(sys.stdin)]))"
)


@pytest.fixture
def s3(monkeypatch, tmp_path):
    """A server with the bucket ``models``, and settings that name it and a cache of this test."""
    with AwsServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("MODEL_CACHE_DIR", str(tmp_path / "cache"))
        get_settings.cache_clear()
        server.bucket = server.make_bucket("models")
        yield server


@pytest.fixture
def model(tmp_path):
    small_model(tmp_path / "mine", SIZE_BYTES)
    return tmp_path / "mine"


@pytest.fixture
def one_try(monkeypatch):
    monkeypatch.setattr(aws, "MAX_ATTEMPTS", 1)


def publish(folder, to="s3://models/mine", *options):
    return publish_model.main(["--model", str(folder), "--to", to, *options])


def ask(to="s3://models/mine"):
    return local_folder(parse_location(to))


def start(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-c", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def finish(process, given=None):
    out, err = process.communicate(given, timeout=60)
    assert process.returncode == 0, err
    return out.splitlines()[-1]


def cached(tmp_path):
    return [path.name for path in (tmp_path / "cache").iterdir() if path.name != ".lock"]


def reads(server):
    return Counter(request for request in server.requests if request[0] == "GET")


def flip(server, key):
    """Change one byte of an object; the hash that it has then."""
    found = server.bucket.Object(key)
    content = bytearray(found.get()["Body"].read())
    content[len(content) // 2] ^= 1
    found.put(Body=bytes(content))


def keys(server):
    return [found.key for found in server.bucket.objects.all()]


# ---- fetching -----------------------------------------------------------------------------------


def test_two_processes_that_start_at_once_share_one_download(s3, tmp_path):
    small_model(tmp_path / "large", LARGE_BYTES)
    assert publish(tmp_path / "large") == 0
    s3.requests.clear()
    both = threading.Event()
    specs = []

    def wait_for_both(method, path):
        if (method, path) == ("GET", "/models/mine/spec.json"):
            specs.append(path)
            if len(specs) == 2:
                both.set()
        elif method == "GET" and path.endswith("weights.bin"):
            assert both.wait(30)  # so that the second one finds a download under way

    s3.hook = wait_for_both
    first, second = start(ASK, "s3://models/mine"), start(ASK, "s3://models/mine")
    folders = {finish(first), finish(second)}
    assert folders == {str(tmp_path / "cache" / name) for name in cached(tmp_path)}
    assert len(folders) == 1
    counts = {path: count for (_, path, part), count in reads(s3).items() if "/.releases/" in path}
    parts = [part for _, path, part in reads(s3) if path.endswith("weights.bin")]
    assert len(parts) == 3
    assert set(counts.values()) == {1}
    assert {path.rpartition("/")[2] for path in counts} == {"weights.bin", "words.txt"}


def test_a_second_start_reads_only_what_is_to_be_served(s3, model):
    publish(model)
    folder = ask()
    s3.requests.clear()
    assert ask() == folder
    assert [path.partition("?")[0] for _, path, _ in s3.requests] == [
        "/models",
        "/models/mine/spec.json",
    ]
    assert find_models(parse_location("s3://models/mine")) == {folder.name: folder}


def test_a_process_killed_in_its_download_is_followed_by_another(s3, model, tmp_path):
    publish(model)
    under_way, go_on = threading.Event(), threading.Event()

    def hold(method, path):
        if method == "GET" and path.endswith("weights.bin"):
            under_way.set()
            go_on.wait(30)

    s3.hook = hold
    process = start(ASK, "s3://models/mine")
    assert under_way.wait(30)
    process.kill()
    process.communicate()
    assert [name[:5] for name in cached(tmp_path)] == [".new-"]
    go_on.set()
    s3.hook = lambda method, path: None
    begin = time.monotonic()
    folder = ask()
    assert time.monotonic() - begin < 10
    verify_files(folder, read_spec(folder))
    assert cached(tmp_path) == [folder.name]


def test_a_flipped_byte_in_s3_is_refused(s3, model, tmp_path):
    publish(model)
    (key,) = [key for key in keys(s3) if key.endswith("weights.bin")]
    flip(s3, key)
    with pytest.raises(ModelAltered) as raised:
        ask()
    detail = raised.value.detail
    stated = hash_file(model / "weights.bin")
    assert f"s3://models/{key}" in detail
    assert stated in detail
    actual = detail.partition("SHA-256 ")[2][:64]
    s3.bucket.download_file(key, str(tmp_path / "altered"))
    assert actual == hash_file(tmp_path / "altered") != stated
    assert "publish the model again" in detail
    assert not raised.value.retryable
    assert cached(tmp_path) == []
    publish(model)
    folder = ask()
    verify_files(folder, read_spec(folder))


def test_an_object_that_was_cut_short_is_refused_before_it_is_fetched(s3, model):
    publish(model)
    (key,) = [key for key in keys(s3) if key.endswith("weights.bin")]
    s3.bucket.Object(key).put(Body=b"short")
    s3.requests.clear()
    with pytest.raises(ModelAltered, match=r"weights\.bin has 5 bytes, spec\.json states 100,000"):
        ask()
    assert not [path for path in reads(s3) if "weights" in path[1]]


def test_a_flipped_byte_in_the_cache_is_fetched_anew(s3, model):
    publish(model)
    folder = ask()
    content = bytearray((folder / "weights.bin").read_bytes())
    content[7] ^= 1
    (folder / "weights.bin").write_bytes(content)
    assert ask() == folder
    verify_files(folder, read_spec(folder))


def test_a_spec_altered_in_the_cache_is_fetched_anew(s3, model):
    publish(model)
    folder = ask()
    text = (folder / "spec.json").read_text()
    (folder / "spec.json").write_text(text.replace("Apache", "Another"))
    assert (ask() / "spec.json").read_text() == text


def test_a_missing_object_is_named(s3, model):
    publish(model)
    (key,) = [key for key in keys(s3) if key.endswith("words.txt")]
    s3.bucket.Object(key).delete()
    with pytest.raises(ModelMissing, match=r"names texts/words\.txt"):
        ask()


def test_a_name_that_leaves_the_folder_is_refused(s3, model):
    publish(model)
    text = (model / "spec.json").read_text().replace('"weights.bin"', '"../weights.bin"')
    s3.bucket.Object("mine/spec.json").put(Body=text.encode())
    with pytest.raises(ModelAltered, match=r"mine/spec\.json is not a model spec"):
        ask()


def test_the_longest_unused_model_makes_room(s3, tmp_path, monkeypatch):
    for name in "abc":
        small_model(tmp_path / name, 1_000_000, seed=ord(name))
        publish(tmp_path / name, f"s3://models/{name}")
    monkeypatch.setenv("MODEL_CACHE_BYTES", str(2_500_000))
    for name in "abac":
        finish(start(ASK, f"s3://models/{name}"))
    assert sorted(name[0] for name in cached(tmp_path)) == ["a", "c"]
    monkeypatch.setenv("MODEL_CACHE_BYTES", str(900_000))
    get_settings.cache_clear()
    with pytest.raises(ModelNotKept, match="MODEL_CACHE_BYTES"):
        ask("s3://models/b")


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("s3://nowhere/mine", "NoSuchBucket"),
        ("s3://models/nowhere", "nothing below it is named spec.json"),
    ],
)
def test_what_is_not_there_is_named(location, reason, s3):
    with pytest.raises(ModelMissing, match=reason) as raised:
        ask(location)
    assert location in raised.value.detail
    assert not raised.value.retryable


@pytest.mark.parametrize("part", ["/models", "spec.json", "weights.bin"])
def test_a_refusal_says_what_is_needed(part, s3, model):
    publish(model)
    s3.hook = lambda method, path: refusal(403, "AccessDenied") if path.endswith(part) else None
    with pytest.raises(ModelMissing, match=r"(AccessDenied|403) from .*s3:GetObject"):
        ask()


def test_no_credentials_are_a_refusal(s3, monkeypatch, request):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    for session in (aws._session, aws._botocore_session):
        session.cache_clear()
        request.addfinalizer(session.cache_clear)
    with pytest.raises(ModelMissing, match="NoCredentialsError"):
        ask()


@pytest.mark.parametrize("part", ["/models", "spec.json", "weights.bin"])
@pytest.mark.parametrize(("status", "code"), [(503, "SlowDown"), (500, "InternalError")])
def test_trouble_of_s3_is_retryable(part, status, code, s3, model, one_try, tmp_path):
    publish(model)
    s3.hook = lambda method, path: refusal(status, code) if path.endswith(part) else None
    with pytest.raises(StoreUnavailable, match="model store") as raised:
        ask()
    assert raised.value.retryable
    s3.hook = lambda method, path: None
    folder = ask()
    assert cached(tmp_path) == [folder.name]


def test_a_body_that_is_always_cut_off_is_retryable(s3, model, one_try):
    publish(model)

    def cut(environ, start_response):
        start_response("200 OK", [("content-length", "1000000"), ("etag", '"x"')])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else b"short"]

    s3.hook = lambda method, path: cut if path.endswith("weights.bin") else None
    with pytest.raises(StoreUnavailable, match="model store"):
        ask()


def test_a_server_that_is_not_there_is_retryable(s3, one_try, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreUnavailable, match="EndpointConnectionError"):
        ask()


# ---- publishing ---------------------------------------------------------------------------------


def test_what_is_served_is_written_last(s3, model):
    publish(model)
    names = [path.partition("?")[0] for method, path, _ in s3.requests if method == "PUT"]
    assert names[-2:] == [
        f"/models/{next(key for key in keys(s3) if '.releases' in key and 'spec' in key)}",
        "/models/mine/spec.json",
    ]


def test_a_dry_run_writes_nothing(s3, model, capsys):
    s3.requests.clear()
    assert publish(model, "s3://models/mine", "--dry-run") == 0
    assert {method for method, _, _ in s3.requests} == {"GET"}
    assert keys(s3) == []
    shown = capsys.readouterr().err
    assert "mine/.releases/" in shown
    assert "nothing was uploaded" in shown


def test_a_new_release_is_served_and_the_former_one_brought_back(s3, tmp_path, capsys):
    old = small_model(tmp_path / "old", 1_000, seed=1)
    new = small_model(tmp_path / "new", 1_000, seed=2)
    publish(tmp_path / "old")
    first, before = ask(), set(keys(s3))
    publish(tmp_path / "new")
    assert set(keys(s3)) > before
    assert read_spec(ask()) == new
    assert first.is_dir()  # another folder: who serves from it still can
    undo = capsys.readouterr().err.partition("retail publish ")[2].split("\n")[0]
    assert publish_model.main(undo.split()) == 0
    assert read_spec(ask()) == old
    assert ask() == first


def test_the_same_release_can_be_published_again(s3, model, capsys):
    publish(model)
    before = keys(s3)
    assert publish(model) == 0
    assert "served there already" in capsys.readouterr().err
    assert keys(s3) == before


def test_a_spec_alone_makes_a_release(s3, model):
    publish(model)
    write_spec(model, read_spec(model).model_copy(update={"licence": "Another"}))
    publish(model)
    assert read_spec(ask()).licence.startswith("Another")
    assert len([key for key in keys(s3) if key.endswith("weights.bin")]) == 2


def test_a_release_published_while_one_starts_is_served(s3, tmp_path):
    small_model(tmp_path / "old", seed=1)
    new = small_model(tmp_path / "new", seed=2)
    publish(tmp_path / "old")

    def publish_new(method, path):
        if path == "/models/mine/spec.json":
            s3.hook = lambda method, path: None
            assert publish(tmp_path / "new") == 0

    s3.hook = publish_new  # after the listing, before what is served is read
    assert read_spec(ask()) == new


def test_an_unknown_release_names_those_that_there_are(s3, model, capsys):
    publish(model)
    (release,) = {key.split("/")[2] for key in keys(s3) if ".releases" in key}
    capsys.readouterr()
    assert publish_model.main(["--to", "s3://models/mine", "--rollback", "x"]) == 2
    assert f"No release x at s3://models/mine; there are: {release}." in capsys.readouterr().err


def test_a_release_that_lost_a_file_is_not_brought_back(s3, tmp_path, capsys):
    for seed, name in enumerate(("old", "new")):
        small_model(tmp_path / name, seed=seed)
        publish(tmp_path / name)
    served = s3.bucket.Object("mine/spec.json").get()["Body"].read()
    old = read_spec(tmp_path / "old").version
    (release,) = {key.split("/")[2] for key in keys(s3) if f".releases/{old}" in key}
    s3.bucket.Object(f"mine/.releases/{release}/weights.bin").delete()
    assert publish_model.main(["--to", "s3://models/mine", "--rollback", release]) == 2
    assert "weights.bin" in capsys.readouterr().err
    assert s3.bucket.Object("mine/spec.json").get()["Body"].read() == served


def test_a_folder_that_is_not_what_its_spec_states_is_not_published(s3, model, capsys):
    (model / "weights.bin").write_bytes(b"x" * SIZE_BYTES)
    assert publish(model) == 2
    assert "weights.bin has SHA-256" in capsys.readouterr().err
    assert keys(s3) == []


def test_a_spec_with_a_wrong_size_is_not_published(s3, model, capsys):
    spec = read_spec(model)
    entry = spec.files["weights.bin"].model_copy(update={"size_bytes": SIZE_BYTES - 1})
    write_spec(model, spec.model_copy(update={"files": spec.files | {"weights.bin": entry}}))
    assert publish(model) == 2
    assert "states 99,999" in capsys.readouterr().err
    assert keys(s3) == []


def test_a_model_is_not_put_above_others(s3, model, capsys):
    publish(model, "s3://models/all/one")
    assert publish(model, "s3://models/all") == 2
    assert "holds the models one" in capsys.readouterr().err
    assert "all/spec.json" not in keys(s3)


def test_a_copied_folder_is_served_and_never_overwritten(s3, model, capsys):
    for path in model.rglob("*.*"):
        s3.bucket.upload_file(str(path), f"mine/{path.relative_to(model).as_posix()}")
    before = keys(s3)
    verify_files(ask(), read_spec(model))
    assert publish(model) == 2
    assert "did not put there" in capsys.readouterr().err
    assert keys(s3) == before


def test_what_is_served_can_be_mended_when_it_is_no_spec(s3, model, capsys):
    publish(model)
    (release,) = {key.split("/")[2] for key in keys(s3) if ".releases" in key}
    s3.bucket.Object("mine/spec.json").put(Body=b"{}")
    assert publish(model) == 2
    assert "--rollback" in capsys.readouterr().err
    assert publish_model.main(["--to", "s3://models/mine", "--rollback", release]) == 0
    assert read_spec(ask()) == read_spec(model)


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("models/mine", "must be written s3://bucket/prefix"),
        ("s3://", "names no bucket"),
        ("s3://nowhere/mine", "NoSuchBucket"),
    ],
)
def test_a_target_that_is_none_is_refused(to, reason, s3, model, capsys):
    assert publish(model, to) == 2
    assert reason in capsys.readouterr().err


def test_a_bucket_that_may_not_be_written_is_reported(s3, model, capsys):
    s3.hook = lambda method, path: refusal(403, "AccessDenied") if method != "GET" else None
    assert publish(model) == 2
    err = capsys.readouterr().err
    assert "was not written" in err
    assert "AccessDenied" in err


# ---- serving ------------------------------------------------------------------------------------


def handle(module, *events):
    process = start(HANDLE, module, stdin=subprocess.PIPE)
    return json.loads(finish(process, json.dumps(events)))


def test_the_intent_handlers_serve_a_published_model(s3, monkeypatch):
    folder = get_settings().model_dir("intent")
    assert publish(folder, "s3://models/retail/intent") == 0
    monkeypatch.setenv("INTENT_MODEL_DIR", "s3://models/retail/intent")
    s3.requests.clear()
    http, models = handle(
        "functions.intent.api",
        load_event("intent_http.json"),
        load_event("intent_http_models.json"),
    )
    body = json.loads(http["body"])
    assert (http["statusCode"], body["model"]) == (200, read_spec(folder).identifier)
    assert outcomes(body) == ["track_order"]
    assert json.loads(models["body"])["models"][0]["version"] == read_spec(folder).version
    assert [path for _, path, _ in s3.requests].count("/models/retail/intent/spec.json") == 1


def test_translation_serves_two_published_models(s3, monkeypatch, tmp_path):
    folder = two_models(tmp_path / "translation")
    assert publish(folder, "s3://models/retail/translation") == 0
    monkeypatch.setenv("MODELS_DIR", "s3://models/retail")
    between, models = handle(
        "functions.translation.api",
        load_event("translation_http_between.json"),
        load_event("translation_http_models.json"),
    )
    body = json.loads(between["body"])
    specs = [read_spec(found) for found in model_folders(folder).values()]
    assert between["statusCode"] == 200, body
    assert body["model"] == "+".join(sorted(spec.identifier for spec in specs))
    assert all(found["text"] for found in translations(body))
    assert "by way of English" in body["warnings"][0]
    assert [card["name"] for card in json.loads(models["body"])["models"]] == [
        spec.name for spec in specs
    ]


def test_models_of_other_services_are_listed_from_their_specs(s3, tmp_path):
    small_model(tmp_path / "all" / "one")
    small_model(tmp_path / "all" / "two", seed=1)
    publish(tmp_path / "all", "s3://models/all")
    s3.requests.clear()
    found = find_models(parse_location("s3://models/all"))
    assert list(found) == ["one", "two"]
    assert [read_model_spec(place).name for place in found.values()] == ["one", "two"]
    assert not [path for _, path, _ in s3.requests if ".releases" in path]


def test_a_bad_model_is_a_problem_and_not_a_crash(s3, monkeypatch):
    monkeypatch.setenv("INTENT_MODEL_DIR", "s3://models/nowhere")
    (answer,) = handle("functions.intent.api", load_event("intent_http.json"))
    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["type"].rpartition(":")[2]) == (500, "model-missing")
    assert "the function's log tells why" in problem["detail"]


def test_where_models_are_is_told_to_no_caller(s3, monkeypatch):
    monkeypatch.setenv("INTENT_MODEL_DIR", "s3://models/nowhere")
    events = [load_event("intent_http.json"), load_event("intent_direct.json")]
    assert "nowhere" not in json.dumps(handle("functions.intent.api", *events))


def test_a_local_folder_costs_nothing():
    code = (
        "import sys; from functions.intent.service import get_service; get_service()\n"
        "print([name for name in ('boto3', 'fcntl', 'shared.models.s3', 'shared.models.cache')\n"
        "       if name in sys.modules])"
    )
    assert finish(start(code)) == "[]"
    assert local_folder(Path("somewhere")) == Path("somewhere")
