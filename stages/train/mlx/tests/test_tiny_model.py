import json
import tempfile
import unittest
from pathlib import Path

from ilab_models.tiny_model import CONTEXT, write_tiny_model
from ilab_stage import digest_folder

from . import needs_packages


class TinyModel(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        write_tiny_model(cls.folder)

    def test_has_the_same_digest_everywhere(self) -> None:
        # A change of this constant changes the model: whatever was tuned from it is of another base.
        self.assertEqual(
            digest_folder(self.folder)[0], "sha256:cac9ed09fbd2ed62b3c683317c41612d6536cef8796f18a10b07f5d160acb11f"
        )

    @needs_packages
    def test_is_what_transformers_reads(self) -> None:
        from transformers import AutoConfig, AutoTokenizer

        config = AutoConfig.from_pretrained(str(self.folder))
        self.assertEqual((config.model_type, config.num_hidden_layers), ("llama", 1))
        self.assertEqual(config.max_position_embeddings, CONTEXT)
        tokenizer = AutoTokenizer.from_pretrained(str(self.folder))
        self.assertEqual(len(tokenizer), config.vocab_size)
        self.assertEqual(
            (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id),
            (config.bos_token_id, config.eos_token_id, config.pad_token_id),
        )

    @needs_packages
    def test_has_a_token_for_each_byte_and_reads_any_text_back(self) -> None:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(str(self.folder))
        for text in ("plain", "  two  spaces\n\tand a tab", "Grüße, 世界 \U0001f426", "\x00\x7f\u2028", "it 's ."):
            ids = tokenizer(text, add_special_tokens=False)["input_ids"]
            self.assertEqual(len(ids), len(text.encode()), text)
            self.assertEqual(tokenizer.decode(ids), text)

    @needs_packages
    def test_writes_a_conversation_with_the_marks_as_single_tokens(self) -> None:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(str(self.folder))
        messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}]
        text = tokenizer.apply_chat_template(messages, tokenize=False)
        self.assertEqual(text, "<|user|>\nHi\n<|assistant|>\nYo</s>\n")
        self.assertEqual(len(tokenizer(text, add_special_tokens=False)["input_ids"]), 3 + 8)
        self.assertEqual(
            tokenizer.apply_chat_template(messages[:1], tokenize=False, add_generation_prompt=True),
            "<|user|>\nHi\n<|assistant|>\n",
        )

    @needs_packages
    def test_answers_in_mlx_lm(self) -> None:
        from mlx_lm import generate, load

        model, tokenizer = load(str(self.folder))
        self.assertIsInstance(generate(model, tokenizer, prompt="Hi", max_tokens=3), str)

    def test_names_every_weight_that_its_configuration_asks_for(self) -> None:
        file = (self.folder / "model.safetensors").read_bytes()
        header = json.loads(file[8 : 8 + int.from_bytes(file[:8], "little")])
        self.assertEqual(header.pop("__metadata__"), {"format": "pt"})
        self.assertEqual(len(header), 2 + 9)
        self.assertEqual(
            max(entry["data_offsets"][1] for entry in header.values()),
            len(file) - 8 - int.from_bytes(file[:8], "little"),
        )


if __name__ == "__main__":
    unittest.main()
