"""The two phases of a training and their files, as datagen makes them."""

from pathlib import Path

from ilab_stage import BadInput

# Number, subject, file, in the order of training. Upstream's phases "07" and "10".
PHASES = ((1, "knowledge", "knowledge_train_msgs.jsonl"), (2, "skills", "skills_train_msgs.jsonl"))


def training_files(folder: Path) -> list[Path]:
    """Those that are there; none at all is a BadInput."""
    files = [folder / name for _, _, name in PHASES if (folder / name).exists()]
    if not files:
        names = " nor ".join(name for _, _, name in PHASES)
        raise BadInput(f"input train holds neither {names}: it must be what datagen made for training")
    return files
