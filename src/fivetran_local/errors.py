"""What can go wrong on Fivetran's side of this machine, sorted by who has to act.

LocalFivetranError
├── RefusedError          the function's answer: Fivetran would not load it either; change the function
│   └── TooLargeError     it is larger than Fivetran takes
├── FunctionCallError     the function failed
│   ├── FunctionUnreachedError    the call did not get to it
│   └── SettingsRefusedError      it, or its host, refuses the connection's settings (400, 401, 403)
├── FunctionStartError    the function did not start
├── WarehouseError        the warehouse file cannot be used as it is
├── AccountFileError      the file with the account's settings cannot be used as it is
└── AccountError          what was asked of the account cannot be done
    ├── NotFoundError         there is no such thing
    ├── InvalidInputError     a value is missing or wrong
    ├── ConflictError         not now
    └── IllegalStateError     not with this kind of connection, or not yet
"""


class LocalFivetranError(Exception):
    """A failure with a one-line text for the person at the terminal: what happened, where, and what to do next."""


class RefusedError(LocalFivetranError):
    """A response that Fivetran would refuse; the rows and the state before it stay."""


class TooLargeError(RefusedError):
    """An answer that is larger than Fivetran takes."""


class FunctionCallError(LocalFivetranError):
    """One call of a function got no usable answer."""


class FunctionUnreachedError(FunctionCallError):
    """A call did not get to the function: nothing answers at its address, or its certificate is not to be trusted."""


class SettingsRefusedError(FunctionCallError):
    """The function, or its host, refuses what the connection was set up with: somebody has to change that."""


class FunctionStartError(LocalFivetranError):
    """A staged function did not start."""


class WarehouseError(LocalFivetranError):
    """The warehouse could not be opened, read or written; nothing of the landing at hand was kept."""


class AccountFileError(LocalFivetranError):
    """The file that holds the account's settings, or its key, cannot be used as it is."""


class AccountError(LocalFivetranError):
    """What somebody asked of the account cannot be done."""


class NotFoundError(AccountError):
    """There is no such thing in the account.

    Args:
        kind: "Connection", "Group", "Destination", "User", "Webhook" or "SchemaConfig".
        identity: what was asked for.
    """

    def __init__(self, kind: str, identity: str) -> None:
        super().__init__(f"Cannot find {_WORDS_FOR.get(kind, kind.lower())} with id '{identity}'")
        self.kind = kind


_WORDS_FOR = {"SchemaConfig": "the schema config of the connection"}


class InvalidInputError(AccountError):
    """A value that was given is missing or wrong; the text names the field."""


class ConflictError(AccountError):
    """It cannot be done now: a sync is running, or something of that name exists."""


class IllegalStateError(AccountError):
    """It cannot be done with this kind of connection, or before something else was done."""
