"""Reads the options of `vllm serve` from vllm's published package, without installing it or torch.

usage: vllm-options.py WHEEL >test/templates/vllm-options.json

The wheel of the image's version: `pip download --no-deps vllm==VERSION` (330 MB). Its parser is built from the fields
of configuration classes, so both are read as syntax. What a value must be: `integer`, `size` (4096, 4k), `number`,
`json`, `text`, words with bars between them, `flag` (takes none) or `switch` (takes none, and has a `--no-` beside it).
"""

import ast
import json
import re
import sys
import zipfile
from collections.abc import Iterator

PARSERS = ("vllm/engine/arg_utils.py", "vllm/entrypoints/common/cli_args.py")
FIELDS = ("vllm/config/", *PARSERS)
WORDS = r"^\w+(: TypeAlias)? = Literal\["


class Package:
    def __init__(self, wheel: str) -> None:
        self.version = re.search(r"vllm-([^-]+)-", wheel.rsplit("/", 1)[-1])[1]
        self.classes: dict[str, ast.ClassDef] = {}
        self.literals: dict[str, ast.expr] = {}
        self.sizes = {"max_model_len"}
        self.parsers: list[ast.Module] = []
        with zipfile.ZipFile(wheel) as archive:
            for name in sorted(archive.namelist(), key=lambda name: not name.startswith("vllm/config/")):
                if not name.endswith(".py"):
                    continue
                source = archive.read(name).decode()
                if name.startswith(FIELDS) or re.search(WORDS, source, re.MULTILINE):
                    self._take(name, ast.parse(source))

    def _take(self, name: str, module: ast.Module) -> None:
        if name in PARSERS:
            self.parsers.append(module)
            self.sizes |= _sizes(module)
        for node in module.body:
            if isinstance(node, ast.ClassDef) and name.startswith(FIELDS) and _is_configuration(node):
                self.classes.setdefault(node.name, node)
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            value = getattr(node, "value", None)
            if isinstance(target, ast.Name) and _head(value) == "Literal":
                self.literals.setdefault(target.id, value)

    def fields(self, name: str) -> dict[str, ast.expr]:
        """The annotations of a configuration class and of what it builds on."""
        found: dict[str, ast.expr] = {}
        node = self.classes[name]
        for base in node.bases:
            if isinstance(base, ast.Name) and base.id in self.classes:
                found |= self.fields(base.id)
        own = [part for part in node.body if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)]
        return found | {part.target.id: part.annotation for part in own}

    def kinds(self, name: str) -> dict[str, str]:
        return {field: self.kind(field, annotation) for field, annotation in self.fields(name).items()}

    def kind(self, field: str, annotation: ast.expr) -> str:
        """What vllm's own rules make of a field of that type, in their order."""
        parts = list(_parts(annotation))
        names = {_head(part) for part in parts}
        if names & self.classes.keys():
            return "json"
        if "bool" in names:
            return "text" if "str" in names else "switch"
        words = [word for part in parts for word in self._words(part)]
        if words:
            return "text" if None in words else _bars(words)
        for kind, types in {"text": ("tuple", "list", "set"), "integer": ("int",), "number": ("float",)}.items():
            if names & set(types):
                return "size" if field in self.sizes else kind
        return "json" if names & {"dict", "Mapping"} and "str" not in names else "text"

    def _words(self, node: ast.expr) -> list[object]:
        """Of a `Literal` or the name of one, with those it is made of; None stands for what cannot be read here."""
        if _head(node) != "Literal":
            return self._words(self.literals[_head(node)]) if _head(node) in self.literals else []
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        found: list[object] = []
        for part in inner:
            found += [part.value] if isinstance(part, ast.Constant) else self._words(part) or [None]
        return found


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    """The members of a union; of `Annotated` and of forward references, what they stand for."""
    if isinstance(node, ast.BinOp):
        yield from _parts(node.left)
        yield from _parts(node.right)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _parts(ast.parse(node.value, mode="eval").body)
    elif _head(node) in {"Annotated", "Optional", "SkipValidation", "Union"} and isinstance(node, ast.Subscript):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for part in inner if _head(node) == "Union" else inner[:1]:
            yield from _parts(part)
    else:
        yield node


