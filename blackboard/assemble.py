"""From actions to records: what a worker's agents return in one stage, ready to be committed."""

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from .canonical import request_order
from .errors import InvalidAction
from .presence import check_present, is_in, members_of, staying
from .records import (
    OPERATIONAL,
    OUTCOME,
    Abstained,
    Entries,
    Entry,
    EventClass,
    Note,
    Posts,
    Record,
    Requested,
    checked,
    entry_id,
    plain,
    u4,
)
from .replica import Replica
from .terms import check_terms, plain_terms
from .voting import Voting
from .writes import (
    CAUSES,
    LAYERS,
    RELATIONS,
    Abstain,
    Action,
    Block,
    Claim,
    Leave,
    Post,
    PostBlock,
    Proposal,
    Release,
    SetField,
    Vote,
    VoteBlock,
)

SECOND_BALLOTS = "second-ballots"
"""The note that names ballots which were refused, because their agents had voted."""

UNENDING_S = 2**53
"""A lease that ends when the item is released."""

type Agents = NDArray[np.uint32]
type Columns = Mapping[str, NDArray[np.float64]]


class Draft:
    """Collects one stage's actions of one writer; nothing is on the board yet.

    Actions are checked as they come in: a wrong one raises `InvalidAction` and leaves the draft
    as it was. Nobody acts who has not joined, or has left: one action of such an agent is wrong,
    while a leaver's rows in a block are passed over, as a cohort need not know who has left.
    """

    def __init__(
        self,
        replica: Replica,
        kinds: Mapping[str, tuple[str, ...]],
        *,
        round: int,
        stage: int,
        event_class: EventClass = OUTCOME,
        joined: int | None = None,
    ) -> None:
        self._replica, self._kinds = replica, kinds
        self._joined = replica.agents if joined is None else joined
        self._at = (event_class, round, stage)
        self._round, self._stage = round, stage
        self._posts: dict[tuple[str, str], list[tuple[Agents, Columns]]] = {}
        self._entries: list[Entry] = []
        self._requests: list[Requested] = []
        self._voting = Voting(replica)
        self._abstained: dict[str, list[Agents]] = {}
        self._seqs: dict[int, int] = {}
        self._first_seq: dict[int, int] = {}
        self._proposed: list[tuple[int, int, Proposal]] = []
        self._second: list[tuple[str, int]] = []
        """Ballots that were taken out again, because their agents had voted."""

    def add(self, agents: Agents, block: Block) -> None:
        """Take the actions of many agents as columns."""
        if not isinstance(block, PostBlock | VoteBlock | Abstain):
            raise InvalidAction(
                f"a cohort returned a {type(block).__name__}; cohorts return PostBlock, "
                "VoteBlock or Abstain"
            )
        chosen = agents if block.agents is None else block.agents
        members = members_of(chosen, joined=self._joined)
        match block:
            case PostBlock():
                self._add_posts(members, block)
            case VoteBlock():
                self._voting.add(members, block)
            case Abstain(cause=cause):
                self.abstain(members, cause)

    def act(self, agent: int, action: Action) -> None:
        """Take one action of one agent."""
        try:
            agent = operator.index(agent)
            check_present(agent, self._replica, joined=self._joined)
            self._take(agent, action)
        except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as error:
            raise InvalidAction(
                f"agent {agent} returned {action!r:.100}, which cannot be taken: {error}"
            ) from error

    def _take(self, agent: int, action: Action) -> None:
        match action:
            case Post(kind=kind) if kind in self._kinds:
                self._add_posts(*self._row(agent, action))
            case Post():
                self._add_entry(agent, action)
            case Vote():
                self._voting.add_one(agent, action)
            case Proposal():
                self._propose(agent, action)
            case Abstain(cause=cause):
                self.abstain(np.array([agent], np.uint32), cause)
            case Claim(item=item, lease_rounds=rounds, lease_s=seconds):
                self._request(agent, "claim", item, lease_rounds=self._lease(rounds, seconds))
            case Release(item=item):
                self._request(agent, "release", item)
            case SetField(key=key, value=value, expected=expected):
                self._request(agent, "set", key, value=value, expected=expected)
            case Leave():
                self._request(agent, "leave", "")
            case _:
                raise InvalidAction(
                    f"agent {agent} returned a {type(action).__name__}; agents return Post, Vote, "
                    "Proposal, Claim, Release, SetField, Leave or Abstain"
                )

    def act_alike(self, agents: Agents, results: Sequence[Any]) -> bool:
        """Take one action of each agent as columns, if all are of one kind.

        Returns False, with the draft as it was, when they are not, or when one is invalid: then
        each has to be taken by itself.
        """
        types = set(map(type, results))
        if type(None) in types:
            rows = [row for row, result in enumerate(results) if result is not None]
            agents, results = agents[rows], [results[row] for row in rows]
            types.discard(type(None))
        if not results:
            return True
        try:
            agents = members_of(agents, joined=self._joined)
            if types == {Vote}:
                return self._voting.add_alike(agents, results)
            if types == {Post}:
                return self._posts_alike(agents, results)
        except (InvalidAction, KeyError, TypeError, ValueError, OverflowError):
            pass
        return False

    def _posts_alike(self, agents: Agents, posts: Sequence[Post]) -> bool:
        [kind] = {post.kind for post in posts}
        names = self._kinds[kind]
        width = {len(post.payload) for post in posts}
        layers = {post.layer for post in posts}
        special = [
            p for p in posts if p.reasons or p.links or p.to is not None or p.confidence != 1.0
        ]
        if special or len(layers) > 1 or width != {len(names)}:
            return False
        columns = {name: np.array([post.payload[name] for post in posts]) for name in names}
        self._add_posts(agents, PostBlock(kind, columns, layer=layers.pop()))
        return True

    def abstain(self, agents: Agents, cause: str) -> None:
        """Note that agents could not answer, and why."""
        if cause not in CAUSES:
            raise InvalidAction(f"agents abstain for one of {', '.join(CAUSES)}, got {cause!r}")
        members = members_of(agents, joined=self._joined)
        members = members[staying(members, self._replica)]
        if members.size:
            self._abstained.setdefault(cause, []).append(members)

    def keep(self, span: range) -> None:
        """Leave out what agents outside of a span did as columns; other writers send it.

        A writer that acts for a part of a cohort lets it act as a whole, so that all writers find
        the same things wrong with it, and then keeps the rows of its own agents.
        """
        self._only(partial(is_in, span))

    def leave_out(self, agents: Agents) -> None:
        """Leave out what these agents did as columns: posts, ballots and abstentions."""
        self._only(lambda members: np.isin(members, agents, invert=True))

    def _only(self, stay: Callable[[Agents], NDArray[np.bool_]]) -> None:
        """Keep the columns' rows of the agents that stay."""
        for key, posted in list(self._posts.items()):
            rest = [_rows(stay(group[0]), group) for group in posted]
            if _has_rows(rest) or not _has_rows(posted):  # nothing posted is a record all the same
                self._posts[key] = rest
            else:
                del self._posts[key]
        for cause, groups in list(self._abstained.items()):
            members = np.concatenate(groups)
            members = members[stay(members)]
            if members.size:
                self._abstained[cause] = [members]
            else:
                del self._abstained[cause]
        self._voting.only(stay)

    def records(self) -> list[Record]:
        """Return the stage's records in canonical order."""
        rows: dict[int, int] = {}
        records: list[Record] = [self._posts_record(key, rows) for key in sorted(self._posts)]
        if self._entries:
            entries = [_behind(entry, rows) for entry in self._entries]
            entries.sort(key=lambda entry: (entry.agent, entry.seq))
            records.append(Entries(*self._at, tuple(entries)))
        self._first_seq = rows
        records += self._voting.records(self._at)
        for cause, groups in sorted(self._abstained.items()):
            agents = np.sort(np.concatenate(groups))
            records.append(Abstained(*self._at, None, cause, u4(agents)))
        records += sorted(self._requests, key=request_order)
        if self._second:
            second = {"ballots": sorted(map(list, self._second))}
            at = (self._round, self._stage)
            records.append(Note(OPERATIONAL, *at, SECOND_BALLOTS, second))
        return records

    def proposed(self) -> dict[str, Proposal]:
        """Return the proposals of agents by the id of the entry that carries them."""
        return {
            entry_id(self._round, self._stage, agent, seq + self._first_seq.get(agent, 0)): proposal
            for agent, seq, proposal in self._proposed
        }

    def ballots(self) -> tuple[tuple[str, bytes], ...]:
        """Return, per proposal, the bitmap of the agents that voted."""
        return self._voting.bitmaps()

    def drop_ballots(self, proposal: str, agents: Sequence[int]) -> None:
        """Take ballots out again: these agents have voted through another writer."""
        self._voting.drop(proposal, agents)
        self._second += [(proposal, agent) for agent in agents]

    def _add_posts(self, members: Agents, block: PostBlock) -> None:
        names = self._kinds.get(block.kind)
        if names is None or set(names) != set(block.columns):
            raise InvalidAction(
                f"a {block.kind!r} entry has the columns {sorted(block.columns)}; the scenario "
                f"declares {sorted(names) if names else 'no columns for that kind'}"
            )
        columns = {name: np.asarray(block.columns[name], np.float64) for name in names}
        for name, column in columns.items():
            if column.shape != (len(members),):
                raise InvalidAction(
                    f"column {name!r} of {block.kind!r} has the shape {column.shape} for "
                    f"{len(members)} agents"
                )
        if self._replica.left:
            stays = staying(members, self._replica)
            members = members[stays]
            columns = {name: column[stays] for name, column in columns.items()}
        for name, column in columns.items():
            if not np.isfinite(column).all():
                bad = int(members[np.flatnonzero(~np.isfinite(column))[0]])
                raise InvalidAction(f"agent {bad} posted a {block.kind!r} with {name!r} not finite")
        if block.layer not in LAYERS:
            raise InvalidAction(f"layer {block.layer!r} of {block.kind!r} is none of {LAYERS}")
        self._posts.setdefault((block.kind, block.layer), []).append((members, columns))

    def _row(self, agent: int, post: Post) -> tuple[Agents, PostBlock]:
        if post.reasons or post.links or post.to is not None or post.confidence != 1.0:
            raise InvalidAction(
                f"agent {agent}: entries of kind {post.kind!r} are columns and carry no reasons, "
                "confidence, links or addressee"
            )
        try:
            columns = {name: np.array([float(x)]) for name, x in post.payload.items()}
        except (TypeError, ValueError) as error:
            raise InvalidAction(
                f"agent {agent} posted a {post.kind!r} that is no number: {error}"
            ) from error
        return np.array([agent], np.uint32), PostBlock(post.kind, columns, layer=post.layer)

    def _posts_record(self, key: tuple[str, str], rows: dict[int, int]) -> Posts:
        """Join the groups of one kind; `rows` counts each agent's rows of earlier kinds."""
        groups = self._posts[key]
        agents = np.concatenate([group[0] for group in groups])
        is_ordered = bool((agents[:-1] <= agents[1:]).all())
        order = slice(None) if is_ordered else np.argsort(agents, kind="stable")
        agents = agents[order]
        packed = {
            name: np.concatenate([group[1][name] for group in groups])[order].tobytes()
            for name in self._kinds[key[0]]
        }
        seqs = self._row_numbers(agents, rows)
        return Posts(*self._at, *key, u4(agents), seqs, packed)

    def _row_numbers(self, agents: Agents, rows: dict[int, int]) -> bytes:
        """Number the rows of each agent behind its earlier ones; empty when all are its first."""
        if not rows and len(self._posts) == 1 and not self._entries and _is_rising(agents):
            return b""
        seqs = np.arange(len(agents)) - np.searchsorted(agents, agents, side="left")
        if rows:
            seqs += [rows.get(agent, 0) for agent in agents.tolist()]
        if len(self._posts) > 1 or self._entries:
            rows.update(zip(agents.tolist(), (seqs + 1).tolist(), strict=True))
        return seqs.astype("<u2").tobytes() if seqs.any() else b""

    def _add_entry(self, agent: int, post: Post) -> None:
        if not post.kind:
            raise InvalidAction(f"agent {agent} posted an entry whose kind is {post.kind!r}")
        if post.layer not in LAYERS:
            raise InvalidAction(f"agent {agent}: layer {post.layer!r} is none of {LAYERS}")
        if not 0.0 <= post.confidence <= 1.0:
            raise InvalidAction(f"agent {agent}: confidence {post.confidence!r} is outside 0-1")
        if post.to is not None and not 0 <= post.to < self._replica.agents:
            raise InvalidAction(f"agent {agent} wrote to agent {post.to}, who has not joined")
        if post.kind == "proposal":
            raise InvalidAction(f"agent {agent} posted a proposal; return a Proposal instead")
        if any(link.relation not in RELATIONS for link in post.links):
            raise InvalidAction(f"agent {agent}: links are {', '.join(RELATIONS)}")
        links, payload = tuple(post.links), plain(post.payload)
        reasons, confidence = tuple(map(str, post.reasons)), float(post.confidence)
        where = (agent, self._seq(agent), post.kind, post.layer)
        self._entries.append(checked(Entry(*where, payload, reasons, confidence, links, post.to)))

    def _propose(self, agent: int, proposal: Proposal) -> None:
        check_terms(proposal, self._replica)
        payload = plain(plain_terms(proposal))
        seq = self._seq(agent)
        self._entries.append(Entry(agent, seq, "proposal", "task", payload))
        self._proposed.append((agent, seq, proposal))

    def _request(self, agent: int, act: Any, key: str, **terms: Any) -> None:
        if not isinstance(key, str):
            raise InvalidAction(f"agent {agent}: a name must be a string, got {key!r:.80}")
        if not (lease := terms.get("lease_rounds", 1)) > 0:
            unit = "rounds" if self._replica.now_s is None else "s"
            raise InvalidAction(f"agent {agent} claimed {key!r} for {lease} {unit}")
        if "value" in terms:
            terms["value"] = plain({key: terms["value"]})[key]
        request = Requested(*self._at, agent, self._seq(agent), act, key, **terms)
        self._requests.append(checked(request))

    def _lease(self, rounds: int, seconds: float | None) -> int | float:
        """Return how long a claim lasts, in what this run counts."""
        if self._replica.now_s is None:
            return rounds
        return UNENDING_S if seconds is None else seconds

    def _seq(self, agent: int) -> int:
        seq = self._seqs.get(agent, 0)
        self._seqs[agent] = seq + 1
        return seq


def _rows(rows: NDArray[np.bool_], group: tuple[Agents, Columns]) -> tuple[Agents, Columns]:
    members, columns = group
    return members[rows], {name: column[rows] for name, column in columns.items()}


def _has_rows(groups: Sequence[tuple[Agents, Columns]]) -> bool:
    return any(members.size for members, _ in groups)


def _is_rising(agents: Agents) -> bool:
    return bool((agents[1:] > agents[:-1]).all())


def _behind(entry: Entry, rows: Mapping[int, int]) -> Entry:
    """Number an entry behind its agent's columnar ones of the same stage."""
    ahead = rows.get(entry.agent, 0)
    return structs.replace(entry, seq=entry.seq + ahead) if ahead else entry
