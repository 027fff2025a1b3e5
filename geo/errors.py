"""What can go wrong, one class per cause.

Every message names the file, layer, row, column or unit, says what is wrong, and what to do about it.
The command line prints the message and leaves with status 2; the API answers with a problem document.
"""


class KantongError(Exception):
    """Base of every error that a user can cause and mend."""


class FileError(KantongError):
    """A file is missing, empty, or not what it should be."""


class SpecificationError(KantongError):
    """A specification of what to measure is wrong."""


class RegisterError(KantongError):
    """A household register, or the schema that reads it, is wrong."""


class BoundaryError(KantongError):
    """A boundary layer is wrong or incomplete."""


class CodeError(KantongError):
    """A wilayah code does not belong to the code system it was said to be in."""


class ParameterError(KantongError):
    """A value given by the user is outside what is allowed."""


class StoreError(KantongError):
    """The database cannot be used as asked."""


class NotFoundError(StoreError):
    """The store holds nothing under that name or id."""


class ConflictError(KantongError):
    """The state of a thing does not allow what was asked of it."""


class OlderStoreError(StoreError):
    """The store was made by an older version of this program and must be upgraded first."""


class StaleError(KantongError):
    """A change was made from what is no longer the newest version."""
