"""Views of the list that a person keeps: named, opened by their address, taken away again."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from experiments.models import SavedView
from experiments.web.listing import LONGEST, kept_query, views_of

MOST = 50


class ViewForm(forms.Form):
    """A view to be kept under a name; a name that exists is given the new view."""

    name = forms.CharField(max_length=60)
    query = forms.CharField(max_length=LONGEST, required=False)

    def clean_query(self) -> str:
        """Keep search and filters alone."""
        return kept_query(self.cleaned_data["query"])


def views_page(request: HttpRequest) -> HttpResponse:
    """Show one's views; keep one, or take one away."""
    if request.method == "POST":
        return _remove(request) if "remove" in request.POST else _keep(request)
    context = {
        **admin.site.each_context(request),
        "title": "Saved views",
        "views": views_of(request),
    }
    return TemplateResponse(request, "experiments/views.html", context)


def _keep(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = ViewForm(request.POST)
    address = reverse("admin:experiments_experiment_changelist")
    if not form.is_valid():
        messages.error(request, "A view needs a name of 1 to 60 characters.")
        return redirect(address)
    name, query = form.cleaned_data["name"], form.cleaned_data["query"]
    mine = SavedView.objects.filter(user=user)
    if not query:
        messages.error(request, "Search or filter first: there is nothing to keep.")
    elif mine.count() >= MOST and not mine.filter(name=name).exists():
        messages.error(request, f"{MOST} views are kept already; take one away first.")
    else:
        SavedView.objects.update_or_create(user=user, name=name, defaults={"query": query})
        messages.success(request, f"The view “{name}” is kept.")
    return redirect(f"{address}?{query}" if query else address)


def _remove(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    asked = str(request.POST["remove"])
    pk = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 18 else 0
    SavedView.objects.filter(user=user, pk=pk).delete()
    messages.success(request, "The view is no longer kept.")
    return redirect("admin:experiments_experiment_views")
