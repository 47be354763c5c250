"""Doors: tell one to unlock or to lock, and follow what becomes of it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from gateway.api.devices import KnownDevice, find_device
from gateway.api.idempotency import IdempotencyKey, once, reused
from gateway.api.identity import Opener
from gateway.api.problems import Problem, documented, not_found
from gateway.api.sentences import sentence
from gateway.api.service import TheService
from gateway.api.shapes import Moment
from gateway.commander import Order
from gateway.ledger.commands import CommandRecord
from gateway.ledger.once import KeyReusedError
from hardware.command import Action

router = APIRouter(tags=["doors"], prefix="/api/v1")

State = Literal["sent", "accepted", "executing", "verified", "failed", "expired", "refused"]


class CommandIn(BaseModel):
    """What the door shall do, and why somebody wants it."""

    model_config = {
        "extra": "forbid",
        "json_schema_extra": {
            "examples": [{"action": "unlock", "reason": "鍵を忘れた利用者のため"}]
        },
    }

    action: Action
    reason: str = Field(min_length=1, max_length=200, description="Kept in the log.")


class StepOut(BaseModel):
    """One step of a command, for machines and in words."""

    outcome: Literal["accepted", "executing", "verified", "failed", "expired", "refused"]
    at: Moment
    detail: str
    ja: str
    en: str


class CommandOut(BaseModel):
    """A command and how it has gone so far; nothing more comes once it has ``ended``."""

    id: str
    door: str
    action: Action
    reason: str
    actor: str
    issued_at: Moment
    not_after: Moment
    state: State
    ended: bool
    steps: list[StepOut]


@router.post(
    "/doors/{door}/commands",
    status_code=202,
    operation_id="commandDoor",
    summary="Tell a door to unlock or to lock",
    responses=documented(401, 403, 404, 409, 422, 503),
)
async def command_door(
    service: TheService,
    who: Opener,
    door: Annotated[str, Path(examples=["tokiwa.front-lock"])],
    wish: CommandIn,
    response: Response,
    key: IdempotencyKey = None,
) -> CommandOut:
    """Send a signed command that expires within seconds; follow it at ``Location`` or live.

    That the door is unlocked is said only once the lock's own state was read back.
    """
    known = await run_in_threadpool(find_device, service, who, door)
    _can(known, wish.action, door)
    order = Order(known.node.key, known.device.id, wish.action, who.actor, wish.reason)
    try:
        record = await service.commander.send(order, once=once(key, door, wish))
    except KeyReusedError as error:
        raise reused(error) from None
    response.headers["Location"] = f"/api/v1/commands/{record.command.id}"
    return command_out(record)


@router.get(
    "/commands/{command}",
    operation_id="getCommand",
    summary="Follow a command",
    responses=documented(401, 403, 404, 503),
)
def get_command(service: TheService, who: Opener, command: str) -> CommandOut:
    """Give a command with all its steps."""
    record = service.ledger.commands.find(command)
    if record is None or not who.sees(record.node.site):
        raise not_found(f"there is no command {command!r}")
    return command_out(record)


def command_out(record: CommandRecord) -> CommandOut:
    """Translate a command."""
    command = record.command
    steps = []
    for step in record.steps:
        says = sentence(command.action, step.outcome, step.detail)
        steps.append(
            StepOut(
                outcome=step.outcome.value,
                at=step.at,
                detail=step.detail,
                ja=says.ja,
                en=says.en,
            )
        )
    return CommandOut(
        id=command.id,
        door=f"{record.node.site}.{command.device}",
        action=command.action,
        reason=command.reason,
        actor=command.actor.name,
        issued_at=command.issued_at,
        not_after=command.not_after,
        state=record.steps[-1].outcome.value if record.steps else "sent",
        ended=record.ended,
        steps=steps,
    )


def _can(known: KnownDevice, action: Action, door: str) -> None:
    if action not in known.device.actions:
        can = ", ".join(known.device.actions) or "nothing"
        raise Problem(409, "cannot", f"{door} cannot {action.value}; it can be told: {can}")
