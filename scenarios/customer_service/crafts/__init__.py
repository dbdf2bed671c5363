"""What staff makes of tickets: by rules, by a script, or with language models."""

from ...base import Setup
from ..terms import Terms
from .craft import Craft, Work
from .models import ModelCraft
from .rules import RuleCraft
from .scripted import GoldCraft, NothingCraft
from .wording import REVIEWER

__all__ = ["REVIEWER", "Craft", "Work", "craft_of"]

_CRAFTS: dict[str, type[Craft]] = {
    "rules": RuleCraft,
    "models": ModelCraft,
    "gold": GoldCraft,
    "nothing": NothingCraft,
}


def craft_of(terms: Terms, setup: Setup) -> Craft:
    """Return the craft that a run's options name."""
    return _CRAFTS[setup.options.staff](terms, setup)
