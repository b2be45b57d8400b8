"""Lines for whoever reads the log; what merely moves is progress (`Stage.progress`)."""

from ilab_stage import one_line


def say(message: str) -> None:
    print(one_line(message, 2000), flush=True)
