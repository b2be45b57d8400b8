"""The engine sdg-hub of datagen: upstream's flows on a taxonomy that our own rules have read."""
