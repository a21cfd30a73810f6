"""Bytes made worse: random edits that know the words of the formats, for fuzzing without a coverage guide."""

WORDS = (
    b"\n",
    b"\r\n",
    b"[",
    b"]",
    b" - ",
    b": ",
    b"1/2/24, 9:05 PM - A: ",
    b"{",
    b"}",
    b'"',
    b"\\u0000",
    b"\x00",
    b"\xff",
    b"\xe2\x80\x8f",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"../",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"boundary=b",
    b"--b\r\n",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"jumb",
    b"cbor",
    b"\x9f",
    b"99999999999999999999",
    b"1e999",
    b"WARC/1.0\r\n",
    "٣/٢/٢٠٢٤، ٩:٠٥ م - ".encode(),
    b"=?utf-8?B?=?=",
    b"OggS",
    b"moov",
    b"<svg>",
    b"ustar",
)


def damaged(data: bytes, edits: list[tuple[int, int, int]]) -> bytes:
    """The bytes after some edits: (place, what, how)."""
    out = bytearray(data)
    for place, what, how in edits:
        at = place % (len(out) + 1)
        length = 1 + how % 64
        word = WORDS[how % len(WORDS)]
        if what == 0 and at < len(out):
            out[at] ^= 1 + how % 255
        elif what == 1:
            out[at:at] = word
        elif what == 2:
            del out[at : at + length]
        elif what == 3:
            out[at:at] = out[at : at + length] * (1 + how % 5)
        elif what == 4:
            out[at : at + len(word)] = word
        else:
            del out[max(1, at) :]
    return bytes(out)
