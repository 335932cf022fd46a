"""How long a session lasts, what begins it anew and what ends it (ASVS 5.0.0, V7).

Django keeps the sessions in the database and drops those that were idle. Added here: an absolute limit, a second factor
for the roles that need one, and the end of a person's other sessions when a factor of theirs changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.signals import authentication_step_completed, password_changed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout, update_session_auth_hash
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.contrib.sessions.backends.base import SessionBase
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from backend import clock
from backend.policy import Public, declared_by
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.fieldwork.models import User
from listening.fieldwork.people import sign_out
from listening.signin.errors import SecondFactorRequired
from listening.signin.permissions import OwnSignIn

# What a session remembers: two instants (seconds since 1970), and whether a second factor stands behind it.
SIGNED_IN_AT: Final = "signed_in_at"
SEEN_AT: Final = "seen_at"
SECOND_FACTOR: Final = "second_factor"
# Writing at each request would cost more than the requests themselves.
RENEWED_AFTER_S: Final = 60
# Recovery codes help when a factor is lost; alone they are none.
FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class SessionRulesMiddleware:
    """Ends a session that is over, and lets nobody on whose role asks for a second factor that the session lacks.

    Views that are open to anyone are left alone, so that they stay without a query and can be cached.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        declared = declared_by(view)
        if declared == (Public,) or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        if SESSION_KEY not in request.session:
            return None
        if is_over(request.session) or not isinstance(request.user, User):
            # Also when the person is no longer active: a session does not come back to life with them.
            logout(request)
            return None
        renew(request.session)
        if declared == (OwnSignIn,) or not lacks_second_factor(request.user, request.session):
            return None
        return self.ask_for_second_factor(request, request.user)

    def ask_for_second_factor(self, request: HttpRequest, person: User) -> HttpResponse:
        if request.path.startswith("/api/"):
            return SecondFactorRequired("Set up a second factor, or sign in with it.").as_response(request.path)
        if is_mfa_enabled(person, FACTORS):
            # They have one, and this session began without it.
            logout(request)
            return redirect("account_login")
        return redirect("mfa_index")


def is_over(session: SessionBase) -> bool:
    """Whether a session is too old, or began before there were these rules. An idle one, Django does not find."""
    age = clock.now().timestamp() - session.get(SIGNED_IN_AT, 0)
    return bool(age >= settings.SESSION_ABSOLUTE_AGE)


def renew(session: SessionBase) -> None:
    """Somebody is here: the idle limit counts from now."""
    now = clock.now().timestamp()
    if now - session.get(SEEN_AT, 0) >= RENEWED_AFTER_S:
        session[SEEN_AT] = now


def lacks_second_factor(person: User, session: SessionBase) -> bool:
    """Whether a role of this person asks for a second factor, and none stands behind the session."""
    return not session.get(SECOND_FACTOR) and person.scope.has(*settings.SECOND_FACTOR_ROLES)


def just_signed_in(session: SessionBase) -> bool:
    """Whether the person signed in within the last minutes, and so needs not prove again who they are."""
    age = clock.now().timestamp() - session.get(SIGNED_IN_AT, 0)
    return bool(age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


@receiver(user_logged_in)
def begin(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Somebody signed in. Django has given the session a new key."""
    request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = clock.now().timestamp()
    steps = get_authentication_records(request, user)
    request.session[SECOND_FACTOR] = any(step["method"] == "mfa" for step in steps)
    record(Verb.SIGN_IN, request=request, by=user, subject=user)


@receiver(user_login_failed)
def fail(sender: object, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Somebody did not get in. Never the name that was typed: it may be a password."""
    record(Verb.SIGN_IN_FAILED, request=request)


@receiver(user_logged_out)
def leave(sender: object, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        record(Verb.SIGN_OUT, request=request, by=user, subject=user)


@receiver(password_changed)
def password_was_changed(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    record(Verb.CHANGE_PASSWORD, request=request, by=user, subject=user)


@receiver(authenticator_added)
def factor_was_added(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    record(Verb.ADD_FACTOR, request=request, by=user, subject=user)


@receiver(authenticator_removed)
def factor_was_removed(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    record(Verb.REMOVE_FACTOR, request=request, by=user, subject=user)


@receiver(authentication_step_completed)
def step_up(sender: object, request: HttpRequest, method: str, reauthenticated: bool = False, **kwargs: Any) -> None:
    """Somebody who is signed in confirmed who they are: a new key makes the old one worthless."""
    if reauthenticated:
        request.session.cycle_key()
        if method == "mfa":
            request.session[SECOND_FACTOR] = True


@receiver([authenticator_added, authenticator_removed, authenticator_reset])
def factors_changed(
    sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    """End the person's other sessions: they began with other factors. This one gets a new key."""
    if authenticator.type == Authenticator.Type.TOTP and authenticator.pk and authenticator.last_used_at is None:
        authenticator.record_usage()  # the code that proved the app is used up
    sign_out(User.objects.filter(pk=user.pk))
    user.refresh_from_db(fields=["session_epoch"])
    update_session_auth_hash(request, user)
    request.session[SECOND_FACTOR] = is_mfa_enabled(user, FACTORS)
