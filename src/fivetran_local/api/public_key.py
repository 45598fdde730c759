"""A group's SSH key: derived, not kept. Nothing here opens a tunnel, so nobody has its private half in use."""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def public_key(secret: str, group_id: str) -> str:
    """Return the public key of a group in OpenSSH's form: the same one each time."""
    seed = hashlib.sha256(f"ssh\0{group_id}\0{secret}".encode()).digest()
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return f"{key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()} fivetran user key"
