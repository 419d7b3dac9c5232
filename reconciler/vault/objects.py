"""S3 objects, read whole."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from reconciler.errors import CloudError
from reconciler.vault.failures import UNREADABLE, cloud_error, error_code
from reconciler.vault.sessions import AwsSession

_CHUNK = 1024**2


class S3Objects:
    """Reads objects through one way into AWS."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    def read(self, bucket: str, key: str, *, limit: int) -> bytes | None:
        """An object's content.

        Args:
            bucket: its bucket.
            key: its key.
            limit: reading stops behind this many bytes, so that the caller sees that there are more.

        Returns:
            at most ``limit`` bytes and one more; None where the bucket has no such key.

        Raises:
            CloudError: AWS refuses, has no such bucket, or does not answer.
        """
        task = f"read s3://{bucket}/{key}"
        client = self._session.client("s3")
        try:
            body = client.get_object(Bucket=bucket, Key=key)["Body"]
            data = bytearray()
            with body:
                while len(data) <= limit and (chunk := body.read(min(_CHUNK, limit + 1 - len(data)))):
                    data += chunk
            return bytes(data)
        except ClientError as error:
            if error_code(error) == "NoSuchKey":
                return None
            if error_code(error) == "NoSuchBucket":
                raise CloudError(f"there is no bucket {bucket}", hint="check its name, account and region") from error
            raise cloud_error(error, task) from error
        except (BotoCoreError, OSError, ValueError, *UNREADABLE) as error:
            raise cloud_error(error, task) from error
