"""What is kept of content, and what is refused: each attack with a file that is made here."""

import hashlib
import io
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from backend.problems import ServiceUnavailable
from listening.attachments import drawing
from listening.attachments.blank import blank
from listening.attachments.limits import MOST_PIXELS
from listening.attachments.media_types import MediaType, Refusal, Refused
from listening.attachments.models import Attachment, Chunk
from listening.attachments.redraw import redraw
from listening.attachments.sniff import ENOUGH, identify, sniff
from tests.listening.attachments.media import (
    PIXELS_ALONE,
    SECRETS,
    SVG,
    box,
    jpeg,
    m4a,
    ogg,
    page_of_ogg,
    parts_of,
    png,
    png_bomb,
    webp,
)
from tests.listening.attachments.phone import Upload

PHOTOS = {"image/jpeg": jpeg, "image/png": png, "image/webp": webp}


def reason_of(content: bytes) -> Refusal:
    try:
        redraw(content, identify(content))
    except Refused as refused:
        return refused.reason
    raise AssertionError("It was kept.")


@pytest.mark.parametrize("media_type", PHOTOS)
class TestPixelsAlone:
    def test_where_it_was_taken_is_left_behind(self, media_type):
        photo = PHOTOS[media_type]()
        # The attack is real: without redrawing all of it would be kept.
        assert b"Kanarie7Vogel" in photo
        assert set(parts_of(photo)) - PIXELS_ALONE
        kept = redraw(photo, MediaType(media_type))
        assert set(parts_of(kept)) <= PIXELS_ALONE
        assert not [secret for secret in SECRETS if secret in kept]
        assert not Image.open(io.BytesIO(kept)).getexif()

    @pytest.mark.django_db
    def test_what_lies_in_the_storage(self, phone, media, media_type, django_capture_on_commit_callbacks):
        """The whole way: no file of the storage has any of it, the database has the hash of what is kept."""
        upload = Upload(phone, PHOTOS[media_type](), media_type=media_type)
        with django_capture_on_commit_callbacks(execute=True):
            assert upload.bring(700).status_code == 204
        files = [path.read_bytes() for path in media.rglob("*") if path.is_file()]
        assert len(files) == 1
        assert set(parts_of(files[0])) <= PIXELS_ALONE
        assert not [secret for secret in SECRETS if secret in files[0]]
        assert Attachment.objects.get().file_id == hashlib.sha256(files[0]).hexdigest()

    def test_what_is_cut_off(self, media_type):
        photo = PHOTOS[media_type]()
        assert reason_of(photo[: len(photo) * 3 // 4]) == Refusal.BROKEN


def red_side(photo: bytes) -> str:
    """On which side of a picture the red half is."""
    seen = Image.open(io.BytesIO(photo)).convert("RGB")
    width, height = seen.size
    edges = {"left": (4, 4), "right": (width - 5, 4)} if width > height else {"top": (4, 4), "bottom": (4, height - 5)}
    (red,) = [name for name, at in edges.items() if seen.getpixel(at)[0] > seen.getpixel(at)[2]]
    return red


@pytest.mark.parametrize(
    ("orientation", "red", "size"),
    [(1, "left", (64, 48)), (2, "right", (64, 48)), (3, "right", (64, 48)), (4, "left", (64, 48)),
     (5, "top", (48, 64)), (6, "top", (48, 64)), (7, "bottom", (48, 64)), (8, "bottom", (48, 64))],
)  # fmt: skip
def test_it_is_upright(orientation, red, size):
    kept = redraw(jpeg(orientation=orientation), MediaType.JPEG)
    assert Image.open(io.BytesIO(kept)).size == size
    assert red_side(kept) == red


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("CMYK", "JPEG"), ("L", "JPEG"), ("P", "PNG"), ("1", "PNG"), ("I;16", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP")],
)
def test_every_way_to_say_a_colour(mode, kind):
    out = io.BytesIO()
    Image.new("RGB" if mode == "P" else mode, (20, 10)).convert(mode).save(out, kind)
    kept = Image.open(io.BytesIO(redraw(out.getvalue(), MediaType(f"image/{kind.lower()}"))))
    assert kept.size == (20, 10)


def test_of_what_moves_the_first_picture_is_kept():
    out = io.BytesIO()
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "blue")]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    kept = redraw(out.getvalue(), MediaType.WEBP)
    assert "ANMF" in parts_of(out.getvalue())
    assert set(parts_of(kept)) <= PIXELS_ALONE


