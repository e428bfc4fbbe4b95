"""A real blob store that a test can take away."""

from pathlib import Path

from pretamane.adapters.blobs_filesystem import FileBlobs


class FolderBlobs(FileBlobs):
    """While it is away, its folder is, and nothing can be made in its place."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder, self._elsewhere = folder, folder.with_name(f"{folder.name}-elsewhere")
        self.prepare()

    @property
    def away(self) -> bool:
        return self.folder.is_file()

    @away.setter
    def away(self, away: bool) -> None:
        if away and not self.away:
            self.folder.rename(self._elsewhere)
            self.folder.touch()
        if not away and self.away:
            self.folder.unlink()
            self._elsewhere.rename(self.folder)
