"""The errors of the package: what happened, what to try, and how the service called it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_widgets.texts import cut, for_terminal, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_IN_LINE = 300


class BatchWidgetsError(Exception):
    """Base of every error that this package raises on purpose.

    ::

        BatchWidgetsError
        ├── AuthenticationError        the account refused the credentials
        ├── ServiceUnreachableError    no answer, or none in time
        ├── ServiceError               the service answered with an error
        │   ├── NotFoundError
        │   ├── AlreadyExistsError
        │   └── ThrottledError
        ├── PoolAllocationError        a pool did not get its nodes ready
        ├── ValidationError            the input breaks a rule; nothing was sent
        ├── AmbiguousSelectionError    a selection matches no row, or several
        ├── LoginError                 a node did not let one in
        └── ClosedError                the account was closed

    Parameters
    ----------
    message : str
        What happened, in a sentence.
    hint : str, optional
        What to try.
    code : str, optional
        The service's error code, such as ``"PoolExists"``.
    request_id : str, optional
        The service's id of the failed request, for a support ticket.
    status : int, optional
        The HTTP status of the answer.
    maybe_done : bool
        True where a change was under way, so that nobody knows whether the service made it.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        code: str = "",
        request_id: str = "",
        status: int | None = None,
        maybe_done: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
        self.request_id = request_id
        self.status = status
        self.maybe_done = maybe_done

    def __str__(self) -> str:
        return for_terminal(f"{cut(self.message)} {cut(self.hint)}").strip()


class AuthenticationError(BatchWidgetsError):
    """The account refused the credentials, or they could not be got."""


class ServiceUnreachableError(BatchWidgetsError):
    """The service gave no answer, or none in time."""


class ServiceError(BatchWidgetsError):
    """The service answered with an error that no other class names."""


class NotFoundError(ServiceError):
    """What was asked for does not exist (any more)."""


class AlreadyExistsError(ServiceError):
    """A pool or a user of that name exists already."""


class ThrottledError(ServiceError):
    """The service asks for a pause.

    Parameters
    ----------
    retry_after_s : float
        How long to wait before the next try, in seconds.
    """

    def __init__(self, message: str, *, retry_after_s: float = 1.0, **details: Any) -> None:
        super().__init__(message, **details)
        self.retry_after_s = retry_after_s


class PoolAllocationError(BatchWidgetsError):
    """A pool exists, but its nodes did not become ready."""


class ValidationError(BatchWidgetsError, ValueError):
    """The input breaks a rule; nothing was sent.

    Parameters
    ----------
    problems : sequence of Problem
        What is wrong, each with its field and a remedy.
    """

    def __init__(self, problems: Sequence[Any]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "; ".join(f"{problem.field}: {problem.message}" for problem in self.problems),
            hint="Nothing was sent.",
        )


class AmbiguousSelectionError(BatchWidgetsError, LookupError):
    """A selection matches no row, or several.

    Parameters
    ----------
    message : str
        What was asked for and how much of it was found.
    matches : sequence
        The rows that match.
    """

    def __init__(self, message: str, matches: Sequence[Any] = (), **details: Any) -> None:
        super().__init__(message, **details)
        self.matches = tuple(matches)

    def __str__(self) -> str:
        lines = [super().__str__(), *(f"  {one_line(str(match), _MOST_IN_LINE)}" for match in self.matches[:20])]
        if len(self.matches) > 20:
            lines.append(f"  … and {len(self.matches) - 20} more")
        return "\n".join(lines)


class LoginError(BatchWidgetsError):
    """A node did not let one in by SSH.

    Parameters
    ----------
    outcome : str
        What failed, in the words of ``account.test_login``, such as ``"host key changed"``.
    """

    def __init__(self, message: str, *, outcome: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.outcome = outcome


class ClosedError(BatchWidgetsError):
    """The account was closed, and this needs it open."""
