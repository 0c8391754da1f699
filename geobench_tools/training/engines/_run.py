"""A run by another trainer: data, configuration, reward and launcher in one folder."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from geobench_tools.errors import InputError, PartialFailure
from geobench_tools.files import atomic_file, atomic_folder, within_root
from geobench_tools.pairing import ExportConfig, PairingSet, export_pairs, open_pairs
from geobench_tools.progress import SILENT, Progress
from geobench_tools.provenance import Manifest, digest_input, read_manifest, write_manifest
from geobench_tools.strictjson import parse_json
from geobench_tools.training._data_checks import check_audit
from geobench_tools.training.engines._llamafactory import LlamaFactory
from geobench_tools.training.engines._ms_swift import MsSwift
from geobench_tools.training.engines._plan import DataFiles, Engine, EngineJob, EnginePlan
from geobench_tools.training.engines._verl import Verl
from geobench_tools.training.engines._vlm_r1 import VlmR1

__all__ = ["ENGINES", "launch_engine", "plan_engine", "prepare_engine"]

_ENGINES: dict[str, Engine] = {
    engine.name: engine for engine in (MsSwift(), Verl(), LlamaFactory(), VlmR1())
}
ENGINES = tuple(_ENGINES)
"""The trainers that run in their own environment."""

_KIND = "engine-run"
_BATCH_ROWS = 256
_LAUNCHING = {"audit", "command", "environment"}
"""Parameters of the manifest that do not make a run another run."""


def plan_engine(job: EngineJob) -> EnginePlan:
    """Return the files and the command of a run without writing anything.

    Raises:
        InputError: The engine does not have the stage, the data are missing, or the devices do
            not spread over the nodes.
    """
    engine = _checked(job)
    return engine.plan(job, _data_files(engine, job))


def prepare_engine(
    job: EngineJob, *, progress: Progress = SILENT, note: Callable[[str], None] = lambda _said: None
) -> EnginePlan:
    """Write the run's folder: ``data/``, the engine's configuration, the reward, ``launch.sh``.

    A folder that the same job has written is left as it is, checkpoints included.

    Args:
        job: What to train by which engine.
        progress: Told of the export.
        note: Told what the engine cannot do.

    Raises:
        InputError: As ``plan_engine``; the pairing set failed its audit; an image is missing; or
            something else lies in the output folder.
    """
    engine = _checked(job)
    if not job.overwrite and (job.output / "launch.sh").is_file():
        note(f"{job.output} is ready since an earlier call")
        return _there(engine, job)
    with atomic_folder(job.output, overwrite=_may_replace(job)) as folder:
        audit: dict[str, Any] | None = None
        if job.recipe.stage == "grpo":
            pairs = open_pairs(_needed(job.pairs, "pairing set", "--pairs PAIRS"))
            audit = check_audit(pairs, allow_leak=job.allow_leak)
            _export(engine, job, pairs, folder, progress)
        elif not engine.traces:
            traces = _needed(job.traces, "traces", "--traces TRACES")
            (folder / "data").mkdir()
            _write_parquet(traces, folder / "data" / "train.parquet")
        data = _data_files(engine, job, folder)
        plan = engine.plan(job, data)
        for name, text in plan.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        _write_script(plan, folder / "launch.sh")
        recipe = json.dumps(job.recipe.to_json(), indent=2, ensure_ascii=False)
        (folder / "recipe.json").write_text(recipe + "\n", encoding="utf-8")
        write_manifest(_manifest(job, plan, data.k, audit), folder / "run.json")
    for text in plan.notes:
        note(f"{engine.name}: {text}")
    for name, text in plan.left_out.items():
        note(f"{engine.name} does not have {name}: {text}")
    return plan


def _there(engine: Engine, job: EngineJob) -> EnginePlan:
    """Return the plan of a folder that this very job has written.

    Where the engine lives may have changed since: the launcher is written again.
    """
    data = _data_files(engine, job, job.output)
    plan = engine.plan(job, data)
    here = json.loads(json.dumps(asdict(_manifest(job, plan, data.k, None))))
    there = asdict(read_manifest(job.output / "run.json", _KIND))
    there["inputs"] = json.loads(json.dumps(there["inputs"]))
    names = sorted((here["parameters"].keys() | there["parameters"].keys()) - _LAUNCHING)
    wrong = [n for n in names if here["parameters"].get(n) != there["parameters"].get(n)]
    wrong += ["inputs"] if here["inputs"] != there["inputs"] else []
    texts = (job.output / name for name in plan.files)
    changed = [path.name for path in texts if path.read_text("utf-8") != plan.files[path.name]]
    if wrong or changed:
        raise InputError(
            f"{job.output} holds another run: {', '.join([*wrong, *changed])} differ",
            hint="choose another -o, or pass --overwrite to lose that run",
        )
    _write_script(plan, job.output / "launch.sh")
    return plan


def _write_script(plan: EnginePlan, path: Path) -> None:
    with atomic_file(path) as temporary:
        temporary.write_text(plan.script(), encoding="utf-8")
    path.chmod(0o755)


def launch_engine(job: EngineJob) -> None:
    """Run ``launch.sh`` of a prepared folder to its end; its output goes to this process's.

    Raises:
        InputError: The engine is not installed where the job says.
        PartialFailure: The engine ended with an error; its checkpoints are kept.
    """
    engine = _ENGINES[job.engine]
    check_installed(engine, job)
    done = subprocess.run(["sh", str(job.output / "launch.sh")], check=False)
    if done.returncode:
        raise PartialFailure(
            f"{engine.name} ended with exit code {done.returncode}",
            hint=f"its own messages are above; start again: sh {job.output}/launch.sh",
        )


def check_installed(engine: Engine, job: EngineJob) -> None:
    """Raise if the engine's program is not there."""
    program = str(job.bin / engine.program) if job.bin else engine.program
    if not shutil.which(program):
        raise InputError(
            f"{program} is not there, so {engine.name} cannot be started",
            hint=f"install {engine.name} in an environment of its own and name it with "
            "--engine-bin ENVIRONMENT/bin; the run's folder is ready",
        )
    if isinstance(engine, VlmR1) and not (job.home or os.environ.get("VLM_R1_HOME")):
        raise InputError(
            "vlm-r1 runs in its own checkout, which is not known",
            hint="--engine-home CHECKOUT, or set VLM_R1_HOME",
        )


