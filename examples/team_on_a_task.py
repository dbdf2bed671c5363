"""Have a team decide on one task, and act on the decision once: python team_on_a_task.py [MODEL].

Without a model a simulated one answers, and nothing leaves this machine. With one, say
`ollama/llama3.1`, the planners are models, while the critics stay the function below.
"""

import asyncio
import sys

from swarmboard import Swarm, SwarmDecision

TASK = "Choose where the town builds its library. Weigh access, cost and noise."
PLACES = ("market square", "old mill", "school hill")


async def critic(situation):
    """Answer as a member: with a text, a dict of a decision's fields, or None to abstain."""
    if situation.votes:
        return {"reasoning": "the mill is quiet", "vote": "old mill", "confidence": 0.7}
    return "The square is loud; whoever prefers it should say why that is no harm."


async def order_plans(decision: SwarmDecision, key: str) -> str:
    """Act on an accepted decision; started at most once, whatever is killed meanwhile."""
    return f"plans ordered for the {decision.text}, order number {key}"


async def main() -> None:
    model = sys.argv[1] if len(sys.argv) > 1 else "planted"
    swarm = Swarm(model=model, max_agents=16, board="memory://", seed=1)
    swarm.register("planner", count=6, skills=("costs", "noise"))
    swarm.register("critic", critic, count=2)

    decision = await swarm.decide(
        TASK, choices=PLACES, consensus_threshold=0.6, on_accept=order_plans
    )

    print(f"{decision.outcome}: {decision.text}, by {decision.percent} % of {decision.eligible}")
    for vote in decision.dissent:
        print(f"  {vote.role} {vote.agent} wanted {vote.vote}: {vote.reason}")
    print(f"effect {decision.effect}: {decision.effect_result}")
    print(f"run {decision.result.path}")


if __name__ == "__main__":
    asyncio.run(main())
