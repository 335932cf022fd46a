"""The coordinator's desk: what came in today, what has to be decided, and where to go next. Pages without a script."""
