"""The course of datagen, the same for every engine: read, check, hold out, make rows, prove, write."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ilab_stage import BadInput, Stage, one_line

from .documents import Document, DocumentSource
from .faults import Fault, refuse
from .holdout import Split, split
from .leaves import KNOWLEDGE, Example, Leaf
from .outputs import files_below, write_heldout, write_tasks, write_training
from .rows import LeafRows, Turn, example_turns, passage_turns, to_rows
from .settings import Settings
from .taxonomy import Taxonomy, find_leaves, find_unchanged, open_taxonomy
from .texts import HeldOutTexts
from .unchanged import kept_for_scoring

_MOST_WARNINGS = 20


@dataclass
class Made:
    """What a generator adds to the seed examples."""

    turns: dict[str, list[Turn]] = field(default_factory=dict)
    """By leaf id."""
    manifest: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Material:
    """What a generator may see: nothing of the examples that is held out."""

    leaf: Leaf
    training: Sequence[Example]
    passages: Sequence[Turn]
    documents: Sequence[Document]
    """As they are: what is made of them must leave out what repeats a held-out text (`chunks.free_blocks`)."""


Generator = Callable[[Stage, Sequence[Material], HeldOutTexts], Made]


def make_data(stage: Stage, generate: Generator | None = None) -> None:
    """The driver of datagen; `generate` adds rows of a teacher."""
    sources = read_sources(stage)
    settings, leaves, parts, held_out = sources.settings, sources.leaves, sources.parts, sources.held_out
    passages = {leaf.id: passage_turns(leaf, sources.documents_of(leaf), held_out, settings) for leaf in leaves}
    materials = [
        Material(leaf, parts.training[leaf.id], passages[leaf.id][0], sources.documents_of(leaf)) for leaf in leaves
    ]
    made = Made() if generate is None else generate(stage, materials, held_out)
    rows = {
        material.leaf.id: _leaf_rows(
            material, made.turns.get(material.leaf.id, []), passages[material.leaf.id], settings
        )
        for material in materials
    }
    prove_nothing_leaks(rows, held_out)
    knowledge, skills = write_training(stage.fresh_folder("train"), leaves, rows, settings.system_prompt)
    finish_data(
        stage, sources, Training(knowledge, skills, {identity: own.as_json() for identity, own in rows.items()}),
        write_tasks(stage.fresh_folder("tasks"), leaves, parts),
        metrics={"dropped_passages": sum(own.dropped_passages for own in rows.values())} | made.metrics,
        manifest=made.manifest,
    )  # fmt: skip


def prove_nothing_leaks(rows: Mapping[str, LeafRows], held_out: HeldOutTexts) -> None:
    """Whatever made the rows: none may repeat a held-out text. A row that does is a fault of ours, so this crashes."""
    for identity, own in rows.items():
        for row in (*own.knowledge, *own.skills):
            if (text := held_out.repeated_by(*(message["content"] for message in row["messages"]))) is not None:
                raise AssertionError(f"a training row of {identity} repeats what is held out: {text[:80]}")


@dataclass(frozen=True)
class Sources:
    """What there is to make data from, checked, and what of it is held out."""

    settings: Settings
    taxonomy: Taxonomy
    leaves: list[Leaf]
    documents: dict[str, list[Document]]
    """By leaf id; of leaves of knowledge only."""
    parts: Split
    held_out: HeldOutTexts
    unchanged: list[Leaf]
    """Leaves that nothing is made of; scored all the same."""
    scored: dict[str, list[Example]]
    """Their examples, by leaf id."""

    def documents_of(self, leaf: Leaf) -> list[Document]:
        return self.documents.get(leaf.id, [])


def read_sources(stage: Stage) -> Sources:
    """Raises one BadInput that names every fault of the taxonomy."""
    settings = Settings.read(stage.params)
    with tempfile.TemporaryDirectory(prefix="datagen-") as workdir:
        taxonomy, leaves, documents = _read(stage, settings, Path(workdir))
        unchanged = find_unchanged(taxonomy, settings, leaves) if settings.unchanged_examples > 0 else []
    parts = split(leaves, settings.held_out, str(settings.seed))
    for identity, note in sorted(parts.notes.items()):
        warn(f"{identity} {note}")
    if not any(parts.held_out.values()):
        raise BadInput("the taxonomy gives no held-out row: every leaf is one example or one text")
    training = [example for examples in parts.training.values() for example in examples]
    scored = kept_for_scoring(unchanged, training, most=settings.unchanged_examples, salt=str(settings.seed))
    held_out = HeldOutTexts(
        text for examples in (*parts.held_out.values(), *scored.values()) for example in examples
        for text in example.texts()
    )  # fmt: skip
    unchanged = [leaf for leaf in unchanged if scored[leaf.id]]
    return Sources(settings, taxonomy, leaves, documents, parts, held_out, unchanged, scored)


def _read(stage: Stage, settings: Settings, workdir: Path) -> tuple[Taxonomy, list[Leaf], dict[str, list[Document]]]:
    stage.progress("Reading the taxonomy", fraction=0)
    taxonomy = open_taxonomy(stage.optional_input("taxonomy"), settings, workdir, stage.environment)
    found = find_leaves(taxonomy, settings)
    faults: list[Fault] = list(found.faults)
    source = DocumentSource(stage.optional_input("documents"), settings, workdir, stage.environment)
    documents: dict[str, list[Document]] = {}
    for leaf in found.leaves:
        if leaf.document is not None:
            documents[leaf.id], wrong = source.of(leaf)
            faults.extend(wrong)
    for warning in found.warnings[:_MOST_WARNINGS]:
        warn(warning)
    if len(found.warnings) > _MOST_WARNINGS:
        warn(f"{len(found.warnings) - _MOST_WARNINGS} more")
    refuse(taxonomy.blamed(faults))
    if not found.leaves:
        since = taxonomy.base or settings.changed_since
        what = (
            "has no leaf"
            if taxonomy.changed is None
            else f"has no leaf that changed since {one_line(since or 'its base', 80)}"
        )
        raise BadInput(f"the taxonomy {what} (no qna.yaml below {', '.join(settings.folders)})")
    for pull in taxonomy.pulls:
        if not pull.changed:
            warn(f"pull request {pull.number} changes nothing: what it brings is there already")
    stage.progress(f"Leaves checked: {len(found.leaves)}", fraction=0.2)
    return taxonomy, found.leaves, documents


def _leaf_rows(
    material: Material, made: Sequence[Turn], passages: tuple[list[Turn], int, int], settings: Settings
) -> LeafRows:
    leaf = material.leaf
    turns = [turn for example in material.training for turn in example_turns(leaf, example)] + list(made)
    rows = LeafRows(dropped_passages=passages[1], passages_left=passages[2])
    rows.skills = to_rows(leaf, turns, settings, unmask=False, repeat=True)
    if leaf.kind == KNOWLEDGE:
        rows.knowledge = to_rows(leaf, turns, settings, unmask=True, repeat=True)
        rows.knowledge += to_rows(leaf, material.passages, settings, unmask=True, repeat=False)
    return rows


@dataclass(frozen=True)
class Training:
    """What was written to `train/`."""

    knowledge_rows: int
    skills_rows: int
    leaves: dict[str, dict[str, Any]]
    """By leaf id: what the manifest says of its rows."""


def finish_data(
    stage: Stage, sources: Sources, training: Training, questions: Mapping[str, int],
    *, metrics: Mapping[str, float], manifest: Mapping[str, Any],
) -> None:  # fmt: skip
    """Once train/ and tasks/ are there: heldout/, manifest.json and the result. `questions` counts them by leaf id."""
    settings, taxonomy, leaves, parts = sources.settings, sources.taxonomy, sources.leaves, sources.parts
    heldout_rows = write_heldout(
        stage.fresh_folder("heldout"), [*leaves, *sources.unchanged], {**parts.held_out, **sources.scored}
    )
    train_rows = training.knowledge_rows + training.skills_rows
    if train_rows == 0:
        raise BadInput("the taxonomy gives no training row")
    totals: dict[str, float] = {
        "train_rows": train_rows,
        "heldout_rows": heldout_rows,
        "knowledge_rows": training.knowledge_rows,
        "skills_rows": training.skills_rows,
        "leaves": len(leaves),
        **({"pull_requests": len(taxonomy.pulls)} if taxonomy.onto else {}),
        "questions": sum(questions.values()),
        **metrics,
    }
    document: dict[str, Any] = {
        "version": 1,
        "taxonomy": taxonomy.as_json(),
        "settings": settings.as_json(),
        "leaves": [_leaf_manifest(leaf, sources, training, questions[leaf.id]) for leaf in leaves],
        "totals": totals,
        "files": {name: files_below(stage.artifacts / name) for name in ("train", "heldout", "tasks")},
        **manifest,
    }  # fmt: skip
    if settings.unchanged_examples > 0:
        totals["unchanged_leaves"] = len(sources.unchanged)
        document["unchanged"] = [
            {"id": leaf.id, "path": leaf.path, "kind": leaf.kind, "scored": len(sources.scored[leaf.id])}
            for leaf in sources.unchanged
        ]
    stage.output("manifest.json").write_text(
        json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    for name, path in (("train", None), ("heldout", None), ("tasks", None), ("manifest", "manifest.json")):
        stage.add_artifact(name, path)
    stage.progress("Data written", fraction=1, metrics=totals)
    stage.finish(totals)


def _leaf_manifest(leaf: Leaf, sources: Sources, training: Training, questions: int) -> dict[str, Any]:
    note = sources.parts.notes.get(leaf.id)
    own = training.leaves[leaf.id]
    return {
        "id": leaf.id,
        "path": leaf.path,
        "kind": leaf.kind,
        "version": leaf.version,
        "createdBy": leaf.created_by,
        "changed": leaf.changed,
        "qna": leaf.qna_sha256,
        "documents": [document.as_json() for document in sources.documents_of(leaf)],
        "examples": len(leaf.examples),
        "heldOut": len(sources.parts.held_out[leaf.id]),
        **own,
        "questions": questions,
        "notes": [*leaf.notes, *([note] if note else []), *own.get("notes", [])],
    }


def warn(text: str) -> None:
    print(f"warning: {one_line(text)}", flush=True)
