"""One of several processes that vote, twice each, for agents that others vote for as well.

Run as `python lossy_voter.py URL RUN NUMBER`; prints the ballots that were acknowledged.
"""

import json
import sys

from blackboard import BallotRefused, Board, Vote

AGENTS = 64
PROCESSES = 8
SHARE = 24


def main(url: str, run: str, number: int) -> None:
    """Vote for agents from `8 * number` on, each of which two other processes vote for too."""
    cast: dict[int, str] = {}
    refused = 0
    with Board.open(url, run=run) as board:
        board.wait_until(lambda view: bool(view.proposals), timeout_s=30)
        for step in range(2 * SHARE):
            agent = (number * AGENTS // PROCESSES + step % SHARE) % AGENTS
            choice = "approve" if (agent + number) % 3 else "reject"
            try:
                board.vote(agent, Vote(choice, reason=float(number)))
                assert agent not in cast
                cast[agent] = choice
            except BallotRefused:
                refused += 1
    print(json.dumps({"cast": cast, "refused": refused}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
