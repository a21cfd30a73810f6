"""What a start puts right after a crash: erasures and removals that were begun, leftovers of writes, files that no row
knows, what a killed process left in memory.
"""

from datetime import timedelta

from sitr.cases.erasing import finish_erasures
from sitr.cases.holders import finish_removals
from sitr.cases.models import Arrival, Exhibit, Photo
from sitr.cases.receipts import wipe_unused
from sitr.cases.services import Services
from sitr.cases.shared_rows import sweep
from sitr.cases.workrooms import clear_abandoned

# A write under way has its file before its row: only what is older than any write can last is left over.
_OLD = timedelta(hours=1)


def tidy(services: Services) -> None:
    """Called once at a start, before anything else. Needs nobody's key; runs again harmlessly."""
    clear_abandoned(services)
    finish_erasures(services)
    finish_removals()
    wipe_unused()
    sweep(services)
    before = services.now() - _OLD
    services.blobs.sweep_parts(before)
    known = {name for model in (Exhibit, Photo, Arrival) for name in model.objects.values_list("blob", flat=True)}
    for name in list(services.blobs.names()):
        if name not in known and services.blobs.written_before(name, before):
            services.blobs.delete(name)
