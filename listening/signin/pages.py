"""The pages of sign-in. allauth's views are dressed, and those that are not named in `urls` do not exist."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import SetPasswordForm
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import LoginView, PasswordChangeView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import IndexView as FactorsView
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView, RemoveWebAuthnView
from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from backend.policy import AccessPolicy, access
from listening.fieldwork import invitations, people
from listening.fieldwork.models import User
from listening.fieldwork.person import person_of
from listening.signin import oidc
from listening.signin.sessions import lacks_second_factor

View = Callable[..., Any]

DEMO_PEOPLE = (
    ("planner", _lazy("reads the need maps")),
    ("listener", _lazy("logs conversations")),
    ("coordinator", _lazy("reads what was logged and gives it themes")),
    ("navile", _lazy("coordinates the district Navile alone")),
    ("steward", _lazy("proposes what is published")),
    ("steward2", _lazy("approves what another steward proposed")),
    ("admin", _lazy("may do everything, and opens the administration")),
)


def page(view: View, policy: type[AccessPolicy], *methods: str) -> View:
    """A view of allauth's or ours with its policy and the methods that it has; GET and POST when none is named."""
    return access(policy)(require_http_methods(methods or ("GET", "HEAD", "POST"))(view))


def confirmed(view: View) -> View:
    """Whoever opens this has proved within the last minutes who they are; otherwise they do so first and come back.

    allauth has a decorator for this, but it keeps a form that came too late, with all its headers, in the session.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if is_reauthentication_required(request, app="listening.signin"):
            ways = get_adapter().get_reauthentication_methods(request.user)
            return HttpResponseRedirect(f"{ways[0]['url']}?{urlencode({'next': request.path})}")
        return view(request, *args, **kwargs)

    return guarded


class Index(FactorsView):
    """Everything about one's own sign-in, and what is missing of it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        missing = lacks_second_factor(person_of(self.request), self.request.session)
        return super().get_context_data(**kwargs, second_factor_missing=missing)


class Code(AuthenticateView):
    """The second factor of a sign-in; a key is offered to who has one."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        has_key = is_mfa_enabled(self.stage.login.user, [Authenticator.Type.WEBAUTHN])
        return super().get_context_data(**kwargs) | {"has_key": has_key}


class SignIn(LoginView):
    """Sign in with name and password; in the demo the page names the accounts."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **kwargs,
            demo_people=DEMO_PEOPLE if settings.DEMO else (),
            provider=settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        )


def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out here; also ends a sign-in that waits for its code."""
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End all sessions of the person, this one too."""
    people.sign_out(User.objects.filter(pk=person_of(request).pk))
    return sign_out(request)


class Password(PasswordChangeView):
    """Change one's password; the other sessions end."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not person_of(request).has_usable_password():
            raise Http404  # comes in by the identity provider
        return super().dispatch(request, *args, **kwargs)


class RemoveKey(RemoveWebAuthnView):
    success_url = reverse_lazy("mfa_index")


class ConfirmByKey(ReauthenticateWebAuthnView):
    def form_invalid(self, form: Form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form))


def provider_start(request: HttpRequest) -> HttpResponse:
    """To the city's identity provider; with the token of an invitation, to link the account that comes back."""
    token = request.POST.get("invitation", "")
    invitation = invitations.find(token) if token else None
    if token and invitation is None:
        return no_invitation(request)
    return oidc.start(request, next_url=get_next_redirect_url(request), invitation=invitation)


@never_cache
@sensitive_post_parameters("password1", "password2")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Set a password with a link from an administrator. Looking at the page does not use the link up."""
    with transaction.atomic():
        found = invitations.find(token)
        if found is None:
            return no_invitation(request)
        form = SetPasswordForm(user=found.person, data=request.POST or None)
        if request.method == "POST" and form.is_valid():
            if not invitations.use(found):
                return no_invitation(request)
            form.save()
            return render(request, "signin/invitation_used.html")
    provider = settings.OIDC_NAME if settings.OIDC_ISSUER else ""
    context = {"form": form, "person": found.person, "token": token, "provider": provider}
    return render(request, "signin/invitation.html", context)


def no_invitation(request: HttpRequest) -> HttpResponse:
    """One answer for a link that is unknown, expired or used."""
    return render(request, "signin/no_invitation.html", status=HTTPStatus.NOT_FOUND)


def administration_door(request: HttpRequest) -> HttpResponse:
    """Django's own sign-in to the administration would ask for no second factor: everybody comes by the same door."""
    if not person_of(request).is_staff:
        raise PermissionDenied
    return redirect(get_next_redirect_url(request) or "admin:index")
