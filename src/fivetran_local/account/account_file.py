"""The account in one file: read at start, replaced as a whole with every change, kept by one process at a time."""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from pydantic import TypeAdapter, ValidationError

from fivetran_local.account.credentials import credentials_file
from fivetran_local.account.identifiers import two_words
from fivetran_local.account.sealing import Seal
from fivetran_local.account.settings import Account, ConnectionSettings, Destination, Group, SchemaSettings, User
from fivetran_local.errors import AccountFileError, WarehouseError
from fivetran_local.locking import exclusive
from fivetran_local.whole_files import sweep, write_whole

_VERSION: Final = 1
_ADAPTER: Final = TypeAdapter(Account)


class AccountStore(AbstractContextManager["AccountStore"]):
    """Holds the account; every change is on the disk before anybody sees it.

    Args:
        folder: where `account.json` and `key` are, or are made.

    Raises:
        AccountFileError: on entering, when the file cannot be used, or another process keeps it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / "account.json"
        self._changing = threading.RLock()
        self._held = ExitStack()

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._held.enter_context(exclusive(self.folder / "lock", "the local Fivetran of this folder"))
        except OSError as error:
            message = f"the folder {self.folder} cannot be made: {error.strerror or error}"
            raise AccountFileError(message) from error
        except WarehouseError as error:
            raise AccountFileError(str(error)) from error
        try:
            sweep((self._path, self.folder / "key", credentials_file(self.folder)))
            self._seal = Seal(self.folder / "key")
            self._account = self._read() if self._path.exists() else self._first()
        except BaseException:
            self._held.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._held.close()

    @property
    def account(self) -> Account:
        """The account as it is now; a value that never changes, so that it can be read without waiting."""
        return self._account

    def change(self, make: Callable[[Account], Account]) -> Account:
        """Replace the account by what `make` makes of it, on the disk first.

        Raises:
            AccountFileError: it cannot be written; everything is as it was. Whatever `make` raises passes through.
        """
        with self._changing:
            changed = make(self._account)
            if changed is not self._account:
                self._write(changed)
                self._account = changed
            return changed

    def put(self, kind: str, item: Any) -> None:  # noqa: ANN401  # any of the account's kinds
        """Add or replace one item, such as a `Group` among "groups"."""
        self.change(lambda account: _with(account, kind, {**getattr(account, kind), item.id: item}))

    def revise(
        self, connection_id: str, make: Callable[[ConnectionSettings], ConnectionSettings]
    ) -> ConnectionSettings | None:
        """Replace a connection's settings by what `make` makes of them as they then are.

        Whatever `make` raises passes through, and nothing is changed.

        Returns:
            the settings after it; None where the connection is gone.
        """

        def changed(account: Account) -> Account:
            old = account.connections.get(connection_id)
            if old is None or (new := make(old)) == old:
                return account
            return replace(account, connections={**account.connections, connection_id: new})

        return self.change(changed).connections.get(connection_id)

    def change_connection(self, connection_id: str, **fields: Any) -> ConnectionSettings | None:  # noqa: ANN401
        """Change fields of a connection's settings; return them as they are then, None where it is gone."""
        return self.revise(connection_id, lambda old: replace(old, **fields))

    def change_schemas(
        self, connection_id: str, make: Callable[[SchemaSettings | None], SchemaSettings | None]
    ) -> SchemaSettings | None:
        """Replace what a connection loads by what `make` makes of it; return that, None where the connection is gone.

        Whatever `make` raises passes through, and nothing is changed.
        """
        connection = self.revise(connection_id, lambda old: replace(old, schemas=make(old.schemas)))
        return connection.schemas if connection else None

    def hash_salt(self, group_id: str) -> bytes:
        """Return what goes before each value of a group's destination that is hashed: always the same, and secret."""
        return self._seal.derived(f"hashed columns of {group_id}")

    def remove(self, kind: str, identity: str) -> None:
        """Remove one item, if it is there."""

        def without(account: Account) -> Account:
            items = getattr(account, kind)
            return _with(account, kind, {key: item for key, item in items.items() if key != identity})

        self.change(without)

    def _first(self) -> Account:
        """Make an account with a group, its destination and one user."""
        now = datetime.now(UTC)
        group = Group(id=two_words(()), name="Local", created_at=now)
        user = User(id=two_words({group.id}), email="you@localhost.invalid", given_name="Local", created_at=now)
        account = Account(
            id=two_words({group.id, user.id}),
            name="Local Fivetran",
            created_at=now,
            groups={group.id: group},
            destinations={group.id: Destination(id=group.id, service="duckdb")},
            users={user.id: user},
        )
        self._write(account)
        return account

    def _read(self) -> Account:
        try:
            document = json.loads(self._path.read_bytes())
            if document["version"] != _VERSION:
                message = f"{self._path} was written by another version of this program: use that one, or move it away"
                raise AccountFileError(message)
            return _ADAPTER.validate_python(document["account"], context=self._seal.as_context())
        except OSError as error:
            message = f"{self._path} cannot be read: {error.strerror or error}"
            raise AccountFileError(message) from error
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            message = f"{self._path} is damaged at {where}: {first['msg']}; put a copy back, or move it away"
            raise AccountFileError(message) from None
        except (ValueError, KeyError, TypeError, RecursionError):
            message = f"{self._path} is damaged: put a copy back, or move it away to begin anew"
            raise AccountFileError(message) from None

    def _write(self, account: Account) -> None:
        document = {
            "version": _VERSION,
            "account": _ADAPTER.dump_python(account, mode="json", context=self._seal.as_context()),
        }
        try:
            write_whole(self._path, json.dumps(document, indent=1).encode())
        except OSError as error:
            message = f"{self._path} cannot be written: {error.strerror or error}; nothing was changed"
            raise AccountFileError(message) from error


def _with(account: Account, kind: str, items: Mapping[str, Any]) -> Account:
    changes: dict[str, Any] = {kind: items}
    return replace(account, **changes)
