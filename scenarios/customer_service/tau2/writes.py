"""The seven tools that change the shop: each checks everything first and then writes at once.

What is allowed and what comes out of it is the benchmark's, oddities included, or its own scores
could not be compared with.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from .calls import CANCEL_REASONS, CannotBeDone
from .database import Database
from .reads import get_order_details, get_user_details, payment_method, variant
from .records import Address, GiftCard, Item, Order, Payment, User, Variant

__all__ = [
    "cancel_pending_order",
    "exchange_delivered_order_items",
    "modify_pending_order_address",
    "modify_pending_order_items",
    "modify_pending_order_payment",
    "modify_user_address",
    "return_delivered_order_items",
]


def cancel_pending_order(shop: Database, *, order_id: str, reason: str) -> Order:
    """Cancel an order and refund every entry of its payments, gift cards at once."""
    order = _in_status(shop, order_id, "pending")
    if reason not in CANCEL_REASONS:
        raise CannotBeDone(f"reason {reason!r} is not one of {', '.join(CANCEL_REASONS)}")
    user = get_user_details(shop, user_id=order.user_id)
    for paid in order.payment_history:
        user = _credited(user, paid.payment_method_id, paid.amount)
    refunds = (replace(paid, transaction_type="refund") for paid in order.payment_history)
    order = replace(
        order,
        status="cancelled",
        cancel_reason=reason,
        payment_history=(*order.payment_history, *refunds),
    )
    shop.keep(user, order)
    return order


def modify_pending_order_address(shop: Database, *, order_id: str, **address: str) -> Order:
    """Send an order elsewhere, also one whose items were modified."""
    order = replace(_still_pending(shop, order_id), address=Address(**address))
    shop.keep(order)
    return order


def modify_user_address(shop: Database, *, user_id: str, **address: str) -> User:
    """Give a user another address; orders keep theirs."""
    user = replace(get_user_details(shop, user_id=user_id), address=Address(**address))
    shop.keep(user)
    return user


def modify_pending_order_payment(shop: Database, *, order_id: str, payment_method_id: str) -> Order:
    """Take the money from another payment method and give it back to the first."""
    order = _still_pending(shop, order_id)
    user = get_user_details(shop, user_id=order.user_id)
    payment_method(user, payment_method_id)
    history = order.payment_history
    if len(history) != 1 or history[0].transaction_type != "payment":
        raise CannotBeDone(f"{order_id} was not paid by exactly one payment")
    first = history[0]
    if first.payment_method_id == payment_method_id:
        raise CannotBeDone(f"{order_id} is paid by {payment_method_id} already; choose another")
    _check_balance(user, payment_method_id, first.amount)
    user = _credited(user, payment_method_id, -first.amount)
    user = _credited(user, first.payment_method_id, first.amount)
    changes = (
        replace(first, payment_method_id=payment_method_id),
        replace(first, transaction_type="refund"),
    )
    order = replace(order, payment_history=(*history, *changes))
    shop.keep(user, order)
    return order


def modify_pending_order_items(
    shop: Database,
    *,
    order_id: str,
    item_ids: Sequence[str],
    new_item_ids: Sequence[str],
    payment_method_id: str,
) -> Order:
    """Change items of an order into others of the same products, and settle the difference.

    The benchmark gives every changed item the price and options of the last new one (five of its
    tasks change several items, and their expected databases have it so). So does this.
    """
    order = _in_status(shop, order_id, "pending")
    if any(old == new for old, new in zip(item_ids, new_item_ids, strict=False)):
        raise CannotBeDone("a new item has to differ from the old one")
    variants = _swapped(shop, order, item_ids, new_item_ids)
    difference = _difference(order, item_ids, variants)
    user = get_user_details(shop, user_id=order.user_id)
    _check_balance(user, payment_method_id, difference)
    settled = Payment("payment" if difference > 0 else "refund", abs(difference), payment_method_id)
    items = list(order.items)
    for old, new in zip(item_ids, new_item_ids, strict=True):
        place = [item.item_id for item in items].index(old)
        last = variants[-1]
        items[place] = replace(items[place], item_id=new, price=last.price, options=last.options)
    order = replace(
        order,
        items=tuple(items),
        status="pending (item modified)",
        payment_history=(*order.payment_history, settled),
    )
    shop.keep(_credited(user, payment_method_id, -difference), order)
    return order


def exchange_delivered_order_items(
    shop: Database,
    *,
    order_id: str,
    item_ids: Sequence[str],
    new_item_ids: Sequence[str],
    payment_method_id: str,
) -> Order:
    """Note the wish to exchange items; money and items move later, outside the shop's records."""
    order = _in_status(shop, order_id, "delivered")
    variants = _swapped(shop, order, item_ids, new_item_ids)
    # Adding zero turns -0.0, which rounding can leave, into 0.0: the digest tells them apart.
    difference = round(_difference(order, item_ids, variants), 2) + 0.0
    user = get_user_details(shop, user_id=order.user_id)
    _check_balance(user, payment_method_id, difference)
    order = replace(
        order,
        status="exchange requested",
        exchange_items=tuple(sorted(item_ids)),
        exchange_new_items=tuple(sorted(new_item_ids)),
        exchange_payment_method_id=payment_method_id,
        exchange_price_difference=difference,
    )
    shop.keep(order)
    return order