def _checked(job: EngineJob) -> Engine:
    engine = _ENGINES.get(job.engine)
    if engine is None:
        raise InputError(f"no engine {job.engine!r}", hint=f"one of trl, {', '.join(ENGINES)}")
    stage = job.recipe.stage
    if stage not in engine.stages:
        other = [name for name, one in _ENGINES.items() if stage in one.stages]
        raise InputError(
            f"{engine.name} has no {stage} for this task",
            hint=f"engines that have it: trl, {', '.join(other)}",
        )
    if job.recipe.model == "tiny":
        raise InputError(
            f"the model 'tiny' is built in process, and {engine.name} loads a folder",
            hint="name a model with --model (a folder of that name: ./tiny), or leave out --engine",
        )
    if job.revision and not engine.revisions:
        raise InputError(
            f"{engine.name} loads the newest revision of a hub model, not that of "
            f"{job.recipe.model}",
            hint="download that revision and name its folder with --model",
        )
    devices = job.recipe["devices"]
    if job.nodes < 1 or devices % job.nodes:
        raise InputError(
            f"{devices} devices do not spread over {job.nodes} nodes",
            hint="devices are counted over all nodes: --set devices=NUMBER",
        )
    if stage == "grpo":
        _ = job.recipe.prompts_per_step
        _needed(job.pairs, "pairing set", "--pairs PAIRS")
    else:
        traces = _needed(job.traces, "traces", "--traces TRACES")
        if not (traces / "sft").is_dir():
            raise InputError(f"{traces} has no folder sft", hint="geor1 synth-cot writes it")
    return engine


def _needed(path: Path | None, what: str, option: str) -> Path:
    if path is None:
        raise InputError(f"no {what} given", hint=option)
    return path


def _may_replace(job: EngineJob) -> bool:
    if not job.overwrite:
        return False
    if job.output.exists() and not (job.output / "launch.sh").is_file():
        raise InputError(
            f"{job.output} holds no run of an engine, so it is not replaced",
            hint="choose another output",
        )
    return True


