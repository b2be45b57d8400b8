"""Several machines: what is said between them, and upstream's packages trained by two drivers that share a folder."""

import signal
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any

from ilab_train_instructlab.nodes import First, Nodes, Other, end_order, train_order

from . import needs_packages
from .support import Gate, TwoDrivers, result, steps


class WhoIsWho(unittest.TestCase):
    def test_what_operators_say(self) -> None:
        table: tuple[tuple[dict[str, str], Nodes], ...] = (
            ({}, Nodes(1, 0)),
            ({"PET_NNODES": "", "PET_NODE_RANK": ""}, Nodes(1, 0)),
            ({"PET_NNODES": "4", "PET_NODE_RANK": "3"}, Nodes(4, 3)),
        )
        for environment, nodes in table:
            self.assertEqual(Nodes.read(environment), nodes)

    def test_a_group_that_grows_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "PET_NNODES is 1:4"):
            Nodes.read({"PET_NNODES": "1:4"})


class Meeting(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "nodes"

    def meet(self, first: First, *others: Other) -> list[list[dict[str, Any]]]:
        """What each of the others was told until the end."""
        told: list[list[dict[str, Any]]] = [[] for _ in others]

        def follow(other: Other, heard: list[dict[str, Any]]) -> None:
            while (work := other.next(lambda: None))["kind"] != "end":
                heard.append(work)

        threads = [threading.Thread(target=follow, args=pair) for pair in zip(others, told, strict=True)]
        for thread in threads:
            thread.start()
        first.meet(lambda: None)
        first.order(train_order(["-m", "x"], trigger=None, timeout=1, title="phase 1"))
        # Each is told once; who is still busy with one order finds the next.
        while not all(told):
            time.sleep(0.01)
        first.order(end_order())
        for thread in threads:
            thread.join()
        return told

    def test_all_are_told_the_same_once(self) -> None:
        told = self.meet(First(self.folder, Nodes(3, 0)), Other(self.folder, 1), Other(self.folder, 2))
        self.assertEqual([[work["arguments"] for work in heard] for heard in told], [[["-m", "x"]]] * 2)

    def test_what_an_earlier_group_said_is_believed_by_nobody(self) -> None:
        self.meet(First(self.folder, Nodes(2, 0)), Other(self.folder, 1))
        other = Other(self.folder, 1)

        class Nothing(Exception):
            pass

        def give_up() -> None:
            raise Nothing

        with self.assertRaises(Nothing):
            other.next(give_up)
        first = First(self.folder, Nodes(2, 0))
        with self.assertRaises(Nothing):
            first.meet(give_up)
        self.assertEqual([len(heard) for heard in self.meet(first, other)], [1])


@needs_packages
class TwoMachines(unittest.TestCase):
    def test_train_as_one_and_go_on_after_both_were_stopped(self) -> None:
        machines = TwoDrivers(self)
        gate = Gate(machines.gates, phase=2, step=2).close()
        other, first = machines.start()
        first.wait_until(gate.is_reached)
        for driver in (other, first):
            driver.process.send_signal(signal.SIGTERM)
        first.wait_until(lambda: "asks for a checkpoint" in first.out)
        gate.open()
        self.assertEqual([driver.ended().code for driver in (other, first)], [75, 75])
        self.assertFalse((machines.content / "artifacts" / "result.json").exists())

        other, first = machines.start()
        ended = first.ended()
        self.assertEqual(ended.code, 0, ended.err)
        followed = other.ended()
        self.assertEqual(followed.code, 0, followed.err)
        self.assertIn("phase 1 (knowledge) was done by an earlier try", ended.out)
        self.assertIn("goes on after step", ended.out)
        self.assertEqual(steps(followed.out, 2), [])
        metrics = result(machines.content)["metrics"]
        self.assertEqual([metrics[name] for name in ("checkpoints", "rows", "steps")], [4, 16, 8])


if __name__ == "__main__":
    unittest.main()
