"""What a person sees: the rows that were pulled, and over them own changes that are not acknowledged (C5). Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

Op = Mapping[str, Any]
Document = dict[str, Any]


def overlay(rows: Mapping[str, Document], ops: Iterable[Op]) -> dict[str, Document]:
    """Conversations by id, as they will be when the ops have arrived and nobody else has changed anything."""
    shown = {pk: copy.deepcopy(fields) for pk, fields in rows.items()}
    for op in ops:
        match op["type"], op["kind"]:
            case "conversation", "create":
                shown[op["id"]] = {"findings": [], **copy.deepcopy(op["fields"]), "id": op["id"]}
            case "conversation", "delete":
                shown.pop(op["id"], None)
            case "conversation", "update" if op["id"] in shown:
                _put(shown[op["id"]], op["set"])
            case "finding", _ if op["conversation"] in shown:
                _overlay_finding(shown[op["conversation"]], op)
    return shown


def _overlay_finding(document: Document, op: Op) -> None:
    findings: list[Document] = document.setdefault("findings", [])
    if op["kind"] == "create":
        findings.append({**copy.deepcopy(op["fields"]), "id": op["id"]})
        return
    for finding in [one for one in findings if one.get("id") == op["id"]]:
        if op["kind"] == "delete":
            findings.remove(finding)
            continue
        _put(finding, op.get("set", {}))
        added, removed = (op.get(name, {}).get("themes", []) for name in ("add", "remove"))
        if added or removed:
            themes = dict.fromkeys([*finding.get("themes", []), *added])
            finding["themes"] = [code for code in themes if code not in removed]


def _put(holder: Document, members: Mapping[str, Any]) -> None:
    """Null takes a member back to its default (RFC 7396)."""
    for member, value in members.items():
        if value is None:
            holder.pop(member, None)
        else:
            holder[member] = copy.deepcopy(value)
