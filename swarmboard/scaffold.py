"""`swarmboard new`: a small scenario that runs, and the test that says whether it is sound."""

import keyword
import re
from importlib.util import find_spec
from pathlib import Path

from blackboard import BadInput

from .catalog import scenario_names


def scaffold(name: str, folder: Path) -> list[Path]:
    """Write a scenario file and its test, and return their paths.

    Args:
        name: The scenario's name, as in `my-market`.
        folder: Where the files go.

    Raises:
        BadInput: the name is no good, or a file exists; nothing was written.
    """
    module = _module_name(name)
    files = {folder / f"{module}.py": _SCENARIO, folder / f"test_{module}.py": _TEST}
    for path in files:
        if path.exists():
            raise BadInput(f"{path} exists and stays as it is: choose another name than {name!r}")
    words = {"NAME": module.replace("_", "-"), "MODULE": module, "CLASS": _class_name(module)}
    for path, text in files.items():
        filled = re.sub("NAME|MODULE|CLASS", lambda found: words[found[0]], text)
        try:
            path.write_text(filled, "utf-8")
        except OSError as error:
            raise BadInput(f"{path} cannot be written ({error.strerror})") from error
    return list(files)


def _module_name(name: str) -> str:
    module = name.replace("-", "_")
    is_name = re.fullmatch("[a-z][a-z0-9_]*", module) and not keyword.iskeyword(module)
    if not is_name or module.startswith("test_"):
        raise BadInput(
            f"{name!r} is no name for a scenario: begin with a small letter and go on with small "
            "letters, digits and dashes, as in my-market"
        )
    if module.replace("_", "-") in scenario_names():
        raise BadInput(f"{name!r} is a scenario that exists: choose another name, as in my-{name}")
    if not _is_own_file(module) and find_spec(module):
        raise BadInput(
            f"{name!r} is also the name of a Python package, which the file would hide: choose "
            f"another name, as in my-{name}"
        )
    return module


def _is_own_file(module: str) -> bool:
    """Say whether the module of that name is a file in the current folder."""
    return Path(f"{module}.py").exists()


def _class_name(module: str) -> str:
    return "".join(word.capitalize() for word in module.split("_"))


_SCENARIO = '''"""A scenario of your own: buyers vote on a price until enough of them accept it.

Run it:   swarmboard run ./MODULE.py --agents 50 --threshold 70
Test it:  pytest test_MODULE.py
"""

from pydantic import Field

from swarmboard import Population, Proposal, RuleAgent, Scenario, ScenarioOptions, Stage, Vote
from swarmboard import Yardstick


class Options(ScenarioOptions):
    """What `--set key=value` changes; each with its unit and its range."""

    start: float = Field(100.0, gt=0, description="first price asked ($)")
    step: float = Field(5.0, gt=0, description="how much the price falls a round ($)")


class Buyer(RuleAgent):
    """One agent. It has a method for each stage in which it acts, named as the stage."""

    worth = 0.0

    def vote(self, view):
        """Accept the price when the thing is worth it to me. `view` is what I see of the board."""
        price = view.proposal.payload["price"]
        return Vote("approve" if price <= self.worth else "reject", reason=self.worth - price)


class CLASS(Scenario):
    """The world: who takes part, what happens in a round, and when it is over."""

    name = "NAME"
    summary = "buyers vote on a falling price"
    Options = Options
    default_agents = 100
    default_threshold = 80

    def populate(self, model):
        """Create the agents. Draw from `self.random` alone, so that a seed repeats the run."""
        worth = self.random.everyone("worth").uniform(0.0, 100.0, self.agents)
        self.buyers = [Buyer(model) for _ in range(self.agents)]
        for buyer, amount in zip(self.buyers, worth.tolist(), strict=True):
            buyer.worth = amount
        self.sold_at = None
        return [Population("buyer", self.buyers)]

    def stages(self, board):
        """Play one round: put a price to the vote, and read what came of it."""
        price = max(0.0, self.options.start - self.options.step * (board.round - 1))
        proposal = Proposal(payload={"price": price})
        closed = yield Stage("vote", ("buyer",), (proposal,), votes=True)
        if closed.decisions[0].outcome == "accepted":
            self.sold_at = price

    def is_done(self):
        """Stop when a price was accepted; asked after each round."""
        return self.sold_at is not None

    def metrics(self):
        """Return the run's own figures; None where there is no number."""
        return {"price": self.sold_at}

    def yardstick(self):
        """Return what the result is held against: the best price that enough would accept."""
        worth = sorted((buyer.worth for buyer in self.buyers), reverse=True)
        percent = self.setup.threshold_percent
        if percent is None:
            return None
        best = worth[-(-percent * self.agents // 100) - 1]
        gap = None if self.sold_at is None else 100 * (best - self.sold_at) / best
        return Yardstick("best price", best, self.sold_at, gap)

    def tables(self):
        """Return what people came for, as columns of equal length."""
        return {"buyers": {"buyer": range(self.agents), "worth": [b.worth for b in self.buyers]}}
'''

_TEST = '''"""MODULE.py keeps the contracts of Swarmboard."""

from pathlib import Path

import pytest

from swarmboard.testing import scenario_checks

SCENARIO = Path(__file__).with_name("MODULE.py")


@pytest.mark.parametrize("check", scenario_checks(SCENARIO), ids=str)
def test_it_keeps_the_contract(check):
    check()
'''
