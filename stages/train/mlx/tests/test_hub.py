"""Models of a hub, from a hub of our own on loopback."""

import json
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import patch

from ilab_models.model_source import ModelSource, find_model
from ilab_models.tiny_model import write_tiny_model
from ilab_stage import BadInput, Stage, TryLater

from . import needs_packages

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "hub-token-of-the-test"


class Hub(ThreadingHTTPServer):
    """Holds one model, `some/model`; `private` asks for the token, `broken` answers 503 to everything."""

    def __init__(self, folder: Path, *, private: bool = False, broken: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.folder = folder
        self.private = private
        self.broken = broken

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answer(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test's output quiet."""

    def answer(self, *, body: bool) -> None:
        path = self.path.split("?")[0]
        files = {file.name: file for file in self.server.folder.iterdir()}
        if self.server.broken:
            self.reply(503, b"", body=body)
        elif self.server.private and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.reply(401, b"", {"X-Error-Code": "RepoNotFound"}, body=body)
        elif path in (
            "/api/models/some/model",
            f"/api/models/some/model/revision/{COMMIT}",
            "/api/models/some/model/revision/v1",
        ):
            listed = [{"rfilename": name} for name in sorted(files)]
            self.reply(200, json.dumps({"id": "some/model", "sha": COMMIT, "siblings": listed}).encode(), body=body)
        elif path.startswith(f"/api/models/some/model/tree/{COMMIT}"):
            listed = [
                {"type": "file", "path": name, "size": file.stat().st_size, "oid": "0" * 40}
                for name, file in sorted(files.items())
            ]
            self.reply(200, json.dumps(listed).encode(), body=body)
        elif path.startswith(f"/some/model/resolve/{COMMIT}/") and (file := files.get(path.rsplit("/", 1)[1])):
            self.reply(200, file.read_bytes(), {"ETag": f'"{file.name}"', "X-Repo-Commit": COMMIT}, body=body)
        elif path.startswith("/api/models/some/model/revision/"):
            self.reply(404, b"", {"X-Error-Code": "RevisionNotFound"}, body=body)
        else:
            self.reply(404, b"", {"X-Error-Code": "RepoNotFound"}, body=body)

    def reply(self, status: int, content: bytes, headers: dict[str, str] | None = None, *, body: bool) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)


@needs_packages
class FromAHub(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "hub").mkdir()
        write_tiny_model(self.root / "hub")
        (self.root / "hub" / "pickled.bin").write_bytes(b"never downloaded")

    def start(self, **kind: bool) -> str:
        hub = Hub(self.root / "hub", **kind)
        thread = threading.Thread(target=hub.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(hub.server_close)
        self.addCleanup(hub.shutdown)
        return hub.url

    def find(self, model: str, url: str, token: str | None = None) -> ModelSource:
        content = self.root / "content"
        content.mkdir(exist_ok=True)
        (content / "params.json").write_text(json.dumps({"model": model}))
        with patch.dict("os.environ", {"HF_ENDPOINT": url} | ({"HF_TOKEN": token} if token else {})):
            return find_model(Stage({"ILAB_CONTENT": str(content)}), "model", self.root / "scratch")

    def test_is_downloaded_and_named_by_its_commit(self) -> None:
        found = self.find("hf:some/model@v1", self.start(private=True), TOKEN)
        self.assertEqual(found.uri, f"hf:some/model@{COMMIT}")
        wanted = {file.name for file in (self.root / "hub").iterdir()} - {"pickled.bin"}
        self.assertEqual({file.name for file in found.path.iterdir() if file.is_file()}, wanted)
        self.assertFalse(any(file.is_symlink() for file in found.path.rglob("*")), "a digest refuses links")

    def test_is_told_when_it_cannot_be_had(self) -> None:
        unreachable = "http://127.0.0.1:9"  # the discard port: nobody listens
        table: tuple[tuple[str, str, type[Exception], str], ...] = (
            (
                "hf:some/other",
                self.start(),
                BadInput,
                "hf:some/other is not on the hub, or is private and needs a token",
            ),
            ("hf:some/model", self.start(private=True), BadInput, "hf:some/model is not on the hub, or is private"),
            ("hf:some/model@v9", self.start(), BadInput, "hf:some/model@v9: the model has no such revision"),
            ("hf:some/model", self.start(broken=True), TryLater, "hf:some/model cannot be downloaded now"),
            ("hf:some/model", unreachable, TryLater, "hf:some/model cannot be downloaded now"),
        )
        for model, url, kind, sentence in table:
            with self.subTest(model=model, kind=kind.__name__), self.assertRaises(kind) as caught:
                self.find(model, url)
            self.assertIn(sentence, str(caught.exception))


if __name__ == "__main__":
    unittest.main()
