"""The part of the pool builder's form for an autoscale formula: editor, formulas to start from, and trying it out."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import ipywidgets

from batch_widgets import autoscale
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.autoscale_trial import AutoscaleTrial
from batch_widgets.widgets.controls import Field, button, column, html, row, styled
from batch_widgets.widgets.formula_editor import FormulaEditor
from batch_widgets.widgets.lean import show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_widgets.autoscale import Bounds, Finding, Number, Template

_MOST_TOLD = 3


class LateField(Field):
    """A row of the form that is there when its control is; what was to be shown before is shown then.

    Parameters
    ----------
    name, label : str
        As of a Field.
    """

    def __init__(self, name: str, label: str) -> None:  # its row comes by `fill`
        self.name = name
        self.label = label
        self._shown: tuple[str, str] = ("", "error")
        self._filled = False

    def fill(self, control: Any) -> Any:
        """Make the row of a control, and give it."""
        super().__init__(self.name, self.label, control)
        self._filled = True
        super().show_problem(*self._shown)
        return self.widget

    def show_problem(self, message: str, severity: str = "error") -> None:
        """Show a problem below the control; empty for none."""
        self._shown = (message, severity)
        if self._filled:
            super().show_problem(message, severity)


class AutoscalePart(lean.VBox):
    """The part for an autoscale formula. Most pools have none, so it is built when one is first wanted.

    Parameters
    ----------
    builder : PoolBuilder
        Whose ``auto_scale_formula`` is edited, whose account evaluates it, and which shows what goes wrong.
    """

    def __init__(self, builder: Any) -> None:
        self._builder = builder
        self._editing: AutoscaleEditing | None = None
        self._building = threading.RLock()  # checks come from the notifier thread too
        self.field = LateField("auto_scale_formula", "Formula")
        super().__init__()

    @property
    def editing(self) -> AutoscaleEditing:
        """What the part is made of; built when it is first asked for."""
        with self._building:
            if self._editing is None:
                self._editing = AutoscaleEditing(self._builder, self.field)
                self.children = (self._editing,)
            return self._editing

    @property
    def editor(self) -> FormulaEditor:
        """The editor of the formula."""
        return self.editing.editor

    def show_part(self, *, visible: bool) -> None:
        """Show it, having built it, or hide it."""
        if visible and self.comm is not None:  # what is built in a closed form would stay open
            _ = self.editing
        show(self, visible=visible)


class AutoscaleEditing(lean.VBox):
    """An editor for a formula and what helps to write it.

    Parameters
    ----------
    builder : PoolBuilder
        Whose ``auto_scale_formula`` is edited, whose account evaluates it, and which shows what goes wrong.
    field : LateField
        The row of the editor.
    """

    def __init__(self, builder: Any, field: LateField) -> None:
        self._builder = builder
        self.editor = styled(FormulaEditor(placeholder="$TargetDedicatedNodes = …"), "bw-formula")
        self.start = StartFrom(self._replace)
        self.trial = AutoscaleTrial(builder)
        self.told = html("", "bw-field-problem")
        super().__init__((field.fill(self.editor), self.told, self.start, self.trial))
        ipywidgets.link((builder, "auto_scale_formula"), (self.editor, "value"))
        self.editor.observe(lambda _: self._tell(), "value")
        self._tell()

    def _replace(self, formula: str) -> None:
        self._builder.auto_scale_formula = formula
        self._builder.frame_piece.focus("cm-content")

    def _tell(self) -> None:
        formula = self.editor.value
        found = self.editor.findings
        self.start.tell(empty=not formula.strip())
        if any(finding.severity == "error" for finding in found):
            self.told.value = _others(found)
        elif formula.strip():
            self.told.value = _others(found) + markup.muted(range_words(autoscale.bounds(formula)))
        else:
            self.told.value = ""
        show(self.told, visible=bool(self.told.value))


class StartFrom(lean.VBox):
    """The choice of a formula for a usual need, and its few numbers.

    Parameters
    ----------
    use : callable
        Takes the formula that is made.
    """

    def __init__(self, use: Any) -> None:
        self._use = use
        self._forms: dict[str, NumbersForm] = {}
        choices = (("Start from…", ""), *((template.title, template.name) for template in autoscale.TEMPLATES))
        self.choice = styled(lean.Dropdown(options=choices, description="Start from"), "bw-select")
        self.use_button = button("Insert formula")
        self._place = column("bw-typed")
        self._act = row("bw-row", html("", "bw-lab"), self.use_button)
        super().__init__((row("bw-row", html("", "bw-lab"), self.choice), self._place, self._act))
        self.choice.observe(self._on_choice, "value")
        self.use_button.on_click(lambda _: self._on_use())
        show(self._act, visible=False)

    @property
    def numbers(self) -> dict[str, lean.BoundedIntText]:
        """The controls of the chosen formula's numbers, by name; empty while none is chosen."""
        form = self._forms.get(self.choice.value)
        return form.controls if form is not None else {}

    def tell(self, *, empty: bool) -> None:
        """Say whether there is a formula that would go."""
        self.use_button.description = "Insert formula" if empty else "Replace formula"

    def _on_choice(self, change: Mapping[str, Any]) -> None:
        name = change["new"]
        template = next((one for one in autoscale.TEMPLATES if one.name == name), None)
        if template is not None and name not in self._forms:
            self._forms[name] = NumbersForm(template)
            self._place.children = (*self._place.children, self._forms[name])
        for known, form in self._forms.items():
            show(form, visible=known == name)
        show(self._act, visible=template is not None)

    def _on_use(self) -> None:
        form = self._forms[self.choice.value]
        formula = form.template.build(**{name: control.value for name, control in form.controls.items()})
        self.choice.value = ""
        self._use(formula)


