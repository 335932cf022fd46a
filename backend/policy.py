"""Who may call what: every route declares its access policy, and a check fails when one does not.

Views of REST framework declare it by `permission_classes`; plain Django views by the decorator `access`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.decorators import method_decorator
from rest_framework.permissions import BasePermission

if TYPE_CHECKING:
    # At run time rest_framework.views reads the default permission, which is below.
    from rest_framework.request import Request
    from rest_framework.views import APIView

View = TypeVar("View", bound=Callable[..., Any])


class AccessPolicy(BasePermission):
    """A permission that a view can declare; `summary` says it in words."""

    summary: ClassVar[str]

    @classmethod
    def admits(cls, person: Any) -> bool:
        """Whether a person, perhaps an anonymous one, may call."""
        raise NotImplementedError

    def has_permission(self, request: Request, view: APIView) -> bool:
        return self.admits(request.user)


class Public(AccessPolicy):
    summary = "anyone"

    @classmethod
    def admits(cls, person: Any) -> bool:
        return True


class SignedIn(AccessPolicy):
    summary = "people who are signed in"

    @classmethod
    def admits(cls, person: Any) -> bool:
        return bool(person and person.is_authenticated)


def access(declared: type[AccessPolicy]) -> Callable[[View], View]:
    """Declare and enforce the policy of a plain Django view, function or class.

    Whoever is not signed in is sent to the sign-in page and back; whom it does not admit then gets 403.
    """

    def guard(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not declared.admits(request.user):
                raise PermissionDenied(f"This page is for {declared.summary}.")
            return view(request, *args, **kwargs)

        return login_required(guarded)

    def declare(view: View) -> View:
        decorate = method_decorator(guard, name="dispatch") if isinstance(view, type) else guard
        guarded: Any = view if declared is Public else decorate(view)
        guarded.access_policy = declared
        return cast("View", guarded)

    return declare


def undeclared(patterns: Iterable[URLPattern | URLResolver] | None = None, prefix: str = "") -> Iterator[str]:
    """The routes, as path patterns, that declare no access policy.

    The admin brings its own login to each of its views; it counts as declared.
    """
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from undeclared(pattern.url_patterns, route)
        elif not declared_by(pattern.callback):
            yield route


def declared_by(callback: Callable[..., Any]) -> tuple[type[BasePermission], ...]:
    """The policies that the view of a route declares; empty when it declares none."""
    view_class = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    if (given := getattr(callback, "initkwargs", {}).get("permission_classes")) is not None:
        return tuple(given)
    for declaring in (callback, view_class):
        if (policy := getattr(declaring, "access_policy", None)) is not None:
            return (policy,)
    # The default of REST framework is not a declaration: the view itself, or a class of ours above it, must say.
    for base in getattr(view_class, "__mro__", ()):
        if "permission_classes" in base.__dict__ and not base.__module__.startswith("rest_framework."):
            return tuple(base.__dict__["permission_classes"])
    return ()
