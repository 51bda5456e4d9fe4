"""A layer imports only what stands below it."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import batch_widgets

PACKAGE = Path(batch_widgets.__file__).parent
PURE = {
    *("_version", "actions", "autoscale", "cost", "durations", "errors", "images", "keys", "login"),
    *("node_facts", "nodes", "passwords", "pools", "problems", "service", "sizes", "texts"),
}
ABOVE_PURE = {"runner": 1, "sdk": 2, "ssh": 2, "account": 3, "widgets": 4, "": 5}
HEAVY = {"pandas", "cryptography", "azure", "aiohttp", "asyncssh", "ipywidgets", "anywidget"}
NOT_FOR_PURE = {
    *("asyncio", "concurrent", "multiprocessing", "socket", "ssl", "subprocess", "http", "urllib", "logging"),
    *("azure", "aiohttp", "asyncssh", "ipywidgets", "anywidget", "IPython", "traitlets"),
}
MODULES = {"cost", "images", "pools", "sizes"}
NOT_FOR_DEMO = {
    *("", "account", "actions", "autoscale", "cost", "images", "keys", "login", "node_facts", "nodes"),
    *("passwords", "pools"),
    *("runner", "sdk", "service", "sizes", "ssh", "texts", "widgets"),
}


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports_of(name, path):
    """Give (module, inside a function) of each import; those for type checkers count, for they are knowledge too."""
    package = ["batch_widgets", *filter(None, name.split("."))]
    if path.name != "__init__.py":
        package.pop()

    def visit(node, inside):
        if isinstance(node, ast.Import):
            yield from ((alias.name, inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            yield module, inside
            if module == "batch_widgets":
                yield from ((f"{module}.{alias.name}", inside) for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for child in node.body:
                yield from visit(child, inside=True)
        else:
            inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            for child in ast.iter_child_nodes(node):
                yield from visit(child, inside)

    yield from visit(ast.parse(path.read_text(encoding="utf-8")), inside=False)


ALL = [(name, module, lazy) for name, path in modules() for module, lazy in imports_of(name, path)]


def layer_of(module):
    """Give the package's part that a module belongs to; None outside, and empty for what ``__init__`` gives."""
    if module == "batch_widgets" or not module.startswith("batch_widgets."):
        return None
    part = module.split(".")[1]
    known = PURE | set(ABOVE_PURE) | {"demo"}
    return part if part in known else ""


def part_of(name):
    return name.split(".")[0]


def height(part):
    return 0 if part in PURE else ABOVE_PURE[part]


def test_every_module_has_a_layer():
    assert {part_of(name) for name, _ in modules()} == PURE | set(ABOVE_PURE) | {"demo"}


def test_no_layer_imports_upward():
    upward = [
        f"{name} imports {module}"
        for name, module, _ in ALL
        if (target := layer_of(module)) is not None
        and part_of(name) != "demo"
        and target != "demo"
        and height(target) > height(part_of(name))
    ]
    assert not upward


def test_the_rule_sees_an_upward_import(tmp_path):
    module = tmp_path / "keys.py"
    module.write_text("from batch_widgets import widgets\ndef f():\n    from batch_widgets.account import connect\n")
    assert [(layer_of(found), lazy) for found, lazy in imports_of("keys", module) if layer_of(found)] == [
        ("widgets", False),
        ("account", True),
    ]


def test_azure_is_imported_by_sdk_only():
    importers = {part_of(name) for name, module, _ in ALL if module.split(".")[0] == "azure"}
    assert importers == {"sdk"}


def test_asyncssh_is_imported_by_ssh_and_the_demo_only():
    importers = {part_of(name) for name, module, _ in ALL if module.split(".")[0] == "asyncssh"}
    assert importers == {"ssh", "demo"}


def test_ssh_and_sdk_know_nothing_of_each_other():
    both = {"sdk", "ssh"}
    assert not [name for name, module, _ in ALL if {part_of(name), layer_of(module)} == both]


