"""What `bench planted` prints, and the page that is made of it."""

from collections.abc import Sequence

from benchmarks._planted.all import UNITS, WATCHED_UNITS, Amount, Section
from benchmarks._planted.figures import ERRORS, Figure
from benchmarks._planted.shop import HEAVY, USUAL
from benchmarks._planted.studies import WHOLE_EVERY
from benchmarks._planted.study import DAYS

LIMITS = {0: "{:.2%}", 1: "at most {:.2%}", -1: "at least {:.2%}", None: "{:.2%}, told only"}
TITLE = "# Do reports say what was planted?"
ABOUT = """\
Shops are made up, so that what a treatment does is known. Their units are assigned by the product
from seeds and buckets of experiments that share a layer; exposures, lists and orders are written
as the drain writes them; and the product's own statements, comparisons, trust gate and verdict
read each run. {on_postgresql:,} runs are read on PostgreSQL, the others on SQLite; {drained:,}
more are also sent through inbox and drain, and have to give the same report to the last digit. Of
every {whole_every} runs one is read by the whole stored analysis too, which has to say the same.

*Allowed* is {errors} binomial standard errors of what it should be; of revenue's power also the
error of the plan, which is made of {past:,} units. Where a figure may lie to one side, the limit
says so.

- Units see one to twelve lists, by Zipf's law; each has a chance to click of its own.
  {usual_buyers:.1%} buy; {regulars:.0%} are regulars, who bought before and buy more, so that
  history (CUPED) explains a part. Baskets are log-normal, in cents; {refunded:.0%} come back.
  *Usual*: log-deviation {usual_sigma}. *Heavy tails*: {heavy_buyers:.1%} buy, log-deviation
  {heavy_sigma}.
- The planner says from the shop's four weeks what {units:,} units show in {days} days with 80 %
  power. That is planted: clicks added to each list's chance, more buyers, and revenue whose
  spread stays what it was, as a plan assumes. A treatment that only multiplies revenue widens its
  spread as well, and is found less often than planned.
- Under a cap the truth is the difference of capped means, from four million units on each side,
  at the cap that the report used.
- Watched runs have {watched:,} units. The ranges of each day come from the report's own series;
  the verdict is asked for on each day on which the primary metric's range excludes zero (else it
  can claim nothing), and of every {whole_every}th run on every day.
- The broken split: half and half assigned, a part of the treatment's exposures never recorded.
"""


def markdown(sections: Sequence[Section]) -> str:
    """Return everything that was found as Markdown."""
    every = [figure for _title, part in sections for figure in part]
    within = sum(figure.is_within for figure in every)
    summary = f"{within} of {len(every)} figures lie where they should, or are told only."
    return "\n".join([summary, "", *(line for each in sections for line in _table(*each))])


def page(sections: Sequence[Section], amount: Amount, seed: int) -> str:
    """Return the page about one simulation, with the command that makes it."""
    how = (
        f"Made by `./armature bench planted --experiments {amount.experiments}"
        f" --splits {amount.splits} --seed {seed} --workers {amount.workers}"
        " --markdown docs/planted.md`."
    )
    about = ABOUT.format(
        on_postgresql=amount.on_postgresql,
        drained=amount.drained,
        whole_every=WHOLE_EVERY,
        errors=ERRORS,
        past=amount.past,
        usual_buyers=USUAL.buyers,
        heavy_buyers=HEAVY.buyers,
        regulars=USUAL.regulars,
        refunded=USUAL.refunded,
        usual_sigma=USUAL.sigma,
        heavy_sigma=HEAVY.sigma,
        units=UNITS,
        days=DAYS,
        watched=WATCHED_UNITS,
    )
    return "\n".join([TITLE, "", how, "", about, markdown(sections)])


def _table(title: str, part: Sequence[Figure]) -> list[str]:
    return [
        f"## {title}",
        "",
        "| what | runs | should be | found | allowed | |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
        *map(_row, part),
        "",
    ]


def _row(figure: Figure) -> str:
    state = "" if figure.side is None else "within" if figure.is_within else "**strays**"
    should = LIMITS[figure.side].format(figure.target)
    return (
        f"| {figure.name} | {figure.runs:,} | {should} | {figure.share:.2%}"
        f" | ± {figure.band:.2%} | {state} |"
    )
