"""JMESPath expressions that a configuration holds (https://jmespath.org/specification.html), compiled when it is read.

The library is imported by the first expression: a service without any never pays for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import PlainValidator

if TYPE_CHECKING:
    from jmespath.parser import ParsedResult

LONGEST = 1000
"""Characters of one expression: a longer one is a program, and belongs before the hook."""


class Expression:
    """`text` as it was written, and `fields`: the names at the top of what it is asked of that it looks at."""

    # No dataclass: pydantic would look into it, and want the library at every start.
    def __init__(self, text: str, fields: frozenset[str], parsed: ParsedResult) -> None:
        self.text = text
        self.fields = fields
        self._parsed = parsed

    def of(self, given: Any) -> Any:
        """What it gives of `given`; None where there is nothing, or a function in it has no use for what there is."""
        from jmespath.exceptions import JMESPathError

        try:
            return self._parsed.search(given)
        except (JMESPathError, TypeError, ValueError, RecursionError, OverflowError):
            return None


def compiled(text: object) -> Expression:
    """ValueError in words for a person when it is none, or calls a function that there is not."""
    import jmespath
    from jmespath.exceptions import JMESPathError
    from jmespath.functions import Functions

    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        raise ValueError(f"is not a JMESPath expression of at most {LONGEST} characters; write the way to the value, like alert.title")
    try:
        parsed = jmespath.compile(text)
    except (JMESPathError, RecursionError) as error:
        why = str(getattr(error, "msg", "")) or " ".join(str(error).split("\n")[0].split())
        raise ValueError(f"is not a JMESPath expression ({why[:80].rstrip('.')}); write the way to the value, like alert.title") from None
    # The library looks a function up only when it is called.
    tree = cast("Node", parsed.parsed)
    for name in _functions(tree):
        if name not in Functions.FUNCTION_TABLE:
            raise ValueError(f"calls a function that JMESPath does not have; it has {', '.join(sorted(Functions.FUNCTION_TABLE))}")
    return Expression(text, frozenset(_top(tree)), parsed)


Mapped = Annotated[Expression, PlainValidator(compiled)]
"""An expression as a key of the configuration."""

Node = Mapping[str, Any]
"""Of the library's syntax tree: `type`, `children`, `value`."""

_FIRST_ONLY = frozenset(
    {"subexpression", "index_expression", "pipe", "projection", "value_projection", "filter_projection", "flatten", "slice"}
)
"""Nodes whose first child is asked of what is given, and all others of what that gives."""


def _children(node: Node) -> list[Node]:
    return [child for child in cast("list[Any]", node.get("children", [])) if isinstance(child, dict)]


def _top(node: Node) -> Iterator[str]:
    if node["type"] == "field":
        yield str(node["value"])
        return
    if node["type"] == "expref":  # asked of the parts of another argument
        return
    children = _children(node)
    for child in children[:1] if node["type"] in _FIRST_ONLY else children:
        yield from _top(child)


def _functions(node: Node) -> Iterator[str]:
    if node["type"] == "function_expression":
        yield str(node["value"])
    for child in _children(node):
        yield from _functions(child)
