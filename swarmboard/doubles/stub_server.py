"""A stub server: an OpenAI-compatible endpoint on this machine, for tests and for trying out.

    python -m swarmboard.doubles.stub_server --port 8123

and then `--set model=openai/planted --set api_base=http://127.0.0.1:8123/v1`.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from agents import Model, PlantedModel
from blackboard import BadInput

from .endpoint import Endpoint, Latency, Terms
from .faults import FAULTS, Misfortune, check_faults
from .hosting import serving
from .stub import LocalStub, RemoteStub, Stub

FAULTS_OF_A_BUSY_PROVIDER = ("429", "500")
_LAST_PORT = 65535


@contextmanager
def stub_server(
    *,
    model: Model | str | None = None,
    latency_s: Latency = 0.0,
    fault_rate: float = 0.0,
    faults: Sequence[str] = FAULTS_OF_A_BUSY_PROVIDER,
    seed: int = 0,
    outage: tuple[int, int] | None = None,
    slow_s: float = 1.0,
    retry_after_s: float = 1.0,
    keep_prompts: int = 4096,
    port: int = 0,
    in_process: bool = True,
) -> Iterator[Stub]:
    """Run an OpenAI-compatible server on a loopback port of its own.

    Models named `fault-NAME` always fail in that way, those named `planted/...` are planted as
    they say, and all others are answered by `model`. Tokens are a quarter of the characters,
    rounded up; a prefix cache like the providers' is simulated for each model name.

    Args:
        model: Who answers: a model, the name of a planted one, or None for `planted`.
        latency_s: How long an answer takes; a function of the request, or always the same.
        fault_rate: The share of calls that fail, drawn by `seed` from what is asked.
        faults: How those fail.
        seed: Where the draws come from.
        outage: `(after, calls)`: so many calls are answered, then so many fail.
        slow_s: How much longer `fault-slow` takes.
        retry_after_s: What `fault-429-after` asks for.
        keep_prompts: How many prompts are kept, the latest ones.
        port: Where to listen; 0 is any free port.
        in_process: False runs the server in a process of its own, whose CPU does not count here.

    Yields:
        The running stub, with its `url` and its counters.

    Raises:
        BadInput: an unknown fault, a wrong rate, or a wrong property of a planted model.
        ValueError: a model or a latency that cannot be taken to another process.
    """
    check_faults(faults, rate=fault_rate)
    if not 0 <= port <= _LAST_PORT:
        raise BadInput(f"port={port}: give 1 to {_LAST_PORT}, or 0 for any free one")
    if not in_process:
        words = _words(model, latency_s, port=port, seed=seed, slow_s=slow_s)
        words += ["--fault-rate", f"{fault_rate}", "--faults", ",".join(faults)]
        words += ["--retry-after-s", f"{retry_after_s}", "--keep-prompts", f"{keep_prompts}"]
        words += ["--outage", f"{outage[0]},{outage[1]}"] if outage else []
        with RemoteStub.started(words) as remote:
            yield remote
        return
    endpoint = Endpoint(
        Terms(
            model=_model(model),
            latency_s=latency_s,
            misfortune=Misfortune(fault_rate, faults, seed=seed),
            outage=outage,
            slow_s=slow_s,
            retry_after_s=retry_after_s,
            keep_prompts=keep_prompts,
        )
    )
    with serving(endpoint, port=port) as url:
        yield LocalStub(url, endpoint)
    if endpoint.errors:
        raise endpoint.errors[0]


def _model(model: Model | str | None) -> Model:
    if model is None or isinstance(model, str):
        return PlantedModel.named(model or "planted")
    return model


def _words(
    model: Model | str | None, latency_s: Latency, *, port: int, seed: int, slow_s: float
) -> list[str]:
    """Return the command line that starts such a server."""
    if model is not None and not isinstance(model, str):
        raise ValueError(f"model={model!r}: another process takes the name of a planted model")
    if callable(latency_s):
        raise ValueError("latency_s is a function: another process takes a number of seconds")
    _model(model)
    words = ["--port", port, "--latency-s", latency_s, "--seed", seed, "--slow-s", slow_s]
    return [*map(str, words), *(["--model", model] if model else [])]


def main(words: Sequence[str] | None = None) -> None:
    """Run a stub server until it is interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m swarmboard.doubles.stub_server",
        description="An OpenAI-compatible server that needs no model, on this machine only.",
    )
    parser.add_argument("--port", type=int, default=0, help="where to listen; 0 is any free port")
    parser.add_argument("--model", default="planted", help="planted/accuracy=0.7,seed=3")
    parser.add_argument("--latency-s", type=float, default=0.0)
    parser.add_argument("--fault-rate", type=float, default=0.0, help="share of calls that fail")
    parser.add_argument(
        "--faults",
        default=",".join(FAULTS_OF_A_BUSY_PROVIDER),
        help=f"how they fail: {', '.join(FAULTS)}",
    )
    parser.add_argument("--outage", help="AFTER,CALLS: answer so many calls, then fail so many")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--slow-s", type=float, default=1.0)
    parser.add_argument("--retry-after-s", type=float, default=1.0)
    parser.add_argument("--keep-prompts", type=int, default=4096)
    parser.add_argument("--until-input-ends", action="store_true", help="for programs")
    given = vars(parser.parse_args(words))
    until_input_ends = given.pop("until_input_ends")
    given["faults"] = tuple(filter(None, given["faults"].split(",")))
    try:
        given["outage"] = _outage(given["outage"])
        with stub_server(**given) as stub:
            print(stub.url, flush=True)
            with suppress(KeyboardInterrupt):
                _wait(until_input_ends=until_input_ends)
    except (BadInput, OSError) as error:
        parser.exit(2, f"{error}\n")


def _outage(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    after, _, calls = text.partition(",")
    if not (after.isdigit() and calls.isdigit()):
        raise BadInput(f"outage={text!r}: write AFTER,CALLS, such as 100,50")
    return int(after), int(calls)


def _wait(*, until_input_ends: bool) -> None:
    if until_input_ends:
        sys.stdin.read()
    else:
        asyncio.run(asyncio.Event().wait())


if __name__ == "__main__":
    main()
