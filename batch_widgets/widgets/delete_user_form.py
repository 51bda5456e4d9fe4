"""DeleteUserForm: the drawer that asks which user is to go from which nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import Field, button, html, row
from batch_widgets.widgets.user_form import SELECTED, USABLE, nodes_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class DeleteUserForm(lean.VBox):
    """Asks for a name and on which nodes; its button says what will be done.

    Parameters
    ----------
    submit : callable
        Called with the name, and whether only the selected nodes are meant.
    """

    def __init__(self, submit: Callable[[str, bool], object]) -> None:
        self._submit = submit
        self._usable = self._selected = 0
        self.name = lean.Combobox(placeholder="Name of a user", ensure_option=False)
        self.targets = lean.RadioButtons(options=[("All usable nodes", USABLE)])
        self.delete_button = button("Delete user", "bw-danger")
        self.cancel_button = button("Keep user", "bw-safe", "bw-on-escape")
        self._name_field = Field("name", "Name", self.name)
        hint = html(
            markup.muted(
                "The service can't list a node's users: the names offered are those given from this notebook. Another "
                "name can be typed. Who is logged in may stay so until the session ends."
            ),
            "bw-hint",
        )
        head = row("bw-head", html(markup.heading("Delete user"), "bw-grow"))
        super().__init__(
            (
                head,
                self._name_field.widget,
                hint,
                row("bw-row", html(markup.muted("From"), "bw-lab"), self.targets),
                row("bw-actions", self.cancel_button, self.delete_button),
            )
        )
        self.add_class("bw-drawer")
        for control in (self.name, self.targets):
            control.observe(lambda _: self._draw(), "value")
        self._draw()

    def set_nodes(self, usable: int, selected: int, names: Iterable[str]) -> None:
        """Say how many nodes there are, and which users they were given."""
        had_selection = self._selected > 0
        self._usable, self._selected = usable, selected
        known = tuple(names)
        if len(known) == 1 and self.name.options != known and not self.name.value:
            self.name.value = known[0]
        self.name.options = known
        options = [(f"All {nodes_words(usable, 'usable')}", USABLE)]
        if selected:
            options.insert(0, (nodes_words(selected, "selected"), SELECTED))
        if tuple(options) != tuple(self.targets.options):
            wanted = self.targets.value
            self.targets.options = options
            self.targets.value = SELECTED if selected and (wanted == SELECTED or not had_selection) else USABLE
        self._draw()

    def submit(self) -> None:
        """Check the name and hand it over."""
        name = self.name.value.strip()
        self._name_field.show_problem("" if name else "Say which user.")
        if name:
            self._submit(name, self.targets.value == SELECTED)

    def _draw(self) -> None:
        number = self._selected if self.targets.value == SELECTED else self._usable
        who = self.name.value.strip() or "user"
        self.delete_button.description = f"Delete {who} from {nodes_words(number)}"
        self.delete_button.disabled = number == 0
