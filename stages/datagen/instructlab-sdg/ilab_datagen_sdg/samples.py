"""What upstream's pipelines start from, made of leaves that our own rules have read: upstream opens no file of theirs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ilab_datagen.chunks import free_blocks
from ilab_datagen.documents import Document
from ilab_datagen.leaves import Example, Leaf
from ilab_datagen.texts import HeldOutTexts
from ilab_stage import BadInput

Sample = dict[str, Any]


def skill_samples(leaf: Leaf, training: Sequence[Example]) -> list[Sample]:
    return _upstream([_skill_seed(leaf, example) for example in training], None, None)


def knowledge_samples(
    leaf: Leaf, training: Sequence[Example], documents: Sequence[Document], held_out: HeldOutTexts, scratch: Path
) -> tuple[list[Sample], int]:
    """A row for each chunk of a document and each seed example, and how many parts were left out for what they betray."""
    folder = scratch / "documents" / leaf.id
    folder.mkdir(parents=True)
    files, dropped = [], 0
    for number, document in enumerate(documents):
        blocks, left_out = free_blocks(document.text, held_out)
        text = "\n\n".join(blocks)
        dropped += left_out
        if text.strip():
            files.append(folder / f"{number}.md")
            files[-1].write_text(text, encoding="utf-8")
    seeds = [_knowledge_seed(leaf, example, files) for example in training]
    samples = _upstream(seeds, folder, _tokenizer(scratch)) if files else []
    betraying = {str(s["document"]) for s in samples if held_out.repeated_by(str(s["document"])) is not None}
    clean = [sample for sample in samples if sample["document"] not in betraying]
    if not clean:
        raise BadInput(f"{leaf.path}/qna.yaml: its documents hold no text that can be trained on")
    return clean, dropped + len(betraying)


def _upstream(seeds: Sequence[Mapping[str, Any]], folder: Path | None, tokenizer: Path | None) -> list[Sample]:
    from instructlab.sdg.utils.taxonomy import leaf_node_to_samples

    models = None
    if folder is not None:
        # Enough for Markdown; without a folder upstream downloads them.
        models = folder / "no-models"
        models.mkdir()
    # The two numbers change nothing in this version.
    made = leaf_node_to_samples(seeds, 4096, 1000, folder, tokenizer, docling_model_path=models)
    return [dict(sample) for sample in made]


def _skill_seed(leaf: Leaf, example: Example) -> Mapping[str, Any]:
    return {
        "taxonomy_path": leaf.id,
        "task_description": leaf.subject,
        "instruction": example.pairs[0].question,
        "input": example.context or "",
        "output": example.pairs[0].answer,
    }


def _knowledge_seed(leaf: Leaf, example: Example, files: Sequence[Path]) -> Mapping[str, Any]:
    return {
        "taxonomy_path": leaf.id,
        "domain": leaf.subject,
        "document_outline": leaf.outline,
        "filepaths": files,
        "context": example.context or "",
        "questions_and_answers": [{"question": pair.question, "answer": pair.answer} for pair in example.pairs],
    }


def _tokenizer(scratch: Path) -> Path:
    """A folder that upstream takes for a model, whose tokens are pieces of words of at most four characters.

    Upstream cuts documents at 500 tokens of the teacher's tokenizer and would download that. It also counts a token as
    four characters itself; chunks of that size need no teacher, and are the same for each.
    """
    folder = scratch / "tokenizer"
    if not folder.exists():
        from tokenizers import Regex, Tokenizer
        from tokenizers.models import WordLevel
        from tokenizers.pre_tokenizers import Sequence as PreTokenizers
        from tokenizers.pre_tokenizers import Split, WhitespaceSplit
        from transformers import PreTrainedTokenizerFast

        tokenizer = Tokenizer(WordLevel({"<unk>": 0}, unk_token="<unk>"))
        pieces = Split(Regex(r"\w{1,4}|[^\w\s]"), "isolated")
        tokenizer.pre_tokenizer = PreTokenizers([WhitespaceSplit(), pieces])
        folder.mkdir()
        PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>").save_pretrained(folder)
        (folder / "config.json").write_text(json.dumps({"model_type": "llama"}))
        (folder / "model.safetensors").write_bytes(b"")
    return folder
