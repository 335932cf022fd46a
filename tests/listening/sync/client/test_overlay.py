"""What a phone shows: what the service told, with what waits to be sent over it."""

from __future__ import annotations

import json
from typing import Any

from listening.sync.client.overlay import overlay


class TestOverlay:
    ROWS = {"a": {"id": "a", "summary": "x", "findings": [{"id": "f", "themes": ["rent", "noise"], "severity": 1}]}}

    def over(self, *ops: dict[str, Any]) -> dict[str, Any]:
        before = json.dumps(self.ROWS)
        shown = overlay(self.ROWS, ops)
        assert json.dumps(self.ROWS) == before
        return shown

    def test_findings(self):
        change = {"type": "finding", "id": "f", "conversation": "a"}
        new = {"kind": "create", "type": "finding", "id": "g", "conversation": "a", "fields": {"text": "y"}}
        edit = {"kind": "update", "set": {"severity": 4}, "add": {"themes": ["bus"]}, "remove": {"themes": ["noise"]}}
        shown = self.over({**change, **edit}, new)["a"]["findings"]
        assert shown == [{"id": "f", "themes": ["rent", "bus"], "severity": 4}, {"id": "g", "text": "y"}]
        assert self.over({**change, "kind": "delete"}, new)["a"]["findings"] == [{"id": "g", "text": "y"}]

    def test_what_is_not_there_is_left_alone(self):
        gone = {"type": "conversation", "id": "z"}
        ops = [{**gone, "kind": "update", "set": {"summary": "y"}}, {**gone, "kind": "delete"}]
        finding = {"kind": "delete", "type": "finding", "id": "f", "conversation": "z"}
        session = {"kind": "create", "type": "session", "id": "s", "fields": {}}
        assert self.over(*ops, finding, session) == self.ROWS
        assert self.over({**gone, "id": "a", "kind": "delete"}) == {}
