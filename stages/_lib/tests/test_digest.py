import base64
import hashlib
import json
import os
import tempfile
import unittest
from pathlib import Path

from ilab_stage import Refused, check_listing, digest_folder, digest_path
from ilab_stage.digest import parse_listing

VECTORS = Path(__file__).resolve().parents[3] / "test" / "golden" / "digest-vectors.json"


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


class Folder(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_a_listing_is_one_line_a_file_in_the_order_of_the_utf8_bytes(self) -> None:
        lay(self.folder, {"b/a": b"1", "b.txt": b"22", "é": b"", "z": b"z", "B": b"B"})
        (self.folder / "empty").mkdir()

        digest, size, listing = digest_folder(self.folder)

        names = [line.split("  ", 2)[2] for line in listing.decode().splitlines()]
        self.assertEqual(names, ["B", "b.txt", "b/a", "z", "é"])
        self.assertEqual(size, 5)
        self.assertIn(f"{hashlib.sha256(b'22').hexdigest()}  2  b.txt\n".encode(), listing)
        self.assertEqual(digest, f"sha256:{hashlib.sha256(listing).hexdigest()}")

    def test_modes_and_times_do_not_count(self) -> None:
        lay(self.folder, {"a": b"1"})
        before = digest_folder(self.folder)
        (self.folder / "a").chmod(0o755)
        os.utime(self.folder / "a", (1, 1))
        self.assertEqual(digest_folder(self.folder), before)

    def test_what_no_listing_can_name_is_refused(self) -> None:
        makers = {
            "a link": lambda place: (place / "l").symlink_to("/etc/hostname"),
            "a link to a folder": lambda place: (place / "l").symlink_to("/"),
            "a pipe": lambda place: os.mkfifo(place / "p"),
            "a line end in a name": lambda place: (place / "a\nb").write_bytes(b""),
            "a folder's name with an escape": lambda place: lay(place, {"a\x1b[0m/b": b""}),
            "a name that is no UTF-8": lambda place: (place / os.fsdecode(b"\xff")).write_bytes(b""),
        }
        for what, make in makers.items():
            with self.subTest(what), tempfile.TemporaryDirectory() as name:
                make(Path(name))
                with self.assertRaises(Refused):
                    digest_folder(Path(name))

    def test_a_file_counts_by_its_bytes(self) -> None:
        lay(self.folder, {"scores.json": b"{}"})
        digest, size, listing = digest_path(self.folder / "scores.json")
        self.assertEqual(digest, f"sha256:{hashlib.sha256(b'{}').hexdigest()}")
        self.assertEqual((size, len(parse_listing(listing))), (2, 1))


class Check(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = lay(Path(self.enterContext(tempfile.TemporaryDirectory())), {"a": b"1", "d/b": b"22"})
        self.listing = digest_folder(self.folder)[2]

    def differences(self, *, contents: bool) -> list[str]:
        return [str(difference) for difference in check_listing(self.folder, self.listing, contents=contents)]

    def test_an_untouched_folder_has_no_difference(self) -> None:
        self.assertEqual(self.differences(contents=True), [])

    def test_a_missing_a_new_and_a_grown_file_are_seen_without_reading_contents(self) -> None:
        (self.folder / "a").unlink()
        lay(self.folder, {"new": b"", "d/b": b"333"})
        self.assertEqual(
            self.differences(contents=False), ["new is not in the listing", "a is missing", "d/b has 3 bytes, not 2"]
        )

    def test_the_same_size_with_other_bytes_is_seen_only_by_contents(self) -> None:
        lay(self.folder, {"a": b"2"})
        self.assertEqual(self.differences(contents=False), [])
        self.assertRegex(self.differences(contents=True)[0], r"^a has the digest [0-9a-f]{12}, not [0-9a-f]{12}$")

    def test_a_file_is_checked_under_whatever_name_it_was_mounted(self) -> None:
        listing = digest_path(self.folder / "a")[2]
        other = self.folder / "mounted"
        other.write_bytes(b"1")
        self.assertEqual(check_listing(other, listing, contents=True), [])
        other.write_bytes(b"12")
        self.assertEqual(len(check_listing(other, listing, contents=False)), 1)

    def test_a_listing_that_is_none_is_a_difference(self) -> None:
        good = "0" * 64
        for listing in (
            b"x",
            f"{good}  1  a".encode(),
            f"{good}  1  ../a\n".encode(),
            f"{good}  1  /a\n".encode(),
            f"{good}  01  a\n".encode(),
            f"{good}  1  b\n{good}  1  a\n".encode(),
            f"{good}  1  a\n{good}  1  a\n".encode(),
            b"\xff\n",
        ):
            with self.subTest(listing=listing):
                with self.assertRaises(ValueError):
                    parse_listing(listing)
                self.assertEqual(len(check_listing(self.folder, listing, contents=False)), 1)


class SharedVectors(unittest.TestCase):
    """The examples that the TypeScript tests run too."""

    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))

    def test_folders(self) -> None:
        for vector in self.vectors["folders"]:
            with self.subTest(vector["name"]), tempfile.TemporaryDirectory() as name:
                folder = lay(Path(name), {file["path"]: content(file) for file in vector["files"]})
                for empty in vector.get("emptyFolders", []):
                    (folder / empty).mkdir(parents=True)
                digest, size, listing = digest_folder(folder)
                self.assertEqual(
                    (digest, size, listing.decode()), (vector["digest"], vector["size"], vector["listing"])
                )
                self.assertEqual(check_listing(folder, listing, contents=True), [])

    def test_files(self) -> None:
        for vector in self.vectors["files"]:
            with self.subTest(vector["name"]), tempfile.TemporaryDirectory() as name:
                file = lay(Path(name), {vector["name"]: content(vector)}) / vector["name"]
                digest, size, listing = digest_path(file)
                self.assertEqual(
                    (digest, size, listing.decode()), (vector["digest"], vector["size"], vector["listing"])
                )

    def test_refused_names(self) -> None:
        for bad in self.vectors["refusedNames"]:
            with self.subTest(bad), tempfile.TemporaryDirectory() as name, self.assertRaises(Refused):
                digest_folder(lay(Path(name), {bad: b""}))

    def test_bad_listings(self) -> None:
        for vector in self.vectors["badListings"]:
            with self.subTest(vector["name"]), self.assertRaises(ValueError):
                parse_listing(vector["listing"].encode())


def content(file: dict[str, str]) -> bytes:
    return base64.b64decode(file["base64"]) if "base64" in file else file["text"].encode()


if __name__ == "__main__":
    unittest.main()
