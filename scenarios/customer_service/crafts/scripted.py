"""Staff that follows a script: the benchmark's own calls, or nothing at all. No model is asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from agents import Actions
from blackboard import Post, View

from ..floor import REVIEW
from ..staff import LOOKUP, Clerk
from .benchmark import Benchmark, is_deed
from .craft import Work
from .dossier import plain_calls
from .texts import TextCraft


class ScriptedClerk(Clerk):
    """Looks up what the script looks up, and drafts what it says."""

    def work(self, view: View) -> Actions:
        """Put lookups on the board before the draft, or vote."""
        actions = super().work(view)
        lookups = [Post(LOOKUP, found) for found in view.brief["lookups"].get(self.index, ())]
        return [*lookups, *actions] if isinstance(actions, list) else actions


class NothingCraft(TextCraft):
    """Replies without a word and does nothing: what a score has to be better than."""

    clerk = ScriptedClerk

    def brief(self, works: Sequence[Work], instant: int) -> Mapping[str, Any]:
        """Return what the script says; every reply is approved."""
        drafts = [work for work in works if work.item.skill != REVIEW]
        return {
            "approves": {work.agent: True for work in works if work.item.skill == REVIEW},
            "parts": {work.agent: self._drafted(work) for work in drafts},
            "lookups": {work.agent: self._lookups(work) for work in drafts},
        }

    def expected(self) -> Mapping[str, float]:
        """Return the floors, which is what this scores."""
        floors = self._tasks.floors
        return {"passed": floors["floor_passed"], "database_right": floors["floor_database"]}

    def effective_voters(self, eligible: int) -> float:
        """Count one: all follow the same script."""
        return float(bool(eligible))

    @property
    def _tasks(self) -> Benchmark:
        assert self.benchmark, "options see to it that there is one"
        return self.benchmark

    def _drafted(self, work: Work) -> dict[str, Any]:
        return {"text": "", "calls": []}

    def _lookups(self, work: Work) -> list[dict[str, Any]]:
        return []


class GoldCraft(NothingCraft):
    """Makes the benchmark's own calls, and says what the customer has to be told."""

    def expected(self) -> Mapping[str, float]:
        """Return 1: this is how the benchmark knows what is right."""
        return {"passed": 1.0, "database_right": 1.0, "communicated": 1.0}

    def _drafted(self, work: Work) -> dict[str, Any]:
        task = self._tasks.task(work.case.ticket)
        deeds = [call for call in task.gold if is_deed(call.name)]
        return {"text": ". ".join(task.facts), "calls": plain_calls(deeds)}

    def _lookups(self, work: Work) -> list[dict[str, Any]]:
        task = self._tasks.task(work.case.ticket)
        reads = [call for call in task.gold if not is_deed(call.name)]
        item = work.item
        return [
            {
                "ticket": item.ticket,
                "draft": item.draft,
                "part": item.part,
                "name": call.name,
                "arguments": call.arguments,
                "answer": answer.text,
            }
            for call, answer in self._tasks.looked_up(reads)
        ]
