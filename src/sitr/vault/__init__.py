"""vault: keys, sealing, and the store of sealed files.

Here belong identities and what locks them, sealed values and files, receipt codes and session locks, and how all of
them fail. Who may open what, when an epoch begins and what is erased are decided in `cases`; what a sealed thing means
belongs to the room that sealed it. One format everywhere: age (age-encryption.org/v1).
"""

from sitr.vault.blobs import BlobStore, FolderBlobs, StoredBlob
from sitr.vault.files import StoreFull
from sitr.vault.framing import Content
from sitr.vault.identities import Identity
from sitr.vault.locks import (
    CODE_PARAMS,
    PASSPHRASE_PARAMS,
    SALT_BYTES,
    KdfParams,
    LockedIdentity,
    lock_identity,
    lock_with,
    unlock_identity,
    unlock_with,
    unwrap_case,
    wrap_case,
)
from sitr.vault.places import Place
from sitr.vault.receipts import ReceiptCode, ReceiptKeys
from sitr.vault.sealing import open_sealed, seal, seal_for_many
from sitr.vault.sessions import SessionLock
from sitr.vault.streams import Sealed, open_stream, seal_stream

__all__ = [
    "CODE_PARAMS",
    "PASSPHRASE_PARAMS",
    "SALT_BYTES",
    "BlobStore",
    "Content",
    "FolderBlobs",
    "Identity",
    "KdfParams",
    "LockedIdentity",
    "Place",
    "ReceiptCode",
    "ReceiptKeys",
    "Sealed",
    "SessionLock",
    "StoreFull",
    "StoredBlob",
    "lock_identity",
    "lock_with",
    "open_sealed",
    "open_stream",
    "seal",
    "seal_for_many",
    "seal_stream",
    "unlock_identity",
    "unlock_with",
    "unwrap_case",
    "wrap_case",
]
