"""What flows start from, made of leaves that our own rules have read: upstream opens no file of theirs."""

from collections.abc import Sequence
from typing import Any

from ilab_datagen.chunks import chunks, free_blocks
from ilab_datagen.driver import Material
from ilab_datagen.leaves import GROUNDED, Example
from ilab_datagen.texts import HeldOutTexts

Sample = dict[str, Any]
_SHOWN_EXAMPLES = 3


def skill_samples(material: Material, rows: int, rows_per_prompt: int) -> list[Sample]:
    """As many prompts as give `rows`; each shows other examples, so that the same words do not come back."""
    training, grounded = material.training, material.leaf.kind == GROUNDED
    samples = []
    for number in range(-(-rows // rows_per_prompt)):
        shown = [training[(number + step) % len(training)] for step in range(min(_SHOWN_EXAMPLES, len(training)))]
        samples.append({
            "task_description": material.leaf.subject,
            "examples": "\n\n".join(_shown(example, grounded) for example in shown),
            "count": str(rows_per_prompt),
            "set": str(number + 1),
        })  # fmt: skip
    return samples


def knowledge_samples(material: Material, held_out: HeldOutTexts, most: int) -> list[Sample]:
    """A row for each part of a document and each seed example."""
    leaf = material.leaf
    parts = [
        part for document in material.documents
        for part in chunks(free_blocks(document.text, held_out)[0], most)
        if held_out.repeated_by(part) is None
    ]  # fmt: skip
    return [
        _knowledge_sample(leaf.subject, leaf.outline, part, example) for part in parts for example in material.training
    ]


def _knowledge_sample(domain: str, outline: str, part: str, example: Example) -> Sample:
    # The schema asks for three questions; what was checked by an old one may have fewer.
    questions = [example.pairs[at % len(example.pairs)].question for at in range(3)]
    return {
        "document": part, "document_outline": outline, "domain": domain, "icl_document": example.context or "",
        **{f"icl_query_{at}": question for at, question in enumerate(questions, 1)},
    }  # fmt: skip


def _shown(example: Example, grounded: bool) -> str:
    pair = example.pairs[0]
    context = f"[CONTEXT]\n{example.context}\n[END CONTEXT]\n" if grounded and example.context else ""
    return f"{context}[QUESTION]\n{pair.question}\n[END QUESTION]\n[ANSWER]\n{pair.answer}\n[END ANSWER]"


def distinct(samples: Sequence[Sample]) -> list[Sample]:
    """Upstream refuses rows that are the same."""
    return list({repr(sample): sample for sample in samples}.values())
