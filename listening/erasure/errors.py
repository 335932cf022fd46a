"""What can be wrong with the code of a card, as problems."""

from __future__ import annotations

from backend.problems import InvalidRequest, NotFound


class NotAReceipt(InvalidRequest):
    """The text is no code of a card: a letter is wrong or missing. It says nothing of which codes there are."""

    slug = "not-a-receipt"
    title = "This is no code of a card"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, errors=[{"pointer": "/code", "code": "not-a-code", "detail": detail}])


class ReceiptUnknown(NotFound):
    """Nothing is stored under this code: it never came, or it was withdrawn. The two look alike."""

    slug = "receipt-unknown"
    title = "Nothing is stored under this code"

    def __init__(self) -> None:
        super().__init__("Nothing is stored under this code.")
