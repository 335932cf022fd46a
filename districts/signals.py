"""What districts announce to whoever must follow the boundaries. They know nothing of who listens."""

from django.dispatch import Signal

# Sent with `edition` when its districts are stored and nothing is in force yet: time to prepare.
edition_drawn = Signal()
# Sent with `edition` inside the transaction that activates it: a receiver that fails leaves the old boundaries.
edition_activated = Signal()
# Sent with `edition` after that transaction.
edition_in_force = Signal()