def test_asyncssh_is_loaded_when_first_needed():
    code = "import sys, batch_widgets.ssh, batch_widgets.account; print('asyncssh' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert answer.stdout == "False\n"


def test_sdk_is_imported_when_first_needed():
    assert not [name for name, module, lazy in ALL if layer_of(module) == "sdk" and part_of(name) != "sdk" and not lazy]


def test_pure_modules_do_no_work_of_their_own():
    wrong = [
        f"{name} imports {module}"
        for name, module, _ in ALL
        if part_of(name) in PURE and module.split(".")[0] in NOT_FOR_PURE
    ]
    assert not wrong
    threads = [
        name for name, path in modules() if part_of(name) in PURE and "Thread(" in path.read_text(encoding="utf-8")
    ]
    assert not threads


def test_heavy_modules_are_imported_when_first_needed():
    below_the_widgets = PURE | {"runner", "account", ""}
    wrong = [
        f"{name} imports {module}"
        for name, module, lazy in ALL
        if part_of(name) in below_the_widgets and not lazy and module.split(".")[0] in HEAVY
    ]
    assert not wrong


def test_demo_knows_nothing_of_its_clients():
    wrong = [
        f"{name} imports {module}"
        for name, module, _ in ALL
        if part_of(name) == "demo" and (layer_of(module) in NOT_FOR_DEMO or module.split(".")[0] == "azure")
    ]
    assert not wrong


def test_demo_is_imported_by_connecting_only_and_when_first_needed():
    importers = {(name, lazy) for name, module, lazy in ALL if layer_of(module) == "demo" and part_of(name) != "demo"}
    assert importers == {("account.connecting", True)}


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, batch_widgets; print(*sorted(name for name in sys.modules if '.' not in name))"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    loaded = set(answer.stdout.split())
    assert "batch_widgets" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("name", sorted({*batch_widgets.__all__} - MODULES))
def test_a_public_name_resolves_and_is_documented(name):
    value = getattr(batch_widgets, name)
    if name == "__version__":
        assert re.fullmatch(r"\d+\.\d+\.\d+.*", value)
        return
    text = inspect.getdoc(value)
    assert text
    summary = text.split("\n\n", 1)[0]
    assert summary.endswith((".", "::")), "the first paragraph is a sentence"
    if inspect.isclass(value) and "__init__" not in vars(value):
        return
    parameters = [
        parameter.name
        for parameter in inspect.signature(value).parameters.values()
        if parameter.kind not in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}
    ]
    missing = [parameter for parameter in parameters if parameter not in documented_parameters(text)]
    inherited = [base for base in getattr(value, "__mro__", ()) if base.__module__.startswith("batch_widgets")]
    for base in inherited[1:]:
        missing = [parameter for parameter in missing if parameter not in documented_parameters(base.__doc__ or "")]
    assert not missing


def documented_parameters(text):
    section = re.search(r"Parameters\n\s*-+\n(.*?)(?:\n\s*\w+\n\s*---|\Z)", inspect.cleandoc(text), re.DOTALL)
    lines = section.group(1).splitlines() if section else []
    heads = [line.split(" : ")[0] for line in lines if line and not line.startswith(" ")]
    return {name.strip().lstrip("*") for head in heads for name in head.split(",")}


def test_homes_and_public_names_agree():
    assert set(batch_widgets._HOME_OF) | {"__version__"} | MODULES == set(batch_widgets.__all__)
    assert sorted(batch_widgets.__all__) == list(batch_widgets.__all__)
    assert dir(batch_widgets) == sorted(batch_widgets.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = batch_widgets.nothing


@pytest.mark.parametrize("name", ["errors", "runner", "account"])
def test_each_part_can_be_imported_by_itself(name):
    assert importlib.import_module(f"batch_widgets.{name}").__doc__
