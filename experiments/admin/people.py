"""Accounts, their roles and failed sign-ins, in the look of the other screens."""

from typing import Any

import axes.admin  # noqa: F401 - registered first, so that it can be replaced below
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django import forms
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from experiments.access import can, can_somewhere, governs, people_within, sites_of
from experiments.admin.base import StaffAdmin
from experiments.models import Membership
from experiments.roles import Action, Role
from experiments.services.people import mirror_roles, set_roles

POWERS = ("is_superuser",)
FOLLOWS = ("is_staff", "groups")  # from the roles: services.people.mirror_roles

for model in (User, AccessAttempt, AccessFailureLog, AccessLog):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


def site_choice(person: Any) -> forms.ModelChoiceField:
    """Return a choice of the sites whose roles the person gives; nothing chosen: every site."""
    gives_all = can(person, Action.PEOPLE, None)
    return forms.ModelChoiceField(
        sites_of(person, Action.PEOPLE),
        required=not gives_all,
        empty_label="Every site, also those to come" if gives_all else "Choose a site",
        widget=UnfoldAdminSelectWidget(),
    )


class AccountForm(UserCreationForm):
    """A new account with its first role, so that it belongs somewhere from the start."""

    role = forms.ChoiceField(
        choices=[(role, role) for role in Role], widget=UnfoldAdminSelectWidget
    )


class RoleForm(forms.ModelForm):
    """A role for an account that exists."""

    username = forms.CharField(
        max_length=150, widget=UnfoldAdminTextInputWidget, help_text="As they sign in."
    )

    class Meta:
        model = Membership
        fields = ["site", "role"]

    def clean_username(self) -> str:
        """Refuse a name that nobody has."""
        name = str(self.cleaned_data["username"])
        user = User.objects.filter(username=name).first()
        if user is None:
            raise forms.ValidationError(f"There is no account {name!r}; add it under Accounts.")
        self.instance.user = user
        return name

    def clean(self) -> dict[str, Any]:
        """Refuse a role that the account has already."""
        data = super().clean() or {}
        if not self.errors:
            rows = Membership.objects.filter(user=self.instance.user, site=data.get("site"))
            if rows.filter(role=data["role"]).exists():
                self.add_error("role", f"{data['username']} is {data['role']} there already.")
        return data


@admin.register(Membership)
class RoleAdmin(StaffAdmin):
    """Who is what in which site; whoever administers a site gives its roles."""

    view_action = action = Action.PEOPLE
    form = RoleForm
    list_display = ["user", "role", "where"]
    list_filter = ["site", "role"]
    list_select_related = ["user", "site"]
    search_fields = ["user__username"]
    fields = ["username", "site", "role"]

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        """Name the account as it is once the role is given."""
        return self.fields if obj is None else ["user", "site", "role"]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Offer the sites whose roles the person gives."""
        if obj is None:
            kwargs["form"] = type("SiteRoleForm", (self.form,), {"site": site_choice(request.user)})
        return super().get_form(request, obj, change, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """Refuse: a role is taken away and another given, so that both are on record."""
        return False

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """Give the role, on record."""
        person: Any = request.user
        rows = Membership.objects.filter(user=obj.user, site=obj.site)
        roles = {*rows.values_list("role", flat=True), obj.role}
        set_roles(user=obj.user, site=obj.site, roles=roles, actor=person)
        obj.pk = rows.get(role=obj.role).pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        """Take the role away, on record."""
        person: Any = request.user
        rows = Membership.objects.filter(user=obj.user, site=obj.site).exclude(role=obj.role)
        roles = set(rows.values_list("role", flat=True))
        set_roles(user=obj.user, site=obj.site, roles=roles, actor=person)

    @admin.display(description="Where", ordering="site__name")
    def where(self, obj: Membership) -> str:
        """Return the site's name."""
        return obj.site.name if obj.site else "every site"


@admin.register(User)
class UserAdmin(auth_admin.UserAdmin, ModelAdmin):
    """Accounts: seen by who gives roles of a site they are in, changed by who gives all of theirs.

    Only a superuser makes superusers, or touches one.
    """

    form = UserChangeForm
    add_form = AccountForm
    change_password_form = AdminPasswordChangeForm
    list_filter = ["is_active", "is_superuser"]
    filter_horizontal = ()
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Person", {"fields": ["first_name", "last_name", "email", "is_active"]}),
        ("Powers", {"fields": ["is_superuser", *FOLLOWS]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "usable_password", "password1", "password2"]}),
        ("First role", {"fields": ["site", "role"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return the accounts with a role in a site whose roles the person gives."""
        rows = super().get_queryset(request)
        return people_within(rows, request.user, Action.PEOPLE)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Offer the sites whose roles the person gives."""
        if obj is None:
            made = {"site": site_choice(request.user)}
            kwargs["form"] = type("SiteAccountForm", (self.add_form,), made)
        return super().get_form(request, obj, change=change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep people from giving themselves what they were not given."""
        person: Any = request.user
        found = [*super().get_readonly_fields(request, obj), *FOLLOWS]
        return found if person.is_superuser else [*found, *POWERS]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether the person gives roles of some site."""
        return can_somewhere(request.user, Action.PEOPLE)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the person gives roles of some site; the list holds whom they may see."""
        return can_somewhere(request.user, Action.PEOPLE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether the person gives roles of some site."""
        return can_somewhere(request.user, Action.PEOPLE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave accounts to those who give every role they have."""
        return self._governs(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Leave accounts to those who give every role they have."""
        return self._governs(request, obj)

    def get_actions(self, request: HttpRequest) -> Any:
        """Leave out the deletion of a selection, which looks at no single account."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the account; a new one gets its first role."""
        super().save_model(request, obj, form, change)
        person: Any = request.user
        if not change:
            data = form.cleaned_data
            set_roles(user=obj, site=data["site"], roles=[data["role"]], actor=person)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Let groups and the way into the admin follow, last of all."""
        super().save_related(request, form, formsets, change)
        mirror_roles(form.instance.pk)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> Any:
        raise Http404(f"There is no {opts.verbose_name} {object_id!r}.")

    def _governs(self, request: HttpRequest, obj: Any) -> bool:
        if obj is None:
            return can_somewhere(request.user, Action.PEOPLE)
        return governs(request.user, obj)


@admin.register(AccessAttempt)
class AccessAttemptAdmin(StaffAdmin):
    """Failed sign-ins, which belong to no site; deleting one unlocks the account."""

    view_action = action = Action.PEOPLE
    list_display = ["attempt_time", "username", "ip_address", "failures_since_start"]
    search_fields = ["username", "ip_address"]
    fields = ["attempt_time", "username", "ip_address", "user_agent", "failures_since_start"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: rows come from the sign-in guard."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: rows are a record."""
        return False
