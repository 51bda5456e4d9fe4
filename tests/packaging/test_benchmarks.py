"""The harness of the benchmarks: which modules there are, and the page that is written of their rows."""

from __future__ import annotations

import importlib.util
import sys

import pytest


@pytest.fixture
def load(repository, monkeypatch):
    """Load a module of the benchmarks under a name of its own."""
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))

    def load(name):
        spec = importlib.util.spec_from_file_location(
            f"benchmark_{name.strip('_')}", repository / "benchmarks" / f"{name}.py"
        )
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        return module

    yield load
    sys.modules.pop("results", None)


def test_each_module_is_there_and_gives_rows(load, repository):
    modules = load("__main__").MODULES
    assert modules
    for name, numbers in modules.items():
        text = (repository / "benchmarks" / f"{name}.py").read_text(encoding="utf-8")
        assert "\ndef rows() -> Iterator[Row]:\n" in text
        assert "\n        main(rows)\n" in text or "\n    main(rows)\n" in text
        assert numbers


def test_a_row_is_told_with_its_figures(load):
    results = load("results")
    rows = [
        results.Row(2, "later | work", "nothing", "less", "2 s", raw={"ours, s": [1.0, 2.0, 3.0]}),
        results.Row(1, "work", "theirs", "less", "1 s", 0.25, met=True, notes="Once."),
        results.Row(1, "more", "theirs", "less", "9 s", 9.0, met=False),
    ]
    text = results.document(rows, ["broken"], 90.0)
    lines = text.splitlines()
    assert lines[lines.index("|---|---|---|---|---|---|---|") + 1 :][:3] == [
        "| 1 | work | theirs | less | 1 s | 0.25 | yes |",
        "| 1 | more | theirs | less | 9 s | 9 | **no** |",
        r"| 2 | later \| work | nothing | less | 2 s | - | - |",
    ]
    assert "| ours, s | 2 | 1 | 3 | 3 |" in lines
    assert "**1. work**. Once." in lines
    assert "- `broken`" in lines
    assert f"| packages | batch_widgets {results.setting(0)['packages'].split()[1]}" in text
    assert "(FINDINGS.md)" in text


@pytest.mark.parametrize(
    ("values", "shown"),
    [([0.5], "0.5"), ([3, 1, 2], "2 (1 to 3)"), ([1234.5, 99.94, 200], "200 (99.9 to 1,234)"), ([0.01234], "0.0123")],
)
def test_figures_are_short(load, values, shown):
    assert load("results").spread(values) == shown


def test_rows_are_read_as_they_were_written(load, tmp_path, monkeypatch):
    results = load("results")
    rows = [results.Row(5, "work", "theirs", "less", "1 s", None, None, {"s": [1.0]}, "Note.")]
    monkeypatch.setattr(sys, "argv", ["x", "--json", str(tmp_path / "rows.json")])
    results.main(lambda: iter(rows))
    assert results.read(tmp_path / "rows.json") == rows


def test_measures_take_turns(load):
    made = []
    found = load("results").alternating(2, a=lambda: made.append("a") or 1.0, b=lambda: made.append("b") or 2.0)
    assert made == ["a", "b", "a", "b"]
    assert found == {"a": [1.0, 1.0], "b": [2.0, 2.0]}
