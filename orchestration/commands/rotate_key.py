"""`koubei rotate-key`: another key, the same customers."""

from __future__ import annotations

from orchestration.home.settings import load_settings
from orchestration.privacy.keys import rotate
from orchestration.publication.connections import home_held
from orchestration.terminal.tables import console


def rotate_key() -> None:
    """Change the key: what it seals is sealed anew, and customer keys stay what they are.

    The new key is taken from KOUBEI_NEW_HASH_KEY, or made and kept in the home's hash.key.
    """
    settings = load_settings()
    given = settings.new_hash_key
    with home_held(settings):
        done = rotate(settings, given.get_secret_value().strip().encode() if given else None)
    out = console()
    out.print(f"密钥已更换 the key has changed; its fingerprint: {done.fingerprint}")
    out.print(f"  原始文件 originals sealed anew: {done.originals}")
    if done.is_in_file:
        out.print(f"  新密钥 the new key is in {settings.key_path}", soft_wrap=True)
    else:
        out.print("  set KOUBEI_HASH_KEY to the new key; the old one opens nothing here any more")
    out.print(
        "  备份 backups made before stay under the old key: destroy them, or keep it for them"
    )
