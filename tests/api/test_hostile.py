"""Requests that no honest client sends: refused with the right status, in words, and logged."""

import logging

import httpx
import pytest

WHAT_IF = "/api/v1/runs/latest/what-if"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "path",
    [
        "/static/..%2f..%2f..%2fetc%2fpasswd",
        "/static/%2e%2e/%2e%2e/pyproject.toml",
        "/api/v1/runs/..%2f..%2fetc%2fpasswd",
        "/api/v1/runs/%00",
        "/api/v1/runs/' OR 1=1 --",
        "/api/v1/runs/%25",
        "/api/v1/runs/latest/zones/..%2f..%2fkota",
        "/api/v1/runs/latest/zones/kelurahan;DROP TABLE run",
        "/api/v1/runs/latest/export.sqlite",
        "/runs/%2e%2e%2f%2e%2e",
    ],
)
def test_a_reference_reaches_nothing_but_runs(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "root:" not in answer.text
    assert "SELECT" not in answer.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"cutoff": NaN}', 422),
        (b'{"cutoff": Infinity}', 422),
        (b'{"desils": [NaN]}', 422),
        (b'{"desils": [1e400]}', 422),
        (b'{"desils": [' + b"9" * 5_000 + b"]}", 400),
        (b'{"cutoff": "1/' + b"9" * 5_000 + b'"}', 422),
        (b'{"cutoff": "1/9999999999999999999999999"}', 422),
        (b'{"weights": {"tanpa_aset": "1e999999999"}}', 422),
        (b'{"weights": {"tanpa_aset": "nan"}}', 422),
        (b"[" * 20_000 + b"]" * 20_000, 400),
        (b'{"level": ' * 5_000 + b"1" + b"}" * 5_000, 400),
        (b'{"level": "kelurahan', 422),
        (b"\xff\xfe{", 400),
        (b'{"level": "\\ud800"}', 422),
        (b"", 422),
    ],
)
def test_a_question_that_is_no_honest_json_is_refused(client: httpx.Client, body: bytes, status: int) -> None:
    answer = client.post(WHAT_IF, content=body, headers=JSON)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 1_000


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x"])
def test_a_question_in_another_type_is_refused(client: httpx.Client, kind: str) -> None:
    answer = client.post(WHAT_IF, content=b'{"level": "kelurahan"}', headers={"Content-Type": kind})
    assert answer.status_code == 422


def test_a_refusal_is_logged(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "kantong.access"):
        client.post(WHAT_IF, content=b'{"cutoff": NaN}', headers=JSON)
        client.get("/healthz")  # a line is written when its answer has been sent
    assert ("POST", 422) in [
        (getattr(line, "method", ""), getattr(line, "status", 0)) for line in caplog.records
    ]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_a_method_that_there_is_not_is_refused(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/api/v1/runs")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
