"""People, what they and machines sign in with, venues and sessions in the administration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.contrib.gis.geos import Point
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse

from backend import clock
from backend.admin_pages import AdminPage, Lines, ReadOnlyPage
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.fieldwork import api_keys
from listening.fieldwork.invitations import VALID_DAYS, invite
from listening.fieldwork.models import ApiKey, ApiToken, Assignment, Device, Session, User, Venue
from listening.fieldwork.people import sign_out
from listening.fieldwork.person import person_of
from listening.fieldwork.revocation import revoke

if TYPE_CHECKING:
    # Django's own classes take type arguments in their stubs alone.
    PersonForm = forms.ModelForm[User]
    ModelForm = forms.ModelForm[Venue]
    UserPage = UserAdmin[User]
else:
    PersonForm, ModelForm, UserPage = forms.ModelForm, forms.ModelForm, UserAdmin


class NewPersonForm(PersonForm):
    """A person who is added; their assignments are on the same page. They choose the password, by invitation."""

    class Meta:
        model = User
        fields = ("username",)

    def save(self, commit: bool = True) -> User:
        self.instance.set_unusable_password()
        return super().save(commit)


# What a person may do is in their assignments; groups would be a second answer to the same question.
admin.site.unregister(Group)


class AssignmentLines(Lines):
    """What the person may do, where and until when."""

    model = Assignment
    fields = ("role", "layer", "district_code", "clearance", "first_day", "last_day")
    extra = 0


@admin.register(User)
class PersonPage(UserPage):
    """People, and what they may do; administrators alone come in here."""

    add_form = NewPersonForm
    inlines = (AssignmentLines,)
    list_display = ("username", "roles", "is_active", "last_login")
    list_filter = ("assignments__role", "is_active")
    search_fields = ("username", "first_name", "last_name")
    ordering = ("username",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username",)}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("May sign in", {"fields": ("is_active",)}),
        ("Since", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username",)}),)
    readonly_fields = ("last_login", "date_joined")
    actions = ("invite", "remove_second_factors")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("assignments__layer")

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Also record what became of the assignments; the request is one transaction, so both are kept or neither."""
        gone = [deleted.instance.pk for deleted in formset.deleted_forms]
        super().save_formset(request, form, formset, change)
        changed = dict(formset.changed_objects)
        ended = [one.pk for one, fields in changed.items() if "last_day" in fields and one.last_day is not None]
        for verb, ids in (
            (Verb.ASSIGN, [assignment.pk for assignment in formset.new_objects]),
            (Verb.CHANGE, [assignment.pk for assignment in changed if assignment.pk not in ended]),
            (Verb.END_ASSIGNMENT, ended + gone),
        ):
            if ids:
                record(verb, Assignment, ids, request=request, subject=form.instance)

    def get_urls(self) -> list[URLPattern]:
        """Without Django's page on which one would choose another person's password (ASVS 5.0.0, V6.4.6)."""
        return [route for route in super().get_urls() if route.name != "auth_user_password_change"]

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        return self.show_link(request, obj)

    @admin.action(description="Invitation link: to set a password, the first or a new one", permissions=["change"])
    def invite(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse | None:
        if len(people) == 1 and people[0].is_active and not people[0].api_keys.exists():
            return self.show_link(request, people[0])
        self.message_user(request, "Choose one person, who is active and no machine.", messages.ERROR)
        return None

    def show_link(self, request: HttpRequest, person: User) -> HttpResponse:
        """Make the link and show it, this once: a message or an address would keep it."""
        token = invite(person, by=person_of(request))
        link = request.build_absolute_uri(reverse("invitation", args=[token]))
        context = {"person": person, "link": link, "days": VALID_DAYS, "opts": self.opts}
        return TemplateResponse(
            request, "fieldwork/invitation_link.html", {**self.admin_site.each_context(request), **context}
        )

    @admin.action(description="Remove second factors: when all of them were lost", permissions=["change"])
    def remove_second_factors(self, request: HttpRequest, people: QuerySet[User]) -> None:
        Authenticator.objects.filter(user__in=people).delete()
        number = sign_out(people)
        self.message_user(request, f"{number} without second factors, and signed out everywhere.", messages.SUCCESS)

    @admin.display(description="assignments")
    def roles(self, person: User) -> str:
        return "; ".join(str(assignment) for assignment in person.assignments.all())


@admin.register(ApiToken)
class ApiTokenPage(ReadOnlyPage):
    """Tokens are issued by a command that prints them once; here they are looked through and revoked."""

    list_display = ("id", "user", "label", "created_at", "expires_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("user__username", "label")
    fields = ("user", "label", "created_at", "expires_at", "revoked_at")
    actions = ("revoke",)

    @admin.action(description="Revoke: they are refused from now on", permissions=["view"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        with transaction.atomic():
            standing = list(tokens.filter(revoked_at=None).select_for_update().values_list("pk", flat=True))
            ApiToken.objects.filter(pk__in=standing).update(revoked_at=clock.now())
            if standing:
                record(Verb.REVOKE_KEY, ApiToken, standing, request=request)
        self.message_user(request, f"{len(standing)} revoked.", messages.SUCCESS)


@admin.register(ApiKey)
class ApiKeyPage(ReadOnlyPage):
    """Keys of machines are issued by a command that prints them once; here they are looked through and revoked."""

    list_display = ("id", "account", "scopes", "networks", "expires_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("account",)
    search_fields = ("account__username",)
    fields = ("account", "scopes", "networks", "created_at", "expires_at", "last_used_at", "revoked_at")
    actions = ("revoke",)

    @admin.action(description="Revoke: they are refused from now on", permissions=["view"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        self.message_user(request, f"{api_keys.revoke(keys, request=request)} revoked.", messages.SUCCESS)


@admin.register(Device)
class DevicePage(ReadOnlyPage):
    """Phones are enrolled by their people; here they are looked through and revoked."""

    list_display = ("name", "person", "state", "last_seen_at", "lease_until", "revoked_at", "wipe_told_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), ("misused_at", admin.EmptyFieldListFilter))
    list_select_related = ("person",)
    search_fields = ("person__username", "name")
    fields = (
        "person", "name", "enrolled_at", "confirmed_at", "last_seen_at", "lease_until", "token_issued_at",
        "revoked_at", "revoked_by", "misused_at", "wipe_asked_at", "wipe_told_at",
    )  # fmt: skip
    actions = ("revoke", "revoke_and_forget")

    @admin.action(description="Revoke: they are refused from now on", permissions=["view"])
    def revoke(self, request: HttpRequest, devices: QuerySet[Device]) -> None:
        self._revoke(request, devices, forget=False)

    @admin.action(description="Revoke and forget: they are told to delete what they hold", permissions=["view"])
    def revoke_and_forget(self, request: HttpRequest, devices: QuerySet[Device]) -> None:
        self._revoke(request, devices, forget=True)

    def _revoke(self, request: HttpRequest, devices: QuerySet[Device], *, forget: bool) -> None:
        revoked = revoke(devices, by=person_of(request), request=request, forget=forget)
        self.message_user(request, f"{revoked} revoked.", messages.SUCCESS)


class VenueForm(ModelForm):
    """A venue's point as two numbers: a map would have to be fetched from elsewhere."""

    longitude = forms.FloatField(required=False, min_value=-180, max_value=180, help_text="Degrees east, WGS 84.")
    latitude = forms.FloatField(required=False, min_value=-90, max_value=90, help_text="Degrees north, WGS 84.")

    class Meta:
        model = Venue
        fields = ("code", "name", "kind")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.location is not None:
            self.initial.update(longitude=self.instance.location.x, latitude=self.instance.location.y)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        numbers = (cleaned.get("longitude"), cleaned.get("latitude"))
        if not self.errors and numbers.count(None) == 1:
            raise forms.ValidationError("Give both longitude and latitude, or neither.")
        self.instance.location = None if None in numbers else Point(*numbers, srid=4326)
        return cleaned


@admin.register(Venue)
class VenuePage(AdminPage):
    form = VenueForm
    list_display = ("name", "kind", "code")
    list_filter = ("kind",)
    search_fields = ("name", "code")


@admin.register(Session)
class SessionPage(AdminPage):
    list_display = ("started_at", "kind", "title", "venue", "convener")
    list_filter = ("kind",)
    list_select_related = ("venue", "convener")
    search_fields = ("title", "venue__name")
    autocomplete_fields = ("venue", "convener")
    date_hierarchy = "started_at"
