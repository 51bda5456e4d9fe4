"""UserForm: the drawer in which a user for many nodes is described."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from batch_widgets import keys
from batch_widgets.errors import ValidationError
from batch_widgets.nodes import check_user
from batch_widgets.passwords import generate_password
from batch_widgets.problems import Problem, errors_of
from batch_widgets.texts import choice
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import Field, button, html, row, styled
from batch_widgets.widgets.lean import show
from batch_widgets.widgets.secret import SecretInput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FOUND, NEW, PASTED, GENERATED, PASSWORD = "found", "new", "pasted", "generated", "password"
USABLE, SELECTED, LATER, LISTED = "usable", "selected", "later", "listed"


@dataclass(frozen=True)
class UserRequest:
    """What was filled in, the password aside.

    Parameters
    ----------
    name : str
        The user.
    is_admin : bool
        Whether it may use ``sudo``.
    days : int
        Until it expires.
    target : str
        On which nodes: :data:`USABLE`, :data:`SELECTED`, :data:`LATER` (all, as they become usable), :data:`LISTED`.
    ssh_public_key : str, optional
        None where it signs in with a password.
    replace : bool
        Whether a user of that name is replaced where it is there.
    """

    name: str
    is_admin: bool
    days: int
    target: str
    ssh_public_key: str | None = field(repr=False)
    replace: bool = False


class PastedKey(lean.Textarea):
    """Where a public key is pasted. What the page sends is not sent back to it: a private key is emptied instead."""

    value = traitlets.Unicode().tag(sync=True, echo_update=False)


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
        self._usable = self._selected = self._all = 0
        self.listed: tuple[str, ...] = ()
        self._listed_words = ""
        self.name = lean.Text(continuous_update=True, placeholder="alice")
        self.method = lean.RadioButtons(options=[("Password", PASSWORD)])
        self.found = styled(lean.Dropdown(description="Public key"), "bw-named")
        self.fingerprint = html("", "bw-fingerprint")
        self.pasted = PastedKey(placeholder="ssh-ed25519 AAAA… name", rows=3)
        self.password = SecretInput(placeholder="Password")
        self.is_admin = lean.Checkbox(description="Administrator (sudo)", indent=False)
        self.days = lean.BoundedIntText(value=30, min=1, max=36_500, description="Days until it expires")
        styled(self.days, "bw-narrow", "bw-named")
        self._ends = html("")
        self.targets = lean.RadioButtons(options=[("All usable nodes", USABLE)])
        self._left_out = html("", "bw-hint")
        self.replace = lean.Checkbox(description="Replace the user where it is there already", indent=False)
        self._replace_hint = html(
            markup.muted(
                "Its password and key are wiped and those above are set; it expires as said above. Whether it is an "
                "administrator stays as it is. Without this, a user that is there is left alone."
            ),
            "bw-hint",
        )
        self.kind = styled(lean.ToggleButtons(options=[("ed25519", "ed25519"), ("RSA 3072", "rsa-3072")]), "bw-seg")
        self.add_button = button("Add user", "bw-primary")
        self.cancel_button = button("Close", "bw-on-escape")
        self._new_hint = html("", "bw-hint")
        self._generated_hint = html(
            markup.muted("20 characters, shown once when the user is added. Nothing keeps it."), "bw-hint"
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
                self.kind,
                self._new_hint,
                self.pasted,
                self._generated_hint,
                self.fields["password"].widget,
                self.is_admin,
                self.fields["days"].widget,
                row("bw-row", html(markup.muted("On"), "bw-lab"), self.targets),
                self._left_out,
                self.replace,
                self._replace_hint,
                row("bw-actions", self.add_button, self.cancel_button),
            )
        )
        self.add_class("bw-drawer")
        for control in (self.method, self.kind, self.replace):
            control.observe(lambda _: self._draw(), "value")
        self.targets.observe(lambda _: self._draw_targets(), "value")
        self.found.observe(lambda _: self._draw(), "value")
        self.days.observe(lambda _: self._draw(), "value")
        self.name.observe(lambda _: self._warn_of_name(), "value")
        self.pasted.observe(lambda _: self._refuse_private_key(), "value")
        self.find_keys()

    def find_keys(self) -> None:
        """Look for public keys on the kernel's machine."""
        found = keys.find_public_keys()
        by_password = [("Password, generated", GENERATED), ("Password, typed", PASSWORD)]
        methods = [("New key", NEW), ("Pasted public key", PASTED), *by_password]
        if found:
            chosen = self.found.value
            self.found.options = [(choice(f"{_short(key.path)} ({key.kind})"), key) for key in found]
            self.found.value = chosen if chosen in found else found[0]
            methods.insert(0, ("Key found on this kernel’s machine", FOUND))
        if self._os_type == "windows":
            methods = by_password
        if tuple(methods) != tuple(self.method.options):
            self.method.options = methods
            self.method.value = methods[0][1]
        self._draw()

    def set_nodes(self, os_type: str, usable: int, selected: int, left_out: str, total: int | None = None) -> None:
        """Say how many nodes there are to add the user to, of how many, and why the others are left out."""
        if os_type != self._os_type:
            self._os_type = os_type
            self.find_keys()
        had_selection = self._selected > 0
        self._usable, self._selected, self._all = usable, selected, usable if total is None else total
        wanted = self.targets.value
        if selected and not had_selection and wanted != LISTED:
            wanted = SELECTED
        elif self._all and not usable and wanted == USABLE:
            wanted = LATER  # "0 usable nodes" is no choice
        self._offer_targets(wanted)
        self._left_out.value = markup.muted(left_out) if left_out else ""

    def fill(self, name: str, *, is_admin: bool, days: int | None, replace: bool) -> None:
        """Fill in a user that was described before; a password has to be given anew."""
        self.name.value, self.is_admin.value, self.replace.value = name, is_admin, replace
        if days is not None:
            self.days.value = days
        if self.method.value not in {PASSWORD, GENERATED}:
            self.method.value = PASSWORD

    def offer_nodes(self, node_ids: Sequence[str], words: str) -> None:
        """Offer nodes of one's own choice beside the usual ones, and choose them; `words` say which they are."""
        self.listed, self._listed_words = tuple(node_ids), words
        self._offer_targets(LISTED if node_ids else USABLE)

    def _offer_targets(self, wanted: str) -> None:
        usable, selected = self._usable, self._selected
        options = [("The 1 usable node" if usable == 1 else f"All {usable} usable nodes", USABLE)]
        if selected:
            options.insert(0, (f"{nodes_words(selected, 'selected')}", SELECTED))
        if self.listed:
            options.insert(0, (f"{len(self.listed)} {self._listed_words}", LISTED))
        options.append(("All nodes, each as soon as it is usable", LATER))
        if tuple(options) != tuple(self.targets.options):
            self.targets.options = options
        self.targets.value = wanted if wanted in {value for _, value in options} else USABLE
        self._draw_targets()

    def _draw_targets(self) -> None:
        target = self.targets.value
        number = {SELECTED: self._selected, LISTED: len(self.listed), LATER: self._all}.get(target, self._usable)
        show(self._left_out, visible=target == USABLE)
        if target == LATER:
            self.add_button.description = "Add user until all have it"
            self.add_button.disabled = False
        else:
            self.add_button.description = f"Add user to {nodes_words(number)}"
            self.add_button.disabled = number == 0

    def _draw(self) -> None:
        method = self.method.value
        show(self.found, visible=method == FOUND)
        show(self.fingerprint, visible=method == FOUND)
        show(self.kind, visible=method == NEW)
        show(self._new_hint, visible=method == NEW)
        show(self._generated_hint, visible=method == GENERATED)
        show(self._replace_hint, visible=self.replace.value)
        self._new_hint.value = markup.muted(
            f"Makes {keys.OWN_KEYS[self.kind.value]} on the machine of this kernel, or takes it if it is there."
        )
        show(self.pasted, visible=method == PASTED)
        show(self.fields["password"].widget, visible=method == PASSWORD)
        key: Any = self.found.value
        self.fingerprint.value = markup.mono(key.fingerprint) if key else ""
        ends = datetime.now(UTC) + timedelta(days=self.days.value)
        by_days = "" if self._os_type == "windows" else ", Linux counts whole days"
        self._ends.value = markup.muted(f"{ends.day} {ends:%b %Y}{by_days}")

    def submit(self) -> None:
        """Check the form and hand it over; a password is asked of the browser first, and is never kept."""
        for one in self.fields.values():
            one.show_problem("")
        self._warn_of_name()
        try:
            request = self._request()
        except ValidationError as error:
            self.show_problems(error.problems)
            return
        if self.method.value == GENERATED:
            self._hand_over(request, generate_password())
        elif self.method.value != PASSWORD:
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
        if keys.is_private(pasted):
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
            target=self.targets.value,
            ssh_public_key=self._public_key(method),
            replace=self.replace.value,
        )

    def _check(self, name: str) -> tuple[Problem, ...]:
        by_password = self.method.value in {PASSWORD, GENERATED}
        return check_user(
            name, days=self.days.value, has_password=by_password, has_key=not by_password, os_type=self._os_type
        )

    def _public_key(self, method: str) -> str | None:
        if method == FOUND:
            return str(self.found.value.line)
        if method == PASTED:
            return keys.parse_public_key(self.pasted.value).line
        if method == NEW:
            return keys.own_key(self.kind.value).line
        return None


def nodes_words(number: int, which: str = "") -> str:
    """Give a number of nodes in words."""
    words = f"{which} node" if which else "node"
    return f"{number} {words}{'' if number == 1 else 's'}"


def _short(path: Path | None) -> str:
    home = Path.home()
    if path is not None and path.is_relative_to(home):
        return f"~/{path.relative_to(home).as_posix()}"
    return str(path)
