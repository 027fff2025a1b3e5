"""Settings from the environment: lists with commas, and a wrong one named in a sentence."""

import pytest

from api import settings
from geo.errors import ParameterError


def test_lists_have_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANTONG_WEB_HOSTS", "kantong.kota.example, peta.kota.example")
    monkeypatch.setenv("KANTONG_WEB_TRUSTED_PROXIES", "")
    web = settings.read(port=9000).web
    assert web.hosts == ("kantong.kota.example", "peta.kota.example")
    assert web.trusted_proxies == ()


@pytest.mark.parametrize(
    ("variable", "value"), [("KANTONG_LIMIT_JOBS", "dua"), ("KANTONG_LIMIT_JOBS", "0"), ("KANTONG_PORT", "x")]
)
def test_a_wrong_setting_is_named(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ParameterError, match=f"^{variable}: "):
        settings.read()


def test_settings_do_not_change() -> None:
    read = settings.read()
    with pytest.raises(ValueError, match="frozen"):
        read.port = 1  # type: ignore[misc]
