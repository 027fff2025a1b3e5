"""Many clients read, ask what-if, pick and upload at once, each through its own connection, against one server."""

import asyncio
import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

_START_SECONDS = 60
_BYTES = {"Content-Type": "application/octet-stream"}
_AGAIN = (412, 503)  # somebody was faster; busy: both say what to do, and the client does it
_CHANCES = {"read": 60, "what_if": 15, "pick": 20, "upload": 1}

#: ``python -c`` of a real server process; the port comes with the settings.
SERVE = "from api.commands.serving import _serve; from api.settings import Settings; _serve(Settings())"


@dataclass
class Outcome:
    """What came of a load.

    Attributes
    ----------
    seconds
        Per action, how long each answer took.
    statuses
        How often each action was answered with each status.
    wrong
        Answers that should not have been, as words.
    picked
        Codes whose pick was confirmed.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    picked: set[str] = field(default_factory=set)

    def quantile(self, action: str, share: float) -> float:
        """Return how many seconds a share of the answers took at the most."""
        ordered = sorted(self.seconds[action])
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@contextmanager
def server(
    database: str, program: str = SERVE, **settings: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve a store in a process of its own; give the process and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "KANTONG_DATABASE_URL": database,
        "KANTONG_PORT": str(port),
        **{f"KANTONG_{name.upper()}": value for name, value in settings.items()},
    }
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env=environment,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _await_ready(process, address)
        yield process, address
    finally:
        process.terminate()
        process.communicate(timeout=_START_SECONDS)


def _await_ready(process: subprocess.Popen[str], address: str) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server left with {process.returncode}")
        try:
            if httpx.get(f"{address}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("the server did not become ready")


def drive(
    address: str, secrets: dict[str, tuple[str, str]], clients: int, seconds: float, boundaries: bytes
) -> Outcome:
    """Let clients do whatever comes to them for some seconds.

    Parameters
    ----------
    secrets
        Account name and app password of a ``perencana`` and of a ``gis``.
    boundaries
        A file of kelurahan of Kota Contoh to upload, each time as another version.
    """
    return asyncio.run(_driven(address, secrets, clients, seconds, boundaries))


async def _driven(
    address: str, secrets: dict[str, tuple[str, str]], clients: int, seconds: float, boundaries: bytes
) -> Outcome:
    outcome = Outcome()
    async with httpx.AsyncClient(base_url=address, auth=secrets["perencana"], timeout=60) as client:
        begun = await client.post(
            "/api/v1/runs/latest/shortlists", json={"title": "Beban bersama", "level": "kelurahan"}
        )
        begun.raise_for_status()
        shortlist = f"/api/v1/shortlists/{begun.json()['id']}"
        zones = (await client.get("/api/v1/runs/latest/zones/kelurahan", params={"f": "json"})).json()
    codes = [
        code
        for code, status in zip(zones["columns"]["code"], zones["columns"]["status"], strict=True)
        if status == "shown"
    ]
    until = time.monotonic() + seconds
    drivers = [
        _Driver(number, address, secrets, shortlist, codes[number::clients], boundaries, outcome)
        for number in range(clients)
    ]
    await asyncio.gather(*(driver.run(until) for driver in drivers))
    async with httpx.AsyncClient(base_url=address, auth=secrets["perencana"], timeout=60) as client:
        kept = {item["code"] for item in (await client.get(shortlist)).json()["items"]}
    if kept != outcome.picked:
        outcome.wrong.append(f"{len(outcome.picked)} picks were confirmed, {len(kept)} are kept")
    return outcome


class _Driver:
    """One client: what it does next is drawn."""

    def __init__(
        self,
        number: int,
        address: str,
        secrets: dict[str, tuple[str, str]],
        shortlist: str,
        codes: list[str],
        boundaries: bytes,
        outcome: Outcome,
    ) -> None:
        self._number, self._address, self._secrets = number, address, secrets
        self._shortlist, self._codes, self._boundaries, self._outcome = shortlist, codes, boundaries, outcome
        self._random = random.Random(number)
        self._uploads = 0
        self._versions: dict[str, str] = {}

    async def run(self, until: float) -> None:
        actions: dict[str, Callable[[httpx.AsyncClient], Awaitable[None]]] = {
            "read": self._read, "what_if": self._what_if, "pick": self._pick, "upload": self._upload,
        }  # fmt: skip
        async with httpx.AsyncClient(base_url=self._address, timeout=60) as client:
            while time.monotonic() < until:
                (name,) = self._random.choices(list(_CHANCES), list(_CHANCES.values()))
                await actions[name](client)

    async def _ask(
        self,
        client: httpx.AsyncClient,
        action: str,
        allowed: tuple[int, ...],
        method: str,
        url: str,
        **named: object,
    ) -> httpx.Response:
        started = time.monotonic()
        answer = await client.request(method, url, **named)  # type: ignore[arg-type]
        self._outcome.seconds.setdefault(action, []).append(time.monotonic() - started)
        self._outcome.statuses[action, answer.status_code] += 1
        if answer.status_code not in (*allowed, *_AGAIN):
            self._outcome.wrong.append(f"{method} {url}: {answer.status_code} {answer.text[:200]}")
        if answer.status_code == 503:
            await asyncio.sleep(float(answer.headers["Retry-After"]))
        return answer

    async def _read(self, client: httpx.AsyncClient) -> None:
        level = self._random.choice(("kecamatan", "kelurahan", "h3-8", "pocket"))
        kind = self._random.choice(("geojson", "json", "arrow"))
        url = f"/api/v1/runs/latest/zones/{level}?f={kind}"
        known = self._versions.get(url)
        headers = {"If-None-Match": known} if known else {}
        answer = await self._ask(client, "read", (200, 304), "GET", url, headers=headers)
        if "etag" in answer.headers:
            self._versions[url] = answer.headers["etag"]

    async def _what_if(self, client: httpx.AsyncClient) -> None:
        question = {
            "level": self._random.choice(("kecamatan", "kelurahan")),
            "cutoff": self._random.choice(("1/5", "1/4", "1/3", "2/5", "1/2")),
        }
        await self._ask(client, "what_if", (200,), "POST", "/api/v1/runs/latest/what-if", json=question)

    async def _pick(self, client: httpx.AsyncClient) -> None:
        """Pick a place of one's own on the list that all share, on top of whatever the others picked."""
        if not self._codes:
            return
        code, who = self._codes.pop(), self._secrets["perencana"]
        while code not in self._outcome.picked:
            read = await self._ask(client, "shortlist", (200,), "GET", self._shortlist, auth=who)
            picked = await self._ask(
                client, "pick", (200,), "PUT", f"{self._shortlist}/items/{code}",
                json={"reason": "uji beban"}, headers={"If-Match": read.headers["etag"]}, auth=who,
            )  # fmt: skip
            if picked.status_code == 200:
                self._outcome.picked.add(code)

    async def _upload(self, client: httpx.AsyncClient) -> None:
        self._uploads += 1
        said = {
            "name": f"beban-{self._number}", "source": f"uji {self._uploads}", "level": "kelurahan",
            "codes": "kemendagri", "file_name": "kelurahan.gpkg",
        }  # fmt: skip
        await self._ask(
            client, "upload", (201,), "POST", "/api/v1/boundaries", params=said, content=self._boundaries,
            headers=_BYTES, auth=self._secrets["gis"],
        )  # fmt: skip
