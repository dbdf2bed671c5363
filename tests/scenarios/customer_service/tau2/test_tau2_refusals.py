from pathlib import Path
from typing import Any

import pytest

from scenarios.customer_service.tau2 import Call, Retail, Tools, digest

RETAIL = Retail.read(Path(__file__).parent / "shop")
SWAP: dict[str, Any] = {
    "order_id": "#W1",
    "item_ids": ["101"],
    "new_item_ids": ["102"],
    "payment_method_id": "gift_card_1",
}
ADDRESS = {
    "address1": "9 New Street",
    "address2": "",
    "city": "Springfield",
    "state": "OR",
    "country": "USA",
    "zip": "10001",
}
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "tool unknown": ("book_reservation", {}, "no tool 'book_reservation'"),
    "argument missing": ("get_order_details", {}, "takes order_id; given none"),
    "argument unknown": ("list_all_product_types", {"all": "yes"}, "takes none; given all"),
    "number for text": (
        "find_user_id_by_name_zip",
        {"first_name": "Ana", "last_name": "Berg", "zip": 10001},
        "zip has to be text in quotes, not 10001",
    ),
    "text for list": (
        "modify_pending_order_items",
        SWAP | {"item_ids": "101"},
        "item_ids has to be a list of texts",
    ),
    "list of numbers": (
        "modify_pending_order_items",
        SWAP | {"item_ids": [101]},
        "item_ids has to be text in quotes",
    ),
    "order unknown": ("get_order_details", {"order_id": "W1"}, "no order 'W1'"),
    "user unknown": ("get_user_details", {"user_id": "x"}, "no user 'x'"),
    "product unknown": ("get_product_details", {"product_id": "101"}, "no product '101'"),
    "item unknown": ("get_item_details", {"item_id": "100"}, "no item '100'"),
    "e-mail unknown": ("find_user_id_by_email", {"email": "x"}, "no user with the e-mail"),
    "reason of one's own": (
        "cancel_pending_order",
        {"order_id": "#W1", "reason": "too dear"},
        "reason 'too dear' is not one of",
    ),
    "not pending": (
        "cancel_pending_order",
        {"order_id": "#W4", "reason": "no longer needed"},
        "#W4 is 'processed'",
    ),
    "address too late": (
        "modify_pending_order_address",
        {"order_id": "#W2", **ADDRESS},
        "#W2 is 'delivered', no longer pending",
    ),
    "not delivered": (
        "exchange_delivered_order_items",
        SWAP,
        "#W1 is 'pending'; this is done only while 'delivered'",
    ),
    "out of stock": (
        "modify_pending_order_items",
        SWAP | {"new_item_ids": ["103"]},
        "103 is out of stock",
    ),
    "another product": (
        "modify_pending_order_items",
        SWAP | {"new_item_ids": ["202"]},
        "'202' is no variant of product 100",
    ),
    "same item": (
        "modify_pending_order_items",
        SWAP | {"new_item_ids": ["101"]},
        "has to differ",
    ),
    "unpaired": (
        "modify_pending_order_items",
        SWAP | {"new_item_ids": ["102", "202"]},
        "1 items for 2 new ones",
    ),
    "more than ordered": (
        "modify_pending_order_items",
        SWAP | {"item_ids": ["101", "101"], "new_item_ids": ["102", "102"]},
        "#W1 has 1 of item '101'",
    ),
    "not ordered": (
        "modify_pending_order_items",
        SWAP | {"item_ids": ["301"]},
        "#W1 has 0 of item '301'",
    ),
    "another's card": (
        "modify_pending_order_items",
        SWAP | {"payment_method_id": "paypal_2"},
        "ana_berg_1 has no 'paypal_2'",
    ),
    "card too small for the order": (
        "modify_pending_order_payment",
        {"order_id": "#W1", "payment_method_id": "gift_card_1"},
        "gift_card_1 holds 50.0, less than 1020.00",
    ),
    "card too small": (
        "exchange_delivered_order_items",
        {
            "order_id": "#W3",
            "item_ids": ["201", "201"],
            "new_item_ids": ["202", "202"],
            "payment_method_id": "gift_card_2",
        },
        "gift_card_2 holds 5.0, less than 20.20",
    ),
    "same payment method": (
        "modify_pending_order_payment",
        {"order_id": "#W1", "payment_method_id": "credit_card_1"},
        "is paid by credit_card_1 already",
    ),
    "refund elsewhere": (
        "return_delivered_order_items",
        {"order_id": "#W2", "item_ids": ["301"], "payment_method_id": "credit_card_1"},
        "the refund goes to gift_card_1 or to a gift card",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_call_that_cannot_be_done_says_why_and_changes_nothing(kind: str) -> None:
    name, arguments, complaint = REFUSED[kind]
    tools = Tools(RETAIL.database.fork())

    answer = tools.call(Call(name, arguments))

    assert not answer.is_done
    assert complaint in answer.text
    assert tools.database.changed == ()
    assert digest(tools.database) == digest(RETAIL.database)