class TestBombs:
    def test_too_many_pixels_are_not_decoded(self):
        bomb = png_bomb(60_000, 20_000)
        assert len(bomb) < 1_000_000 < MOST_PIXELS < 60_000 * 20_000
        assert reason_of(bomb) == Refusal.TOO_MANY_PIXELS

    def test_one_pixel_too_many(self):
        assert reason_of(png_bomb(MOST_PIXELS + 1, 1)) == Refusal.TOO_MANY_PIXELS

    def test_it_ends_at_its_memory(self, monkeypatch):
        """The control: with pixels enough allowed, the limit of memory holds."""
        monkeypatch.setattr("listening.attachments.redraw.MOST_PIXELS", 10**10)
        assert reason_of(png_bomb(60_000, 20_000)) == Refusal.TOO_COSTLY

    def test_it_ends_at_its_time(self):
        program = (
            "from listening.attachments import drawing\ndrawing.PROCESSOR_S = 1\ndrawing.confine()\nwhile True: pass"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
        assert done.returncode == -signal.SIGXCPU

    def test_what_is_not_the_fault_of_the_photo_is_not_final(self, monkeypatch):
        """A machine that is busy, or that kills for want of memory: the phone comes again."""
        with monkeypatch.context() as patched:
            patched.setattr("listening.attachments.redraw.LONGEST_S", 0.01)
            with pytest.raises(ServiceUnavailable):
                redraw(jpeg(), MediaType.JPEG)
        for code in (1, -signal.SIGKILL):
            monkeypatch.setattr(
                subprocess, "run", lambda *a, code=code, **k: subprocess.CompletedProcess(a, code, b"", b"")
            )
            with pytest.raises(ServiceUnavailable):
                redraw(jpeg(), MediaType.JPEG)

    @pytest.mark.parametrize("at", [20, 30, 40, 60, 80, 120])
    def test_a_photo_whose_exif_is_damaged_is_kept_all_the_same(self, at):
        damaged = bytearray(jpeg())
        start = damaged.index(b"Exif")
        damaged[start + at : start + at + 12] = b"\xff" * 12
        assert set(parts_of(redraw(bytes(damaged), MediaType.JPEG))) <= PIXELS_ALONE

    def test_text_that_unpacks_without_end(self):
        import zlib

        def chunk(kind: bytes, content: bytes) -> bytes:
            return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

        photo = png()
        bomb = photo[:33] + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"A" * 300_000_000)) + photo[33:]
        assert len(bomb) < 1_000_000
        assert reason_of(bomb) in {Refusal.BROKEN, Refusal.TOO_COSTLY}


class TestNothingElse:
    @pytest.mark.parametrize(
        "content",
        [SVG, b"<?xml version='1.0'?>" + SVG, b"<html><script>alert(1)</script></html>", b"%PDF-1.7\n" + b"x" * 99,
         b"PK\x03\x04" + b"\0" * 99, b"GIF89a" + b"\0" * 99, b"\x7fELF" + b"\0" * 99, b"BM" + b"\0" * 99,
         box(b"ftyp", b"heic\0\0\0\0mif1") + box(b"mdat", b"x" * 99), b"II*\0" + b"\0" * 99, b"#!/bin/sh\n" * 9,
         b"\0" * 99, b"\x1aE\xdf\xa3" + b"\0" * 99, b"RIFF\0\0\0\0WAVE" + b"\0" * 99],
    )  # fmt: skip
    def test_it_is_known_by_its_bytes(self, content):
        assert sniff(content[:ENOUGH]) is None
        assert reason_of(content) == Refusal.UNKNOWN_KIND

    @pytest.mark.django_db
    def test_it_is_told_at_the_first_chunk_and_for_good(self, phone, stored):
        upload = Upload(phone, SVG * 100)
        upload.announce()
        answer = upload.send(0, 100)
        assert (answer.status_code, answer.json()["reason"]) == (415, "unknown_kind")
        assert upload.send(0).status_code == 415
        assert upload.announce().json()["state"] == "refused"
        assert (stored(), Chunk.objects.count()) == ([], 0)

    @pytest.mark.django_db
    def test_what_claims_to_be_a_photo_is_found_out_at_the_end(self, phone, stored, django_capture_on_commit_callbacks):
        upload = Upload(phone, b"\xff\xd8\xff\xe0" + b"nothing" * 200)
        with django_capture_on_commit_callbacks(execute=True):
            answer = upload.bring(500)
        assert (answer.status_code, answer.json()["reason"]) == (415, "broken")
        assert stored() == []

    @pytest.mark.django_db
    def test_the_name_of_the_media_type_does_not_decide(self, phone):
        upload = Upload(phone, png(), media_type="audio/ogg")
        assert upload.bring().status_code == 204
        assert upload.download()["Content-Type"] == "image/png"


def archive() -> bytes:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("evil.html", "<script>alert(1)</script>")
    return out.getvalue()


