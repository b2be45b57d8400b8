"""Lets the CUDA build of torch load where the CUDA packages are left out, for work on the CPU only.

torch's own libraries are linked to cudart, cublas, cudnn and others, and do not load without them. What they ask for is
read from themselves: for each shared object a tiny one of the same name and symbols is written beside them, whose
functions all answer an error code. CUDA then is "not available"; nothing can run on a GPU. Needs gcc and readelf.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

_LINKED = re.compile(r"NEEDED.*\[(lib(?:cu(?!da\.so)|nccl|nvrtc|nvshmem|nvJit).*)\]")  # libcuda.so is the driver's
_UNDEFINED = re.compile(r"(?:FUNC|OBJECT|NOTYPE)\s+(?:GLOBAL|WEAK)\s+\S+\s+UND\s+([^\s@]+)(?:@(\S+))?")
# Symbols without a version that names their library are told by how they begin; the longer beginning stands first.
_BEGINNINGS = (
    ("nccl", "libnccl.so"),
    ("cuFile", "libcufile.so"),
    ("cusparseLt", "libcusparseLt.so"),
    ("nvshmem", "libnvshmem_host.so"),
    ("cupti", "libcupti.so"),
    ("nvrtc", "libnvrtc.so"),
    ("cudnn", "libcudnn.so"),
    ("cublasLt", "libcublasLt.so"),
    ("cublas", "libcublas.so"),
    ("cusparse", "libcusparse.so"),
    ("cufft", "libcufft.so"),
    ("cuda", "libcudart.so"),
    ("__cuda", "libcudart.so"),
)


class NoCompiler(Exception):
    """gcc or readelf is not on the PATH; the message says which."""


def make_stubs(site_packages: Path) -> list[str]:
    """The names of the libraries that were made; none where torch is not, is no CUDA build, or has its packages."""
    libraries = site_packages / "torch" / "lib"
    if (site_packages / "nvidia").is_dir() or not libraries.is_dir():
        return []
    files = sorted(libraries.glob("lib*.so"))
    if not any(file.name.startswith("libtorch_cuda") for file in files):
        return []
    missing = [tool for tool in ("gcc", "readelf") if shutil.which(tool) is None]
    if missing:
        raise NoCompiler(f"torch on the CPU needs {' and '.join(missing)} (Debian: apt install gcc binutils)")
    names, undefined = _wanted(files)
    symbols: dict[str, dict[str, str]] = {name: {} for name in names}
    for symbol, version in undefined:
        if name := _library_of(symbol, version, names):
            symbols[name][symbol] = version or symbols[name].get(symbol, "")
    for name in sorted(names):
        _build(libraries / name, symbols[name])
    return sorted(names)


def _wanted(files: Iterable[Path]) -> tuple[set[str], set[tuple[str, str]]]:
    """The CUDA libraries that the files are linked to, and the symbols they leave undefined, each with its version."""
    names: set[str] = set()
    symbols: set[tuple[str, str]] = set()
    for file in files:
        linked = set(_LINKED.findall(_readelf("-dW", file)))
        if linked:
            names |= linked
            symbols |= set(_UNDEFINED.findall(_readelf("-W", "--dyn-syms", file)))
    return names, symbols


def _readelf(*arguments: str | Path) -> str:
    return subprocess.run(["readelf", *arguments], capture_output=True, text=True, check=True).stdout


def _library_of(symbol: str, version: str, names: set[str]) -> str | None:
    if version in names:
        return version
    for beginning, library in _BEGINNINGS:
        if symbol.startswith(beginning):
            return next((name for name in names if name.startswith(f"{library}.")), None)
    return None


def _build(target: Path, symbols: dict[str, str]) -> None:
    source = []
    by_version = defaultdict(list)
    for symbol, version in sorted(symbols.items()):
        is_text = "String" in symbol or symbol.endswith("Name")
        body = (
            f'const char *{symbol}(void) {{ return "no CUDA"; }}'
            if is_text
            else f"long {symbol}(void) {{ return 100; }}"
        )
        source.append(body)
        by_version[version].append(symbol)
    versions = "".join(
        f"{version} {{ global: {'; '.join(own)}; }};\n" for version, own in by_version.items() if version
    )
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        work = Path(folder)
        (work / "stub.c").write_text("\n".join(source) + "\n")
        (work / "stub.map").write_text(versions)
        command = ["gcc", "-shared", "-fPIC", "-nostdlib", "-fno-builtin", "-w", f"-Wl,-soname,{target.name}"]
        command += [f"-Wl,--version-script={work / 'stub.map'}"] if versions else []
        subprocess.run([*command, "-o", str(work / "stub.so"), str(work / "stub.c")], check=True)
        os.replace(work / "stub.so", target)
