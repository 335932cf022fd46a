from django.dispatch import Signal
edition_activated = Signal()
