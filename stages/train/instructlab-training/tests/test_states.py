import pickle
import struct
import tempfile
import unittest
import zipfile
from pathlib import Path

from ilab_train_instructlab.states import State, States, is_whole


def write_torch(file: Path, value: object) -> None:
    """As torch writes it, as far as it is read here."""
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{file.stem}/data.pkl", pickle.dumps(value, protocol=2))


def write_safetensors(file: Path) -> None:
    header = b'{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
    file.write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 8)


def write_state(root: Path, epoch: int, samples: int, *, ranks: int = 2, **more: int) -> Path:
    folder = root / "full_state" / f"epoch_{epoch}"
    folder.mkdir(parents=True)
    write_safetensors(folder / "model.safetensors")
    for rank in range(ranks):
        write_torch(folder / f"random_states_{rank}.pkl", {})
    write_torch(folder / "training_metadata.json", {"current_epoch": epoch, "samples_seen": samples, **more})
    return folder


class StatesTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.states = States(self.root, ranks=2)

    def names(self) -> list[str]:
        return sorted(folder.name for folder in (self.root / "full_state").iterdir())

    def test_there_is_none_before_the_first(self) -> None:
        self.assertIsNone(self.states.newest())
        self.assertIsNone(self.states.prune())

    def test_takes_the_newest_and_leaves_no_other(self) -> None:
        for epoch in (0, 1, 10):
            write_state(self.root, epoch, 12 * (epoch + 1))
        folder = self.root / "full_state" / "epoch_10"
        self.assertEqual(self.states.newest(), State(folder, 10, 132, ends_epoch=True))
        self.assertEqual(self.names(), ["epoch_10"])

    def test_passes_over_what_is_not_whole(self) -> None:
        def cut(file: Path) -> None:
            file.write_bytes(file.read_bytes()[:-9])

        torn = {
            "no metadata": lambda folder: (folder / "training_metadata.json").unlink(),
            "torn metadata": lambda folder: cut(folder / "training_metadata.json"),
            "metadata that is code": lambda folder: write_torch(folder / "training_metadata.json", print),
            "a rank that was not done": lambda folder: (folder / "random_states_1.pkl").unlink(),
            "a torn rank": lambda folder: cut(folder / "random_states_1.pkl"),
            "torn weights": lambda folder: cut(folder / "model.safetensors"),
            "a torn optimizer": lambda folder: (folder / "optimizer.bin").write_bytes(b"PK\3\4 and then nothing"),
        }
        for name, damage in torn.items():
            with self.subTest(name):
                self.states.remove()
                write_state(self.root, 0, 12)
                damage(write_state(self.root, 1, 24))
                found = self.states.newest()
                self.assertEqual((found and found.epoch, self.names()), (0, ["epoch_0"]))

    def test_removes_older_ones_while_the_next_is_under_way(self) -> None:
        write_state(self.root, 0, 12)
        write_state(self.root, 1, 24)
        (self.root / "full_state" / "epoch_2").mkdir()
        found = self.states.prune()
        self.assertEqual((found and found.epoch, self.names()), (1, ["epoch_1", "epoch_2"]))

    def test_keeps_a_state_in_the_middle_until_its_epoch_has_one(self) -> None:
        write_state(self.root, 1, 17, global_step=3)
        found = self.states.newest()
        assert found is not None
        self.assertFalse(found.ends_epoch)
        self.assertEqual(self.states.set_aside(found).folder.name, "midway_1")
        half = write_state(self.root, 1, 24)
        (half / "training_metadata.json").unlink()
        # Killed now, the one in the middle is gone on from.
        found = self.states.newest()
        self.assertEqual((found and found.samples, self.names()), (17, ["midway_1"]))
        write_state(self.root, 1, 24)
        found = self.states.prune()
        self.assertEqual((found and found.samples, self.names()), (24, ["epoch_1"]))

    def test_other_files_have_no_end_to_miss(self) -> None:
        (self.root / "config.json").write_text("{")
        self.assertTrue(is_whole(self.root / "config.json"))


if __name__ == "__main__":
    unittest.main()