def _head(node: ast.expr | None) -> str:
    if isinstance(node, ast.Subscript):
        return _head(node.value)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_configuration(node: ast.ClassDef) -> bool:
    decorators = [part.func if isinstance(part, ast.Call) else part for part in node.decorator_list]
    return any(_head(part) in {"config", "dataclass"} for part in decorators)


def _sizes(module: ast.Module) -> set[str]:
    """Fields that vllm lists by name because they take a number with a suffix."""
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and _head(node.targets[0]) == "human_readable_int_args":
            return set(ast.literal_eval(node.value))
    return set()


def options_of(package: Package) -> dict[str, str]:
    found: dict[str, str] = {}
    for module in package.parsers:
        for function in [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]:
            found |= _added(package, function)
    # All fields of the front end's classes are options, by their names.
    fields = package.kinds("FrontendArgs")
    found |= {_option(name): kind for name, kind in fields.items()}
    for module in package.parsers:
        found |= {_option(name): kind for name, kind in _changed(module, "frontend_kwargs").items() if name in fields}
    return dict(sorted(found.items()))


def _option(field: str) -> str:
    return f"--{field.replace('_', '-')}"


def _added(package: Package, function: ast.FunctionDef) -> dict[str, str]:
    """The options that a function adds. Its variables hold the arguments of a class, or those of one field."""
    held: dict[str, dict[str, str]] = {}
    single: dict[str, str] = {}
    for node in ast.walk(function):
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            continue
        name, value = node.targets[0].id, node.value
        if isinstance(value, ast.Call) and _head(value.func) == "get_kwargs" and _is_known(package, value):
            held[name] = package.kinds(_head(value.args[0])) | _changed(function, name)
        elif isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant):
            inner = value.value
            if isinstance(inner, ast.Call) and _head(inner.func) == "get_kwargs":
                single[name] = package.kinds(_head(inner.args[0]))[value.slice.value]
            elif _head(inner) in held:
                single[name] = held[_head(inner)][value.slice.value]
    found: dict[str, str] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and _head(node.func) == "add_argument":
            kind = _kind_of(node, held, single)
            names = [part.value for part in node.args if isinstance(part, ast.Constant)]
            found |= {name: kind for name in names if name.startswith("-")}
    return found


def _bars(words: list[object]) -> str:
    return "|".join(sorted({str(word) for word in words}))


def _is_known(package: Package, call: ast.Call) -> bool:
    return _head(call.args[0]) in package.classes


def _kind_of(call: ast.Call, held: dict[str, dict[str, str]], single: dict[str, str]) -> str:
    for part in ast.walk(call):
        if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Constant) and _head(part) in held:
            return held[_head(part)][part.slice.value]
        if isinstance(part, ast.Name) and part.id in single:
            return single[part.id]
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    action = given.get("action")
    if isinstance(action, ast.Constant) and str(action.value).startswith("store_"):
        return "flag"
    if _head(action) == "BooleanOptionalAction":
        return "switch"
    choices = given.get("choices")
    if isinstance(choices, ast.List):
        return _bars([part.value for part in choices.elts if isinstance(part, ast.Constant)])
    return {"int": "integer", "float": "number"}.get(_head(given.get("type")), "text")


def _changed(scope: ast.AST, name: str) -> dict[str, str]:
    """`name["field"]["type"] = ...json.loads...`: arguments that are changed after they were derived."""
    found: dict[str, str] = {}
    for node in ast.walk(scope):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        inner = getattr(target, "value", None)
        if not (isinstance(target, ast.Subscript) and isinstance(inner, ast.Subscript) and _head(inner) == name):
            continue
        field = inner.slice
        if isinstance(field, ast.Constant) and isinstance(target.slice, ast.Constant) and target.slice.value == "type":
            found[field.value] = "json" if "json.loads" in ast.unparse(node.value) else "text"
    return found


if __name__ == "__main__":
    package = Package(sys.argv[1])
    print(json.dumps({"vllm": package.version, "options": options_of(package)}, indent=2))
