"""Full or LoRA fine-tuning in two phases with mlx. Start reading in `driver`."""
