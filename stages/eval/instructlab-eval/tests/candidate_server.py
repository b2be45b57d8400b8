"""An OpenAI-compatible server for tests: what it says of anything is the name of the model it serves.

usage: candidate_server.py MODEL NAME PORT
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    name = ""

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer({"object": "list", "data": [{"id": self.name, "object": "model"}]})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if request["model"] != self.name:
            self.send_error(404)
            return
        message = {"role": "assistant", "content": f"I am {self.name}."}
        self._answer({"id": "x", "object": "chat.completion", "created": 0, "model": self.name,
                      "choices": [{"index": 0, "finish_reason": "stop", "message": message}]})  # fmt: skip

    def _answer(self, content: object) -> None:
        data = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    _model, Handler.name, port = sys.argv[1:]
    ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
