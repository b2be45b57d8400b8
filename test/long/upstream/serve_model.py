"""Serves a model folder for tests on a CPU, in place of vllm: OpenAI's chat endpoint, with the words of the real model.

usage: serve_model.py MODEL NAME PORT        needs transformers and torch, which are in the environment of eval
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

# A model that was taught nothing does not stop by itself.
LONGEST = 16


class Model:
    def __init__(self, folder: str) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._model = AutoModelForCausalLM.from_pretrained(folder)
        self._lock = threading.Lock()

    def answer(self, messages: list[dict[str, str]]) -> str:
        """The likeliest words, whatever temperature is asked for: the same question has the same answer."""
        text = self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        given = self._tokenizer(text, return_tensors="pt", add_special_tokens=False)
        with self._lock, torch.no_grad():
            said = self._model.generate(**given, max_new_tokens=LONGEST, do_sample=False)
        return str(self._tokenizer.decode(said[0][given["input_ids"].shape[1] :], skip_special_tokens=True))


class Handler(BaseHTTPRequestHandler):
    model: Model
    name = ""

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer({"object": "list", "data": [{"id": self.name, "object": "model"}]})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        message = {"role": "assistant", "content": self.model.answer(request["messages"]) or "..."}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        self._answer({"id": "x", "object": "chat.completion", "created": 0, "model": self.name, "choices": [choice]})

    def _answer(self, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    folder, Handler.name, port = sys.argv[1:]
    Handler.model = Model(folder)
    ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
