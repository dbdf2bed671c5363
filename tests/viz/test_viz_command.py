"""`swarmboard dashboard` and `run --watch`, as processes of their own."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from blackboard import BadInput
from swarmboard.watching import check_watchable, find_browser, watching
from viz import listen
from viz.serve.gate import is_own_name

type Start = Callable[..., "subprocess.Popen[str]"]
ENVIRONMENT = {**os.environ, "PYTHONUNBUFFERED": "1", "NO_BROWSER": "1"}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `swarmboard ...` in an empty folder; what still runs in the end is killed."""
    begun: list[subprocess.Popen[str]] = []

    def start(*words: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "swarmboard", *words],
            cwd=tmp_path,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Background jobs of a shell ignore Ctrl-C, which children take over.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
        )
        begun.append(process)
        return process

    yield start
    for process in begun:
        process.kill()
        process.communicate()


def address_in(line: str) -> str:
    return line.split()[-1]


def status(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_the_dashboard_says_its_address_once_it_answers_and_ends_with_ctrl_c(start: Start) -> None:
    process = start("dashboard", "--port", "0")
    assert process.stdout

    url = address_in(process.stdout.readline())
    answered = [status(url), status(url + "run/x/board"), status(url, Host="evil.example")]
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)

    assert url.startswith("http://127.0.0.1:")
    assert answered == [200, 200, 403]
    assert (process.returncode, errors) == (0, "")


def test_all_that_a_page_loads_is_here(start: Start) -> None:
    process = start("dashboard", "--port", "0")
    assert process.stdout
    url = address_in(process.stdout.readline())

    with urllib.request.urlopen(url) as answer:
        page = answer.read().decode()
    missing = status(url + "_solara/cdn/not-there@1.0.0/x.js")

    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", page)
    assert missing == 404


def test_with_a_token_the_printed_address_opens_and_no_other(start: Start) -> None:
    process = start("dashboard", "--port", "0", "--token", "open sesame")
    assert process.stdout
    url = address_in(process.stdout.readline())
    bare = url.partition("?")[0]

    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(url) as answer:
        landed = answer.url

    assert url.endswith("?token=open%20sesame")
    assert landed == bare
    assert [status(bare), status(bare + "?token=no")] == [401, 401]


def test_others_are_let_in_with_a_token_only() -> None:
    address = listen("0.0.0.0", 0, None)
    address.listener.close()

    assert address.token
    assert len(address.token) >= 32
    assert address.url().startswith(f"http://127.0.0.1:{address.port}/?token=")
    assert address.url_elsewhere()


def test_this_machine_alone_needs_none() -> None:
    address = listen("localhost", 0, None)
    address.listener.close()

    assert address.token is None
    assert address.url_elsewhere() is None


@pytest.mark.parametrize(("given", "name"), [("127.1", "127.0.0.1"), ("0", "0.0.0.0")])
def test_an_address_in_few_numbers_is_the_one_that_browsers_send(given: str, name: str) -> None:
    address = listen(given, 0, None)
    address.listener.close()

    assert address.host == name
    assert address.url().startswith(f"http://127.0.0.1:{address.port}/")
    assert is_own_name("127.0.0.1", address.host)


def test_a_busy_port_is_one_clear_line(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = start("dashboard", "--port", port)
        _, errors = process.communicate(timeout=60)

    assert process.returncode == 2
    assert errors.count("\n") == 1
    assert f"port {port} of 127.0.0.1 is in use" in errors


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--port 70000", "--port 70000"),
        ("--port x", "--port 'x': a number"),
        ("--host no.such.host.invalid", "'no.such.host.invalid'"),
        ("--host 203.0.113.9", "203.0.113.9 is not this machine"),
        ("--board memory://", "--board memory://"),
        ("--board nonsense", "'nonsense' is no board"),
        ("--board redis://localhost:abc", "--board 'redis://localhost:abc'"),
        ("--board redis://u:pw@host:99999", "--board 'redis://host:99999'"),
        ("--board redis://[::1", "--board 'redis://[::1'"),
        ("--runs file.txt", "file.txt is a file"),
        ("--frobnicate", "swarmboard dashboard --help"),
    ],
)
def test_wrong_values_are_one_line_and_code_two(
    start: Start, tmp_path: Path, words: str, said: str
) -> None:
    (tmp_path / "file.txt").touch()

    process = start("dashboard", *words.split())
    out, errors = process.communicate(timeout=60)

    assert process.returncode == 2
    assert (out, errors.count("\n")) == ("", 1)
    assert said in errors


def test_the_help_of_all_commands_loads_no_pages() -> None:
    program = (
        "import sys; sys.argv = ['swarmboard', '--help']\n"
        "from swarmboard.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'viz', 'solara', 'uvicorn'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert "dashboard" in done.stdout
    assert done.stdout.rstrip().endswith("[]")


def test_a_watched_run_says_where_and_its_page_stays_until_ctrl_c(start: Start) -> None:
    process = start("run", "jury", "--agents", "5", "--set", "trials=10", "--watch")
    assert process.stderr

    lines = sorted([process.stderr.readline(), process.stderr.readline()])
    url = address_in(next(line for line in lines if "watch it at" in line))
    while_it_stays = status(url)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)

    assert any("its page stays until Ctrl-C" in line for line in lines)
    assert while_it_stays == 200
    assert process.returncode == 0
    assert out.startswith("run         jury")
    with pytest.raises(urllib.error.URLError):
        status(url)


@pytest.mark.parametrize("board", ["memory://", "memory://x"])
def test_what_nobody_else_can_see_cannot_be_watched(
    start: Start, tmp_path: Path, board: str
) -> None:
    process = start("run", "jury", "--board", board, "--watch")
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 2
    assert errors.startswith(f"swarmboard: --watch with --board {board}:")
    assert not (tmp_path / "runs").exists()


def test_a_board_that_is_none_is_said_before_a_dashboard_begins() -> None:
    with pytest.raises(BadInput, match="is no board"):
        check_watchable("http://127.0.0.1")


def test_a_dashboard_that_ends_with_a_failed_run_is_not_said_to_have_failed(
    tmp_path: Path,
) -> None:
    told: list[str] = []

    with pytest.raises(BadInput), watching(tmp_path / "run", told.append):
        raise BadInput("no server to use")

    assert told == []


@pytest.mark.parametrize(
    "environment",
    [
        {"DISPLAY": ":0", "NO_BROWSER": "1"},
        {"DISPLAY": ":0", "BROWSER": "none"},
        pytest.param({}, marks=pytest.mark.skipif(sys.platform != "linux", reason="has a screen")),
    ],
)
def test_no_browser_opens_where_none_is_wanted_or_can_be_seen(environment: dict[str, str]) -> None:
    assert find_browser(environment) is None
