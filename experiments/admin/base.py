"""What the staff screens of every room share."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import get_fields_from_path
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from experiments.admin.fields import SafeJSONField
from experiments.errors import ArmatureError
from experiments.lifecycle import EDITABLE
from experiments.roles import Action
from experiments.scoping import choices_within, limit_choices, reaches, within


class FilterWithinReach(admin.RelatedFieldListFilter):
    """A filter that names only rows of sites where the person may look."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        """Return the choices within the person's reach."""
        rows = field.remote_field.model._default_manager.all()
        mine = choices_within(rows, request.user, Action.VIEW)
        ordering = self.field_admin_ordering(field, request, model_admin)
        return field.get_choices(
            include_blank=False, ordering=ordering, limit_choices_to={"pk__in": mine.values("pk")}
        )


class StaffAdmin(ModelAdmin):
    """A screen of ours: what a person sees and may do there follows from their roles.

    `view_action`, `action`: what a role of the row's site must allow for looking, and for adding,
    changing and deleting. Rows of other sites do not exist for them: not in lists, filters,
    choices, and by their number they are not found. A row's site: experiments/scoping.py.
    `fixed_fields`: what is written once, with the row, since other rows or the shop rest on it.
    JSON fields are safe, and many rows are never deleted at once.
    """

    view_action = Action.VIEW
    action = Action.MANAGE
    formfield_overrides = {
        models.JSONField: {
            "form_class": SafeJSONField,
            "widget": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        }
    }
    fixed_fields: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the rows of sites where the person may look."""
        return within(super().get_queryset(request), request.user, self.view_action)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether there is anything here for the person."""
        return reaches(request.user, self.view_action, self.model)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the person may look at a row, or at some."""
        return reaches(request.user, self.view_action, self.model, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may add rows in some site; the form offers only those."""
        return reaches(request.user, self.action, self.model)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the person may change a row, or some."""
        return reaches(request.user, self.action, self.model, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the person may delete a row, or some."""
        return reaches(request.user, self.action, self.model, obj)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Offer rows of the sites where the person may do what the form does."""
        form = super().get_form(request, obj, change, **kwargs)
        limit_choices(form, request.user, self.action)
        return form

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Let filters by other rows name only those within reach."""
        return [self._filter(each) for each in super().get_list_filter(request)]

    def _filter(self, name: Any) -> Any:
        is_relation = isinstance(name, str) and _is_relation(self.model, name)
        return (name, FilterWithinReach) if is_relation else name

    def get_actions(self, request: HttpRequest) -> Any:
        """Leave out the deletion of a selection: rows are deleted one by one, looked at."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> Any:
        """Act on those rows of a selection that the person may change."""
        mine = within(queryset, request.user, self.action)
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        asked = queryset.filter(pk__in=[each for each in chosen if each.isdecimal()])
        if left_out := asked.count() - within(asked, request.user, self.action).count():
            text = f"{left_out} of the rows were left out: you may not change them."
            self.message_user(request, text, messages.WARNING)
        return super().response_action(request, mine)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> Any:
        # Another site's row and none at all get the same answer.
        raise Http404(f"There is no {opts.verbose_name} {object_id!r}.")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fix from the second look on what may be written once."""
        found = super().get_readonly_fields(request, obj)
        return found if obj is None else [*found, *self.fixed_fields]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fill in short names while they can still be written."""
        return {} if obj else super().get_prepopulated_fields(request, obj)


class ReadOnlyAdmin(StaffAdmin):
    """Shows rows that nobody edits."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: rows come from the service."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: rows are a record."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: rows are a record."""
        return False


def _is_relation(model: Any, name: str) -> bool:
    fields: Any = get_fields_from_path(model, name)
    return bool(fields[-1].is_relation)


def is_editable(experiment: Any) -> bool:
    """Return whether the set-up of an experiment, or of one to be, may still change."""
    return experiment is None or experiment.pk is None or experiment.status in EDITABLE


def text_of(error: ArmatureError) -> str:
    """Return a refusal with its reason and what to do."""
    return f"{error}. {error.hint}" if error.hint else str(error)


def say(model_admin: ModelAdmin, request: HttpRequest, error: ArmatureError) -> None:
    """Show a refusal with its reason and what to do."""
    model_admin.message_user(request, text_of(error), messages.ERROR)


def actor_of(request: HttpRequest) -> str:
    """Return the name that status changes record."""
    user: Any = request.user
    return str(user.get_username())