def return_delivered_order_items(
    shop: Database, *, order_id: str, item_ids: Sequence[str], payment_method_id: str
) -> Order:
    """Note the wish to return items; the refund follows later, outside the shop's records."""
    order = _in_status(shop, order_id, "delivered")
    method = payment_method(get_user_details(shop, user_id=order.user_id), payment_method_id)
    first = order.payment_history[0].payment_method_id if order.payment_history else None
    if not isinstance(method, GiftCard) and payment_method_id != first:
        raise CannotBeDone(f"the refund goes to {first} or to a gift card of the customer")
    _check_pieces(order, item_ids)
    order = replace(
        order,
        status="return requested",
        return_items=tuple(sorted(item_ids)),
        return_payment_method_id=payment_method_id,
    )
    shop.keep(order)
    return order


def _in_status(shop: Database, order_id: str, status: str) -> Order:
    order = get_order_details(shop, order_id=order_id)
    if order.status != status:
        raise CannotBeDone(f"{order_id} is {order.status!r}; this is done only while {status!r}")
    return order


def _still_pending(shop: Database, order_id: str) -> Order:
    order = get_order_details(shop, order_id=order_id)
    if "pending" not in order.status:
        raise CannotBeDone(f"{order_id} is {order.status!r}, no longer pending")
    return order


def _check_pieces(order: Order, item_ids: Sequence[str]) -> None:
    there = [item.item_id for item in order.items]
    for item_id in item_ids:
        if item_ids.count(item_id) > there.count(item_id):
            raise CannotBeDone(f"{order.order_id} has {there.count(item_id)} of item {item_id!r}")


def _swapped(
    shop: Database, order: Order, item_ids: Sequence[str], new_item_ids: Sequence[str]
) -> tuple[Variant, ...]:
    """Return what takes the place of each item: in stock, and of the same product."""
    _check_pieces(order, item_ids)
    if len(item_ids) != len(new_item_ids):
        raise CannotBeDone(f"{len(item_ids)} items for {len(new_item_ids)} new ones; pair them")
    pairs = zip(item_ids, new_item_ids, strict=True)
    return tuple(variant(shop, _piece(order, old).product_id, new) for old, new in pairs)


def _difference(order: Order, item_ids: Sequence[str], variants: Sequence[Variant]) -> float:
    """Return what the customer owes in USD, unrounded; negative if money is given back."""
    pairs = zip(item_ids, variants, strict=True)
    difference = 0.0
    for old, new in pairs:  # One by one: `sum` compensates, and the digest sees the last bit.
        difference += new.price - _piece(order, old).price
    return difference


def _piece(order: Order, item_id: str) -> Item:
    return next(item for item in order.items if item.item_id == item_id)


def _check_balance(user: User, payment_method_id: str, amount: float) -> None:
    method = payment_method(user, payment_method_id)
    if isinstance(method, GiftCard) and method.balance < amount:
        raise CannotBeDone(f"{method.id} holds {method.balance}, less than {amount:.2f}")


def _credited(user: User, payment_method_id: str, amount: float) -> User:
    """Return the user with `amount` more on a gift card; other methods keep no balance."""
    method = payment_method(user, payment_method_id)
    if not isinstance(method, GiftCard):
        return user
    card = replace(method, balance=round(method.balance + amount, 2))
    return replace(user, payment_methods={**user.payment_methods, payment_method_id: card})
