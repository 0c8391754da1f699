"""``geor1 doctor``: findings about the installation, endpoints, settings and data."""

import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image
from typer.testing import CliRunner

from geobench_tools.cli import app
from geobench_tools.doctor import _machine, _packages, examine_data
from geobench_tools.errors import InputError

KEY = "sk-doctor-0123456789abcdef"


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("GEOR1_CACHE", str(tmp_path / "cache"))
    for name in ("OPENAI_BASE_URL", "OPENAI_MODEL", "OPENAI_API_KEY", "GEOR1_CONFIG", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    said = {"built": "", "gpus": [], "bf16": False, "mps": False}
    monkeypatch.setattr(_machine, "_asked", lambda: (said, ""))


@pytest.fixture
def endpoint():
    class Handler(BaseHTTPRequestHandler):
        status, models, seen = 200, ["tiny-vl"], []

        def do_GET(self):
            Handler.seen.append((self.path, self.headers.get("Authorization")))
            body = json.dumps({"data": [{"id": name} for name in Handler.models]}).encode()
            self.send_response(Handler.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Handler.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield Handler
    server.shutdown()
    thread.join()
    server.server_close()


def doctor(*arguments, code=0):
    result = CliRunner().invoke(app, ["doctor", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def findings(*arguments, code=0):
    document = json.loads(doctor(*arguments, "--json", code=code).stdout)
    return {f"{one['topic']}: {one['name']}": one for one in document["findings"]}


def test_a_sound_installation_has_no_error():
    found = findings()
    assert found["Python and packages: Python"]["level"] == "ok"
    assert found["Python and packages: geobench-tools"]["level"] == "ok"
    assert found["Storage: cache"]["found"].startswith(str(__import__("os").environ["GEOR1_CACHE"]))
    assert found["Models and endpoints: model"]["next"]
    shown = doctor().stdout
    assert "Python and packages" in shown
    assert "0 error" in shown


def test_packages_missing_or_old_are_named_with_their_remedy(tmp_path, monkeypatch):
    info = tmp_path / "fake_tool-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: fake-tool\nVersion: 1.0\nRequires-Python: >=3.11\n"
        "Requires-Dist: numpy>=999\nRequires-Dist: rich<999\nRequires-Dist: no-such-package\n"
        "Requires-Dist: pillow<2,>=1\n"
        'Requires-Dist: never-there>=1; extra == "gpu"\nRequires-Dist: rich>=1; extra == "show"\n'
        'Requires-Dist: rich>=999; extra == "half"\n'
        'Requires-Dist: not-there; extra == "half"\n'
        'Requires-Dist: rich>=1; extra == "part"\nRequires-Dist: not-there; extra == "part"\n'
        "Provides-Extra: gpu\nProvides-Extra: show\nProvides-Extra: half\nProvides-Extra: part\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    found = {one.name: one for one in _packages.package_findings("fake-tool")}
    core = found["geobench-tools"]
    assert core.level == "error"
    assert "older than 999" in core.found
    assert re.search(r"pillow is [\d.]+, not below 2(;|$)", core.found)
    assert "rich" not in core.found
    assert "no-such-package is missing" in core.found
    assert found["extra gpu"].level == "note"
    assert found["extra gpu"].next == "pip install 'geobench-tools[gpu]'"
    assert found["extra show"].level == "ok"
    assert found["extra half"].level == "warning"
    assert (found["extra part"].level, found["extra part"].found) == (
        "note",
        "not-there is missing",
    )


def test_a_driver_with_a_torch_that_sees_no_gpu_is_a_warning(tmp_path, monkeypatch):
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho 'NVIDIA H100, 81559 MiB, 550.1'\n")
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(_machine, "version", lambda _name: "9.9")
    found = {one.name: one for one in _machine.machine_findings()}
    assert "H100" in found["nvidia-smi"].found
    assert found["PyTorch"].level == "warning"
    smi.write_text("#!/bin/sh\necho broken driver; exit 9\n")
    found = {one.name: one for one in _machine.machine_findings()}
    assert found["nvidia-smi"].level == "warning"
    assert "broken driver" in found["nvidia-smi"].found


def test_a_torch_that_crashes_is_an_error_and_not_a_crash(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(_machine, "_ASK_TORCH", "raise OSError('libcudart.so.12 is missing')")
    monkeypatch.setattr(_machine, "version", lambda _name: "9.9")
    found = {one.name: one for one in _machine.machine_findings()}
    assert found["PyTorch"].level == "error"
    assert "libcudart.so.12" in found["PyTorch"].found


def test_an_endpoint_is_asked_and_the_key_never_shown(endpoint, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    monkeypatch.setenv("OPENAI_MODEL", "tiny-vl")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    result = doctor("--json")
    assert KEY not in result.output
    assert endpoint.seen == [("/v1/models", f"Bearer {KEY}")]
    found = findings()
    assert found["Models and endpoints: OPENAI_BASE_URL"]["level"] == "ok"
    assert found["Models and endpoints: OPENAI_API_KEY"]["found"] == "set (not shown)"
    assert KEY not in doctor().output


@pytest.mark.parametrize(
    ("status", "models", "level", "said"),
    [
        (200, ["other"], "warning", "does not list tiny-vl"),
        (401, [], "error", "refuses the key"),
        (404, [], "error", "HTTP 404"),
    ],
)
def test_faults_of_an_endpoint(endpoint, monkeypatch, status, models, level, said):
    endpoint.status, endpoint.models = status, models
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    monkeypatch.setenv("OPENAI_MODEL", "tiny-vl")
    found = findings(code=1 if level == "error" else 0)
    one = found["Models and endpoints: OPENAI_BASE_URL"]
    assert one["level"] == level
    assert said in one["found"]
    assert one["next"]


def test_an_endpoint_that_is_not_there_and_a_model_that_is_not_named(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    found = findings(code=1)
    assert "no connection" in found["Models and endpoints: OPENAI_BASE_URL"]["found"]
    assert found["Models and endpoints: OPENAI_MODEL"]["level"] == "error"


def test_a_url_with_a_password_is_refused_and_not_repeated(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:hunter2@127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_MODEL", "x")
    result = doctor(code=1)
    assert "hunter2" not in result.output


def test_models_and_roots_of_the_settings_are_checked(endpoint, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "dataset1_info.csv").write_text("image_id\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "geor1.toml").write_text(
        f'[models.good]\nmodel = "openai:tiny-vl"\nbase-url = "{endpoint.url}"\n'
        '[models.gone]\nmodel = "hf:./no-such-folder"\n'
        '[models.typo]\nmodel = "opnai:tiny-vl"\n[models.plain]\nmodel = "random:3"\n'
        '[data]\nimageo = "photos"\nimageo-upc = "empty"\npairing = "absent"\n'
    )
    found = findings(code=1)
    assert found["Settings: geor1.toml"]["level"] == "ok"
    by_start = {name.split(" (")[0]: one for name, one in found.items()}
    assert by_start["Models and endpoints: good"]["level"] == "ok"
    assert by_start["Models and endpoints: gone"]["level"] == "error"
    assert by_start["Models and endpoints: typo"]["level"] == "error"
    assert by_start["Models and endpoints: plain"]["level"] == "ok"
    assert by_start["Data roots: imageo"]["level"] == "ok"
    assert by_start["Data roots: imageo-upc"]["level"] == "warning"
    assert by_start["Data roots: pairing"]["level"] == "error"
    assert "geor1.toml:13" in next(name for name in found if name.startswith("Data roots: pairing"))


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "gss"
    folder.mkdir()
    rows = [
        ("a1", "Zürich", "Switzerland", 47.37, 8.54),
        ("b2", "Tema", "Ghana", 5.6, 0.0),
        ("c3", "Boston", "United States", 42.3, -71.1),
        ("d4", "", "Germany", 50.1, 8.7),
        ("e5", "Lyon", "France", 45.7, 4.8),
    ]
    lines = ["image_id,city,country,latitude,longitude", *(",".join(map(str, r)) for r in rows)]
    (folder / "dataset1_info.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name in ("a1.jpg.jpg", "b2.jpg", "c3.jpg"):
        Image.new("RGB", (8, 8), (9, 9, 9)).save(folder / name, "JPEG")
    (folder / "d4.jpg").write_text("<html>404</html>")
    return folder


def by_name(examination):
    return {one.name: one for one in examination.findings}


def test_faults_of_a_photo_set_and_what_they_do(photos):
    found = examine_data(photos)
    assert found.counts()["error"] == 0
    named = by_name(found)
    assert "5, the benchmark has 6,152" in named["samples"].found
    assert "a1.jpg.jpg" in named["double extension"].found
    pictures = [one for one in found.findings if one.name == "pictures"]
    assert "1 of 5 are missing: e5" in pictures[0].found
    assert "d4: is no picture" in pictures[1].found
    assert "exactly 0: b2" in named["truth: 0.0"].found
    assert "80.0 %" in named["country: US"].effect
    assert "1 rows have none" in named["truth: city"].found
    assert "Zürich" in named["city names"].found
    assert all(one.effect for one in found.findings if one.level != "ok")


def test_a_picture_cut_short_is_found_by_decoding(photos):
    whole = photos / "b2.jpg"
    Image.effect_noise((64, 64), 50).convert("RGB").save(whole, "JPEG")
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) // 2])
    assert not any("b2" in one.found for one in examine_data(photos).of("imageo-gss") if
                   one.name == "pictures")  # fmt: skip
    decoded = examine_data(photos, decode=True).of("imageo-gss")
    assert any("2 cannot be read" in one.found for one in decoded if one.name == "pictures")


def test_without_pictures_the_exit_code_is_1(photos):
    for path in photos.glob("*.jpg"):
        path.unlink()
    result = doctor("--data", photos, code=1)
    assert "5 of 5 are missing" in result.stdout
    document = json.loads(doctor("--data", photos, "--json", code=1).stdout)
    assert document["data"][0]["folder"] == str(photos)


def test_a_folder_of_nothing_known_says_what_to_do(tmp_path, photos):
    with pytest.raises(InputError, match="no data set that is known") as caught:
        examine_data(tmp_path)
    assert str(photos) in caught.value.hint
    (tmp_path / "void").mkdir()
    assert "benchmarks list" in doctor("--data", tmp_path / "void", code=2).stderr
    assert "is no folder" in doctor("--data", tmp_path / "nowhere", code=2).stderr


def test_doctor_imports_no_torch():
    code = "import sys; from geobench_tools.doctor import examine; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_known_faults_of_the_real_tables(shared_data):
    gss = {one.name: one for one in examine_data(shared_data / "imageo").of("imageo-gss")}
    assert gss["samples"].level == "ok"
    assert gss["city names"].found.startswith("925 rows")
    assert gss["country: US"].found.startswith("769 rows")
    assert "87.5 %" in gss["country: US"].effect
    upc = {one.name: one for one in examine_data(shared_data / "imageo").of("imageo-upc")}
    assert upc["truth: state"].found.startswith("22 rows")
    assert upc["truth: city"].found.startswith("1 rows")
    pcw = {one.name: one for one in examine_data(shared_data / "imageo").of("imageo-pcw")}
    assert pcw["truth: city"].found.startswith("11 rows")
    assert pcw["truth: state"].found.startswith("30 rows")
