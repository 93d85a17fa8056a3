"""Traffic that is no shopper's: what it is called."""

from django.db import models


class Traffic(models.TextChoices):
    """Why a row or a unit is left out of analyses; a shopper's is empty."""

    BOT = "bot", "declared bot"
    OUTLIER = "outlier", "too many events to be a person"
    INTERNAL = "internal", "internal or test"
