"""From actions to records: what a worker's agents return in one stage, ready to be committed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from .ballot_box import BallotBox
from .bitmaps import bitmap
from .errors import InvalidAction
from .records import OUTCOME, Abstained, Entries, Entry, EventClass, Posts, Record, Requested, entry_id, u4
from .replica import OpenProposal, Replica
from .rules import ABSTAINED, NO_BALLOT
from .writes import (
    LAYERS,
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

type Agents = NDArray[np.uint32]


class Draft:
    """Collects one stage's actions of one writer; nothing is on the board yet.

    Actions are checked as they come in: a wrong one raises `InvalidAction` and leaves the draft
    as it was.
    """

    def __init__(
        self,
        replica: Replica,
        kinds: Mapping[str, tuple[str, ...]],
        *,
        round: int,
        stage: int,
        event_class: EventClass = OUTCOME,
    ) -> None:
        self._replica, self._kinds = replica, kinds
        self._at = (event_class, round, stage)
        self._round, self._stage = round, stage
        self._posts: dict[str, list[tuple[Agents, str, Mapping[str, NDArray[np.float64]]]]] = {}
        self._entries: list[Entry] = []
        self._requests: list[Requested] = []
        self._boxes: dict[str, BallotBox] = {}
        self._abstained: dict[str, list[Agents]] = {}
        self._seqs: dict[int, int] = {}
        self._first_seq: dict[int, int] = {}
        self._proposed: list[tuple[int, int, Proposal]] = []
        self.causes: list[tuple[Agents, str]] = []
        """Who abstained by cause in this stage."""

    def add(self, agents: Agents, block: Block) -> None:
        """Take the actions of many agents as columns."""
        members = agents if block.agents is None else block.agents
        match block:
            case PostBlock():
                self._add_posts(members, block)
            case VoteBlock():
                self._add_votes(members, block)
            case Abstain(cause=cause):
                self.abstain(members, cause)

    def act(self, agent: int, action: Action) -> None:
        """Take one action of one agent."""
        match action:
            case Post(kind=kind) if kind in self._kinds:
                self._add_posts(*self._row(agent, action))
            case Post():
                self._add_entry(agent, action)
            case Vote():
                self._add_vote(agent, action)
            case Proposal():
                self._propose(agent, action)
            case Abstain(cause=cause):
                self.abstain(np.array([agent], np.uint32), cause)
            case Claim(item=item, lease_rounds=lease):
                self._request(agent, "claim", item, lease_rounds=lease)
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
            if types == {Vote}:
                return self._votes_alike(agents, results)
            if types == {Post}:
                return self._posts_alike(agents, results)
        except (InvalidAction, KeyError, TypeError, ValueError):
            pass
        return False

    def _votes_alike(self, agents: Agents, votes: Sequence[Vote]) -> bool:
        if len({vote.proposal for vote in votes}) > 1:
            return False
        proposal, _ = self._box(votes[0].proposal)
        codes = option_codes(proposal.options)
        choices = np.array([codes[vote.choice] for vote in votes], np.uint8)
        reasons = [vote.reason for vote in votes]
        confidence = np.array([vote.confidence for vote in votes])
        if not ((confidence >= 0.0) & (confidence <= 1.0)).all() or str in set(map(type, reasons)):
            return False
        has_reasons = any(reason is not None for reason in reasons)
        block = VoteBlock(
            choices,
            proposal.id,
            agents,
            None if (confidence == 1.0).all() else confidence,
            np.array(reasons, np.float64) if has_reasons else None,
        )
        self._add_votes(agents, block)
        return True

    def _posts_alike(self, agents: Agents, posts: Sequence[Post]) -> bool:
        [kind] = {post.kind for post in posts}
        names = self._kinds[kind]
        width = {len(post.payload) for post in posts}
        is_plain = width == {len(names)} and not any(
            [p.reasons or p.links or p.to is not None or p.confidence != 1.0 for p in posts]
        )
        if not is_plain:
            return False
        columns = {name: np.array([post.payload[name] for post in posts]) for name in names}
        self._add_posts(agents, PostBlock(kind, columns, layer=posts[0].layer))
        return True

    def abstain(self, agents: Agents, cause: str) -> None:
        """Note that agents could not answer, and why."""
        self._abstained.setdefault(cause, []).append(agents)
        self.causes.append((agents, cause))

    def records(self) -> list[Record]:
        """Return the stage's records in canonical order."""
        rows: dict[int, int] = {}
        records: list[Record] = [self._posts_record(kind, rows) for kind in sorted(self._posts)]
        if self._entries:
            self._entries = [_behind(entry, rows) for entry in self._entries]
            entries = sorted(self._entries, key=lambda e: (e.agent, e.seq))
            records.append(Entries(*self._at, tuple(entries)))
        self._first_seq = rows
        records += [box.record(*self._at, pid) for pid, box in self._boxes.items() if box.is_used]
        for cause, groups in sorted(self._abstained.items()):
            agents = np.sort(np.concatenate(groups))
            records.append(Abstained(*self._at, None, cause, u4(agents)))
        records += sorted(self._requests, key=lambda r: (r.agent, r.seq))
        return records

    def proposed(self) -> dict[str, Proposal]:
        """Return the proposals of agents by the id of the entry that carries them."""
        return {
            entry_id(self._round, self._stage, agent, seq + self._first_seq.get(agent, 0)): proposal
            for agent, seq, proposal in self._proposed
        }

    def ballots(self) -> tuple[tuple[str, bytes], ...]:
        """Return, per proposal, the bitmap of the agents that voted."""
        return tuple(
            (pid, bitmap(self._replica.open[pid].seats.agents[box.choices != NO_BALLOT]))
            for pid, box in self._boxes.items()
            if box.is_used
        )

    def drop_ballots(self, proposal: str, agents: Sequence[int]) -> None:
        """Take ballots out again: these agents have voted through another writer."""
        box = self._boxes[proposal]
        box.choices[np.isin(self._replica.open[proposal].seats.agents, agents)] = NO_BALLOT

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
            if not np.isfinite(column).all():
                bad = int(members[np.flatnonzero(~np.isfinite(column))[0]])
                raise InvalidAction(f"agent {bad} posted a {block.kind!r} with {name!r} not finite")
        self._posts.setdefault(block.kind, []).append((members, block.layer, columns))

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

    def _posts_record(self, kind: str, rows: dict[int, int]) -> Posts:
        """Join the groups of one kind; `rows` counts each agent's rows of earlier kinds."""
        groups = self._posts[kind]
        agents = np.concatenate([group[0] for group in groups])
        order = slice(None) if len(groups) == 1 else np.argsort(agents, kind="stable")
        agents = agents[order]
        packed = {
            name: np.concatenate([group[2][name] for group in groups])[order].tobytes()
            for name in self._kinds[kind]
        }
        seqs = self._row_numbers(agents, rows)
        return Posts(*self._at, kind, groups[0][1], u4(agents), seqs, packed)

    def _row_numbers(self, agents: Agents, rows: dict[int, int]) -> bytes:
        """Number the rows of each agent behind its earlier ones; empty when all are its first."""
        seqs = np.arange(len(agents)) - np.searchsorted(agents, agents, side="left")
        if rows:
            seqs += [rows.get(agent, 0) for agent in agents.tolist()]
        if len(self._posts) > 1 or self._entries:
            rows.update(zip(agents.tolist(), (seqs + 1).tolist(), strict=True))
        return seqs.astype("<u2").tobytes() if seqs.any() else b""

    def _add_entry(self, agent: int, post: Post) -> None:
        if post.layer not in LAYERS:
            raise InvalidAction(f"agent {agent}: layer {post.layer!r} is none of {LAYERS}")
        if not 0.0 <= post.confidence <= 1.0:
            raise InvalidAction(f"agent {agent}: confidence {post.confidence!r} is outside 0-1")
        if post.to is not None and not 0 <= post.to < self._replica.agents:
            raise InvalidAction(f"agent {agent} wrote to agent {post.to}, who has not joined")
        links, payload = tuple(post.links), dict(post.payload)
        where = (agent, self._seq(agent), post.kind, post.layer)
        entry = Entry(*where, payload, tuple(post.reasons), post.confidence, links, post.to)
        self._entries.append(entry)

    def _propose(self, agent: int, proposal: Proposal) -> None:
        payload = {"options": list(proposal.options), **proposal.payload}
        seq = self._seq(agent)
        self._entries.append(Entry(agent, seq, "proposal", "task", payload))
        self._proposed.append((agent, seq, proposal))

    def _request(self, agent: int, act: Any, key: str, **terms: Any) -> None:
        self._requests.append(Requested(*self._at, agent, self._seq(agent), act, key, **terms))

    def _seq(self, agent: int) -> int:
        seq = self._seqs.get(agent, 0)
        self._seqs[agent] = seq + 1
        return seq

    def _box(self, name: str | None) -> tuple[OpenProposal, BallotBox]:
        is_open = self._replica.open
        if name is None and len(is_open) != 1:
            raise InvalidAction(f"a ballot names no proposal while {len(is_open)} are open")
        proposal = next(iter(is_open.values())) if name is None else is_open.get(name)
        if proposal is None:
            raise InvalidAction(f"proposal {name} is not open; open are {list(is_open)[:5]}")
        box = self._boxes.get(proposal.id)
        if box is None:
            box = self._boxes[proposal.id] = BallotBox(len(proposal.seats.agents))
        return proposal, box

    def _add_votes(self, members: Agents, block: VoteBlock) -> None:
        proposal, box = self._box(block.proposal)
        choices = np.asarray(block.choices, np.uint8)
        casts = choices != NO_BALLOT
        known = (choices < len(proposal.options)) | (choices == ABSTAINED) | ~casts
        if choices.shape != (len(members),) or not known.all():
            raise InvalidAction(
                f"ballots on {proposal.id}: {len(members)} agents need as many choices, each an "
                f"option below {len(proposal.options)}, {ABSTAINED} or {NO_BALLOT}"
            )
        seats, rows = _seats(proposal.seats.agents, members, casts)
        if (box.choices[seats] != NO_BALLOT).any():
            raise InvalidAction(f"an agent casts a second ballot on {proposal.id} in this stage")
        box.choices[seats] = choices[rows]
        if block.confidence is not None:
            box.confidence = _place(box.confidence, box.choices, seats, block.confidence[rows], 1.0)
        if block.reasons is not None:
            box.numbers = _place(box.numbers, box.choices, seats, block.reasons[rows], np.nan)

    def _add_vote(self, agent: int, vote: Vote) -> None:
        proposal, _ = self._box(vote.proposal)
        code = option_codes(proposal.options).get(vote.choice)
        if code is None or not 0.0 <= vote.confidence <= 1.0:
            raise InvalidAction(
                f"agent {agent} voted {vote.choice!r} with confidence {vote.confidence!r}; options "
                f"are {', '.join(proposal.options)} or abstain, confidence is 0-1"
            )
        one = np.array([agent], np.uint32)
        number = vote.reason if isinstance(vote.reason, float) else None
        self._add_votes(
            one,
            VoteBlock(
                np.array([code], np.uint8),
                proposal.id,
                confidence=None if vote.confidence == 1.0 else np.array([vote.confidence]),
                reasons=None if number is None else np.array([number]),
            ),
        )
        if isinstance(vote.reason, str):
            box = self._boxes[proposal.id]
            texts = list(box.texts or ("",) * len(box.choices))
            texts[int(np.searchsorted(proposal.seats.agents, agent))] = vote.reason
            box.texts = tuple(texts)


