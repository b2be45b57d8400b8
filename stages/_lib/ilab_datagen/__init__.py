"""What the engines of datagen share: a stranger's taxonomy in, training and held-out sets in upstream's formats out."""
