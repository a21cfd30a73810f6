"""From a photo to its fingerprint, and from a fingerprint to "this picture is a copy of that photo, here".

Belongs here: decoding pictures safely, PDQ, local features, the sketch, the geometric proof. Pure: bytes in, values
out; no file, clock, network or Django. Not here: which pictures of a page are looked at (`finding`), where fingerprints
are kept (`vault`, `cases`). Nothing here recognises a face or says who is in a picture.
"""

from sitr.fingerprint.compare import Look, Proof, Reason, Verdict, compare, judge, prove
from sitr.fingerprint.fingerprints import VERSION, Fingerprint, fingerprint
from sitr.fingerprint.index import Hits, Index
from sitr.fingerprint.pixels import Pixels, decode, measure
from sitr.fingerprint.proof import draw as draw_proof
from sitr.fingerprint.screening import Screened, screen

__all__ = [
    "VERSION",
    "Fingerprint",
    "Hits",
    "Index",
    "Look",
    "Pixels",
    "Proof",
    "Reason",
    "Screened",
    "Verdict",
    "compare",
    "decode",
    "draw_proof",
    "fingerprint",
    "judge",
    "measure",
    "prove",
    "screen",
]
