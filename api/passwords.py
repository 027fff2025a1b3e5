"""Passwords and secrets: how they are made, hashed and compared.

A password that a person chose is hashed with Argon2id at OWASP's parameters (19 MiB, two passes). A secret that was
drawn here has 256 random bits, which no one guesses, so one SHA-256 is enough and takes no time at every request.
"""

import hashlib
import secrets
import string

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from geo.errors import ParameterError

_SHORTEST, _LONGEST = 12, 128
_FEWEST_DIFFERENT = 5
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

#: Compared against when there is no such account, so that the answer takes as long as for one that exists.
_NOBODYS = _HASHER.hash(secrets.token_hex())

_READABLE = "".join(sorted(set(string.ascii_lowercase + string.digits) - set("il1o0")))


def checked(password: str, name: str) -> str:
    """Return a password that may be chosen.

    Raises
    ------
    ParameterError
        When it is too short, too long, of few characters, or holds the account's name.
    """
    if not _SHORTEST <= len(password) <= _LONGEST:
        raise ParameterError(f"a password has {_SHORTEST} to {_LONGEST} characters.")
    if len(set(password)) < _FEWEST_DIFFERENT:
        raise ParameterError(f"a password has at least {_FEWEST_DIFFERENT} different characters.")
    if name in password.lower():
        raise ParameterError("a password does not hold the name of its account.")
    return password


def hashed(password: str) -> str:
    """Return the Argon2id hash of a password."""
    return _HASHER.hash(password)


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether a password is the one hashed; takes as long when there is no hash to compare with."""
    try:
        _HASHER.verify(password_hash or _NOBODYS, password)
    except VerificationError:
        return False
    return password_hash is not None


def drawn() -> str:
    """Draw a password that a person can copy from paper.

    Examples
    --------
    >>> drawn().count("-"), drawn() == drawn()
    (3, False)
    """
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(5)) for _ in range(4))


def token() -> str:
    """Draw a secret of 256 bits, for a session or a program."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is kept of a drawn secret."""
    return hashlib.sha256(secret.encode("utf-8")).hexdigest()
