"""Gives the app its own user at the object store, who may do everything with one bucket and nothing beside it.

Run by the one-shot service `store-access`, in the app's image, as the store's own administrator. Repeating it changes
nothing but a key that has become another.
"""

import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

from minio.credentials import StaticProvider
from minio.error import MinioException
from minio.minioadmin import MinioAdmin

SECRETS = Path("/run/secrets")
POLICY = "pretamane-app"
TRIES = 10


def main() -> None:
    blob_url = urlsplit(secret("blob_url"))
    bucket = blob_url.path.removeprefix("/").split("/")[0]
    key, password = unquote(blob_url.username or ""), unquote(blob_url.password or "")
    owner = StaticProvider(secret("minio_root_user"), secret("minio_root_password"))
    store = MinioAdmin(endpoint=blob_url.netloc.rpartition("@")[2], credentials=owner, secure=False)
    store.policy_add(POLICY, policy=rights_in(bucket))
    store.user_add(key, password)
    store.policy_set(POLICY, user=key)
    sys.stdout.write(f"The app's user may use the bucket {bucket} and nothing else.\n")


def secret(name: str) -> str:
    return (SECRETS / name).read_text(encoding="utf-8").strip()


def rights_in(bucket: str) -> dict[str, object]:
    of_the_bucket = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": of_the_bucket}],
    }


if __name__ == "__main__":
    for left in reversed(range(TRIES)):
        try:
            main()
            break
        except (MinioException, OSError) as failure:
            if not left:
                sys.exit(f"The app's user could not be made: {failure}")
            time.sleep(1)
