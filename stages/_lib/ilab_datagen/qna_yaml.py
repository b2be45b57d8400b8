"""Reading one qna.yaml of a stranger: bounded in size, depth and aliases, with the line of everything."""

import re
from typing import Any

import yaml

from .faults import Fault

MOST_BYTES = 256 * 1024
_MOST_NODES = 20_000
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]|\['([^']*)'\]")


class Lines:
    """Where in the file a path such as `.seed_examples[2].question` lies."""

    def __init__(self, root: yaml.Node | None) -> None:
        self._root = root

    def of(self, path: str) -> int | None:
        node = self._root
        line = None if node is None else node.start_mark.line + 1
        for match in _STEP.finditer(path):
            node = _child(node, match[1] or match[3], None if match[2] is None else int(match[2]))
            if node is None:
                break
            line = node.start_mark.line + 1
        return line


def read_qna(path: str, data: bytes) -> tuple[dict[str, Any], Lines] | list[Fault]:
    """The contents with their lines, or what keeps the file from being read at all."""
    if len(data) > MOST_BYTES:
        return [Fault(path, f"has {len(data)} bytes; a qna.yaml has at most {MOST_BYTES}")]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return [Fault(path, "is no UTF-8 text", data[: error.start].count(b"\n") + 1)]
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        faults = _structure_faults(path, root)
        contents = None if faults else yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return [Fault(path, f"is no valid YAML: {error.problem or error.context}", mark.line + 1 if mark else None)]
    except (yaml.YAMLError, ValueError) as error:
        return [Fault(path, f"is no valid YAML: {error}")]
    except RecursionError:
        return [Fault(path, "is nested too deeply")]
    if faults:
        return faults
    if contents is None:
        return [Fault(path, "is empty")]
    if not isinstance(contents, dict):
        return [Fault(path, "holds no keys and values at its top", 1)]
    return contents, Lines(root)


def _structure_faults(path: str, root: yaml.Node | None) -> list[Fault]:
    """Counts what the aliases expand to before anything walks it, and finds keys that are there twice."""
    faults: list[Fault] = []
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        if id(node) not in sizes:
            sizes[id(node)] = _MOST_NODES + 1  # an alias to what is still open is a cycle
            sizes[id(node)] = 1 + sum(size(child) for child in _children(node))
            faults.extend(_doubled_keys(path, node))
        return min(sizes[id(node)], _MOST_NODES + 1)

    if root is not None and size(root) > _MOST_NODES:
        faults.append(Fault(path, f"expands to more than {_MOST_NODES} values: write them out or leave the aliases"))
    return faults


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _doubled_keys(path: str, node: yaml.Node) -> list[Fault]:
    faults = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                faults.append(Fault(path, f"has the key {key.value} twice", key.start_mark.line + 1))
            seen.add(str(key.value))
    return faults


def _child(node: yaml.Node | None, key: str | None, index: int | None) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode) and key is not None:
        values: list[yaml.Node] = [value for name, value in node.value if name.value == key]
        return values[0] if values else None
    if isinstance(node, yaml.SequenceNode) and index is not None and index < len(node.value):
        items: list[yaml.Node] = node.value
        return items[index]
    return None
