"""Lists of the management interface: the rows of the caller's site, paged."""

from abc import abstractmethod
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.generics import ListAPIView

from experiments.api.authentication import key_of

M = TypeVar("M", bound=Model)


class SiteList(ListAPIView[M], Generic[M]):
    """A list that only ever holds rows of the key's site."""

    def get_queryset(self) -> QuerySet[M]:
        """Return the rows; none while the OpenAPI document is written, which has no caller."""
        if getattr(self, "swagger_fake_view", False):
            model: Any = self.get_serializer_class().Meta.model  # type: ignore[attr-defined]
            return model.objects.none()
        return self.rows(key_of(self.request).site_id)

    @abstractmethod
    def rows(self, site_id: int) -> QuerySet[M]:
        """Return what the list holds for a site."""
