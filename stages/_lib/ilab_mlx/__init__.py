"""What the mlx engines of train and eval share: loading models, encoding rows, loss.

`runtime` can be imported before `runtime.prepare` has been called; the others import mlx, which reads its settings from
the environment when it is loaded.
"""
