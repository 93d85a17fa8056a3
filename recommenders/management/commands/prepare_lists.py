"""Makes the lists of active units ahead, for a recommender whose scores take long."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from experiments.models import Site
from recommenders.errors import RecommenderError
from recommenders.services.preparing import prepare_lists

DAYS = 30


class Command(BaseCommand):
    """Made once per artifact: a new champion needs it again, and is scored live until then."""

    help = "Make the lists of active units ahead, by a recommender's champion."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare whose lists."""
        parser.add_argument("site", help="The site's short name.")
        parser.add_argument("recommender", help="The recommender's key.")
        parser.add_argument(
            "--days", type=int, default=DAYS, help=f"Active: with an event in so many ({DAYS})."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them and say for how many units."""
        site = Site.objects.filter(slug=options["site"]).first()
        if site is None:
            known = ", ".join(Site.objects.values_list("slug", flat=True))
            raise CommandError(f"there is no site {options['site']!r}; there are: {known}")
        if options["days"] < 1:
            raise CommandError(f"--days must be at least 1; it is {options['days']}")
        try:
            made = prepare_lists(site=site, key=options["recommender"], days=options["days"])
        except RecommenderError as error:
            raise CommandError(f"{error}. {error.hint or ''}".strip()) from error
        self.stdout.write(f"lists of {made.n_units:,} units by {made.artifact}")
