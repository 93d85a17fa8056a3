"""Sends what visitors did with Segment's library: gzipped batches of seven, resent as it sees fit.

usage: segment_client.py ADDRESS WRITE_KEY CALLS
"""

import json
import re
import sys
from pathlib import Path

from segment.analytics.client import Client


def main(host: str, write_key: str, calls: str) -> None:
    """Make the calls of a file; print what the library could not deliver."""
    failed: list[str] = []
    client = Client(
        write_key,
        host=host,
        gzip=True,
        upload_size=7,
        upload_interval=0.2,
        max_retries=5,
        on_error=lambda error, _messages: failed.append(str(error)),
    )
    for kind, call in json.loads(Path(calls).read_text()):
        getattr(client, kind)(**{_snake(name): value for name, value in call.items()})
    client.flush()
    client.shutdown()
    sys.stdout.write(json.dumps(failed))


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), name)


if __name__ == "__main__":
    main(*sys.argv[1:])
