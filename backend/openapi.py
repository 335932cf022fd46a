"""What drf-spectacular cannot see for itself: problems, which every operation may answer."""

from __future__ import annotations

from typing import Any

from backend.problems import MEDIA_TYPE

PROBLEM = {
    "type": "object",
    "description": "What was wrong (RFC 9457); `type` leads to a page about this kind of problem.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "example": "/problems/invalid-parameter"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer (RFC 6901) into the body."},
                    "parameter": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
    "additionalProperties": True,
}
ALWAYS = {"400": "The request is not valid.", "406": "No acceptable media type.", "429": "Too many requests."}
SIGNED_IN = {"401": "Sign in first.", "403": "Your role does not allow this."}
WITH_ID = {"404": "There is nothing here, or nothing that you may see."}
WITH_BODY = {"413": "The body is too large.", "415": "The media type is not understood."}
WITH_IF_MATCH = {"412": "It changed since you read it.", "428": "If-Match is required."}


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular postprocessing hook: describe the problem answers of each operation."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for status, description in _problems_of(path, operation).items():
                operation["responses"].setdefault(status, {"description": description})
            # Also of those that a view declares by their description alone.
            for status, response in operation["responses"].items():
                if status >= "400":
                    response.setdefault("content", {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}})
    return result


def _problems_of(path: str, operation: dict[str, Any]) -> dict[str, str]:
    problems = dict(ALWAYS)
    if operation.get("security") and {} not in operation["security"]:
        problems |= SIGNED_IN
    if "{" in path:
        problems |= WITH_ID
    if "requestBody" in operation:
        problems |= WITH_BODY | {"409": "It contradicts what is stored."}
    if any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", ())):
        problems |= WITH_IF_MATCH
    return problems
