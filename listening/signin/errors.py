"""What sign-in refuses programs."""

from __future__ import annotations

from backend.problems import Problem


class SecondFactorRequired(Problem):
    """Your role asks for a second factor, and this session has none. Set one up at `/account/`, or sign in with it."""

    slug, title, status = "second-factor-required", "A second factor is required", 403
