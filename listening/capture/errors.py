"""What can be wrong with a submission, as problems."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from backend.problems import Conflict, FieldError, Gone, InvalidRequest


class InvalidSubmission(InvalidRequest):
    """The submission has mistakes; each is listed with its place in the document. Nothing was stored."""

    slug = "invalid-submission"
    title = "The submission has mistakes"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(
            f"{len(errors)} mistakes were found; nothing was stored." if len(errors) != 1 else errors[0]["detail"],
            errors=errors,
        )


class SameIdOtherContent(Conflict):
    """A conversation with this id is stored, with other content. Change it with PATCH, or send a new id."""

    slug = "same-id-other-content"
    title = "The id is taken by another conversation"

    def __init__(self, *, record: UUID) -> None:
        super().__init__(
            f"A conversation with the id {record} is stored with other content. "
            "To change it, PATCH it; for another conversation, send a new id.",
            record=str(record),
        )


class FindingIdTaken(Conflict):
    """A finding brings an id that another conversation's finding has. Nothing was stored."""

    slug = "finding-id-taken"
    title = "The id of a finding is taken"

    def __init__(self, *, submissions: Sequence[UUID]) -> None:
        super().__init__(
            "A finding has the id of a finding of another conversation; give it a new one.",
            records=[str(record) for record in submissions],
        )


class RecordDeleted(Gone):
    """The conversation was deleted; a tombstone keeps it from coming back."""

    slug = "record-deleted"
    title = "The conversation was deleted"

    def __init__(self, *, record: UUID) -> None:
        super().__init__(f"The conversation {record} was deleted and cannot be sent again.", record=str(record))


class ReceiptTaken(Conflict):
    """The code of a card came with another conversation before; each card is for one. Nothing was stored."""

    slug = "receipt-taken"
    title = "The card belongs to another conversation"

    def __init__(self, *, submissions: Sequence[UUID]) -> None:
        super().__init__(
            "A card of this submission came with another conversation before. Take another card.",
            records=[str(pk) for pk in submissions],
        )
