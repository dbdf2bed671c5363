"""The shop's database: read by all tickets, changed by each for itself."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from hashlib import sha256
from typing import Any

import msgspec

from .records import Order, Product, Record, Shop, User

__all__ = ["Database", "digest"]


class Database:
    """A shop, and what has changed in it since its file was read.

    A fork costs a copy of the changes alone: the records themselves are frozen and shared.
    """

    def __init__(self, shop: Shop) -> None:
        self._file = _File(shop)
        self._users: dict[str, User] = {}
        self._orders: dict[str, Order] = {}

    def fork(self) -> Database:
        """Return a database with the same content, whose changes stay its own."""
        fork = self.original()
        fork._users, fork._orders = dict(self._users), dict(self._orders)
        return fork

    def original(self) -> Database:
        """Return the database as its file has it."""
        database = Database.__new__(Database)
        database._file, database._users, database._orders = self._file, {}, {}
        return database

    def user(self, user_id: str) -> User | None:
        """Return a user as it is now, or `None`."""
        return self._users.get(user_id) or self._file.shop.users.get(user_id)

    def order(self, order_id: str) -> Order | None:
        """Return an order as it is now, or `None`."""
        return self._orders.get(order_id) or self._file.shop.orders.get(order_id)

    def product(self, product_id: str) -> Product | None:
        """Return a product, or `None`; no tool changes one."""
        return self._file.shop.products.get(product_id)

    @property
    def users(self) -> Iterable[User]:
        """All users as they are now, in the file's order."""
        return (self._users.get(key, user) for key, user in self._file.shop.users.items())

    @property
    def products(self) -> Iterable[Product]:
        """All products, in the file's order."""
        return self._file.shop.products.values()

    @property
    def changed(self) -> tuple[Record, ...]:
        """The records that were written since the file was read, users first, by id."""
        users = (self._users[key] for key in sorted(self._users))
        return (*users, *(self._orders[key] for key in sorted(self._orders)))

    def keep(self, *records: User | Order) -> None:
        """Put records in the place of those with the same id."""
        for record in records:
            if isinstance(record, User):
                self._users[record.user_id] = record
            else:
                self._orders[record.order_id] = record

    def state(self) -> dict[str, Any]:
        """Return the changes as plain values, for `restore` on a database of the same file."""
        changes = {"users": self._users, "orders": self._orders}
        plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(changes))
        return plain

    def restore(self, state: dict[str, Any]) -> None:
        """Take the changes of `state` in place of one's own."""
        self._users = msgspec.convert(state["users"], dict[str, User])
        self._orders = msgspec.convert(state["orders"], dict[str, Order])


def digest(database: Database) -> str:
    """Return the fingerprint of all records: equal for equal content, however it came about.

    Order within tables, absent against null, and 5 against 5.0 make no difference; the order of an
    order's items and payments does, as in the benchmark.
    """
    fingerprints = database._file.fingerprints
    changed = {_key(record): _fingerprint(record) for record in database.changed}
    return sha256(b"".join((fingerprints | changed).values())).hexdigest()


class _File:
    """What all forks share: the records of the file and, once asked for, their fingerprints."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    @cached_property
    def fingerprints(self) -> dict[tuple[str, str], bytes]:
        """A hash for each record; sorted, so that joining them needs no order of its own."""
        tables = (self.shop.users, self.shop.orders, self.shop.products)
        records: list[Record] = [record for table in tables for record in table.values()]
        return {_key(record): _fingerprint(record) for record in sorted(records, key=_key)}


def _key(record: Record) -> tuple[str, str]:
    if isinstance(record, User):
        return "user", record.user_id
    if isinstance(record, Order):
        return "order", record.order_id
    return "product", record.product_id


def _fingerprint(record: Record) -> bytes:
    return sha256(msgspec.json.encode((_key(record), record), order="sorted")).digest()
