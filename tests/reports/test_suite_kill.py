"""``kill -9`` in the middle of a suite: the same command goes on and asks little twice."""

import json
import os
import subprocess
import sys
import time

from openai_server import OpenAIServer

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
ANSWERED_BEFORE = 14


def test_a_killed_suite_goes_on(tmp_path):
    (tmp_path / "two.yaml").write_text(SUITE)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENAI")}
    with OpenAIServer(
        answer=lambda _seen: '{"city": "Mockford"}', holds_after=ANSWERED_BEFORE
    ) as server:
        command = [sys.executable, "-m", "geobench_tools", "eval", "--suite", "two.yaml", "-o"]
        command += ["run", "--model", "openai:tiny-vl", "--base-url", server.url]
        command += ["--concurrency", str(CONCURRENCY)]
        options = {"cwd": tmp_path, "env": environment, "stdout": subprocess.DEVNULL,
                   "stderr": subprocess.PIPE, "text": True}  # fmt: skip
        first = subprocess.Popen(command, **options)
        while len(server.requests) <= ANSWERED_BEFORE:
            assert first.poll() is None, first.communicate()
            time.sleep(0.01)
        first.kill()
        first.communicate()
        server.release()
        done = subprocess.run(command, check=False, **options)
        assert done.returncode == 0, done.stderr
        assert len(server.requests) <= 24 + CONCURRENCY
        tables = json.loads((tmp_path / "run" / "suite.json").read_text())["tables"]
        assert [table["statuses"] for table in tables] == [{"ok": 12}, {"ok": 12}]
        again = len(server.requests)
        subprocess.run(command, check=True, **options)
        assert len(server.requests) == again
