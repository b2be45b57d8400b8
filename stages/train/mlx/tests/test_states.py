import shutil
import tempfile
import unittest
from pathlib import Path
from typing import Any

from ilab_train_mlx.ledger import Checkpoint, Ledger, Tally
from ilab_train_mlx.states import State, States


def fill(folder: Path) -> None:
    (folder / "weights").write_bytes(b"w" * 10)


class StatesTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.scratch = Path(folder.name) / "train"
        self.said: list[str] = []

    def states(self, **configuration: Any) -> States:
        return States(self.scratch, {"settings": {"epochs": 2}} | configuration, self.said.append)

    def newest(self, states: States | None = None) -> State | None:
        return (states or self.states()).newest(lambda _state: True)

    def saved(self, *places: tuple[int, int]) -> States:
        states = self.states()
        self.assertIsNone(self.newest(states))
        for phase, step in places:
            states.save(phase, step, Ledger(), fill)
        return states

    def test_gives_back_the_newest_with_all_that_was_recorded(self) -> None:
        ledger = Ledger(
            checkpoints=[Checkpoint("phase1/epoch-1", 1, "knowledge", 1, 9, 2.5, {"config.json": 3})],
            window=Tally(0.1 + 0.2, 3),
            epoch=Tally(1.5, 7),
            first_loss=5.1,
        )
        self.states().newest(lambda _state: True)
        self.states().save(1, 9, Ledger(), fill)
        self.states().save(2, 4, ledger, fill)
        state = self.newest()
        assert state is not None
        self.assertEqual((state.phase, state.step, state.ledger), (2, 4, ledger))
        self.assertEqual((state.folder / "weights").read_bytes(), b"w" * 10)

    def test_orders_phases_before_steps(self) -> None:
        self.saved((1, 99999), (2, 3))
        state = self.newest()
        assert state is not None
        self.assertEqual((state.phase, state.step), (2, 3))

    def test_keeps_two(self) -> None:
        self.saved((1, 2), (1, 4), (1, 6))
        self.assertEqual(
            sorted(path.name for path in self.scratch.glob("state-*")), ["state-1-00000004", "state-1-00000006"]
        )

    def test_passes_over_what_is_torn(self) -> None:
        def lose_a_byte(folder: Path) -> None:
            (folder / "weights").write_bytes(b"w" * 9)

        tears = {
            "a short file": lose_a_byte,
            "a missing file": lambda folder: (folder / "weights").unlink(),
            "no record": lambda folder: (folder / "state.json").unlink(),
            "half a record": lambda folder: (folder / "state.json").write_text('{"version": 1, "ph'),
            "another version": lambda folder: (folder / "state.json").write_text('{"version": 2}'),
        }
        for name, tear in tears.items():
            with self.subTest(name):
                shutil.rmtree(self.scratch, ignore_errors=True)
                self.saved((1, 2), (1, 4))
                self.said.clear()
                tear(self.scratch / "state-1-00000004")
                state = self.newest()
                assert state is not None
                self.assertEqual(state.step, 2)
                self.assertEqual(self.said, ["state-1-00000004 is not whole and is left aside"])
                self.assertFalse((self.scratch / "state-1-00000004").exists())

    def test_removes_what_a_kill_left_half_written(self) -> None:
        self.saved((1, 2))
        (self.scratch / ".tmp-state-1-00000004").mkdir()
        state = self.newest()
        assert state is not None
        self.assertEqual(state.step, 2)
        self.assertFalse((self.scratch / ".tmp-state-1-00000004").exists())

    def test_passes_over_what_the_caller_cannot_use(self) -> None:
        self.saved((1, 2), (1, 4))
        state = self.states().newest(lambda state: state.step < 4)
        assert state is not None
        self.assertEqual(state.step, 2)

    def test_starts_anew_with_another_configuration_and_says_what_differs(self) -> None:
        self.saved((1, 2))
        self.assertIsNone(self.newest(self.states(settings={"epochs": 3})))
        self.assertEqual(
            self.said,
            ["the states of an earlier try are of another configuration (settings.epochs 2 -> 3): starts anew"],
        )
        self.assertEqual(list(self.scratch.glob("state-*")), [])
        self.said.clear()
        self.assertIsNone(self.newest(self.states(settings={"epochs": 3})))
        self.assertEqual(self.said, [])


if __name__ == "__main__":
    unittest.main()
