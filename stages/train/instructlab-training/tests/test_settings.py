import unittest
from pathlib import Path
from typing import Any

from ilab_stage import BadInput, Params
from ilab_train_instructlab.command import script_arguments, torchrun_arguments
from ilab_train_instructlab.nodes import Nodes
from ilab_train_instructlab.settings import Settings

from . import ENGINE

ENGINE_PARAMS = {"gpus": 4, "maxBatchLen": 20000}


def read(*, tiny: bool = False, **values: Any) -> Settings:
    own = ENGINE_PARAMS | values.pop("instructlabTraining", {})
    return Settings.read(Params({"instructlabTraining": own, **values}), tiny=tiny, longest=4096)


def arguments(settings: Settings, *, steps: int = 1000, flash_attention: bool = True) -> list[str]:
    return script_arguments(
        settings, model=Path("/m"), data=Path("/d"), output=Path("/o"), steps=steps, flash_attention=flash_attention
    )


class SettingsTest(unittest.TestCase):
    def test_chooses_a_rate_for_what_is_tuned(self) -> None:
        table = ((False, "full", 2e-5), (False, "lora", 1e-4), (True, "full", 5e-3), (True, "lora", 1e-4))
        for tiny, kind, rate in table:
            self.assertEqual(read(tiny=tiny, fineTuneType=kind).learning_rate, rate)

    def test_keeps_full_states_but_of_lora(self) -> None:
        self.assertTrue(read().full_state)
        self.assertFalse(read(fineTuneType="lora").full_state)
        with self.assertRaisesRegex(BadInput, "upstream keeps no full state of a LoRA tuning"):
            read(fineTuneType="lora", instructlabTraining={"fullState": True})

    def test_refuses_values_that_make_no_sense(self) -> None:
        for name, value in {
            "epochs": 0,
            "batchSize": 0,
            "learningRate": -1,
            "fineTuneType": "half",
            "seed": "x",
        }.items():
            with self.subTest(name), self.assertRaisesRegex(BadInput, f"parameter {name} is"):
                read(**{name: value})
        own = {"gpus": 0, "distributedBackend": "x", "fsdpShardingStrategy": "x", "saveSamples": -1, "arguments": "x"}
        for name, value in {**own, "collectiveTimeoutSeconds": 0, "fullState": 1}.items():
            with self.subTest(name), self.assertRaisesRegex(BadInput, f"parameter instructlabTraining.{name} is"):
                read(instructlabTraining={name: value})

    def test_wants_room_for_the_longest_row(self) -> None:
        with self.assertRaisesRegex(BadInput, "maxBatchLen is 4095, less than a row of maxSeqLen 4096"):
            read(instructlabTraining={"maxBatchLen": 4095})

    def test_what_only_watches_makes_no_other_training(self) -> None:
        other = read(instructlabTraining={"collectiveTimeoutSeconds": 5})
        self.assertEqual(other.as_json(), read().as_json())
        self.assertNotEqual(read(seed=1).as_json(), read().as_json())


class CommandTest(unittest.TestCase):
    def test_fsdp_is_the_default(self) -> None:
        found = arguments(read())
        wanted = {
            "--distributed_training_framework=fsdp",
            "--fsdp_sharding_strategy=SHARD_GRAD_OP",
            "--save_samples=0",
            "--checkpoint_at_epoch",
            "--accelerate_full_state_at_epoch",
            "--on_demand_checkpointing",
        }
        self.assertLessEqual(wanted, set(found))
        self.assertFalse({"--disable_flash_attn", "--cpu_offload_params_fsdp"} & set(found))
        alone = torchrun_arguments(read(), Nodes(1, 0))
        self.assertLessEqual({"--standalone", "--nproc-per-node=4"}, set(alone))
        # Which machine this is torchrun reads from PET_*: an argument would say it twice.
        self.assertEqual(torchrun_arguments(read(), Nodes(2, 1)), [one for one in alone if one != "--standalone"])

    def test_every_choice_reaches_upstream(self) -> None:
        table = (
            ({"instructlabTraining": {"cpuOffload": True}}, "--cpu_offload_params_fsdp"),
            (
                {"instructlabTraining": {"cpuOffload": True, "distributedBackend": "deepspeed"}},
                "--cpu_offload_optimizer",
            ),
            ({"instructlabTraining": {"saveSamples": 250}}, "--save_samples=250"),
            ({"fineTuneType": "lora", "loraRank": 7}, "--lora_r=7"),
            ({"instructlabTraining": {"arguments": ["--adamw_eps=1e-6"]}}, "--adamw_eps=1e-6"),
        )
        for values, argument in table:
            with self.subTest(argument):
                self.assertIn(argument, arguments(read(**values)))
        self.assertIn("--disable_flash_attn", arguments(read(), flash_attention=False))
        self.assertNotIn("--on_demand_checkpointing", arguments(read(fineTuneType="lora")))

    def test_warms_up_for_a_half_of_a_short_phase_at_most(self) -> None:
        self.assertIn("--num_warmup_steps=25", arguments(read()))
        self.assertIn("--num_warmup_steps=5", arguments(read(), steps=10))

    def test_refuses_arguments_that_it_sets_itself(self) -> None:
        for argument in ("--output_dir=/x", "--output=/x", "--seed"):
            with self.subTest(argument), self.assertRaisesRegex(BadInput, "which this engine sets by itself"):
                arguments(read(instructlabTraining={"arguments": [argument]}))


class Lock(unittest.TestCase):
    def test_is_that_of_datagen_so_that_one_environment_serves_both(self) -> None:
        for name in ("requirements.in", "requirements.lock", "requirements-cpu.lock", "finish-environment"):
            theirs = ENGINE.parents[1] / "datagen" / "instructlab-sdg" / name
            self.assertEqual((ENGINE / name).read_bytes(), theirs.read_bytes(), name)


if __name__ == "__main__":
    unittest.main()
