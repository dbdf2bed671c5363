"""Taking a board up again: what its server is told by a runner that goes on from the log."""

from collections.abc import Iterable

from .arrivals import Arrivals
from .channel import CALLS, Channel
from .records import OPERATIONAL, Decided, Note, Opened, unframe
from .replica import Replica
from .store import Event
from .tail import RESUMED


def take_up(
    channel: Channel,
    arrivals: Arrivals,
    replica: Replica,
    *,
    at: tuple[int, int],
    recorded: int,
) -> Note:
    """Prepare the turn with which a runner goes on from its log, and return the note that says so.

    Args:
        channel: The way to the board; what it has to be told is pending there.
        arrivals: Takes what outsiders wrote and the log does not hold.
        replica: The board as of the log's end.
        at: The round and stage.
        recorded: The last write of the board that the log has seen.
    """
    channel.enter(at, agents=replica.agents)
    events = list(channel.read())
    undone = arrivals.recover(events, after=recorded)
    channel.checkpoint = min(recorded, channel.revision)  # the rest is not recorded yet
    channel.store.revive()
    channel.show_held([], (0, 0))
    channel.show_now(CALLS, {}, (0, 0))
    detail = {"epoch": channel.epoch, "round": at[0], "stage": at[1]}
    note = Note(OPERATIONAL, *at, RESUMED, detail)
    void = [name for name in opened_in(events) if name not in replica.open]
    channel.pending.restate(note, replica, undone=undone, void=void)
    channel.pending.unite(replica, arrivals.waiting_ballots())
    return note


def opened_in(events: Iterable[Event]) -> list[str]:
    """Return the proposals that a board's writes opened and have not closed.

    Where a runner went on from the log, it had the server close all that the log did not hold.
    """
    names: dict[str, None] = {}
    for event in events:
        for record in unframe(event.body) if event.is_turn else ():
            match record:
                case Opened(proposal=name):
                    names[name] = None
                case Decided(proposal=name):
                    names.pop(name, None)
                case Note() if record.name == RESUMED:
                    names.clear()
    return list(names)
