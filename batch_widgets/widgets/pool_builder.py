"""PoolBuilder: a form that is an object: fields and traits in step, checked before anything is sent."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from traitlets import Instance, Tuple

from batch_widgets import pools
from batch_widgets.errors import ValidationError
from batch_widgets.images import CustomImage, SupportedImage
from batch_widgets.pools import PoolSpec
from batch_widgets.pools.secrets import Item
from batch_widgets.pools.spec import FIELDS
from batch_widgets.problems import Problem, errors_of
from batch_widgets.texts import for_terminal
from batch_widgets.widgets import markup
from batch_widgets.widgets.controls import button, html, row
from batch_widgets.widgets.panel import Panel, refuse_unknown
from batch_widgets.widgets.pool_card import PoolCard
from batch_widgets.widgets.pool_checks import PoolChecks
from batch_widgets.widgets.pool_exports import PoolExports
from batch_widgets.widgets.pool_form import PoolForm
from batch_widgets.widgets.pool_id_check import PoolIdCheck
from batch_widgets.widgets.pool_sizing import PoolSizing
from batch_widgets.widgets.pool_source import PoolSource
from batch_widgets.widgets.pool_traits import PoolTraits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_widgets.account import BatchAccount
    from batch_widgets.pools import Pool
    from batch_widgets.runner import Operation

_MOST_PRINTED = 20_000


class PoolBuilder(Panel, PoolTraits):
    """A form for a pool, which is also an object: each field is a trait, set by hand or from Python.

    Wrong types raise, wrong values become :attr:`problems`.

    Parameters
    ----------
    account : BatchAccount
        Where the pool is to be.
    **traits
        Initial values of the traits below.
    """

    loaded = Instance(dict, allow_none=True, read_only=True)
    """dict or None: what :meth:`load` brought in; what has no field is in it, and is sent."""

    problems = Tuple(read_only=True)
    """tuple of Problem: what is wrong, in the order of the form; kept by the widget."""

    creation = Instance(object, allow_none=True, read_only=True)
    """Operation or None: the last creation."""

    exports: Any = None  # close() comes before it is made where an argument is refused

    def __init__(self, account: BatchAccount, **traits: Any) -> None:
        refuse_unknown("PoolBuilder", traits, FIELDS)
        super().__init__(account, "Pool builder")
        self._untouched = frozenset(FIELDS)
        self._loading = False
        self._id_check = PoolIdCheck(account, self._check)
        self._made: set[str] = set()
        self._unreadable: dict[str, str] = {}
        self._lock = threading.RLock()  # answers of the account come on the notifier thread
        self.create_button = button("Create pool", "bw-primary")
        self.load_button = button("Load…", "bw-flat", title="Start from a pool of the account, or from JSON")
        self.reset_button = button("Reset…", "bw-flat")
        self._summary = html("", "bw-grow")
        self.card = PoolCard(account, self.guarded, self.frame_piece.focus)
        self.sizing = PoolSizing(self, self._check)
        self.form = PoolForm(self)
        self.checks = PoolChecks(self.form.label_of, self.form.go_to)
        self.exports = PoolExports(self, self.checks, self.sizing.cost)
        self.source = PoolSource(self)
        foot = row("bw-foot", self.create_button, self._summary)
        self.lay_out(
            *(self.source, self.sizing.place, row("bw-two", self.form, self.exports), foot, self.card),
            actions=(self.load_button, self.reset_button),
            online=(self.create_button, self.load_button, *self.card.buttons),
        )
        self.create_button.on_click(self.settled(self._on_create_clicked))
        self.on_click(self.load_button, self.source.unfold)
        self.on_click(self.reset_button, self._ask_reset)
        self.card.on_accepted(self._on_accepted)
        self.card.on_deleted(self._on_deleted)
        self.observe(self._on_edited, FIELDS)
        with self.closed_on_error():
            for name in FIELDS:  # the image before its node agent, which then wins
                if name in traits:
                    setattr(self, name, traits[name])
        self._check()
        self.sizing.learn()

    # the value behind the form

    @property
    def spec(self) -> PoolSpec:
        """The pool that the form describes."""
        return PoolSpec(**{name: getattr(self, name) for name in FIELDS}, loaded=self.loaded)

    def load(self, source: Any) -> None:
        """Bring a pool in; what the form has no field for is kept, listed in :attr:`spec`'s ``kept``, and sent.

        Parameters
        ----------
        source : str, mapping, Pool, or an object of the SDK
            JSON as the service or the Resource Manager has it, the same as a mapping, a pool of the account, or a
            ``BatchPool`` or ``BatchPoolCreateOptions``. A pool of the account comes without its passwords and keys:
            the service gives none back.

        Raises
        ------
        ValidationError
            If it is no pool, or a property has a type that it can't have, each named; the form stays as it is.
        """
        body = pools.create_body(source)
        self._take(PoolSpec.from_body(body))
        self._untouched = frozenset()
        self._check()

    def to_json(self) -> str:
        """Give the request's body as indented JSON, ready for ``az batch pool create --json-file``.

        No secret is in it: an object that the service refuses stands for each.
        """
        return self.spec.to_json()

    def to_python(self) -> str:
        """Give a script that creates the same pool with the SDK; secrets come from the environment."""
        from batch_widgets.sdk import create_pool_code

        return create_pool_code(self.spec.to_body(), self.account.endpoint, self.account.name)

    def to_cli(self) -> str:
        """Give the ``az batch pool create`` that creates the same pool, as far as needed from the file of `to_json`."""
        return pools.create_pool_command(self.spec.to_body(), self.account.endpoint, self.account.name)

    def to_bicep(self) -> str:
        """Give the Bicep file that deploys the same pool; secrets are parameters."""
        return pools.pool_bicep(self.spec.to_body(), self.account.name)

    def to_options(self) -> Any:
        """Give the SDK's ``BatchPoolCreateOptions``."""
        from batch_widgets.sdk import pool_create_options

        return pool_create_options(self.spec)

    def reset(self) -> None:
        """Empty the form: every trait to its default, and what was loaded forgotten."""
        self._take(PoolSpec())
        self._untouched = frozenset(FIELDS)
        self._check()

    def _take(self, spec: PoolSpec) -> None:
        with self._lock:
            self._set_all(spec)
        self._ask_id()

    def _set_all(self, spec: PoolSpec) -> None:
        self._loading = True
        try:
            self.set_trait("loaded", None if spec.loaded is None else Item(spec.loaded))
            for name in FIELDS:
                setattr(self, name, getattr(spec, name))
            self.form.reset_texts()
            self._unreadable.clear()
        finally:
            self._loading = False

    def set_unreadable(self, name: str, message: str) -> None:
        """Keep that what is typed into a field can't be read, until it can: then `message` is empty."""
        if self._unreadable.pop(name, "") == message:
            return
        if message:
            self._unreadable[name] = message
        if not self._loading:
            self._untouched -= {name}
            self._check()

    def _ask_reset(self) -> None:
        self.message.show(
            "warn",
            "Reset the form?",
            "All that is filled in is forgotten. Pools that exist stay as they are.",
            actions=(("Keep form", lambda: None), ("Reset form", lambda: self.guarded(self.reset))),
            classes=("bw-safe", "bw-danger"),
        )
        self.frame_piece.focus("bw-safe")

    def _on_edited(self, change: Mapping[str, Any]) -> None:
        if self._loading:
            return
        name, value = change["name"], change["new"]
        if name == "image" and isinstance(value, SupportedImage | CustomImage):
            self.node_agent_sku_id = value.node_agent_sku_id
        self._untouched -= {name}
        self._check()
        if name == "pool_id":
            self._ask_id()

    def _ask_id(self) -> None:
        """Ask for the pool's id, unless it can be none; the account says when there is something to tell."""
        if any(problem.field == "pool_id" for problem in pools.check(PoolSpec(pool_id=self.pool_id))):
            self._id_check.stop()
        else:
            self._id_check.ask(self.pool_id)

    def _check(self) -> None:
        with self._lock:
            if not self.is_closed:
                self._check_now()

    def _check_now(self) -> None:
        spec, images = self.spec, self.account.known_images
        exists = spec.pool_id.casefold() in self._made
        ours = exists or self._is_being_created()
        problems = pools.check(
            spec,
            images,
            taken_ids=() if ours else self._id_check.taken,
            sizes=self.account.known_vm_sizes,
            quotas=self.account.known_quotas,
            most_nodes=self.sizing.cost.most_nodes(),
        )
        problems += tuple(Problem(name, message) for name, message in self._unreadable.items())
        self.set_trait("problems", problems)
        self.form.show_problems(spec, problems, self._untouched)
        self.checks.show_checks(
            problems,
            pools.assurances(
                *(spec, images, problems, self._id_check.free_since(spec.pool_id)),
                sizes=self.account.known_vm_sizes,
                quotas=self.account.known_quotas,
            ),
        )
        self.sizing.refresh()
        self.exports.refresh()
        errors = errors_of(problems)
        self.create_button.disabled = bool(errors) or exists or self.account.closed or self._is_being_created()
        if self._is_being_created():
            self._summary.value = markup.span(f"Pool {self.card.pool_id} is being created.")
        elif errors:
            names = ", ".join(dict.fromkeys(self.form.label_of(problem.field).lower() for problem in errors))
            count = f"{len(errors)} problem{'s' if len(errors) > 1 else ''}"
            self._summary.value = markup.problem(f"{count} to solve first: {names}.", "error")
        elif exists:
            self._summary.value = markup.span(f"Pool {spec.pool_id} was made here. Change the id to make another.")
        else:
            self._summary.value = markup.span(self.sizing.cost.line())

    # making the pool

    def create(self) -> Operation[Pool]:
        """Create the pool and follow it until its nodes are ready.

        Returns
        -------
        Operation
            Its result is the Pool.

        Raises
        ------
        ValidationError
            If there are errors among :attr:`problems`, or this pool is being created; nothing was sent.
        """
        if self._is_being_created():
            raise ValidationError([Problem("pool_id", f"Pool {self.pool_id} is being created.")])
        self._untouched = frozenset()
        self._check()
        if errors := errors_of(self.problems):
            raise ValidationError(errors)
        spec = self.spec
        self._id_check.stop()
        operation = self.account.create_pool(spec)
        self.message.clear()
        self.card.show_size(spec.target_dedicated_nodes, spec.target_low_priority_nodes)
        self.set_trait("creation", operation)
        self.card.follow_creation(spec.pool_id, operation)
        self._check()
        operation.add_done_callback(self._on_created)
        return operation

    def _on_create_clicked(self) -> None:
        if not self._is_being_created():  # else the second click of two came before the button was seen to be disabled
            self.create()

    def _is_being_created(self) -> bool:
        """Tell whether the pool of this id is on its way from here."""
        operation: Any = self.creation
        same = self.card.pool_id.casefold() == self.pool_id.casefold()
        return operation is not None and operation.status == "running" and same

    def _on_accepted(self, pool_id: str) -> None:
        """Know that the pool exists; after a creation whose end is not known, ask."""
        operation: Any = self.creation
        if operation is not None and operation.progress.accepted:
            self._made.add(pool_id.casefold())
            self._id_check.set_taken(pool_id)
            self._check()
        else:
            self._id_check.forget(pool_id)
            self._ask_id()

    def _on_deleted(self, pool_id: str) -> None:
        self._made.discard(pool_id.casefold())
        self._id_check.forget(pool_id)
        self._check()

    def close(self) -> None:
        """Close the builder with all that it is made of."""
        if self.exports is not None:
            self._id_check.stop()
            self.exports.take_all()
        super().close()

    def _on_created(self, operation: Operation[Pool]) -> None:
        if self.is_closed:
            return
        if self.card.pool_id.casefold() not in self._made:  # somebody else's may be there
            self._id_check.forget(self.card.pool_id)
            self._ask_id()
        self._check()
        words = {"done": "is ready", "failed": "did not get ready", "cancelled": "is no longer followed"}
        self.announce(f"Pool {self.card.pool_id} {words[operation.status]}")

    def __repr__(self) -> str:
        return for_terminal(f"<PoolBuilder on {self.account.name}: {self.spec!r}>", _MOST_PRINTED)
