"""A scripted OpenAI-compatible endpoint for tests of the whole chain: teacher and judge, always the same answers.

usage: endpoint.py HOST PORT        PORT 0 takes a free one, which is printed; the key is the variable API_KEY

Completions are what datagen/instructlab-sdg's own tests answer (completions_teacher.py, to be found on PYTHONPATH);
chat is a judge that marks an answer by its hash: it shows the path, and says nothing of a model.
"""

import hashlib
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from completions_teacher import row

MODELS = ("teacher", "judge")


def complete(body: dict[str, Any]) -> dict[str, Any]:
    texts = [row(prompt, n) for prompt in body["prompt"] for n in range(body.get("n") or 1)]
    choices = [{"index": at, "text": text, "finish_reason": "stop"} for at, text in enumerate(texts)]
    return {"object": "text_completion", "choices": choices}


def judge(body: dict[str, Any]) -> dict[str, Any]:
    said = "\n".join(message["content"] for message in body["messages"])
    mark = hashlib.sha256(said.encode()).digest()[0] % 10 + 1
    message = {"role": "assistant", "content": f"It says something. Rating: [[{mark}]]"}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return {"id": "x", "object": "chat.completion", "created": 0, "model": "judge", "choices": [choice]}


class Handler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer({"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self._answer((judge if self.path.endswith("/chat/completions") else complete)(body))

    def _answer(self, content: dict[str, Any]) -> None:
        allowed = self.headers["authorization"] == f"Bearer {os.environ['API_KEY']}"
        data = json.dumps(content if allowed else {"error": {"message": "wrong key"}}).encode()
        self.send_response(200 if allowed else 401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    server = ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
