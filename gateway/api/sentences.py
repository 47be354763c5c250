"""What became of a command, as a sentence for the person who waits, in Japanese and in English.

Nodes and services say why in English. What they are known to say is translated; anything else is
shown as it came, behind the sentence that holds for every such end.
"""

import re

from hardware.command import Action, Outcome
from hardware.place import Name

_STEPS = {
    Outcome.ACCEPTED: Name("現地の装置が受け付けました", "the node has accepted it"),
    Outcome.EXECUTING: Name("錠を動かしています", "the lock is moving"),
    Outcome.FAILED: Name("うまくいきませんでした", "it did not work"),
    Outcome.EXPIRED: Name(
        "時間内に返事がありませんでした。扉を見て確かめてください",
        "no answer in time: look at the door",
    ),
    Outcome.REFUSED: Name("現地の装置が断りました", "the node refused"),
}
_VERIFIED = {
    Action.UNLOCK: Name("開錠を確認しました", "unlocked, as read back from the lock"),
    Action.LOCK: Name("施錠を確認しました", "locked, as read back from the lock"),
}

_REASONS = (
    (r"the service has no link to the broker", "通信の中継とつながっていません"),
    (r"the node did not answer in time", "現地の装置から返事がありません"),
    (r"the node accepted it and was not heard of again", "受け付けたあと返事がとだえました"),
    (r"the service was restarted; the outcome is not known",
     "サービスが再起動したため結果が分かりません。扉を見て確かめてください"),
    (r"it came ([\d.]+) s too late", r"\1 秒遅れて届きました"),
    (r"it was issued ([\d.]+) s in the future; check the clocks",
     r"時計が \1 秒ずれています"),
    (r"the node does not know the time, so it cannot tell whether it is late",
     "現地の装置の時計が合っていません"),
    (r"it was retained by the broker, so it may be old", "古い命令かもしれません"),
    (r"it was carried out before", "同じ命令はもう実行されています"),
    (r"it would live longer than the ([\d.]+) s that are allowed",
     r"有効時間が \1 秒を超えています"),
)  # fmt: skip


def sentence(action: Action, outcome: Outcome, detail: str) -> Name:
    """Say what a step means."""
    says = _VERIFIED[action] if outcome is Outcome.VERIFIED else _STEPS[outcome]
    if not detail:
        return says
    return Name(f"{says.ja} ({_translated(detail)})", f"{says.en} ({detail})")


def _translated(detail: str) -> str:
    for pattern, ja in _REASONS:
        if match := re.fullmatch(pattern, detail):
            return match.expand(ja)
    return detail