class NumbersForm(lean.VBox):
    """The numbers of a template.

    Parameters
    ----------
    template : Template
        Which formula they are for.
    """

    def __init__(self, template: Template) -> None:
        self.template = template
        self.controls = {number.name: _number(number) for number in template.numbers}
        lines = [
            row("bw-row", html(markup.muted(number.label), "bw-lab"), self.controls[number.name])
            for number in template.numbers
        ]
        super().__init__((html(markup.muted(template.help), "bw-field-problem"), *lines))


def _number(number: Number) -> lean.BoundedIntText:
    control = lean.BoundedIntText(number.default, min=number.least, max=number.most, continuous_update=True)
    return styled(control, "bw-narrow")


def _others(found: tuple[Finding, ...]) -> str:
    """Tell what the field itself does not: it shows the first error, or else the first warning."""
    errors = [finding for finding in found if finding.severity == "error"]
    shown = (errors or list(found))[:1]
    rest = [finding for finding in found if finding not in shown]
    lines = [markup.problem(f"Line {one.line}: {one.message}", one.severity) for one in rest[:_MOST_TOLD]]
    if len(rest) > _MOST_TOLD:
        lines.append(markup.muted(f"And {len(rest) - _MOST_TOLD} more; F8 in the editor goes from one to the next."))
    return "".join(lines)


def range_words(found: Bounds) -> str:
    """Say between how many nodes a formula keeps a pool."""
    (least, most), (least_spot, most_spot) = found.dedicated, found.low_priority
    kinds = [
        _kind_words(low, high, word)
        for low, high, word in ((least, most, "dedicated"), (least_spot, most_spot, "Spot"))
        if high != 0
    ]
    if not kinds:
        return "Keeps the pool empty."
    unlimited = " No upper limit can be read from it." if None in {most, most_spot} else ""
    return f"Keeps the pool at {' and '.join(kinds)} nodes.{unlimited}"


def _kind_words(low: int, high: int | None, word: str) -> str:
    if high is None:
        return f"{low:,} or more {word}"
    return f"{low:,} {word}" if low == high else f"{low:,} to {high:,} {word}"
