"""Files that need each other, in a circle, can only be understood and changed together.

There is no circle but those that the edges of KNOWN close. An edge leads from a file to one that it imports from: in
Rust by `use` or a path such as `crate::mobile::masked`, in Python by any import, also one within a function. What comes
from a crate's root, or from a folder's `mod.rs` or `__init__.py`, is followed to the file that the root re-exports it
from. `mod name;` is no edge, nor is what only tests or type checkers see. A method that another file implements is not
seen.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[2]
CRATES = ["src", "bindings/c/src", "python/src", "sandbox/src", "cli/src"]
PACKAGE = "python/ants_otp"

# The edges that point up, from what is used to what uses it, and what is imported by them. Without them there is no
# circle, with any of them there is one: each circle that is dissolved takes its line with it, and no line is added.
KNOWN = {
    ("src/code.rs", "src/error.rs"): "Delivery",
    ("src/options.rs", "src/client.rs"): "Client, which build() makes, and its Defaults",
    ("src/transport/link.rs", "src/transport/proxy.rs"): "what leads through a proxy",
    ("python/src/call.rs", "python/src/client.rs"): "the client, to which a call belongs",
    ("python/ants_otp/_record.py", "python/ants_otp/_pydantic.py"): "the schema, which names Verification",
    ("sandbox/src/account.rs", "sandbox/src/lib.rs"): "the names of what is ready without any setting",
    ("sandbox/src/answer.rs", "sandbox/src/lib.rs"): "RETRY_AFTER_SECONDS",
    ("sandbox/src/config.rs", "sandbox/src/lib.rs"): "OTC_ID",
    ("sandbox/src/dialect.rs", "sandbox/src/service.rs"): "Balance, Refusal and Sent, which a dialect writes",
    ("sandbox/src/otp.rs", "sandbox/src/report.rs"): "the state of an SMS's delivery",
    ("cli/src/arguments.rs", "cli/src/attempt.rs"): "TryOptions",
    ("cli/src/arguments.rs", "cli/src/listen.rs"): "ListenOptions",
    ("cli/src/attempt.rs", "cli/src/main.rs"): "MAX_CODE_LINE",
    ("cli/src/capture.rs", "cli/src/main.rs"): "call()",
    ("cli/src/doctor/settings.rs", "cli/src/doctor.rs"): "Check",
    ("cli/src/output.rs", "cli/src/arguments.rs"): "the command that was typed",
}

Edges = dict[str, set[str]]


def circles(edges: Edges) -> list[list[str]]:
    """The largest groups of files in which each leads to each other one."""
    reached: Edges = {}
    for start in edges:
        seen: set[str] = set()
        waiting = list(edges[start])
        while waiting:
            file = waiting.pop()
            if file not in seen:
                seen.add(file)
                waiting.extend(edges[file])
        reached[start] = seen
    found = {frozenset(other for other in reached[file] if file in reached[other]) for file in edges}
    return sorted(sorted(circle) for circle in found if circle)


def without(edges: Edges, left_out: Iterable[tuple[str, str]]) -> Edges:
    gone = set(left_out)
    return {file: {other for other in others if (file, other) not in gone} for file, others in edges.items()}


# --- Rust -------------------------------------------------------------------------------------------------------------


class Crate:
    """The modules of a crate by their paths: `()` is its root."""

    def __init__(self, folder: Path) -> None:
        self.files: dict[tuple[str, ...], Path] = {}
        self.text: dict[tuple[str, ...], str] = {}
        for file in sorted(folder.rglob("*.rs")):
            path = file.relative_to(folder).with_suffix("").parts
            module = path[:-1] if path[-1] in ("lib", "main", "mod") else path
            self.files[module] = file
            self.text[module] = without_tests_and_comments(file.read_text("utf-8"))
        # What a module hands on, by the name under which it does.
        self.handed_on = {module: dict(self.hands_on(module)) for module in self.files}

    def hands_on(self, module: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
        for use in re.findall(r"\bpub(?:\([^)]*\))? use ([^;]+);", self.text[module]):
            for path, name in spelled_out(use):
                yield name, path

    def file_of(self, module: tuple[str, ...], path: tuple[str, ...]) -> Path | None:
        """The file that holds what `path` means in `module`; None for another crate's."""
        at, rest = module, list(path)
        if rest[0] == "crate":
            at, rest = (), rest[1:]
        elif rest[0] == "self":
            rest = rest[1:]
        elif rest[0] == "super":
            while rest and rest[0] == "super":
                at, rest = at[:-1], rest[1:]
        elif (*module, rest[0]) not in self.files:
            return None
        while rest and (*at, rest[0]) in self.files:
            at, rest = (*at, rest[0]), rest[1:]
        if rest and rest[0] in self.handed_on[at]:
            return self.file_of(at, self.handed_on[at][rest[0]]) or self.files[at]
        return self.files[at]

    def edges(self) -> Edges:
        found: Edges = {name(file): set() for file in self.files.values()}
        for module, text in self.text.items():
            own = re.sub(r"\bpub(?:\([^)]*\))? use [^;]+;", "", text)
            used = [path for use in re.findall(r"\buse ([^;]+);", own) for path, _ in spelled_out(use)]
            rest = re.sub(r"\buse [^;]+;", "", own)
            used += [tuple(path.split("::")) for path in re.findall(r"(?<![\w:])(?:\w+::)+\w+", rest)]
            for path in used:
                file = self.file_of(module, path)
                if file not in (None, self.files[module]):
                    found[name(self.files[module])].add(name(file))
        return found


