"""Where documents are kept, and who writes and looks after them, put together from one store."""

from functools import partial

from fastapi import APIRouter

from pretamane.adapters.reading.ocr import Tesseract
from pretamane.adapters.reading.room import ReadingRoom
from pretamane.core.cached_files import CachedFiles
from pretamane.core.idempotency import OnlyOnce
from pretamane.core.jobs import Run, Task
from pretamane.core.spool import Spool
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents import api, versions_api
from pretamane.documents.filing import api as filing_api
from pretamane.documents.filing import labels_api
from pretamane.documents.overview import overview
from pretamane.documents.pages import document as document_pages
from pretamane.documents.pages import filing as filing_pages
from pretamane.documents.pages import history as history_pages
from pretamane.documents.pages import labels as labels_pages
from pretamane.documents.pages import list_page
from pretamane.documents.pages import protection as protection_pages
from pretamane.documents.pages import retention as retention_pages
from pretamane.documents.pages import takings as takings_pages
from pretamane.documents.protection import api as protection_api
from pretamane.documents.reading import api as reading_api
from pretamane.documents.reading import jobs
from pretamane.documents.reading.processing import Processing
from pretamane.documents.reading.quarantine import Scanning
from pretamane.documents.reading.scans import Scans
from pretamane.documents.reading.unlocking import Unlocking
from pretamane.documents.receiving import intake, uploads_api
from pretamane.documents.receiving.receiving import Receiving
from pretamane.documents.receiving.resuming import Resuming
from pretamane.documents.recognising.recognition import recognise
from pretamane.documents.retention import api as retention_api
from pretamane.documents.retention import retiring
from pretamane.documents.serving import api as serving_api
from pretamane.documents.serving import files
from pretamane.documents.serving.addresses import FileAddresses
from pretamane.documents.serving.files import Files
from pretamane.documents.serving.pictures import Pictures
from pretamane.documents.stored import blobs, collecting, removal
from pretamane.documents.stored.collecting import Keeper
from pretamane.documents.takings import api as takings_api
from pretamane.documents.takings.takings import Takings
from pretamane.ports import BlobStore, Clock, Scanner
from pretamane.settings import Settings
from pretamane.web.mail import FOR_A_DAY

SWEEP_SPOOL = "spool.sweep"


class Archive:
    def __init__(
        self,
        settings: Settings,
        work: UnitOfWork,
        clock: Clock,
        store: BlobStore,
        scanner: Scanner | None,
        *,
        cages: int = 1,
    ) -> None:
        """The reader starts when first needed, and opens as many cages as files are read at the same time."""
        self.store, self.reader, self._scanner = store, ReadingRoom(cages), scanner
        self.ocr = Tesseract(self.reader)
        self.spool = Spool(settings.data_dir / "spool", cap=settings.spool_limit, reserve=settings.disk_reserve)
        recognised = partial(recognise, macros=settings.office_macros, scanner=scanner)
        self.receiving = Receiving(work, store, recognised, clock)
        self.keeper = Keeper(work, store, clock)
        self.pictures = Pictures(
            work, store, self.reader, CachedFiles(settings.data_dir / "pictures", settings.picture_cache)
        )
        self._addresses = FileAddresses(settings.signing_key.get_secret_value(), settings.files_url or "", clock)
        self.unlocking = Unlocking(work, store, self.reader, self.pictures)
        self._work, self._clock, self._limit = work, clock, settings.upload_limit

    def routers(self) -> list[APIRouter]:
        once = OnlyOnce(self._work, self._clock)
        whole = intake.Intake(self._work, self.spool, self.receiving, once, self._limit)
        takings = Takings(self._work, self.store, self._clock)
        in_parts = Resuming(self._work, self.spool, self.receiving, self._limit)
        return [
            takings_api.router(takings),
            takings_pages.router(takings),
            api.router(whole),
            versions_api.router(whole),
            filing_api.router,
            labels_api.router,
            reading_api.router(self.unlocking),
            protection_api.router,
            retention_api.router,
            uploads_api.router(in_parts),
            serving_api.router(self._addresses, self.pictures),
            files.router(Files(self._work, self.store, self._addresses)),
            list_page.router(self._work, whole),
            filing_pages.router,
            labels_pages.router,
            document_pages.router(self.unlocking),
            history_pages.router(whole),
            protection_pages.router,
            retention_pages.router,
            overview.router,
        ]

    def body_limits(self) -> dict[str, int]:
        return {
            **intake.body_limits(self._limit),
            **list_page.body_limits(self._limit),
            **uploads_api.body_limits(self._limit),
            **takings_api.body_limits(),
            **history_pages.body_limits(self._limit),
        }

    def tasks(self) -> list[Task]:
        return [
            Task(SWEEP_SPOOL, self._sweep_spool),
            Task(retiring.RETIRE, retiring.retire, FOR_A_DAY),
            Task(retiring.EMPTY_TRASH, retiring.empty_trash, FOR_A_DAY),
            Task(removal.DROP_UPLOADS, partial(removal.drop_uploads, self.spool), jobs.UNTIL_IT_IS_DONE),
            Task(blobs.PURGE_BLOB, partial(collecting.purge_blob, self.store), jobs.UNTIL_IT_IS_DONE),
            *jobs.tasks(self._processing(), Scans(self.store, self.ocr), Scanning(self.store, self._scanner)),
        ]

    def _processing(self) -> Processing:
        reading = (self.store, self.reader, self.ocr)
        return Processing(*reading, self.receiving, self.spool, self.pictures, self._limit)

    def _sweep_spool(self, run: Run) -> None:
        self.spool.sweep(run.clock.now())
        self.store.sweep(run.clock.now())
