import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from scenarios.customer_service.tau2 import Answer, Call, Retail, Tools, is_write

SHOP = Path(__file__).parent / "shop"
RETAIL = Retail.read(SHOP)


@pytest.fixture
def tools() -> Tools:
    return Tools(RETAIL.database.fork())


def use(tools: Tools, name: str, **arguments: Any) -> Answer:
    return tools.call(Call(name, arguments))


def done(tools: Tools, name: str, **arguments: Any) -> Any:
    answer = use(tools, name, **arguments)
    assert answer.is_done, answer.text
    return json.loads(answer.text)


def balance(tools: Tools, user_id: str, gift_card: str) -> Any:
    user = done(tools, "get_user_details", user_id=user_id)
    return user["payment_methods"][gift_card]["balance"]


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


def test_there_are_sixteen_tools_and_seven_write() -> None:
    schemas = Tools.schemas()

    assert len(schemas) == 16
    assert sum(schema.is_write for schema in schemas) == 7
    assert all(is_write(schema.name) == schema.is_write for schema in schemas)
    assert not is_write("book_reservation")


@pytest.mark.parametrize("schema", Tools.schemas(), ids=lambda schema: schema.name)
def test_a_schema_describes_every_argument(schema: Any) -> None:
    arguments = schema.arguments

    assert schema.description
    assert arguments["required"] == list(arguments["properties"])
    assert all(argument["description"] for argument in arguments["properties"].values())


def test_customers_are_found_in_upper_and_lower_case(tools: Tools) -> None:
    by_mail = use(tools, "find_user_id_by_email", email="ANA@shop.example")
    by_name = use(
        tools, "find_user_id_by_name_zip", first_name="ana", last_name="BERG", zip="10001"
    )

    assert (by_mail.text, by_name.text) == ("ana_berg_1", "ana_berg_1")


def test_records_are_shown_as_the_files_have_them(tools: Tools) -> None:
    shop = json.loads((SHOP / "db.json").read_text("utf-8"))

    assert done(tools, "get_order_details", order_id="#W2") == shop["orders"]["#W2"]
    assert done(tools, "get_user_details", user_id="bo_lind_2") == shop["users"]["bo_lind_2"]
    assert done(tools, "get_product_details", product_id="100") == shop["products"]["100"]
    assert done(tools, "get_item_details", item_id="103")["available"] is False


def test_product_types_are_listed_by_name(tools: Tools) -> None:
    listed = done(tools, "list_all_product_types")

    assert list(listed.items()) == [("Blanket", "300"), ("Lantern", "100"), ("Teapot", "200")]


def test_a_person_takes_over_without_a_change(tools: Tools) -> None:
    answer = use(tools, "transfer_to_human_agents", summary="wants a refund")

    assert answer.is_done
    assert tools.database.changed == ()


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (" 2 * (1010.1 - 1000)", "20.2"),
        ("-7 // 2 + +1", "-3.0"),
        ("2 ** 3 / 3", "2.67"),
        ("0.1 + 0.2", "0.3"),
    ],
)
def test_sums_have_two_decimals(tools: Tools, expression: str, value: str) -> None:
    assert use(tools, "calculate", expression=expression) == Answer(value, is_done=True)


@pytest.mark.parametrize(
    "expression",
    [
        *("1 / 0", "2 +", "()", "1 (2)", "(1, 2)", "__import__", "9 ** 9 ** 9 ** 9", ""),
        *("(0 - 8) ** 0.5", "(" * 400, "9" * 400, "1." * 300, "0 ** (0 - 1)", "1 +\n1", "1 2"),
    ],
)
def test_what_is_no_sum_is_refused(tools: Tools, expression: str) -> None:
    answer = use(tools, "calculate", expression=expression)

    assert not answer.is_done
    assert answer.text.startswith("error: ")


@given(some.text("0123456789+-*/(). ", max_size=40))
def test_no_expression_breaks_the_tool(expression: str) -> None:
    answer = use(Tools(RETAIL.database), "calculate", expression=expression)

    assert answer.is_done != answer.text.startswith("error: ")


def test_a_modified_order_can_no_longer_be_cancelled(tools: Tools) -> None:
    done(tools, "modify_pending_order_items", **SWAP)

    refused = use(tools, "cancel_pending_order", order_id="#W1", reason="ordered by mistake")

    assert not refused.is_done
    assert "pending (item modified)" in refused.text


def test_a_modified_order_can_still_be_sent_elsewhere(tools: Tools) -> None:
    done(tools, "modify_pending_order_items", **SWAP)

    order = done(tools, "modify_pending_order_address", order_id="#W1", **ADDRESS)

    assert order["address"] == ADDRESS