def name(file: Path | None) -> str:
    return "" if file is None else str(file.relative_to(ROOT))


def without_tests_and_comments(text: str) -> str:
    text = re.sub(r"^#\[cfg\(test\)\]\n(?:#.*\n)*mod \w+ \{\n.*?^\}\n", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"//.*", "", text)


def spelled_out(use: str) -> list[tuple[tuple[str, ...], str]]:
    """Each path of a `use`, and the name that it gets."""
    use = use.strip()
    if "{" not in use:
        path, _, alias = use.partition(" as ")
        parts = tuple(path.strip().split("::"))
        return [(parts, alias.strip() or parts[-1])]
    before, _, inner = use.partition("{")
    paths = []
    for item in items(inner.rpartition("}")[0]):
        # `a::{self}` is `a`.
        whole = before.rstrip(":") + item[4:] if re.match(r"self\b(?!::)", item) else before + item
        paths += spelled_out(whole)
    return paths


def items(inner: str) -> list[str]:
    """The parts between the commas that are in no braces of their own."""
    parts, depth = [""], 0
    for character in inner:
        depth += (character == "{") - (character == "}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


# --- Python -----------------------------------------------------------------------------------------------------------


class Imports(ast.NodeVisitor):
    """The modules that a file imports from, as `from package.module import name` says it."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for statement in node.orelse:
                self.visit(statement)
        else:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.found += [(alias.name, "") for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        assert node.level == 0, "imports are absolute"
        self.found += [(node.module or "", alias.name) for alias in node.names]


class Package:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Path] = {}
        self.imports: dict[str, list[tuple[str, str]]] = {}
        for file in sorted(folder.rglob("*.py")):
            parts = file.relative_to(folder.parent).with_suffix("").parts
            module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            visitor = Imports()
            visitor.visit(ast.parse(file.read_text("utf-8")))
            self.files[module], self.imports[module] = file, visitor.found

    def file_of(self, module: str, imported: str) -> Path | None:
        if f"{module}.{imported}" in self.files:
            return self.files[f"{module}.{imported}"]
        if (self.folder / f"{imported}.pyi").exists():
            return None  # the native module, which knows no file of the package
        file = self.files.get(module)
        if file is not None and file.name == "__init__.py":
            for source, handed_on in self.imports[module]:
                if handed_on == imported:
                    return self.file_of(source, imported)
        return file

    def edges(self) -> Edges:
        found: Edges = {name(file): set() for file in self.files.values()}
        for module, imports in self.imports.items():
            # `_later` is what annotations mean by TYPE_CHECKING's imports, when a program evaluates them.
            if module != "ants_otp._later":
                files = {self.file_of(*imported) for imported in imports} - {None, self.files[module]}
                found[name(self.files[module])] = {name(file) for file in files}
        return found


# --- The tests --------------------------------------------------------------------------------------------------------


def all_edges() -> Edges:
    edges = Package(ROOT / PACKAGE).edges()
    for crate in CRATES:
        edges |= Crate(ROOT / crate).edges()
    return edges


def test_files_need_each_other_in_no_circle() -> None:
    assert circles(without(all_edges(), KNOWN)) == []


@pytest.mark.parametrize("known", KNOWN)
def test_a_circle_that_is_known_is_still_there(known: tuple[str, str]) -> None:
    edges = all_edges()
    assert known[1] in edges[known[0]], "take it out of KNOWN: it is gone"
    assert circles(without(edges, KNOWN.keys() - {known})), "take it out of KNOWN: it makes no circle any more"


def test_a_circle_is_found() -> None:
    line: Edges = {"a": {"b"}, "b": {"c"}, "c": set()}
    assert circles(line) == []
    assert circles({**line, "c": {"a"}}) == [["a", "b", "c"]]
    assert circles(without({**line, "c": {"a"}}, [("c", "a")])) == []


@pytest.mark.parametrize(
    ("use", "paths"),
    [
        ("crate::code::Code", ["crate::code::Code"]),
        ("super::a::{self, B, c::{D, E as F}}", ["super::a", "super::a::B", "super::a::c::D", "super::a::c::E"]),
        ("crate::{Code, mobile}", ["crate::Code", "crate::mobile"]),
    ],
)
def test_a_use_is_spelled_out(use: str, paths: list[str]) -> None:
    assert ["::".join(path) for path, _ in spelled_out(use)] == paths


def test_what_a_root_hands_on_is_followed_to_its_file() -> None:
    edges = all_edges()
    assert {"src/code.rs", "src/error.rs", "src/mobile.rs"} <= edges["src/client.rs"], "through src/lib.rs"
    assert "src/transport/bounds.rs" in edges["src/client.rs"], "through src/transport/mod.rs"
    assert "src/check.rs" not in edges["src/fork.rs"], "only its documentation and tests name others"
    assert "python/ants_otp/raw.py" in edges["python/ants_otp/error.py"], "within a function"
    assert "python/ants_otp/_types.py" not in edges["python/ants_otp/sent.py"], "for type checkers alone"
    assert len(edges) > 170
    assert sum(len(others) for others in edges.values()) > 480
