"""A proxy passes on what it should, and loses what it was told to lose."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from blackboard import BadInput, Board, Proposal, Vote
from swarmboard.proxy import Proxy


class Echo:
    """Answers each message with itself, on a Unix socket; knows what it was asked."""

    def __init__(self, path: Path) -> None:
        self.url = f"unix://{path}"
        self.asked: list[bytes] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        threads = []
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                break
            threads.append(threading.Thread(target=self._answer, args=(client,)))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def _answer(self, client: socket.socket) -> None:
        with client:
            while message := client.recv(100):
                self.asked.append(message)
                client.sendall(message)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Echo]:
    echo = Echo(tmp_path / "echo")
    yield echo
    echo.close()


def ask(client: socket.socket, message: bytes) -> bytes:
    client.sendall(message)
    return client.recv(100)


def dial(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), 5)


def test_a_proxy_without_troubles_passes_everything_on(echo: Echo) -> None:
    with Proxy(echo.url) as proxy, dial(proxy) as client:
        answers = [ask(client, b"one"), ask(client, b"two")]

    assert answers == [b"one", b"two"]
    assert (proxy.dropped, proxy.reconnected) == (0, 0)


def test_a_dropped_reply_takes_its_connection_with_it_after_the_request_was_carried_out(
    echo: Echo,
) -> None:
    with Proxy(echo.url, drop=1.0) as proxy, dial(proxy) as client:
        answer = ask(client, b"write")

    assert answer == b""
    assert echo.asked == [b"write"]
    assert proxy.dropped == 1


def test_replies_to_other_requests_than_those_named_are_kept(echo: Echo) -> None:
    with Proxy(echo.url, drop=1.0, only=b"write") as proxy, dial(proxy) as client:
        answers = [ask(client, b"read"), ask(client, b"write")]

    assert answers == [b"read", b""]


def test_latency_is_waited_for_by_each_reply(echo: Echo) -> None:
    waits: list[float] = []
    with Proxy(echo.url, delay_s=0.2, sleep=waits.append) as proxy, dial(proxy) as client:
        ask(client, b"one")
        proxy.delay_s = 0.0
        ask(client, b"two")

    assert waits == [0.2]


def test_cutting_ends_the_connections_that_are_open_and_no_later_one(echo: Echo) -> None:
    with Proxy(echo.url) as proxy:
        with dial(proxy) as client:
            ask(client, b"one")
            proxy.cut()
            after = client.recv(100)
        with dial(proxy) as client:
            again = ask(client, b"two")

    assert (after, again) == (b"", b"two")


def test_a_server_that_is_gone_hangs_up(tmp_path: Path) -> None:
    with Proxy(f"unix://{tmp_path}/nobody") as proxy, dial(proxy) as client:
        assert client.recv(100) == b""


def test_after_its_end_nothing_listens_and_no_thread_is_left(echo: Echo) -> None:
    before = threading.active_count()
    proxy = Proxy(echo.url)
    client = dial(proxy)
    ask(client, b"one")

    proxy.close()
    proxy.close()

    assert client.recv(100) == b""
    client.close()
    with pytest.raises(ConnectionRefusedError):
        dial(proxy)
    assert threading.active_count() <= before + 1  # the echo's own answer may still be ending


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("redis://127.0.0.1:7000", "redis://127.0.0.1:PORT"),
        ("redis://me:secret@db.example:7000/3", "redis://me:secret@127.0.0.1:PORT/3"),
        ("unix:///run/board.sock?db=2", "redis://127.0.0.1:PORT/2"),
    ],
)
def test_its_url_keeps_login_and_database(target: str, url: str) -> None:
    with Proxy(target) as proxy:
        host, _, rest = proxy.url.rpartition(":")
        port, slash, database = rest.partition("/")

    assert f"{host}:PORT{slash}{database}" == url
    assert int(port) > 0


def test_tls_is_refused_in_one_line() -> None:
    with pytest.raises(BadInput, match=r"^no proxy can stand before rediss://: it takes redis"):
        Proxy("rediss://db.example:6380")


def test_a_run_through_a_lossy_slow_proxy_decides_everything_once(
    server_url: Callable[[str], str],
) -> None:
    with (
        Proxy(server_url("valkey"), seed=3) as proxy,
        Board.open(proxy.url, run="through-a-proxy") as board,
    ):
        proxy.drop, proxy.delay_s = 0.1, 0.001
        leader = board.lead()
        leader.welcome("node", 3)
        for _ in range(30):
            leader.begin_round()
            draft = leader.begin([Proposal()])
            for agent in range(3):
                draft.act(agent, Vote("approve"))
            leader.commit(draft)
            leader.close(counts=True)
            leader.end_round()
        leader.finish("done")
        board.refresh()

        assert len(board.replica.decisions) == 30

    assert proxy.dropped > 3
    assert proxy.reconnected == proxy.dropped
