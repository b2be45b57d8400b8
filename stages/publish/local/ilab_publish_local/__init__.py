"""Publishing into a folder: the model's files, a card that tells what it is worth, and whose work is in it."""
