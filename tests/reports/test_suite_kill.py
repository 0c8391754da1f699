"""``kill -9`` in the middle of a suite: the same command goes on and asks little twice."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

SUITE = """
title: Two
sections:
- title: Streets
  benchmark: imageo-gss
  layout: models
  columns:
  - {label: City, metric: city}
- title: Points
  benchmark: imageo-pcw
  layout: models
  columns:
  - {label: City, metric: city}
"""
CONCURRENCY = 2


@pytest.fixture
def endpoint():
    asked = Counter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.answer({"data": [{"id": "tiny"}]})

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            picture = [part for part in body["messages"][-1]["content"] if "image_url" in part]
            asked[picture[0]["image_url"]["url"][-200:]] += 1
            time.sleep(0.05)
            message = {"role": "assistant", "content": '{"city": "Mockford"}'}
            self.answer({"choices": [{"index": 0, "finish_reason": "stop", "message": message}]})

        def answer(self, document):
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            """A client that was killed is no error here."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_killed_suite_goes_on(tmp_path, endpoint):
    url, asked = endpoint
    (tmp_path / "two.yaml").write_text(SUITE)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENAI")}
    command = [sys.executable, "-m", "geobench_tools", "eval", "--suite", "two.yaml", "-o", "run"]
    command += ["--model", "openai:tiny", "--base-url", url, "--concurrency", str(CONCURRENCY)]
    options = {"cwd": tmp_path, "env": environment, "stdout": subprocess.DEVNULL,
               "stderr": subprocess.PIPE, "text": True}  # fmt: skip
    first = subprocess.Popen(command, **options)
    deadline = time.monotonic() + 120
    while asked.total() < 15 and first.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    before = asked.total()
    assert 15 <= before < 24
    done = subprocess.run(command, check=False, **options)
    assert done.returncode == 0, done.stderr
    assert asked.total() <= 24 + CONCURRENCY
    tables = json.loads((tmp_path / "run" / "suite.json").read_text())["tables"]
    assert [table["statuses"] for table in tables] == [{"ok": 12}, {"ok": 12}]
    again = asked.total()
    subprocess.run(command, check=True, **options)
    assert asked.total() == again
