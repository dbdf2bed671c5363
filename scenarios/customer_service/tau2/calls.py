"""The calls an agent can make: 16 names with their arguments, 7 of which change the shop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import Struct

from blackboard import SwarmboardError

__all__ = [
    "CALLS",
    "CANCEL_REASONS",
    "Call",
    "CannotBeDone",
    "ToolSchema",
    "check_arguments",
    "is_write",
    "schemas",
]

CANCEL_REASONS = ("no longer needed", "ordered by mistake")


class Call(Struct, frozen=True):
    """One use of a tool: its name, and its arguments by name (texts, or lists of texts)."""

    name: str
    arguments: dict[str, Any]


class ToolSchema(NamedTuple):
    """How a tool is presented to a model."""

    name: str
    description: str
    arguments: Mapping[str, Any]
    """JSON schema of the object of arguments."""
    is_write: bool


class CannotBeDone(SwarmboardError):
    """Raised for a call that the shop does not allow; nothing has changed."""


def is_write(name: str) -> bool:
    """Say whether a tool of this name changes the shop; an unknown one changes nothing."""
    return name in CALLS and CALLS[name].is_write


def schemas() -> tuple[ToolSchema, ...]:
    """Return all tools in alphabetical order, worded for a prompt."""
    return tuple(
        ToolSchema(name, tool.description, tool.schema(), tool.is_write)
        for name, tool in sorted(CALLS.items())
    )


def check_arguments(call: Call) -> None:
    """See to it that a tool is there and is given what it takes.

    Raises:
        CannotBeDone: no such tool, or an argument is missing, unknown, or of another type.
    """
    tool = CALLS.get(call.name)
    if tool is None:
        raise CannotBeDone(f"no tool {call.name!r}; there are {', '.join(sorted(CALLS))}")
    if set(call.arguments) != set(tool.arguments):
        given = ", ".join(map(str, call.arguments)) or "none"
        raise CannotBeDone(
            f"{call.name} takes {', '.join(tool.arguments) or 'none'}; given {given}"
        )
    for name, value in call.arguments.items():
        texts = value if name in _LISTS and isinstance(value, list | tuple) else (value,)
        if name in _LISTS and texts is not value:
            raise CannotBeDone(f"{name} has to be a list of texts, not {value!r}")
        if not all(isinstance(text, str) for text in texts):
            raise CannotBeDone(f"{name} has to be text in quotes, not {value!r}")


class _Tool(NamedTuple):
    description: str
    arguments: tuple[str, ...] = ()
    is_write: bool = False

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of the arguments; all are needed, others refused."""
        return {
            "type": "object",
            "properties": {name: _argument(name) for name in self.arguments},
            "required": list(self.arguments),
            "additionalProperties": False,
        }


def _argument(name: str) -> dict[str, Any]:
    described = {"description": _MEANINGS[name]}
    if name in _LISTS:
        return {"type": "array", "items": {"type": "string"}, **described}
    if name == "reason":
        return {"type": "string", "enum": list(CANCEL_REASONS), **described}
    return {"type": "string", **described}


_LISTS = frozenset(("item_ids", "new_item_ids"))
_MEANINGS = {
    "expression": "numbers, + - * / and brackets, such as 12.5 - (3 + 4)",
    "order_id": "the order, with its leading #, such as #W1234567",
    "reason": "why the customer cancels",
    "item_ids": "the pieces concerned, by item id; one that occurs twice is named twice",
    "new_item_ids": "what takes their place, in the same order: variants of the same products",
    "payment_method_id": "a payment method of the customer, by the id in the profile",
    "first_name": "given name",
    "last_name": "family name",
    "email": "the customer's e-mail address",
    "product_id": "a type of product (not an item id)",
    "item_id": "one variant of a product (not a product id)",
    "user_id": "the customer's id in the shop",
    "address1": "street and number",
    "address2": "the rest of the street address; may be empty",
    "city": "city",
    "state": "state, as its two letters",
    "country": "country, such as USA",
    "zip": "postal code",
    "summary": "what the customer wants, for the person who takes over",
}
_ADDRESS = ("address1", "address2", "city", "state", "country", "zip")
_SWAP = ("order_id", "item_ids", "new_item_ids", "payment_method_id")

CALLS: Mapping[str, _Tool] = {
    "calculate": _Tool("Work out a sum; the result has two decimals.", ("expression",)),
    "find_user_id_by_email": _Tool("Look a customer up by e-mail address.", ("email",)),
    "find_user_id_by_name_zip": _Tool(
        "Look a customer up by name and postal code, where the e-mail address is of no use.",
        ("first_name", "last_name", "zip"),
    ),
    "get_item_details": _Tool("Show options, price and stock of one variant.", ("item_id",)),
    "get_order_details": _Tool("Show an order: pieces, status, payments.", ("order_id",)),
    "get_product_details": _Tool("Show all variants of a type of product.", ("product_id",)),
    "get_user_details": _Tool("Show a customer: address, payment methods, orders.", ("user_id",)),
    "list_all_product_types": _Tool("Show the names of all types of products with their ids."),
    "transfer_to_human_agents": _Tool(
        "Hand the customer over to a person: only when asked to, or when no other tool and rule "
        "of the shop helps.",
        ("summary",),
    ),
    "cancel_pending_order": _Tool(
        "Cancel an order that is still pending and give the money back: to gift cards at once, "
        "else within days.",
        ("order_id", "reason"),
        is_write=True,
    ),
    "exchange_delivered_order_items": _Tool(
        "Exchange pieces of a delivered order for other variants of the same products. An order "
        "can be exchanged or returned once, so name all pieces in one call.",
        _SWAP,
        is_write=True,
    ),
    "modify_pending_order_address": _Tool(
        "Send a pending order to another address.", ("order_id", *_ADDRESS), is_write=True
    ),
    "modify_pending_order_items": _Tool(
        "Change pieces of a pending order into other variants of the same products. It can be "
        "done once, and the order cannot be cancelled afterwards: name all pieces in one call.",
        _SWAP,
        is_write=True,
    ),
    "modify_pending_order_payment": _Tool(
        "Have a pending order paid by another of the customer's payment methods.",
        ("order_id", "payment_method_id"),
        is_write=True,
    ),
    "modify_user_address": _Tool(
        "Change the address in a customer's profile.", ("user_id", *_ADDRESS), is_write=True
    ),
    "return_delivered_order_items": _Tool(
        "Take pieces of a delivered order back. The money goes to the method the order was paid "
        "with, or to a gift card of the customer.",
        ("order_id", "item_ids", "payment_method_id"),
        is_write=True,
    ),
}
"""All tools by name."""
