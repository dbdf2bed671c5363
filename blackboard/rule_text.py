"""Rules as the log names them, read back: `veto('safety', quorum(50, threshold(80)))`."""

import ast
from collections.abc import Iterable
from typing import Any

from .errors import InvalidAction
from .rules import (
    Rule,
    ahead_by_k,
    complete,
    describe,
    first_to_k,
    plurality,
    quorum,
    threshold,
    veto,
)

_RULES = (ahead_by_k, complete, first_to_k, plurality, quorum, threshold, veto)
_BUILT_IN = {rule.__name__: rule for rule in _RULES}


def parse_rule(text: str, *, known: Iterable[Rule] = ()) -> Rule:
    """Return the rule of this name: one of `known`, or one composed of the built-in rules.

    Raises:
        InvalidAction: the text names a function of the user's own that is not among `known`.
    """
    for own in known:
        if describe(own) == text:
            return own
    try:
        rule: Rule = _build(ast.parse(text, mode="eval").body)
        if not callable(rule):
            raise TypeError(f"{text} is no rule")
    except (SyntaxError, ValueError, TypeError, KeyError) as error:
        raise InvalidAction(
            f"the rule {text!r} is none of the built-in ones ({', '.join(sorted(_BUILT_IN))}); "
            "make a rule of your own the run's rule"
        ) from error
    return rule


def _build(node: ast.expr) -> Any:
    match node:
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return _BUILT_IN[name](*map(_build, args))
        case ast.Constant(value=value):
            return value
        case _:
            raise ValueError(ast.unparse(node))
