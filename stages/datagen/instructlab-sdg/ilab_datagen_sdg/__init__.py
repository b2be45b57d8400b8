"""The engine instructlab-sdg of datagen: upstream's pipelines on a taxonomy that our own rules have read."""
