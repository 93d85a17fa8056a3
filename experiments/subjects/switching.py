"""Whether a site may still choose how it stores ids."""

from experiments.models import Event, Exposure, InboxBatch, Site, Slate


def ids_are_fixed(site: Site) -> bool:
    """Return whether how the site stores ids can no longer change.

    Hashed once, nobody knows the ids any more. And rows with raw ids beside rows with hashes would
    make two units of every visitor.
    """
    holds = (
        Event.objects.filter(site=site),
        Slate.objects.filter(site=site),
        Exposure.objects.filter(experiment__site=site),
        InboxBatch.objects.filter(site=site),
    )
    return site.hash_ids or any(rows.exists() for rows in holds)
