"""What the shop of the benchmark keeps: users, orders and products, in the words of its files."""

from __future__ import annotations

from msgspec import Struct

__all__ = [
    "Address",
    "CreditCard",
    "Fulfillment",
    "GiftCard",
    "Item",
    "Name",
    "Order",
    "Payment",
    "PaymentMethod",
    "Paypal",
    "Product",
    "Record",
    "Shop",
    "User",
    "Variant",
]


class Variant(Struct, frozen=True, gc=False):
    """One thing that can be bought: a product with its options chosen; the price is in USD."""

    item_id: str
    options: dict[str, str]
    available: bool
    price: float


class Product(Struct, frozen=True, gc=False):
    """A type of product with all its variants, by item id."""

    name: str
    product_id: str
    variants: dict[str, Variant]


class Name(Struct, frozen=True, gc=False):
    """A user's name."""

    first_name: str
    last_name: str


class Address(Struct, frozen=True, gc=False):
    """Where a user lives, or where an order goes."""

    address1: str
    address2: str
    city: str
    state: str
    country: str
    zip: str


class CreditCard(Struct, frozen=True, gc=False, tag_field="source", tag="credit_card"):
    """A card that can be charged without limit."""

    id: str
    brand: str
    last_four: str


class Paypal(Struct, frozen=True, gc=False, tag_field="source", tag="paypal"):
    """An account that can be charged without limit."""

    id: str


class GiftCard(Struct, frozen=True, gc=False, tag_field="source", tag="gift_card"):
    """A card that holds `balance` USD."""

    id: str
    balance: float


PaymentMethod = CreditCard | Paypal | GiftCard


class User(Struct, frozen=True, gc=False):
    """A customer; the payment methods are found by their ids."""

    user_id: str
    name: Name
    address: Address
    email: str
    payment_methods: dict[str, PaymentMethod]
    orders: tuple[str, ...]


class Fulfillment(Struct, frozen=True, gc=False):
    """What was shipped together."""

    tracking_id: tuple[str, ...]
    item_ids: tuple[str, ...]


class Item(Struct, frozen=True, gc=False):
    """One piece of an order, at the price (USD) it was ordered for."""

    name: str
    product_id: str
    item_id: str
    price: float
    options: dict[str, str]


class Payment(Struct, frozen=True, gc=False):
    """USD that were taken (`payment`) or given back (`refund`)."""

    transaction_type: str
    amount: float
    payment_method_id: str


class Order(Struct, frozen=True, gc=False, omit_defaults=True):
    """What a user ordered, and what was done about it since."""

    order_id: str
    user_id: str
    address: Address
    items: tuple[Item, ...]
    status: str
    fulfillments: tuple[Fulfillment, ...]
    payment_history: tuple[Payment, ...]
    cancel_reason: str | None = None
    exchange_items: tuple[str, ...] | None = None
    exchange_new_items: tuple[str, ...] | None = None
    exchange_payment_method_id: str | None = None
    exchange_price_difference: float | None = None
    return_items: tuple[str, ...] | None = None
    return_payment_method_id: str | None = None


class Shop(Struct, frozen=True, gc=False):
    """The whole database as its file has it, each table by id."""

    products: dict[str, Product]
    users: dict[str, User]
    orders: dict[str, Order]


Record = User | Order | Product
