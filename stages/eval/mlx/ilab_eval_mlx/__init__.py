"""Held-out loss and multiple choice of the base and of each checkpoint. Start reading in `driver`."""
