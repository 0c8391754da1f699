"""A small Hub on 127.0.0.1: repositories, branches, small files in commits, large ones by LFS."""

import base64
import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

TOKEN = "hf_" + "stubstubstub" * 3
LARGE = (".parquet", ".safetensors", ".jpg")


@dataclass
class Repo:
    private: bool
    branches: dict[str, dict[str, bytes]] = field(default_factory=lambda: {"main": {}})


@dataclass
class Hub:
    """What the Hub holds and was asked.

    ``faults`` has status codes by step, each answered once in turn; the last one stays if the list
    ends with "…".
    """

    url: str = ""
    lfs: bool = True
    repos: dict[str, Repo] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    faults: dict[str, list] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, step):
        with self.lock:
            waiting = self.faults.get(step, [])
            if not waiting:
                return None
            return waiting[0] if waiting[1:] == ["…"] else waiting.pop(0)

    def files(self, repo, branch="main"):
        return self.repos[repo].branches[branch]

    def steps(self):
        return [line.split()[0] for line in self.asked]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_):
        pass

    def answer(self, document, status=200):
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status >= 400:
            self.send_header("X-Error-Message", document["error"])
        self.end_headers()
        self.wfile.write(content)

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def handle_any(self):
        path = unquote(urlsplit(self.path).path)
        body = self.body()
        step, act = self.route(path, body)
        self.hub.asked.append(f"{step} {self.command} {path}")
        if status := self.hub.fault(step):
            return self.answer({"error": f"stub says {status} to {step}"}, status)
        if step != "put" and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer({"error": "Invalid credentials"}, 401)
        return act()

    do_GET = do_POST = do_PUT = handle_any

    def route(self, path, body):
        parts = path.strip("/").split("/")
        match parts:
            case ["api", "whoami-v2"]:
                return "whoami", lambda: self.answer({"name": "me", "type": "user"})
            case ["api", "validate-yaml"]:
                return "yaml", lambda: self.answer({"errors": [], "warnings": []})
            case ["api", "repos", "create"]:
                return "create", lambda: self.create(json.loads(body))
            case ["api", "datasets" | "models", owner, name]:
                return "info", lambda: self.info(f"{owner}/{name}")
            case ["api", "datasets" | "models", owner, name, "branch", branch]:
                return "branch", lambda: self.branch(f"{owner}/{name}", branch)
            case ["api", "datasets" | "models", owner, name, "revision", _]:
                return "info", lambda: self.info(f"{owner}/{name}")
            case ["api", "datasets" | "models", owner, name, "tree", branch]:
                return "tree", lambda: self.tree(f"{owner}/{name}", branch)
            case ["api", "datasets" | "models", owner, name, "preupload", branch]:
                return "preupload", lambda: self.preupload(f"{owner}/{name}", branch, body)
            case ["api", "datasets" | "models", owner, name, "commit", branch]:
                return "commit", lambda: self.commit(f"{owner}/{name}", branch, body)
            case [*_, "info", "lfs", "objects", "batch"]:
                return "batch", lambda: self.batch(json.loads(body))
            case ["lfs", "verify"]:
                return "verify", lambda: self.verify(json.loads(body))
            case ["lfs", oid]:
                return "put", lambda: self.put(oid, body)
        return "unknown", lambda: self.answer({"error": f"no such route: {path}"}, 404)

    def create(self, asked):
        name = f"{asked.get('organization') or 'me'}/{asked['name']}"
        kind = "datasets/" if asked.get("type") == "dataset" else ""
        made = {"url": f"{self.hub.url}/{kind}{name}", "name": name}
        if name in self.hub.repos:
            return self.answer({"error": "You already created this repo", **made}, 409)
        self.hub.repos[name] = Repo(asked.get("visibility") == "private")
        return self.answer(made)

    def info(self, name):
        repo = self.hub.repos[name]
        self.answer({"id": name, "private": repo.private, "sha": "a" * 40, "siblings": []})

    def branch(self, name, branch):
        branches = self.hub.repos[name].branches
        if branch in branches:
            return self.answer({"error": "Reference already exists"}, 409)
        branches[branch] = dict(branches["main"])
        return self.answer({})

    def tree(self, name, branch):
        rows = [
            {"type": "file", "path": path, "size": len(content), "oid": "0" * 40}
            for path, content in self.hub.files(name, branch).items()
        ]
        self.answer(rows)

    def preupload(self, name, branch, body):
        assert branch in self.hub.repos[name].branches
        rows = [
            {
                "path": one["path"],
                "uploadMode": "lfs" if self.hub.lfs and one["path"].endswith(LARGE) else "regular",
                "shouldIgnore": False,
            }
            for one in json.loads(body)["files"]
        ]
        self.answer({"files": rows})

    def batch(self, asked):
        rows = []
        for one in asked["objects"]:
            row = {"oid": one["oid"], "size": one["size"]}
            if one["oid"] not in self.hub.stored:
                upload = {"href": f"{self.hub.url}/lfs/{one['oid']}"}
                row["actions"] = {
                    "upload": upload,
                    "verify": {"href": f"{self.hub.url}/lfs/verify"},
                }
            rows.append(row)
        self.answer({"transfer": "basic", "objects": rows})

    def put(self, oid, body):
        assert hashlib.sha256(body).hexdigest() == oid
        self.hub.stored[oid] = body
        self.answer({})

    def verify(self, asked):
        assert len(self.hub.stored[asked["oid"]]) == asked["size"]
        self.answer({})

    def commit(self, name, branch, body):
        files = self.hub.files(name, branch)
        for line in body.splitlines():
            row = json.loads(line)
            value = row["value"]
            match row["key"]:
                case "file":
                    assert value["encoding"] == "base64"
                    files[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    files[value["path"]] = self.hub.stored[value["oid"]]
                case "deletedFile":
                    del files[value["path"]]
        url = f"{self.hub.url}/datasets/{name}/commit/{'b' * 40}"
        self.answer({"commitUrl": url, "commitOid": "b" * 40, "success": True})


class Server:
    """The stub, running for the length of a ``with`` block."""

    def __enter__(self):
        self.hub = Hub()
        handler = type("Bound", (Handler,), {"hub": self.hub})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.hub.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self.hub

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
