"""People at the admin, and what their browser posts."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from experiments.models import Experiment

BACKEND = "django.contrib.auth.backends.ModelBackend"


def signed_in(user: User, **kwargs: Any) -> Client:
    """Return a client of this user."""
    client = Client(**kwargs)
    client.force_login(user, backend=BACKEND)
    return client


def superuser(name: str = "ada") -> User:
    """Return an account that may do everything."""
    return User.objects.create_superuser(name)


def change_url(experiment: Experiment) -> str:
    """Return the address of the experiment's page."""
    return f"/admin/experiments/experiment/{experiment.pk}/change/"
