"""The course of publish/local: check what came, write the run's folder, add it to the registry."""

import re
from pathlib import Path
from typing import Any

from ilab_stage import BadInput, Input, Params, Refused, Stage, digest_path

from .card import model_card
from .changelog import TITLE, entry
from .lineage import Lineage, lines, pull_numbers, read_manifest
from .registry import add, copy_files
from .scores import read_report

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?")


def publish(stage: Stage) -> None:
    model, run = _name(stage.params, "modelName"), _name(stage.params, "run")
    inputs = {name: stage.input(name) for name in ("model", "scores", "manifest")}
    report = read_report(inputs["scores"].path)
    manifest = read_manifest(inputs["manifest"].path)
    digests = {name: _digest(found) for name, found in inputs.items()}
    lineage = _lineage(stage.params, model, run, manifest, digests)

    stage.progress("Copying the model", fraction=0)
    home = stage.fresh_folder("registry") / model / run
    home.mkdir(parents=True)
    _copy_model(inputs["model"].path.resolve(), home)
    new_entry = entry(lineage, report)
    for name, text in (("README.md", model_card(lineage, report)), ("CHANGELOG.md", f"{TITLE}\n\n{new_entry}\n")):
        (home / name).write_text(text, encoding="utf-8")
    for name in ("scores", "manifest"):
        (home / f"{name}.json").write_bytes(inputs[name].path.read_bytes())
    made = stage.add_artifact("registry")

    published = 0
    if (registry := stage.params.text("registry", None)) is not None:
        stage.progress("Adding to the registry", fraction=0.6)
        is_new = add(Path(registry), model, run, home, new_entry)
        published = 1
        print(f"{'added' if is_new else 'there already'}: {Path(registry) / model / run}")
    stage.progress("Published", fraction=1)
    stage.finish({"published": published, "leaves": len(lineage.leaves), "bytes": made.size}, chosen=report.chosen)


def _lineage(params: Params, model: str, run: str, manifest: dict[str, Any], digests: dict[str, str]) -> Lineage:
    taxonomy = manifest.get("taxonomy") or {}
    teacher = manifest.get("teacher") or {}
    return Lineage(
        model=model,
        run=run,
        base=params.text("baseModel", "the base model"),
        commit=taxonomy.get("commit"),
        dirty=taxonomy.get("dirty") is True,
        changed_only=taxonomy.get("changedOnly") is True,
        pulls=pull_numbers(manifest),
        onto=taxonomy.get("onto"),
        leaves=lines(manifest),
        digests=digests,
        parameters=params.section("parameters").as_json() | {"datagen": manifest.get("settings") or {}},
        teacher=teacher.get("model"),
    )


def _copy_model(model: Path, home: Path) -> None:
    if not (model / "config.json").is_file() or not any(model.glob("*.safetensors")):
        raise BadInput("input model is no model folder: it has no config.json or no .safetensors file")
    copy_files(model, home)


def _digest(found: Input) -> str:
    try:
        return digest_path(found.path.resolve())[0]
    except Refused as error:
        raise BadInput(f"input {found.name} is refused: {error}") from error


def _name(params: Params, name: str) -> str:
    value: str = params.text(name)
    if not _NAME.fullmatch(value) or ".." in value:
        raise BadInput(f"parameter {name} is {value[:60]!r}: letters, digits, '.', '_' and '-' make a name, at most 96")
    return value
