"""The client: log changes at any time, and bring them to the service whenever there is a network.

`create`, `update` and `delete` touch the store alone and cannot fail for want of a network. `sync` pushes until the
queue is empty, then pulls (C5); it may be cut off at any moment, and called again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from listening.sync.client.backoff import Backoff
from listening.sync.client.clock import Clock, SystemClock, uuid7
from listening.sync.client.overlay import overlay
from listening.sync.client.store import Limits, Store
from listening.sync.client.transport import Answer, NoAnswer, Transport

SCHEMA: Final = 1  # in which this client writes `fields` and `set`
SPOILED: Final = {400, 413}  # what one op can do to the envelope of all
INVALID_CURSOR: Final = "invalid-cursor"

Members = Mapping[str, Any]


class Refused(Exception):
    """The service understood the request and does not take it; asking again would change nothing."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body.get("title", f"answered {answer.status}"))
        self.status = answer.status
        self.problem = answer.body

    @property
    def slug(self) -> str:
        return str(self.problem.get("type", "")).rpartition("/")[2]


class SignedOut(Refused):
    """The token does not hold any longer (C9). What was not sent is kept, unless the service asked for a `wipe`."""

    @property
    def wipe(self) -> bool:
        return self.problem.get("wipe") is True


class Client:
    """A phone of one person. `clock` and `draw` are injected, so that tests can wait for nothing and repeat chance."""

    def __init__(
        self, store: Store, transport: Transport, *, clock: Clock | None = None, draw: random.Random | None = None
    ) -> None:
        self.store = store
        self._transport = transport
        self._clock: Clock = clock or SystemClock()
        self._draw = draw or random.SystemRandom()
        self._backoff = Backoff(self._draw)
        self._has_greeted = False

    # --- changes made on this phone ------------------------------------------------------------------------
    def create(self, type: str, fields: Members, *, conversation: str | None = None) -> str:
        """Log a session, a conversation, or a finding of a conversation. Returns its id."""
        pk = self._new_id()
        self._queue("create", type, pk, conversation, fields=dict(fields))
        return pk

    def update(
        self, type: str, pk: str, set: Members | None = None, *, conversation: str | None = None,
        add: Sequence[str] = (), remove: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Replace members of a conversation or finding; `add` and `remove` are codes of themes of a finding."""
        themes = {name: {"themes": list(codes)} for name, codes in (("add", add), ("remove", remove)) if codes}
        base = self.store.version_of(conversation or pk)
        self._queue("update", type, pk, conversation, base=base, set=dict(set or {}), **themes)

    def delete(self, type: str, pk: str, *, conversation: str | None = None) -> None:
        self._queue("delete", type, pk, conversation)

    def _queue(self, kind: str, type: str, pk: str, conversation: str | None, **members: Any) -> None:
        of_finding = {} if conversation is None else {"conversation": conversation}
        named = {"op": self._new_id(), "kind": kind, "type": type, "id": pk, "schema": SCHEMA}
        self.store.queue({**named, **of_finding, **members})

    def _new_id(self) -> str:
        return str(uuid7(self._clock.now(), self._draw))

    # --- what the person sees ------------------------------------------------------------------------------
    def shown(self) -> dict[str, dict[str, Any]]:
        """Conversations by id: those pulled, with changes over them that are not acknowledged (C5)."""
        return overlay(self.store.rows(), [one["body"] for one in self.store.ops("queued")])

    def refused(self) -> list[dict[str, Any]]:
        """Ops that the service will not take, each with its `outcome`: show them, never drop them silently."""
        return self.store.ops("refused", "aside")

    def conflicts(self) -> list[dict[str, Any]]:
        """Ops of which a part clashed with somebody else's change; `outcome` names the fields."""
        return self.store.ops("acknowledged", status="conflict")

    # --- sync ----------------------------------------------------------------------------------------------
    def sync(self) -> None:
        """Push until the queue is empty, then pull until there is no more (C5). Waits while there is no answer (C7).

        Raises SignedOut, and Refused for what no waiting helps with; what is stored stays as it is.
        """
        if not self._has_greeted:
            self.greet()
        self.push()
        self.look_up()
        self.pull()
        # A pull may have met another epoch, and so have queued what was acknowledged before.
        while self.store.has_queued():
            self.push()
            self.pull()

    def greet(self) -> None:
        """Ask for the limits, and whether the epoch is still the same."""
        hello = self._ask("GET", "hello")
        self.store.greet(hello["epoch"], Limits.told(hello))
        self._has_greeted = True

    def push(self) -> None:
        """Send ops until none is queued."""
        while ops := self.store.batch(self.store.limits):
            self._push(ops)

    def _push(self, ops: Sequence[Members]) -> None:
        try:
            answer = self._ask("POST", "push", lambda: {"sent_at": self._time(), "ops": ops})
        except Refused as refused:
            if refused.status not in SPOILED:
                raise
            self._halve(ops, refused)
            return
        self.store.settle(answer)
        if waits := [one.get("retry_after", 0) for one in answer["results"] if one["status"] == "retry"]:
            self._clock.sleep(self._backoff.next(max(waits)))

    def _time(self) -> str:
        """What the clock shows at each attempt: by it, the service corrects what the phone logged."""
        return self._clock.now().isoformat(timespec="milliseconds")

    def _halve(self, ops: Sequence[Members], refused: Refused) -> None:
        """One of the ops spoils the envelope: send halves until it is alone, then set it aside (C8)."""
        if len(ops) == 1:
            self.store.set_aside(ops[0]["op"], refused.problem)
            return
        middle = len(ops) // 2
        for half in (ops[:middle], ops[middle:]):
            self._push(half)

    def look_up(self) -> None:
        """Ask what became of ops that waited for something else to come."""
        waiting = [one["body"]["op"] for one in self.store.ops("acknowledged", status="deferred")]
        at_once = self.store.limits.lookup
        for start in range(0, len(waiting), at_once):
            asked = waiting[start : start + at_once]
            self.store.learn(asked, self._ask("POST", "lookup", partial(dict, ops=asked))["results"])

    def pull(self) -> None:
        """Fetch pages until there is no more."""
        more = True
        while more:
            cursor = self.store.cursor
            try:
                page = self._ask("POST", "pull", partial(dict, cursor=cursor, limit=self.store.limits.rows))
            except Refused as refused:
                if refused.slug != INVALID_CURSOR or cursor is None:
                    raise
                self.store.begin_anew()
                continue
            self.store.apply(page, asked_with=cursor)
            more = page["more"]

    def _ask(self, method: str, path: str, body: Callable[[], Members] | None = None) -> Members:
        """Ask until there is an answer (C7); `body` is made anew for each attempt."""
        while True:
            retry_after = None
            try:
                answer = self._transport.ask(method, path, None if body is None else body())
            except NoAnswer:
                pass
            else:
                if answer.is_good:
                    self._backoff.reset()
                    return answer.body
                if answer.status == 401:
                    raise self._signed_out(answer)
                if answer.status != 429 and answer.status < 500:
                    raise Refused(answer)
                retry_after = answer.retry_after
            self._clock.sleep(self._backoff.next(retry_after))

    def _signed_out(self, answer: Answer) -> SignedOut:
        signed_out = SignedOut(answer)
        if signed_out.wipe:
            self.store.wipe()
        return signed_out
