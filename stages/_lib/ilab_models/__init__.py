"""What the engines of train and eval share, whatever they compute with: model folders, rows, checkpoints.

No package is needed to import any of it; `model_source` asks for huggingface-hub when a model comes from there.
"""
