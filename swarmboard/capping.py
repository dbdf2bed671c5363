"""Caps in USD only hold back what has a price: they are refused where nobody knows it."""

from collections.abc import Iterable, Iterator, Mapping

from agents import (
    EMBEDDING,
    Cap,
    Model,
    TeamConfig,
    TierConfig,
    first_tier,
    stronger,
    tier_prices,
)
from blackboard import BadInput


def check_priced(team: TeamConfig, given: Mapping[str, Model] | None = None) -> None:
    """Refuse a cap in USD on a tier whose price nobody names: it would be no cap.

    Args:
        team: The tiers and the caps.
        given: Models by tier that stand in for those that the tiers name; their price is the
            tier's own.

    Raises:
        BadInput: names the cap, the tier and what to set.
    """
    if team.recording == "replay":
        return
    for cap, names in _usd_caps(team):
        for name in names:
            tier = _tier(team, name)
            if not _is_priced(tier, is_given=name in (given or {})):
                raise BadInput(
                    f"{cap}.usd is no cap on the tier {name}, as no price is known for "
                    f"{tier.model}: set usd_per_million_input and usd_per_million_output of the "
                    "tier, 0 if it costs nothing, or cap tokens instead"
                )


def _usd_caps(team: TeamConfig) -> Iterator[tuple[str, Iterable[str]]]:
    """Yield the caps that are in USD, and the tiers whose calls fall under each."""
    budget = team.budget
    everything = [*team.tiers, *([EMBEDDING] if team.embedding else [])]
    caps: list[tuple[str, Cap, Iterable[str]]] = [("budget", budget, everything)]
    caps += [(f"budget.tiers.{name}", cap, [name]) for name, cap in budget.tiers.items()]
    caps += [
        (f"budget.roles.{role}", cap, _tiers_of(role, team)) for role, cap in budget.roles.items()
    ]
    caps.append(("budget.agent", budget.agent, everything))
    caps += [(f"budget.classes.{name}", cap, everything) for name, cap in budget.classes.items()]
    for where, cap, names in caps:
        if cap.usd is not None:
            yield where, names


def _tiers_of(role: str, team: TeamConfig) -> list[str]:
    """Return the tiers that may answer a role, from its easiest question to its hardest."""
    first = [first_tier(role, complexity, team) for complexity in (0.0, 1.0)]
    again = [stronger(tier, team) for tier in first]
    return list(dict.fromkeys(tier for tier in [*first, *again] if tier))


def _tier(team: TeamConfig, name: str) -> TierConfig:
    if name == EMBEDDING and team.embedding:
        return team.embedding
    return team.tiers[name]


def _is_priced(tier: TierConfig, *, is_given: bool) -> bool:
    if is_given:
        return None not in (tier.usd_per_million_input, tier.usd_per_million_output)
    return tier_prices(tier).is_known