def _export(
    engine: Engine, job: EngineJob, pairs: PairingSet, folder: Path, progress: Progress
) -> None:
    splits = ["train", *(["val"] if isinstance(engine, Verl) and pairs.count("val") else [])]
    config = ExportConfig(
        pairs=pairs.folder,
        to=engine.target,
        out=folder / "data",
        splits=tuple(splits),
        prompt=job.prompt,
    )
    export_pairs(config, progress=progress)


def _data_files(engine: Engine, job: EngineJob, written: Path | None = None) -> DataFiles:
    """Return where the rows lie in the end; shards are counted in ``written`` if it is there."""
    data = job.output.absolute() / "data"
    if job.recipe.stage == "sft":
        if not engine.traces:
            return DataFiles((data / "train.parquet",), None)
        traces = _needed(job.traces, "traces", "--traces").absolute()
        file = traces / engine.traces
        if not file.is_file():
            raise InputError(f"{file} does not exist", hint="geor1 synth-cot writes it")
        return DataFiles((file,), traces / "sft", name=file.stem)
    pairs = open_pairs(_needed(job.pairs, "pairing set", "--pairs PAIRS"))
    if not isinstance(engine, Verl):
        return DataFiles((data / "train.jsonl",), data, k=pairs.k)
    shards = {
        split: sorted((written / "data").glob(f"{split}-*.parquet")) if written else []
        for split in ("train", "val")
    }
    train = shards["train"] or [Path("train-00000.parquet")]
    val = shards["val"] or ([Path("val-00000.parquet")] if pairs.count("val") else [])
    return DataFiles(
        tuple(data / one.name for one in train),
        None,
        tuple(data / one.name for one in val),
        k=pairs.k,
    )


def _write_parquet(traces: Path, path: Path) -> None:
    """Write a traces folder's rows as the Parquet that verl's supervised trainer reads."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = pa.string()
    schema = pa.schema(
        [
            ("messages", pa.list_(pa.struct([("role", text), ("content", text)]))),
            ("images", pa.list_(pa.struct([("bytes", pa.binary())]))),
        ]
    )
    with pq.ParquetWriter(path, schema) as writer:
        for rows in _batches(traces):
            writer.write_table(pa.Table.from_pylist(rows, schema))


def _batches(traces: Path) -> Iterator[list[dict[str, Any]]]:
    file = traces / MsSwift.traces
    rows: list[dict[str, Any]] = []
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                rows.append(_row(traces / "sft", file, number, line))
                if len(rows) == _BATCH_ROWS:
                    yield rows
                    rows = []
    except OSError as error:
        raise InputError(
            f"{file} cannot be read: {error.strerror}", hint="geor1 synth-cot writes it"
        ) from None
    if rows:
        yield rows


def _row(root: Path, file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = parse_json(line)
        images = [within_root(root, name) for name in row["images"]]
        messages = [{"role": m["role"], "content": m["content"]} for m in row["messages"]]
    except (ValueError, KeyError, TypeError):
        raise InputError(
            f"{file}, line {number} is no row of messages and images", hint="geor1 synth-cot"
        ) from None
    try:
        return {"messages": messages, "images": [{"bytes": one.read_bytes()} for one in images]}
    except OSError as error:
        raise InputError(
            f"{file}, line {number}: {error.filename} cannot be read: {error.strerror}"
        ) from None


def _manifest(job: EngineJob, plan: EnginePlan, k: int, audit: dict[str, Any] | None) -> Manifest:
    source = job.pairs or job.traces
    inputs = [source / "manifest.json"] if source else []
    inputs += [job.prompt] if job.prompt else []
    return Manifest(
        kind=_KIND,
        parameters={
            "engine": job.engine,
            "stage": plan.stage,
            "recipe": job.recipe.to_json(),
            "nodes": job.nodes,
            **({"k": k} if plan.stage == "grpo" else {}),
            "command": list(plan.command),
            "environment": dict(plan.environment),
            "left_out": dict(plan.left_out),
            "audit": audit,
            "allow_leak": job.allow_leak,
        },
        seed=job.recipe["seed"],
        inputs=tuple(digest_input(path) for path in inputs if path.is_file()),
    )
