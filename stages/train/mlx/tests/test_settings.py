import unittest

from ilab_stage import BadInput, Params
from ilab_train_mlx.settings import Settings


class SettingsTest(unittest.TestCase):
    def read(self, *, tiny: bool = False, **values: object) -> Settings:
        return Settings.read(Params(dict(values)), tiny=tiny)

    def test_chooses_a_rate_for_what_is_tuned(self) -> None:
        table = ((False, "full", 2e-5), (False, "lora", 1e-4), (True, "full", 5e-3), (True, "lora", 1e-4))
        for tiny, kind, rate in table:
            self.assertEqual(self.read(tiny=tiny, fineTuneType=kind).learning_rate, rate)
        self.assertEqual(self.read(tiny=True, learningRate=3e-3).learning_rate, 3e-3)

    def test_refuses_values_that_make_no_sense(self) -> None:
        table = {
            "epochs": 0,
            "batchSize": 0,
            "learningRate": -1,
            "fineTuneType": "half",
            "loraRank": 0,
            "loraLayers": 0,
            "loraDropout": 1,
            "warmupSteps": -1,
            "saveSteps": 1.5,
            "seed": "x",
        }
        for name, value in table.items():
            with self.subTest(name), self.assertRaisesRegex(BadInput, f"parameter {name} is"):
                self.read(**{name: value})

    def test_raises_the_rate_then_lowers_it_to_a_tenth(self) -> None:
        settings = self.read(learningRate=1.0, warmupSteps=4)
        rates = [settings.rate_at(step, 20) for step in range(20)]
        self.assertEqual(rates[:5], [0.25, 0.5, 0.75, 1.0, 1.0])
        self.assertEqual(rates[4:], sorted(rates[4:], reverse=True))
        self.assertTrue(0.1 < rates[-1] < 0.12, rates[-1])

    def test_keeps_warmup_out_of_a_short_phases_second_half(self) -> None:
        settings = self.read(learningRate=1.0, warmupSteps=100)
        self.assertEqual([settings.rate_at(step, 1) for step in range(1)], [1.0])
        self.assertEqual(settings.rate_at(1, 4), 1.0)


if __name__ == "__main__":
    unittest.main()
