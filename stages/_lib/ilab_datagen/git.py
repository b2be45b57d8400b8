"""Fetching what a stranger's file points to: https or ssh, from named hosts, into an object store and no further."""

import base64
import os
import re
import resource
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ilab_stage import TryLater, one_line

DEFAULT_HOSTS = ("github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "huggingface.co")
PROTOCOLS = "https:ssh"
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_PATH = re.compile(r"/[A-Za-z0-9._~+/-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
# What git says when the other side, or the way to it, is at fault: worth another try.
_PASSING = re.compile(
    r"could not resolve|timed? ?out|connection (refused|reset|closed)|failed to connect|couldn't connect"
    r"|early eof|unexpected disconnect|network is unreachable|returned error: (429|5\d\d)|temporary failure",
    re.IGNORECASE,
)
_PASSED_ON = (
    "PATH",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
)


class NotAllowed(Exception):
    """A repository, a commit or a size that is refused; the message says which and why."""


@dataclass(frozen=True)
class Limits:
    hosts: tuple[str, ...] = DEFAULT_HOSTS
    megabytes: int = 512
    """Of one fetched pack."""
    seconds: int = 900
    protocols: str = PROTOCOLS


def check_url(url: str, limits: Limits, *, any_host: bool = False) -> None:
    """Raises NotAllowed unless `url` is an https or ssh address of an allowed host."""
    shown = one_line(url, 120)
    try:
        parts = urlsplit(url)
        host, user, password, port = parts.hostname or "", parts.username, parts.password, parts.port
    except ValueError as error:
        raise NotAllowed(f"{shown} is no address: {error}") from error
    if parts.scheme not in ("https", "ssh"):
        raise NotAllowed(f"{shown} is not allowed: only https:// and ssh:// addresses are")
    # urlsplit drops line ends and tabs, git would not.
    if not re.fullmatch(r"[!-~]+", url):
        raise NotAllowed(f"{shown} is no plain address of a repository")
    if password is not None or (parts.scheme == "https" and user is not None):
        raise NotAllowed(f"the address of {one_line(host)} holds a user or a password: leave it out")
    if (
        not _HOST.fullmatch(host)
        or ".." in host
        or (user is not None and not re.fullmatch(r"[A-Za-z0-9_][\w.-]*", user))
    ):
        raise NotAllowed(f"{shown} names no host")
    if parts.query or parts.fragment or not _PATH.fullmatch(parts.path) or ".." in parts.path.split("/"):
        raise NotAllowed(f"{shown} is no plain address of a repository")
    if not any_host and (host.lower() not in limits.hosts or port is not None):
        raise NotAllowed(f"{shown} is not allowed: the hosts that are: {', '.join(limits.hosts)} (parameter gitHosts)")


def check_commit(commit: str) -> None:
    if not _COMMIT.fullmatch(commit):
        raise NotAllowed(f"commit {one_line(commit, 60)} is no full commit hash of 40 hexadecimal digits")


def repository_name(url: str) -> str:
    """The last part of the address without `.git`: the name of the folder that may stand in for it."""
    return urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")


def fetch(
    url: str, refs: Sequence[str], into: Path, limits: Limits, environment: Mapping[str, str], *, depth: int | None = 1
) -> dict[str, str]:
    """Fetches `refs` of an address that `check_url` passed; returns the environment to read the objects with.

    Each ref is then `refs/fetched/<index>` of the bare repository `into`.
    """
    quiet = git_environment(environment, into, limits, urlsplit(url).hostname or "")
    _run(["git", "init", "--quiet", "--bare", "--template=", str(into)], quiet, limits, url)
    command = ["git", f"--git-dir={into}", "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-auto-gc"]
    command += [] if depth is None else [f"--depth={depth}"]
    _run([*command, "--", url, *(f"{ref}:refs/fetched/{at}" for at, ref in enumerate(refs))], quiet, limits, url)
    return quiet


def git_environment(environment: Mapping[str, str], home: Path, limits: Limits, host: str) -> dict[str, str]:
    """Nothing of the user's or the system's configuration; credentials go to their own host only."""
    env = {name: environment[name] for name in _PASSED_ON if name in environment}
    ssh = [
        "ssh",
        "-oBatchMode=yes",
        "-oStrictHostKeyChecking=yes",
        "-oPermitLocalCommand=no",
        "-oClearAllForwardings=yes",
    ]
    if key := environment.get("GIT_SSH_KEY_FILE"):
        ssh += ["-oIdentitiesOnly=yes", "-i", key]
    if known := environment.get("GIT_KNOWN_HOSTS_FILE"):
        ssh += [f"-oUserKnownHostsFile={known}"]
    settings = {
        "core.hooksPath": "/dev/null",
        "core.fsmonitor": "false",
        "credential.helper": "",
        "gc.auto": "0",
        "http.followRedirects": "false",
        "submodule.recurse": "false",
        "transfer.bundleURI": "false",
    }
    token, owner = environment.get("GIT_TOKEN"), environment.get("GIT_TOKEN_HOST", "")
    if token and owner.lower() == host.lower():
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        settings[f"http.https://{owner}/.extraHeader"] = f"Authorization: Basic {basic}"
    env |= {
        "HOME": str(home),
        "LC_ALL": "C",
        "GIT_ALLOW_PROTOCOL": limits.protocols,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_SSH_COMMAND": shlex.join(ssh),
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for number, (name, value) in enumerate(settings.items()):
        env |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return env


def run_git(arguments: Sequence[str], environment: dict[str, str]) -> str:
    """A reading command of git on what was fetched."""
    return subprocess.run(
        ["git", *arguments], env=environment, check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    ).stdout


def _run(command: list[str], environment: dict[str, str], limits: Limits, url: str) -> None:
    most = limits.megabytes * 1024 * 1024

    def limit_files() -> None:
        # A pack is one file: git ends when it grows beyond this.
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    shown = one_line(url, 120)
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            timeout=limits.seconds, preexec_fn=limit_files,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise TryLater(f"{shown} was not fetched within {limits.seconds} s") from error
    if done.returncode == 0:
        return
    said = done.stderr.decode(errors="replace")
    last = one_line((said.strip().splitlines() or ["no word"])[-1], 200)
    if "File too large" in said or "file size limit" in said.lower() or done.returncode == -25 or "signal 25" in said:
        raise NotAllowed(f"{shown} is larger than {limits.megabytes} MiB")
    if _PASSING.search(said):
        raise TryLater(f"{shown} cannot be fetched now: {last}")
    raise NotAllowed(f"{shown} cannot be fetched: {last}")
