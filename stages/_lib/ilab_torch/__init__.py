"""torch on machines without a GPU."""
