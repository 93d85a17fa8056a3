"""Within an installation apart: play the splits of an A/A replay, and write down what came."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.aa.answering import answers_to
from config.aa.apart import ANSWERS, TOLD
from config.httpclient import ApiError, ApiUnavailable
from config.installation import bring_up_to_date
from experiments.errors import ArmatureError


class Command(BaseCommand):
    """Plays what `aa` told it; it is of no use by itself."""

    help = "Part of `aa`: play its splits in a temporary installation."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the temporary folder."""
        parser.add_argument("folder", type=Path, help="where the errand is written down")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Play the splits; raises CommandError with the reason where that fails."""
        folder: Path = options["folder"]
        if Path(settings.DATA_DIR).resolve() != folder.resolve() or not (folder / TOLD).exists():
            raise CommandError("this is a part of `aa`, which starts it in a folder of its own")
        bring_up_to_date(lambda _text: None)
        try:
            answers = answers_to(json.loads((folder / TOLD).read_text()))
        except (ArmatureError, ApiError, ApiUnavailable, TimeoutError) as error:
            self.stdout.write(str(error))  # what `aa` passes on
            raise CommandError(str(error)) from error
        (folder / ANSWERS).write_text(json.dumps(answers))
