"""Load on one address by `wrk`, and what it cost: rate, latency, CPU of the servers behind it."""

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks._faults.parts import descendants

TICKS = os.sysconf("SC_CLK_TCK")
UNITS_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
CONNECTIONS = 16
# A visitor of its own for every request, so that no answer is anybody else's.
SCRIPT = """
wrk.method = "{method}"
wrk.headers["Content-Type"] = "application/json"
{headers}
local n = 0
local prefix = "v-" .. tostring(math.random(1000000)) .. "-"
function request()
    n = n + 1
    local id = prefix .. n
    local path = ("{path}"):gsub("@@", id)
    local body = ([[{body}]]):gsub("@@", id)
    return wrk.format(nil, path, nil, "{method}" == "POST" and body or nil)
end
"""


class LoadError(Exception):
    """A load that got no answers, or refusals."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked: a path and a body in which @@ stands for the visitor's id."""

    name: str
    url: str
    path: str
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def method(self) -> str:
        """Return POST where there is a body."""
        return "POST" if self.body else "GET"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one run of load found; CPU is microseconds per request, latencies milliseconds."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    store_us: float


def put_under_load(
    target: Target, *, seconds: int, pids: Sequence[int], store_pids: Sequence[int]
) -> Loaded:
    """Load a target after a second of warming up; raises LoadError on any answer that is not 2xx.

    `pids`: the web servers, `store_pids`: what they write to; each with all its children.
    """
    _wrk(target, 1)
    before, store_before = _cpu_s(pids), _cpu_s(store_pids)
    said = _wrk(target, seconds)
    spent, store_spent = _cpu_s(pids) - before, _cpu_s(store_pids) - store_before
    if bad := re.search(r"Non-2xx or 3xx responses: (\d+)", said):
        raise LoadError(f"{target.name}: {bad.group(1)} answers were refusals")
    requests = float(_found(r"(\d+) requests in", said))
    return Loaded(
        per_second=float(_found(r"Requests/sec:\s+([\d.]+)", said)),
        p50_ms=_milliseconds(_found(r"\n\s+50%\s+(\S+)", said)),
        p99_ms=_milliseconds(_found(r"\n\s+99%\s+(\S+)", said)),
        cpu_us=spent / requests * 1e6,
        store_us=store_spent / requests * 1e6,
    )


def _wrk(target: Target, seconds: int) -> str:
    headers = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in target.headers)
    script = SCRIPT.format(
        method=target.method, headers=headers, path=target.path, body=target.body
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        how = ("-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "--timeout", "5s")
        argv = ["wrk", *how, "-s", file.name, target.url]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def _found(pattern: str, said: str) -> str:
    found = re.search(pattern, said)
    if found is None:
        raise LoadError(f"no request was answered:\n{said}")
    return found.group(1)


def _milliseconds(text: str) -> float:
    number, unit = re.match(r"([\d.]+)([a-z]+)", text).groups()  # type: ignore[union-attr]
    return float(number) * UNITS_MS[unit]


def _cpu_s(pids: Sequence[int]) -> float:
    """Return the processor seconds that processes and their children have spent so far."""
    everyone = {pid for parent in pids for pid in (parent, *descendants(parent))}
    return sum(map(_ticks, everyone)) / TICKS


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
