"""The tools that look something up, and what the others need of it."""

from __future__ import annotations

import msgspec

from .arithmetic import calculated
from .calls import CannotBeDone
from .database import Database
from .records import Order, PaymentMethod, Product, User, Variant

__all__ = [
    "calculate",
    "find_user_id_by_email",
    "find_user_id_by_name_zip",
    "get_item_details",
    "get_order_details",
    "get_product_details",
    "get_user_details",
    "list_all_product_types",
    "payment_method",
    "transfer_to_human_agents",
    "variant",
]


def get_order_details(shop: Database, *, order_id: str) -> Order:
    """Return an order; its id begins with #."""
    order = shop.order(order_id)
    if order is None:
        raise CannotBeDone(f"no order {order_id!r}; order ids look like #W1234567")
    return order


def get_user_details(shop: Database, *, user_id: str) -> User:
    """Return a user."""
    user = shop.user(user_id)
    if user is None:
        raise CannotBeDone(f"no user {user_id!r}; look the user up by e-mail, or name and zip")
    return user


def get_product_details(shop: Database, *, product_id: str) -> Product:
    """Return a product with all its variants."""
    product = shop.product(product_id)
    if product is None:
        raise CannotBeDone(f"no product {product_id!r}; an item id is not a product id")
    return product


def get_item_details(shop: Database, *, item_id: str) -> Variant:
    """Return a variant, whatever product it belongs to."""
    for product in shop.products:
        if item_id in product.variants:
            return product.variants[item_id]
    raise CannotBeDone(f"no item {item_id!r}; a product id is not an item id")


def find_user_id_by_email(shop: Database, *, email: str) -> str:
    """Return the id of the first user with this address, in upper or lower case."""
    for user in shop.users:
        if user.email.lower() == email.lower():
            return user.user_id
    raise CannotBeDone(f"no user with the e-mail address {email!r}")


def find_user_id_by_name_zip(shop: Database, *, first_name: str, last_name: str, zip: str) -> str:
    """Return the id of the first user of this name (in upper or lower case) and postal code."""
    wanted = first_name.lower(), last_name.lower(), zip
    for user in shop.users:
        name = user.name
        if (name.first_name.lower(), name.last_name.lower(), user.address.zip) == wanted:
            return user.user_id
    raise CannotBeDone(f"no user {first_name} {last_name} with the postal code {zip!r}")


def list_all_product_types(shop: Database) -> str:
    """Return product ids by the names of the products, as a JSON object."""
    ids = {product.name: product.product_id for product in shop.products}
    return msgspec.json.encode(ids, order="sorted").decode()


def calculate(shop: Database, *, expression: str) -> str:
    """Return the value of an expression; the shop has no part in it."""
    return calculated(expression)


def transfer_to_human_agents(shop: Database, *, summary: str) -> str:
    """Say that a person takes over; nothing in the shop changes."""
    return "a person takes over"


def payment_method(user: User, payment_method_id: str) -> PaymentMethod:
    """Return one of a user's payment methods."""
    method = user.payment_methods.get(payment_method_id)
    if method is None:
        known = ", ".join(user.payment_methods)
        raise CannotBeDone(f"{user.user_id} has no {payment_method_id!r}, only {known or 'none'}")
    return method


def variant(shop: Database, product_id: str, item_id: str) -> Variant:
    """Return a variant of a product that is in stock."""
    found = get_product_details(shop, product_id=product_id).variants.get(item_id)
    if found is None:
        raise CannotBeDone(f"{item_id!r} is no variant of product {product_id}")
    if not found.available:
        raise CannotBeDone(f"{item_id} is out of stock")
    return found
