"""The Python half of the formula editor."""

from __future__ import annotations

import pytest
from traitlets import TraitError

from batch_widgets.autoscale import WORDS, check
from batch_widgets.widgets.formula_editor import FormulaEditor

GOOD = "$TargetDedicatedNodes = 1"


@pytest.fixture
def editor():
    editor = FormulaEditor()
    yield editor
    editor.close()


def marks(editor):
    return [(mark["from"], mark["to"], mark["severity"]) for mark in editor._findings["found"]]


def test_what_is_typed_is_checked(editor):
    heard = []
    editor.observe(lambda change: heard.append(change.new), "findings")
    editor.set_state({"value": "x = (1"})
    assert editor.findings == check("x = (1")
    assert marks(editor) == [(6, 6, "error")]
    assert editor._findings["length"] == 6
    editor.set_state({"value": GOOD})
    assert (editor.findings, marks(editor)) == ((), [])
    assert [len(findings) for findings in heard] == [1, 0]


def test_an_initial_value_is_checked():
    editor = FormulaEditor(value="x = 1", rows=3, placeholder="none")
    assert len(editor.findings) == 1
    editor.close()


def test_nothing_is_found_in_nothing(editor):
    editor.value = " \n"
    assert editor.findings == ()


def test_places_are_those_of_the_browser(editor):
    editor.value = "// \U0001f600 é\nx = \U0001f600;\n" + GOOD
    (finding,) = editor.findings
    assert (finding.start, finding.line, finding.column) == (11, 2, 5)
    assert marks(editor) == [(12, 14, "error")]
    assert editor._findings["length"] == len(editor.value) + 2
    editor.value = "x = \ud800"
    assert marks(editor)[0][:2] == (4, 5)


def test_the_words_come_from_the_language(editor):
    state = editor.get_state()
    assert [word["name"] for word in state["_words"]] == [word.name for word in WORDS]
    assert state["_words"][0]["help"] == WORDS[0].help
    assert state["_plain"] == "value"
    assert "findings" not in state


def test_findings_are_not_the_users_to_set(editor):
    with pytest.raises(TraitError):
        editor.findings = ()


def test_unknown_arguments_are_refused():
    with pytest.raises(TypeError, match="Did you mean 'value'"):
        FormulaEditor(vlaue="x")
