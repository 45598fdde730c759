"""A group's SSH key: derived, not kept. Nothing here opens a tunnel, so nobody has its private half in use."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def public_key(seed: bytes) -> str:
    """Return the public key that 32 secret bytes make, in OpenSSH's form."""
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return f"{key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()} fivetran user key"
