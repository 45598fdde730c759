"""What can go wrong on Fivetran's side of this machine, sorted by who has to act.

LocalFivetranError
├── RefusedError          the function's answer: Fivetran would not load it either; change the function
│   └── TooLargeError     it is larger than Fivetran takes
├── FunctionCallError     the function failed
│   └── FunctionUnreachedError    the call did not get to it
├── FunctionStartError    the function did not start
└── WarehouseError        the warehouse file cannot be used as it is
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


class FunctionStartError(LocalFivetranError):
    """A staged function did not start."""


class WarehouseError(LocalFivetranError):
    """The warehouse could not be opened, read or written; nothing of the landing at hand was kept."""
