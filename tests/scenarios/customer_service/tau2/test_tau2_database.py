import json
import shutil
from pathlib import Path

from scenarios.customer_service.tau2 import Call, Retail, Tools, digest

SHOP = Path(__file__).parent / "shop"
CANCEL = Call("cancel_pending_order", {"order_id": "#W1", "reason": "no longer needed"})


def moved(street: str) -> Call:
    order = Retail.read(SHOP).database.order("#W1")
    assert order is not None
    home = {name: getattr(order.address, name) for name in order.address.__struct_fields__}
    return Call("modify_user_address", {"user_id": "ana_berg_1", **home, "address1": street})


def test_a_fork_keeps_its_changes_to_itself() -> None:
    database = Retail.read(SHOP).database
    first, second = database.fork(), database.fork()

    Tools(first).call(CANCEL)

    assert digest(first) != digest(second) == digest(database)
    assert digest(first.fork()) == digest(first)
    assert digest(first.original()) == digest(database)


def test_a_fork_shares_the_records_it_did_not_change() -> None:
    database = Retail.read(SHOP).database
    fork = database.fork()

    Tools(fork).call(CANCEL)

    assert fork.order("#W2") is database.order("#W2")
    assert [type(record).__name__ for record in fork.changed] == ["User", "Order"]


def test_a_change_that_was_undone_leaves_the_same_digest() -> None:
    database = Retail.read(SHOP).database
    tools = Tools(database.fork())

    away = tools.call(moved("9 New Street"))
    between = digest(tools.database)
    back = tools.call(moved("1 Mill Road"))

    assert away.is_done
    assert back.is_done
    assert between != digest(tools.database) == digest(database)


def test_the_digest_is_that_of_the_content(tmp_path: Path) -> None:
    shop = json.loads((SHOP / "db.json").read_text("utf-8"))
    shutil.copytree(SHOP, tmp_path, dirs_exist_ok=True)
    turned = {table: dict(reversed(rows.items())) for table, rows in reversed(shop.items())}
    turned["users"]["bo_lind_2"]["payment_methods"]["gift_card_2"]["balance"] = 5.0
    turned["orders"]["#W1"]["cancel_reason"] = None
    (tmp_path / "db.json").write_text(json.dumps(turned), "utf-8")

    same = Retail.read(tmp_path).database

    assert digest(same) == digest(Retail.read(SHOP).database)


def test_changes_are_kept_as_plain_values() -> None:
    database = Retail.read(SHOP).database
    tools = Tools(database.fork())
    tools.call(CANCEL)

    state = json.loads(json.dumps(tools.database.state()))
    restored = database.fork()
    restored.restore(state)

    assert state.keys() == {"users", "orders"}
    assert digest(restored) == digest(tools.database)
