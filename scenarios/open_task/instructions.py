"""What each stage asks of the members, in words."""

REASON = (
    "Think about the task on your own. Say how you think, what holds (findings) and how sure you "
    "are. No vote is due yet. If you need something from others, ask for it in requests; "
    "take on open requests that you can answer in volunteers."
)
CRITIQUE = (
    "Judge what others reason. Where two entries cannot both be right, or one is wrong, cite their "
    "ids as evidence and say why in reasoning. Cite nothing if you find nothing."
)
CORRECT = (
    "Your entries named above contradict others or the task. Look again: if you were wrong, give "
    "the right finding and name the entry in retracts; if you hold to it, say why and retract "
    "nothing."
)
CONTRIBUTE = (
    "Write your contribution to the result: concrete, at most 400 characters, resting on the "
    "entries you cite as evidence."
)
EDIT = (
    "You are the editor of this round. Put the contributions together into one plan that the team "
    "can vote on, at most 400 characters, as your contribution. Cite what it rests on."
)
VOTE_PLAN = (
    "Vote on the plan shown under PLAN: approve it if you would carry it out as it stands, else "
    "reject it, and say in reasoning what decided you."
)
VOTE_CHOICE = (
    "Vote for the option that you hold to be right, and say in reasoning what decided you."
)
TRIAL = "This is vote {number} on trial: it shows what you would do, and decides nothing."
SETTLE = (
    "Asking did not settle what holds for {about!r}. Vote for the value that you hold to be right."
)
ANSWER = (
    "You are asked alone, before the team. Give your contribution, and your vote where one is due. "
    "Be honest about your confidence: if you are not sure, the team will be asked."
)
CHORUS = "Give for each seat its own contribution and its own vote where one is due."

CORRECTION_LINE = "CORRECTION [{entry}] you say of {about!r}: {says!r}, others: {others!r}"
CORRECTED_LINE = "You corrected: {entry}"
TAKEN_LINE = "You took on the request [{entry}]: {what}"
ANCHOR_LINE = "ANCHOR Your last entries have drifted from the task. The task is: {task}"
FAILED_LINE = "Attempt {attempt}: the last vote reached {percent:.0f} %, {needed} is needed."
