"""Addresses of sign-in. The names are those by which allauth finds its pages."""

from allauth.account.views import reauthenticate
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as keys
from django.urls import path
from django.views.generic import RedirectView

from backend.policy import Public, SignedIn
from listening.signin import oidc, pages
from listening.signin.pages import confirmed, page
from listening.signin.permissions import OwnSignIn

urlpatterns = [
    path("login/", page(pages.SignIn.as_view(), Public), name="account_login"),
    path("login/code/", page(pages.Code.as_view(), Public), name="mfa_authenticate"),
    path("login/provider/", page(pages.provider_start, Public, "POST"), name="oidc_login"),
    path("login/provider/callback/", page(oidc.finish, Public, "GET"), name="oidc_callback"),
    path("logout/", page(pages.sign_out, Public, "POST"), name="account_logout"),
    path("invitation/<str:token>/", page(pages.invitation, Public), name="invitation"),
    # Looking after one's own sign-in.
    path("account/", page(pages.Index.as_view(), OwnSignIn, "GET", "HEAD"), name="mfa_index"),
    path("account/password/", page(pages.Password.as_view(), OwnSignIn), name="account_change_password"),
    path("account/sign-out/", page(pages.sign_out_everywhere, OwnSignIn, "POST"), name="sign_out_everywhere"),
    path("account/confirm/", page(reauthenticate, OwnSignIn), name="account_reauthenticate"),
    path("account/confirm/code/", page(factors.reauthenticate, OwnSignIn), name="mfa_reauthenticate"),
    path("account/confirm/key/", page(pages.ConfirmByKey.as_view(), OwnSignIn), name="mfa_reauthenticate_webauthn"),
    path("account/app/", page(confirmed(totp.activate_totp), OwnSignIn), name="mfa_activate_totp"),
    path("account/app/remove/", page(confirmed(totp.deactivate_totp), OwnSignIn), name="mfa_deactivate_totp"),
    path("account/keys/add/", page(confirmed(keys.add_webauthn), OwnSignIn), name="mfa_add_webauthn"),
    path(
        "account/keys/<int:pk>/remove/",
        page(confirmed(pages.RemoveKey.as_view()), OwnSignIn),
        name="mfa_remove_webauthn",
    ),
    path(
        "account/recovery-codes/",
        page(confirmed(recovery_codes.view_recovery_codes), OwnSignIn, "GET"),
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/recovery-codes/new/",
        page(confirmed(recovery_codes.generate_recovery_codes), OwnSignIn),
        name="mfa_generate_recovery_codes",
    ),
    # Before the administration's own: no other way in, and no other place to change a password.
    path("admin/login/", page(pages.administration_door, SignedIn, "GET", "HEAD"), name="administration_door"),
    path(
        "admin/password_change/",
        page(RedirectView.as_view(pattern_name="account_change_password"), OwnSignIn, "GET", "HEAD"),
        name="administration_password",
    ),
]