def option_codes(options: Sequence[str]) -> dict[str, int]:
    """Return the code of each choice, `abstain` included."""
    return {**{option: code for code, option in enumerate(options)}, "abstain": ABSTAINED}


def _seats(
    seats: Agents, members: Agents, casts: NDArray[np.bool_]
) -> tuple[NDArray[Any] | slice, NDArray[Any] | slice]:
    """Return the seats of the members that cast a ballot, and their rows."""
    if casts.all() and len(seats) == len(members) and (seats == members).all():
        return slice(None), slice(None)
    rows = np.flatnonzero(casts)
    voters = members[rows]
    found = np.searchsorted(seats, voters)
    is_seat = found < len(seats)
    is_seat[is_seat] = seats[found[is_seat]] == voters[is_seat]
    if not is_seat.all():
        outsider = int(voters[np.flatnonzero(~is_seat)[0]])
        raise InvalidAction(f"agent {outsider} is not in the electorate and cannot vote")
    return found, rows


def _place(
    old: NDArray[np.float64],
    choices: NDArray[np.uint8],
    seats: NDArray[Any] | slice,
    values: NDArray[np.float64],
    default: float,
) -> NDArray[np.float64]:
    placed = old if old.size else np.full(len(choices), default)
    placed[seats] = values
    return placed


def _behind(entry: Entry, rows: Mapping[int, int]) -> Entry:
    """Number an entry behind its agent's columnar ones of the same stage."""
    ahead = rows.get(entry.agent, 0)
    return structs.replace(entry, seq=entry.seq + ahead) if ahead else entry
