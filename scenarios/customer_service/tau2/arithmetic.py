"""Sums for the `calculate` tool, worked out without running anything."""

import ast
import math
import operator
from collections.abc import Callable, Mapping

from .calls import CannotBeDone

__all__ = ["calculated"]

LONGEST = 500
"""Characters of an expression."""
LARGEST_POWER = 64
_ALLOWED = frozenset("0123456789+-*/(). ")
_OPERATIONS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}


def calculated(expression: str) -> str:
    """Return the value of an expression, rounded to two decimals.

    Raises:
        CannotBeDone: it is no expression of numbers, or has no finite real value.
    """
    if len(expression) > LONGEST or not _ALLOWED.issuperset(expression):
        raise CannotBeDone(
            f"an expression has numbers, + - * / and brackets, at most {LONGEST} characters"
        )
    try:
        return str(round(float(_value(ast.parse(expression.strip(), mode="eval").body)), 2))
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError):
        raise CannotBeDone(f"{expression!r} has no value; write it as 12.5 - (3 + 4)") from None


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.UnaryOp):
        value = _value(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow):
            return _power(left, right)
        return _OPERATIONS[type(node.op)](left, right)
    raise ValueError(f"no sum: {ast.dump(node)}")


def _power(base: float, exponent: float) -> float:
    """Towers of powers would take for ever, and roots of negative numbers are not real."""
    if abs(exponent) > LARGEST_POWER or (base < 0 and exponent != int(exponent)):
        raise ValueError(f"{base} to the {exponent}")
    return math.pow(base, exponent)
