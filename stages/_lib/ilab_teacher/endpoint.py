"""Where a model is that is asked, and how patient to be with it: parameters below `teacher`, or another role."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ilab_stage import BadInput, Params, one_line


@dataclass(frozen=True)
class Endpoint:
    url: str
    """The root, e.g. `https://host/v1`, without a `/` at its end."""
    model: str
    timeout: float
    """Seconds for the answer to one prompt, from the request to its last byte."""
    retries: int
    """Further tries after a failed one."""
    role: str = "teacher"
    """What it is called to people, and the section of its parameters."""

    @staticmethod
    def read(params: Params, role: str = "teacher") -> "Endpoint":
        own = params.section(role)
        return Endpoint(
            url=_checked(own.text("url"), role),
            model=own.text("model"),
            timeout=own.number("timeoutSeconds", 120.0, minimum=0.01),
            retries=own.integer("retries", 6, minimum=0),
            role=role,
        )


def _checked(url: str, role: str) -> str:
    shown = one_line(url, 120)
    try:
        parts = urlsplit(url)
        port_is_good = parts.port is None or parts.port > 0
    except ValueError as error:
        raise BadInput(f"parameter {role}.url is no address: {error}") from error
    if parts.username is not None or parts.password is not None:
        raise BadInput(f"parameter {role}.url holds a user or a password: give the key as the secret {role}.apiKey")
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or not port_is_good
        or not re.fullmatch(r"[!-~]+", url)
    ):
        raise BadInput(
            f"parameter {role}.url is {shown}: it must be an http:// or https:// address, e.g. https://host/v1"
        )
    return url.rstrip("/").removesuffix("/chat/completions").removesuffix("/completions")
