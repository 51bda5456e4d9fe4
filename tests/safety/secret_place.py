"""An account to use secrets in, and all the places where they must not be afterwards."""

from __future__ import annotations

import gc
import json
import logging
import traceback
from typing import TYPE_CHECKING

import ipywidgets
from ipywidgets.embed import embed_data
from ipywidgets.widgets.widget import _instances
from safety.secret_echo import Echo
from safety.secret_page import show

import batch_widgets as bw
from batch_widgets.account import BatchAccount
from batch_widgets.account.surroundings import Surroundings
from batch_widgets.demo import DemoService
from batch_widgets.errors import BatchWidgetsError
from batch_widgets.sdk.credentials import StaticToken
from batch_widgets.sdk.management import SdkManagement
from batch_widgets.widgets import user_form

if TYPE_CHECKING:
    from pathlib import Path

    from safety.secret_forms import Secrets

GENERATED_NAME = "generated password"
OWN_FILES = {"id_given"}
"""The user's own private key, which the paths write as she did."""
_NODES = 2


class Place:
    """An account, and what can be seen of the secrets that are used with it.

    Parameters
    ----------
    secrets : Secrets
        What to use.
    log : Path
        Where all loggers write, at DEBUG.
    """

    def __init__(self, secrets: Secrets, log: Path) -> None:
        self.secrets = secrets
        self.values = secrets.values
        self.texts: dict[str, str] = {}
        self.kept: list[object] = []
        self.operations: list[bw.Operation] = []
        self._log = log
        self._handler = logging.FileHandler(log, encoding="utf-8")
        self._levels: dict[logging.Logger, int] = {}
        self._listen()
        self._generate = user_form.generate_password
        user_form.generate_password = self._generated
        self.service = DemoService(nodes=_NODES, speed=60, account_key=self.values["account key"]).start()
        self.service._core.management_token = self.values["Entra token"]
        self.echo = Echo(self.service)
        self.account = self._connect()
        self.node_ids = [node.id for node in self.account.list_nodes("demo")]

    def _listen(self):
        root = logging.getLogger()
        root.addHandler(self._handler)
        for logger in (root, *(one for one in logging.root.manager.loggerDict.values() if hasattr(one, "setLevel"))):
            self._levels[logger] = logger.level
            logger.setLevel(logging.DEBUG)

    def _generated(self):
        password = self._generate()
        self.values[GENERATED_NAME] = password
        return password

    def _connect(self):
        """Give an account on what stands before the service, whose sizes and quotas are asked for with a token."""
        key, token, service = self.values["account key"], self.values["Entra token"], self.service
        plain = bw.connect(self.echo.endpoint, account_name=service.account_name, account_key=key)

        def make_management():
            return SdkManagement(
                *(service.endpoint, service.account_name),
                subscription_id=service.subscription_id,
                resource_group=service.resource_group,
                location=service.location,
                credential=StaticToken(token),
                url=service.endpoint,
            )

        surroundings = Surroundings(make_management=make_management, location=service.location)
        return BatchAccount(
            plain._make_service,
            endpoint=plain.endpoint,
            name=plain.name,
            poll_interval_s=0.1,
            surroundings=surroundings,
        )

    def refuse(self):
        """Let whatever would change something be refused from now on, and repeated in the answer."""
        self.echo.refuses = True

    def failing(self, act):
        """Do what fails, and keep the error as a notebook does."""
        try:
            act()
        except (BatchWidgetsError, OSError, ValueError) as error:
            self.kept.append(error)
            return
        raise AssertionError("it did not fail")

    def look(self):
        """Gather what can be seen from here."""
        widgets = list(_instances.values())  # others come while the account works
        state = ipywidgets.Widget.get_manager_state(drop_defaults=False, widgets=widgets)
        self.texts["widget state"] = json.dumps(state, default=str)
        panels = [one for one in widgets if hasattr(one, "frame_piece")]
        self.texts["ipywidgets.embed"] = json.dumps(embed_data(views=panels) if panels else [], default=str)
        self.texts["what cells show"] = json.dumps([show(one) for one in panels], default=str)
        own = [one for one in gc.get_objects() if str(type(one).__module__).startswith("batch_widgets")]
        self.texts["repr of every object"] = "\n".join(
            f"\n{type(one)} {_repr(one)}" for one in (*own, *self.kept, *self.operations)
        )
        errors = [one for one in gc.get_objects() if isinstance(one, BaseException)]
        self.texts["text of every error"] = "\n".join(f"{one} {one!r}" for one in errors)
        self.texts["tracebacks"] = "\n".join("".join(traceback.format_exception(one)) for one in errors)
        failed = [one.exception() for one in self.operations if one.done() and not one.cancelled()]
        self.texts["variables in tracebacks of operations"] = "\n".join(
            "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
            for error in failed
            if error is not None
        )
        del own, errors, failed
        self._handler.flush()
        self.texts["logs"] = self._log.read_text(encoding="utf-8")

    def close(self):
        """Put everything back."""
        self.account.close()
        self.echo.stop()
        self.service.stop()
        for one in list(_instances.values()):
            one.close()
        logging.getLogger().removeHandler(self._handler)
        self._handler.close()
        for logger, level in self._levels.items():
            logger.setLevel(level)
        user_form.generate_password = self._generate


def _repr(value):
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001  half-built ones that are garbage
        return f"{type(value)}: {error}"