class TestPolyglots:
    @pytest.mark.parametrize("photo", [jpeg(), png(), webp(), m4a(), ogg()])
    def test_an_archive_behind_it(self, photo):
        import zipfile

        both = photo + archive()
        assert zipfile.is_zipfile(io.BytesIO(both))
        assert reason_of(both) == Refusal.SEVERAL_KINDS

    def test_an_archive_in_a_box_of_a_recording(self):
        assert reason_of(m4a() + box(b"free", archive())) == Refusal.SEVERAL_KINDS

    @pytest.mark.parametrize("page", [b"<html><body onload=alert(1)>", b"<SCRIPT>alert(1)</SCRIPT>", b"%PDF-1.7", SVG])
    def test_a_page_in_its_head(self, page):
        photo = jpeg(told=False)
        both = photo[:2] + b"\xff\xfe" + struct.pack(">H", len(page) + 2) + page + photo[2:]
        assert Image.open(io.BytesIO(both)).size == (64, 48)
        assert reason_of(both) == Refusal.SEVERAL_KINDS

    def test_what_is_behind_a_photo_is_left_behind(self):
        """As some phones append a film to their photos."""
        kept = redraw(jpeg() + m4a(), MediaType.JPEG)
        assert set(parts_of(kept)) <= PIXELS_ALONE

    @pytest.mark.parametrize("junk", [b"x", b"\0" * 8, b"<script>alert(1)</script>", box(b"evil", b"x")])
    def test_sound_is_nothing_but_sound(self, junk):
        for recording in (m4a(), ogg()):
            assert reason_of(recording + junk) in {Refusal.BROKEN, Refusal.SEVERAL_KINDS}

    @pytest.mark.parametrize("recording", [m4a(), ogg()])
    def test_what_is_cut_off(self, recording):
        for end in (ENOUGH, len(recording) // 2, len(recording) - 1):
            assert reason_of(recording[:end]) in {Refusal.BROKEN, Refusal.UNKNOWN_KIND}


class TestSound:
    @pytest.mark.django_db
    @pytest.mark.parametrize(("media_type", "recording"), [("audio/mp4", m4a()), ("audio/ogg", ogg())])
    def test_it_is_kept_as_it_came(self, phone, media_type, recording):
        upload = Upload(phone, recording, media_type=media_type)
        assert upload.bring(700).status_code == 204
        got = upload.download()
        assert got.content == recording
        assert got["Content-Type"] == media_type

    @pytest.mark.parametrize(
        "told",
        [
            box(b"udta", box(b"\xa9xyz", b"\x00\x12\x15\xc7+44.4938+011.3387/")),
            box(b"udta", box(b"loci", b"\0" * 6 + b"Kanarie7Vogel\0")),
            box(b"meta", b"com.apple.quicktime.location.ISO6709 Kanarie7Vogel"),
            box(b"uuid", b"Kanarie7Vogel" * 3),
        ],
    )
    def test_where_it_was_recorded_is_written_over(self, told):
        recording = m4a(told=told)
        for whole in (recording, recording + box(b"uuid", b"Kanarie7Vogel GPS")):
            assert identify(whole) is MediaType.MP4
            kept = blank(whole, MediaType.MP4)
            assert len(kept) == len(whole)
            for secret in (b"44.4938", b"Kanarie7Vogel", b"\xa9xyz", b"loci", b"ISO6709"):
                assert secret not in kept
            # The sound is where it was, and what it was.
            assert kept[whole.index(b"mdat") :][:2_000] == whole[whole.index(b"mdat") :][:2_000]
            assert identify(kept) is MediaType.MP4

    @pytest.mark.parametrize("handler", [b"vide", b"hint", b"\0\0\0\0"])
    def test_no_film(self, handler):
        assert reason_of(m4a(handler=handler)) == Refusal.UNKNOWN_KIND

    def test_no_track(self):
        without = box(b"ftyp", b"M4A \0\0\0\0isom") + box(b"moov") + box(b"mdat", b"x" * 50)
        assert reason_of(without) == Refusal.BROKEN

    def test_boxes_without_end(self):
        endless = box(b"ftyp", b"M4A \0\0\0\0isom") + box(b"free") * 100_001
        assert reason_of(endless) == Refusal.TOO_COSTLY

    def test_two_streams(self):
        assert reason_of(ogg() + page_of_ogg(3, b"x", stream=8)) == Refusal.BROKEN


class TestConfined:
    def test_it_knows_no_secret(self, monkeypatch):
        """What it is started with: no environment, nothing of the project."""
        started = {}

        def run(command, **options):
            started.update(options, command=command)
            return subprocess.CompletedProcess(command, 0, b"", b"")

        monkeypatch.setattr(subprocess, "run", run)
        redraw(b"", MediaType.PNG)
        assert (started["env"], started["cwd"], started["command"][1]) == ({}, "/", "-I")

    @pytest.mark.parametrize(
        "deed",
        ["open('/etc/hostname')", "__import__('os').fork()", "__import__('socket').socket()", "bytearray(10**10)"],
    )
    def test_what_breaks_out_of_a_decoder_can_do_nothing(self, deed):
        if "fork" in deed and os.geteuid() == 0:
            pytest.skip("the number of processes is not limited for root")
        program = f"import os, socket\nfrom listening.attachments import drawing\ndrawing.confine()\n{deed}"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
        assert done.returncode != 0
        assert b"Error" in done.stderr

    def test_the_program_imports_nothing_of_ours(self):
        source = Path(drawing.__file__).read_text()
        assert "import listening" not in source
        assert "from listening" not in source
        assert "django" not in source
