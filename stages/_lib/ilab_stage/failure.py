"""How a driver says why it cannot go on. Anything else that is raised is a crash."""

from collections.abc import Sequence

DONE = 0
CRASH = 1
BAD_INPUT = 64
TRY_LATER = 75
STOPPED = 143


class BadInput(Exception):
    """The input or the parameters are at fault: exit 64, never retried.

    The message is one sentence that says what to mend; `details` are further faults, one line each.
    """

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)


class TryLater(Exception):
    """Something outside does not answer now: exit 75, retried."""


class Stopped(BaseException):
    """SIGTERM came. A BaseException, so that no `except Exception` of a driver swallows it."""
