"""Rules of words, of the items of lists, and of secrets that are still to be given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from batch_widgets.pools.body import field_at
from batch_widgets.pools.choices import CHOICES, is_one_of
from batch_widgets.pools.items import ITEM_VARIANTS, OBJECT_PARTS, Part, variant_of
from batch_widgets.pools.rules.names import Rule
from batch_widgets.pools.secrets import is_placeholder, placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batch_widgets.pools.spec import PoolSpec
    from batch_widgets.problems import Problem

_INT32 = 2**31


def joined(words: Sequence[str], conjunction: str = "and") -> str:
    """Give words as one would list them in a sentence."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def check_words(spec: PoolSpec) -> Iterator[Problem]:
    """Check the properties that have a few words to choose from."""
    for field, words in CHOICES.items():
        value = getattr(spec, field)
        for word in (value,) if isinstance(value, str) else value:
            if word and not is_one_of(word, words):
                yield Rule.WORD.error(field, f"{word} is no word for this. Use {joined(words, 'or')}.")


def check_items(spec: PoolSpec) -> Iterator[Problem]:
    """Check that the items of each list, and the objects, are complete and of the right types."""
    for field in ITEM_VARIANTS:
        for number, item in enumerate(getattr(spec, field), 1):
            variant = variant_of(field, item)
            if variant is not None:
                for part in variant.parts:
                    yield from _check_part(field, f"{variant.title} {number}", part, item)

    for field, parts in OBJECT_PARTS.items():
        for part in parts:
            yield from _check_part(field, part.path, part, getattr(spec, field) or {})


def _check_part(field: str, where: str, part: Part, item: Mapping[str, Any]) -> Iterator[Problem]:
    value = part.get(item)
    if value is None or (value == "" and not part.may_be_empty):
        if part.required:
            yield Rule.ITEM_INCOMPLETE.error(field, f"{where} needs its {part.label}.")
    elif is_placeholder(value):
        pass  # told by check_secrets
    elif not _has_type(part, value):
        yield Rule.ITEM_TYPE.error(field, f"{where}: {part.label} is {_WANTED[part.kind]}.")
    elif part.kind == "choice" and not is_one_of(value, part.choices):
        yield Rule.WORD.error(field, f"{where}: {value} is no {part.label}. Use {joined(part.choices, 'or')}.")


_WANTED = {
    "text": "a text",
    "choice": "a text",
    "secret": "a text",
    "secret object": "an object of JSON",
    "number": "a whole number",
    "flag": "yes or no",
    "texts": "a list of texts",
    "object": "an object of JSON",
    "objects": "a list of objects of JSON",
}


def _has_type(part: Part, value: Any) -> bool:
    match part.kind:
        case "number":
            return isinstance(value, int) and not isinstance(value, bool) and -_INT32 <= value < _INT32
        case "flag":
            return isinstance(value, bool)
        case "texts":
            return isinstance(value, list) and all(isinstance(one, str) for one in value)
        case "object" | "secret object":
            return isinstance(value, Mapping)
        case "objects":
            return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)
        case _:
            return isinstance(value, str)


def check_secrets(spec: PoolSpec) -> Iterator[Problem]:
    """Name the secrets for which a placeholder still stands, as in a pool that was written down without them."""
    from batch_widgets.pools.spec import PLACES  # which reads no rule

    for path in placeholders(spec.to_body()):
        yield Rule.SECRET_MISSING.error(
            field_at(path, PLACES), f"A placeholder stands for the secret at {path}. Type it in."
        )
