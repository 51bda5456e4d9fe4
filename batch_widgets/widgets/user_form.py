"""UserForm: the drawer in which a user for many nodes is described."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batch_widgets import keys
from batch_widgets.errors import ValidationError
from batch_widgets.nodes import check_user
from batch_widgets.problems import Problem, errors_of
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import Field, button, html, row, styled
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.secret import SecretInput

if TYPE_CHECKING:
    from collections.abc import Callable

FOUND, NEW, PASTED, PASSWORD = "found", "new", "pasted", "password"


@dataclass(frozen=True)
class UserRequest:
    """What was filled in, the password aside."""

    name: str
    is_admin: bool
    days: int
    selected_only: bool
    ssh_public_key: str | None


class UserForm(lean.VBox):
    """Name, how the user signs in, rights, days, and on which nodes.

    Parameters
    ----------
    submit : callable
        Called with the request and the password (or None) once the form is right.
    """

    def __init__(self, submit: Callable[[UserRequest, str | None], object]) -> None:
        self._submit = submit
        self._os_type = "linux"
        self.name = lean.Text(continuous_update=True, placeholder="alice")
        self.method = lean.RadioButtons(options=[("Password", PASSWORD)])
        self.found = lean.Dropdown()
        self.fingerprint = html("", "bw-fingerprint")
        self.pasted = lean.Textarea(placeholder="ssh-ed25519 AAAA… name", rows=3)
        self.password = SecretInput(placeholder="Password")
        self.is_admin = lean.Checkbox(description="Administrator (sudo)", indent=False)
        self.days = styled(lean.BoundedIntText(value=30, min=1, max=36_500), "bw-narrow")
        self._ends = html("")
        self.targets = lean.RadioButtons(options=[("All usable nodes", "usable")])
        self._left_out = html("", "bw-hint")
        self.add_button = button("Add user", "bw-primary")
        self.cancel_button = button("Close")
        self._new_hint = html(
            markup.muted(f"Makes {keys.OWN_KEY} on the machine of this kernel, or takes it if it is there."), "bw-hint"
        )
        self.fields = {
            "name": Field("name", "Name", self.name),
            "ssh_public_key": Field("ssh_public_key", "Signs in with", self.method),
            "password": Field("password", "", self.password),
            "days": Field("days", "Expires in", row("bw-cells", self.days, html(markup.muted("days")), self._ends)),
        }
        head = row("bw-head", html(markup.heading("Add user"), "bw-grow"))
        super().__init__(
            (
                head,
                self.fields["name"].widget,
                self.fields["ssh_public_key"].widget,
                self.found,
                self.fingerprint,
                self._new_hint,
                self.pasted,
                self.fields["password"].widget,
                self.is_admin,
                self.fields["days"].widget,
                row("bw-row", html(markup.muted("On"), "bw-lab"), self.targets),
                self._left_out,
                row("bw-actions", self.add_button, self.cancel_button),
            )
        )
        self.add_class("bw-drawer")
        self.method.observe(lambda _: self._draw(), "value")
        self.found.observe(lambda _: self._draw(), "value")
        self.days.observe(lambda _: self._draw(), "value")
        self.name.observe(lambda _: self._warn_of_name(), "value")
        self.pasted.observe(lambda _: self._refuse_private_key(), "value")
        self.find_keys()

    def find_keys(self) -> None:
        """Look for public keys on the kernel's machine."""
        found = keys.find_public_keys()
        methods = [("New key", NEW), ("Pasted public key", PASTED), ("Password", PASSWORD)]
        if found:
            chosen = self.found.value
            self.found.options = [(f"{_short(key.path)} ({key.kind})", key) for key in found]
            self.found.value = chosen if chosen in found else found[0]
            methods.insert(0, ("Key found on this kernel’s machine", FOUND))
        if self._os_type == "windows":
            methods = methods[-1:]
        if tuple(methods) != tuple(self.method.options):
            self.method.options = methods
            self.method.value = methods[0][1]
        self._draw()

    def set_nodes(self, os_type: str, usable: int, selected: int, left_out: str) -> None:
        """Say how many nodes there are to add the user to."""
        if os_type != self._os_type:
            self._os_type = os_type
            self.find_keys()
        options = [("The 1 usable node" if usable == 1 else f"All {usable} usable nodes", "usable")]
        if selected:
            options.insert(0, (f"{selected} selected node{'' if selected == 1 else 's'}", "selected"))
        if tuple(options) != tuple(self.targets.options):
            wanted = self.targets.value
            had_selection = len(self.targets.options) > 1
            self.targets.options = options
            self.targets.value = "selected" if selected and (wanted == "selected" or not had_selection) else "usable"
        self._left_out.value = markup.muted(left_out) if left_out else ""
        number = selected if self.targets.value == "selected" else usable
        self.add_button.description = f"Add user to {number} node{'' if number == 1 else 's'}"
        self.add_button.disabled = number == 0

    def _draw(self) -> None:
        method = self.method.value
        show(self.found, visible=method == FOUND)
        show(self.fingerprint, visible=method == FOUND)
        show(self._new_hint, visible=method == NEW)
        show(self.pasted, visible=method == PASTED)
        show(self.fields["password"].widget, visible=method == PASSWORD)
        key: Any = self.found.value
        self.fingerprint.value = markup.mono(key.fingerprint) if key else ""
        ends = datetime.now(UTC) + timedelta(days=self.days.value)
        self._ends.value = markup.muted(f"{ends.day} {ends:%b %Y}")

    def submit(self) -> None:
        """Check the form and hand it over; a password is asked of the browser first, and is never kept."""
        for field in self.fields.values():
            field.show_problem("")
        self._warn_of_name()
        try:
            request = self._request()
        except ValidationError as error:
            self.show_problems(error.problems)
            return
        if self.method.value != PASSWORD:
            self._hand_over(request, None)
        elif self.password.filled:
            self.password.request(lambda secret: self._hand_over(request, secret))
        else:
            self.fields["password"].show_problem("Type a password.")

    def _hand_over(self, request: UserRequest, secret: str | None) -> None:
        self._submit(request, secret)

    def _refuse_private_key(self) -> None:
        """Empty the field at once when a private key is pasted: the field is saved with the notebook."""
        pasted = self.pasted.value
        if "PRIVATE KEY" in pasted:
            self.pasted.value = ""
            try:
                keys.parse_public_key(pasted)
            except ValidationError as error:
                self.show_problems(error.problems)

    def _warn_of_name(self) -> None:
        """Show while typing what may be wrong with the name; what is wrong for sure shows on adding."""
        warnings = [one for one in self._check(self.name.value.strip()) if one.severity == "warning"]
        self.fields["name"].show_problem(warnings[0].message if warnings else "", "warning")

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """Show problems beside their fields."""
        for problem in problems:
            self.fields.get(problem.field, self.fields["name"]).show_problem(problem.message, problem.severity)

    def _request(self) -> UserRequest:
        method, name = self.method.value, self.name.value.strip()
        if problems := errors_of(self._check(name)):
            raise ValidationError(problems)
        return UserRequest(
            name=name,
            is_admin=self.is_admin.value,
            days=self.days.value,
            selected_only=self.targets.value == "selected",
            ssh_public_key=self._public_key(method),
        )

    def _check(self, name: str) -> tuple[Problem, ...]:
        by_password = self.method.value == PASSWORD
        return check_user(
            name, days=self.days.value, has_password=by_password, has_key=not by_password, os_type=self._os_type
        )

    def _public_key(self, method: str) -> str | None:
        if method == FOUND:
            return str(self.found.value.line)
        if method == PASTED:
            return keys.parse_public_key(self.pasted.value).line
        if method == NEW:
            return keys.own_key().line
        return None


def _short(path: Path | None) -> str:
    home = Path.home()
    if path is not None and path.is_relative_to(home):
        return f"~/{path.relative_to(home).as_posix()}"
    return str(path)