def test_cancelling_refunds_every_payment(tools: Tools) -> None:
    order = done(tools, "cancel_pending_order", order_id="#W1", reason="no longer needed")

    assert (order["status"], order["cancel_reason"]) == ("cancelled", "no longer needed")
    assert order["payment_history"][1] == {
        "transaction_type": "refund",
        "amount": 1020.0,
        "payment_method_id": "credit_card_1",
    }
    assert balance(tools, "ana_berg_1", "gift_card_1") == 50.0


def test_modified_items_are_paid_from_the_gift_card(tools: Tools) -> None:
    order = done(tools, "modify_pending_order_items", **SWAP)

    assert order["status"] == "pending (item modified)"
    assert order["items"][0] == {
        "name": "Lantern",
        "product_id": "100",
        "item_id": "102",
        "price": 25.5,
        "options": {"colour": "blue"},
    }
    assert order["payment_history"][-1]["transaction_type"] == "payment"
    assert balance(tools, "ana_berg_1", "gift_card_1") == 44.5


def test_several_modified_items_take_price_and_options_of_the_last(tools: Tools) -> None:
    swap = SWAP | {"item_ids": ["101", "201"], "new_item_ids": ["102", "203"]}

    items = done(tools, "modify_pending_order_items", **swap)["items"]

    assert [(item["item_id"], item["price"]) for item in items] == [("102", 990.2), ("203", 990.2)]


def test_a_cheaper_item_is_refunded(tools: Tools) -> None:
    swap = SWAP | {"item_ids": ["201"], "new_item_ids": ["203"]}

    settled = done(tools, "modify_pending_order_items", **swap)["payment_history"][-1]

    assert settled["transaction_type"] == "refund"
    assert settled["amount"] == pytest.approx(9.8)
    assert balance(tools, "ana_berg_1", "gift_card_1") == 59.8


def test_an_exchange_is_noted_and_moves_no_money(tools: Tools) -> None:
    order = done(
        tools,
        "exchange_delivered_order_items",
        order_id="#W3",
        item_ids=["201", "201"],
        new_item_ids=["203", "202"],
        payment_method_id="gift_card_2",
    )

    assert order["status"] == "exchange requested"
    assert order["exchange_new_items"] == ["202", "203"]
    assert order["exchange_price_difference"] == 0.3
    assert [item["item_id"] for item in order["items"]] == ["201", "201"]
    assert balance(tools, "bo_lind_2", "gift_card_2") == 5.0


def paid_by_gift_card(tools: Tools) -> None:
    """Let #W1 have cost 30 USD, taken from the customer's gift card."""
    paid = {"transaction_type": "payment", "amount": 30.0, "payment_method_id": "gift_card_1"}
    order = done(tools, "get_order_details", order_id="#W1") | {"payment_history": [paid]}
    tools.database.restore({"users": {}, "orders": {"#W1": order}})


def test_cancelling_refunds_a_gift_card_at_once(tools: Tools) -> None:
    paid_by_gift_card(tools)

    done(tools, "cancel_pending_order", order_id="#W1", reason="no longer needed")

    assert balance(tools, "ana_berg_1", "gift_card_1") == 80.0


def test_a_gift_card_is_refunded_when_another_method_takes_over(tools: Tools) -> None:
    paid_by_gift_card(tools)

    changed = done(
        tools, "modify_pending_order_payment", order_id="#W1", payment_method_id="credit_card_1"
    )

    entries = [(p["transaction_type"], p["payment_method_id"]) for p in changed["payment_history"]]
    assert entries[1:] == [("payment", "credit_card_1"), ("refund", "gift_card_1")]
    assert balance(tools, "ana_berg_1", "gift_card_1") == 80.0


def test_an_address_changes_where_it_is_asked_to(tools: Tools) -> None:
    done(tools, "modify_user_address", user_id="ana_berg_1", **ADDRESS)

    user = done(tools, "get_user_details", user_id="ana_berg_1")
    order = done(tools, "get_order_details", order_id="#W1")
    assert user["address"] == ADDRESS
    assert order["address"]["address1"] == "1 Mill Road"


def test_returned_items_are_noted_in_order(tools: Tools) -> None:
    order = done(
        tools,
        "return_delivered_order_items",
        order_id="#W2",
        item_ids=["301", "101"],
        payment_method_id="gift_card_1",
    )

    assert (order["status"], order["return_items"]) == ("return requested", ["101", "301"])
