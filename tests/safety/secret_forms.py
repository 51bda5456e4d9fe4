"""What a secret looks like where it has leaked: as it is, escaped, encoded, cut into lines or in part."""

from __future__ import annotations

import base64
import html
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from safety_record import Attempts

_PART = 16
"""So many characters of a secret in a row are a find, too."""

_BREAKS = re.compile(r"(\\+r|\\+n|[\r\n\t ]|&#10;|&#13;|%0[aAdD]|[\"'],\s*[\"'])")


def all_forms(secret: str) -> set[str]:
    """Give what to look for, blanks and ends of lines left out."""
    raw = secret.encode()
    forms = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret), raw.hex()}
    forms |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    forms |= {json.dumps(form)[1:-1] for form in list(forms)}  # a text in a text, as a message in a log
    for before in range(
        3
    ):  # where a secret stands in something that is encoded as a whole decides on what is to be seen
        encoded = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        inner = encoded[(0, 2, 3)[before] : -1]
        forms |= {inner, inner.replace("+", "-").replace("/", "_")}
    if "PRIVATE KEY" not in secret:
        forms |= {part for part in re.split(r"[^A-Za-z0-9]+", secret) if len(part) >= _PART}
    return {joined for form in forms if len(joined := _BREAKS.sub("", form)) >= _PART}


@dataclass
class Secrets:
    """Secrets by name, and what to look for.

    Attributes
    ----------
    values
        The secrets.
    not_secret
        What may be seen although a secret has it in it, as a private key has the public one.
    """

    values: dict[str, str] = field(default_factory=dict)
    not_secret: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls) -> Secrets:
        """Make up one of each kind; no two runs have the same."""
        made = cls()
        made.values |= {
            "account key": base64.b64encode(secrets.token_bytes(64)).decode(),
            "Entra token": f"eyJ{secrets.token_urlsafe(60)}.{secrets.token_urlsafe(40)}",
            "a password of every kind of character": f"{_word()} <b>&\"'\\ü%{_word()}/?+",
        }
        for name in PASSWORDS:
            made.values[name] = f"Pw-{_word()}"
        for name in SIGNATURES:
            made.values[name] = quote(base64.b64encode(secrets.token_bytes(32)).decode(), safe="")
        for name in STORAGE_KEYS:
            made.values[name] = base64.b64encode(secrets.token_bytes(64)).decode()
        for name in PRIVATE_KEYS:
            private, public = _key_pair()
            made.values[name] = private
            made.not_secret[name] = public
        return made

    def forms(self, name: str) -> set[str]:
        """Give what to look for of one."""
        value = self.values[name]
        if "PRIVATE KEY" not in value:
            return all_forms(value)
        body = "".join(value.splitlines()[1:-1])
        public = self.not_secret[name].split()[1]
        blob = base64.b64decode(public)
        seen = "".join(base64.b64encode(b"\0" * n + blob).decode() for n in range(3))
        parts = {body[at : at + 24] for at in range(len(_COMMON), len(body) - 24)}
        parts = {part for part in parts if not any(part[n : n + 8] in seen for n in range(0, 17, 4))}
        return all_forms(value) | parts

    def found_in(self, text: str) -> dict[str, str]:
        """Give the names of the secrets that a text has in it, each with what stands before it, and how it begins."""
        joined = _BREAKS.sub("", text)
        found = {}
        for name in self.values:
            for form in sorted(self.forms(name)):
                if (at := joined.find(form)) >= 0:
                    found[name] = joined[max(0, at - 160) : at + 8]
                    break
        return found

    def search(self, texts: dict[str, str], shown: set[tuple[str, str]] | None = None) -> dict[str, str]:
        """Look for each secret in each text, by place; what is `shown` by design, as secret and place, is no case.

        Gives for every case what stands before the secret there, and how it begins, or nothing.
        """
        cases = {}
        for place, text in texts.items():
            found = self.found_in(text)
            for name in self.values:
                if (name, place) not in (shown or ()):
                    cases[f"{name} in {place}"] = found.get(name, "")
        return cases

    def tell(self, attempts: Attempts, texts: dict[str, str], shown: set[tuple[str, str]] | None = None) -> None:
        """Search, and record each case."""
        for case, before in self.search(texts, shown).items():
            attempts.case(case, got_through=before)
        attempts.figure("secrets", len(self.values))
        attempts.figure("places", len(texts))
        attempts.figure("characters", f"{sum(map(len, texts.values())):,}")

    def write(self, path: Path) -> None:
        """Hand them to a kernel, which reads them from this file and no other place."""
        path.write_text(json.dumps([self.values, self.not_secret]), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Secrets:
        """Take them from a file."""
        return cls(*json.loads(path.read_text(encoding="utf-8")))


PASSWORDS = (
    "password typed for a user",
    "password from Python",
    "password from a callable",
    "password typed to log in",
    "password of a pool's user",
    "password typed for a pool's user",
    "password of a registry",
    "password of a share",
    "word of a protected setting",
    "secret of a start task",
)
SIGNATURES = (
    "signature of a container for logs",
    "signature of a container for logs, from Python",
    "signature of a resource file",
    "signature in a command line",
    "signature in the environment",
    "signature of what is mounted",
)
STORAGE_KEYS = ("storage key of a mount", "storage key in a connection string")
PRIVATE_KEYS = ("private key pasted for the public one", "private key that logs in", "private key of a pool's user")


def _word() -> str:
    return secrets.token_hex(16)


def _key_pair() -> tuple[str, str]:
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private.decode(), public.decode()


def _common_start(texts: Iterable[str]) -> str:
    first, second = texts
    return first[: next(at for at, (one, other) in enumerate(zip(first, second, strict=True)) if one != other)]


_COMMON = _common_start("".join(_key_pair()[0].splitlines()[1:-1]) for _ in range(2))
"""How every private key of this kind begins; it says nothing."""
