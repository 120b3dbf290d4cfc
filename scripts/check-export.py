#!/usr/bin/env python3
"""Checks an exported audit log without the program that wrote it.

Needs Python 3.8 or later and the openssl command (3.0 or later; 3.5 for witnesses that sign with ML-DSA-44), nothing
else. Written from the public texts alone: RFC 6962 section 2.1 for the tree, C2SP signed-note, tlog-checkpoint,
tlog-tiles, tlog-cosignature and tlog-policy for the files.

    python3 check-export.py DIR [VKEY]

VKEY is the log's verifier key as you kept it elsewhere, as text or as a file; without it the directory is only shown to
agree with itself. Exit code 0: every byte is right. 1: something is wrong, and the first such place is named. 2: the
check could not be made.
"""
import base64
import hashlib
import os
import re
import stat
import subprocess
import sys
import tempfile

SPKI = {  # what stands before a raw public key in a SubjectPublicKeyInfo (RFC 8410, RFC 9881), and the key's length
    "ed25519": (bytes.fromhex("302a300506032b6570032100"), 32),
    "ml-dsa-44": (bytes.fromhex("30820532300b06096086480165030403110382052100"), 1312),
}


class Wrong(Exception):
    """The first place that is not right."""


class Unable(Exception):
    """The check could not be made."""


LARGEST = 256 * (2 + 65_535)  # a bundle of the longest entries; nothing in a log is larger


def read(directory, path):
    file_path = os.path.join(directory, path)
    try:
        found = os.lstat(file_path)
    except FileNotFoundError:
        raise Wrong(f"{path} is missing") from None
    # A pipe would be waited for, and a device never ends.
    if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
        raise Wrong(f"{path} is no plain file, or larger than any of a log")
    with open(file_path, "rb") as file:
        return file.read()


def shown(text):
    """A line in which no name of a file or of a key moves the cursor or begins another line."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def text_of(data, where):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Wrong(f"{where} is not UTF-8") from None


def base64_of(text, where):
    """Base64 exactly as an encoder writes it: stray bits and spaces are refused."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise Wrong(f"{where} is not base64") from None
    if base64.b64encode(data).decode("ascii") != text:
        raise Wrong(f"{where} is not canonical base64")
    return data


def sha256(data):
    return hashlib.sha256(data).digest()


class Key:
    """A verifier key, NAME+ID+KEY (signed-note)."""

    def __init__(self, text, where):
        parts = re.fullmatch(r"([^+\s]+)\+([0-9a-f]{8})\+(\S+)", text)
        if not parts:
            raise Wrong(f"{where} is not a verifier key")
        self.text, self.name = text, parts[1]
        self.id = bytes.fromhex(parts[2])
        material = base64_of(parts[3], where)
        self.type, raw = material[0], material[1:]
        if self.type not in (1, 4, 6):
            raise Wrong(f"{where} is of type {self.type}")
        self.algorithm = "ml-dsa-44" if self.type == 6 else "ed25519"
        head, length = SPKI[self.algorithm]
        if len(raw) != length or sha256(self.name.encode() + b"\n" + material)[:4] != self.id:
            raise Wrong(f"{where}: its number does not belong to its name and key")
        self.der = head + raw


def openssl_verifies(key, message, signature):
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("key", "message", "signature")]
        for path, data in zip(paths, (key.der, message, signature)):
            with open(path, "wb") as file:
                file.write(data)
        done = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths[0],
             "-rawin", "-in", paths[1], "-sigfile", paths[2]],
            capture_output=True, text=True,
        )
    if done.returncode == 0:
        return True
    if "Signature Verification Failure" in done.stdout + done.stderr:
        return False
    raise Unable(f"openssl cannot check {key.algorithm} signatures here: {(done.stderr or done.stdout).strip()[:200]}")


def split_note(data):
    """Text, and (name, key id, signature) for each line below it (signed-note)."""
    whole = text_of(data, "checkpoint")
    if re.search(r"[\x00-\x09\x0b-\x1f]", whole):
        raise Wrong("checkpoint holds a control character")
    text, blank, block = whole.rpartition("\n\n")
    if not blank or not block.endswith("\n"):
        raise Wrong("checkpoint is not a signed note")
    signatures = []
    for line in block[:-1].split("\n"):
        parts = re.fullmatch(r"— ([^\s+]+) (\S+)", line)
        if not parts:
            raise Wrong("checkpoint has a malformed signature line")
        signature = base64_of(parts[2], "a signature of checkpoint")
        signatures.append((parts[1], signature[:4], signature[4:]))
    return text + "\n", signatures


def cosigned_message(witness, time, body, origin, size, root):
    """The bytes a witness signs (tlog-cosignature)."""
    if witness.type == 4:
        return f"cosignature/v1\ntime {time}\n{body}".encode()
    short = lambda text: bytes([len(text.encode())]) + text.encode()
    number = lambda value: value.to_bytes(8, "big")
    return (b"subtree/v1\n\0" + short(witness.name) + number(time) + short(origin) + number(0) + number(size) + root)


def read_policy(text):
    """Witnesses by name, and a function that says whether a set of names meets the quorum (tlog-policy)."""
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text) or (text and not text.endswith("\n")):
        raise Wrong("policy holds a control character or does not end in a newline")
    witnesses, rules, quorum = {}, {}, None
    for line in text.split("\n"):
        words = line.split()
        if not words or words[0].startswith("#") or words[0] == "log":
            continue
        if words[0] == "witness":
            witnesses[words[1]] = Key(words[2], "a witness of policy")
            rules[words[1]] = lambda have, name=words[1]: name in have
        elif words[0] == "group":
            members = words[3:]
            need = {"any": 1, "all": len(members)}.get(words[2]) or int(words[2])
            rules[words[1]] = lambda have, m=members, k=need: sum(rules[name](have) for name in m) >= k
        elif words[0] == "quorum":
            quorum = words[1]
        else:
            raise Wrong("policy has a line of no known kind")
    if quorum is None:
        raise Wrong("policy has no quorum")
    return witnesses, (lambda have: True) if quorum == "none" else rules[quorum], quorum


def check_head(directory, kept):
    """Key, policy, checkpoint: what is signed rather than hashed. Gives origin, size, root and what to say of witnesses."""
    vkey = text_of(read(directory, "vkey"), "vkey")
    if not vkey.endswith("\n"):
        raise Wrong("vkey does not end in a newline")
    key = Key(vkey[:-1], "vkey")
    if key.type != 1:
        raise Wrong("vkey is not the key of a log")
    if kept is not None and key.text not in kept.split():
        raise Wrong("vkey is not the key you gave: another key signed this log")
    body, signatures = split_note(read(directory, "checkpoint"))
    own = [one for one in signatures if one[:2] == (key.name, key.id)]
    if len(own) != 1 or not openssl_verifies(key, body.encode(), own[0][2]):
        raise Wrong("checkpoint is not signed by the log")
    lines = body[:-1].split("\n")
    if len(lines) < 3 or "" in lines or lines[0] != key.name:
        raise Wrong("checkpoint is not one of this log")
    if not re.fullmatch(r"0|[1-9][0-9]*", lines[1]):
        raise Wrong("checkpoint has no size")
    size, root = int(lines[1]), base64_of(lines[2], "the root of checkpoint")

    policy = read(directory, "policy")
    encode = lambda data: base64.b64encode(sha256(data)).decode()
    if f"kuzot-files vkey {encode(vkey.encode())} policy {encode(policy)}" not in lines[3:]:
        raise Wrong("policy or vkey is not the one the checkpoint was signed with")
    witnesses, is_met, quorum = read_policy(text_of(policy, "policy"))
    have, notes = set(), []
    for name, key_id, signature in signatures:
        if (name, key_id) == (key.name, key.id):
            continue
        known = [label for label, one in witnesses.items() if (one.name, one.id) == (name, key_id)]
        if not known or known[0] in have:
            raise Wrong(f"checkpoint carries a signature by {name} that policy does not explain")
        witness, time = witnesses[known[0]], int.from_bytes(signature[:8], "big")
        message = cosigned_message(witness, time, body, key.name, size, root)
        if not openssl_verifies(witness, message, signature[8:]):
            raise Wrong(f"the cosignature by {name} does not match the checkpoint")
        have.add(known[0])
        notes.append(f"cosigned by {name} at {time} (seconds since 1970)")
    if not is_met(have):
        raise Wrong(f"checkpoint: too few witnesses cosigned it for the quorum of its policy ({quorum})")
    return key.name, size, root, notes


def tile_path(level, index, width):
    digits = str(index).zfill(-(-len(str(index)) // 3) * 3)
    groups = [digits[i:i + 3] for i in range(0, len(digits), 3)]
    path = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{path}" + ("" if width == 256 else f".p/{width}")


def tree_hash(hashes):
    """Merkle Tree Hash over leaf hashes, RFC 6962 section 2.1."""
    if not hashes:
        return sha256(b"")
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return sha256(b"\x01" + tree_hash(hashes[:split]) + tree_hash(hashes[split:]))


def entries_of(bundle, width, path):
    entries, at = [], 0
    for _ in range(width):
        end = at + 2 + int.from_bytes(bundle[at:at + 2], "big")
        if at + 2 > len(bundle) or end > len(bundle):
            raise Wrong(f"{path} ends before its last entry")
        entries.append(bundle[at + 2:end])
        at = end
    if at != len(bundle):
        raise Wrong(f"{path} is longer than its entries")
    return entries


def check_tree(directory, size, root):
    """Every bundle and tile, level by level; then that there is no other file."""
    expected = {"vkey", "policy", "checkpoint"}
    hashes = []
    for index in range(-(-size // 256)):
        width = min(256, size - index * 256)
        path = tile_path("entries", index, width)
        expected.add(path)
        hashes += [sha256(b"\x00" + entry) for entry in entries_of(read(directory, path), width, path)]
    top = tree_hash(hashes)
    level = 0
    while hashes:
        for index in range(-(-len(hashes) // 256)):
            row = hashes[index * 256:(index + 1) * 256]
            path = tile_path(level, index, len(row))
            expected.add(path)
            if read(directory, path) != b"".join(row):
                raise Wrong(f"{path} does not hold the hashes of what lies below it")
        full = len(hashes) // 256
        hashes = [tree_hash(hashes[i * 256:(i + 1) * 256]) for i in range(full)]
        level += 1
    if top != root:
        raise Wrong("checkpoint signs another root than that of the entries")
    for folder, folders, names in os.walk(directory):
        linked = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in names + linked:
            path = os.path.relpath(os.path.join(folder, name), directory).replace(os.sep, "/")
            if path not in expected:
                raise Wrong(f"{path} does not belong to a log of {size} entries")


def main(arguments):
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    directory = arguments[0]
    kept = arguments[1] if len(arguments) == 2 else None
    if kept is not None and os.path.exists(kept):
        with open(kept, encoding="utf-8") as file:
            kept = file.read()
    try:
        origin, size, root, notes = check_head(directory, kept)
        check_tree(directory, size, root)
    except Wrong as wrong:
        print(shown(f"wrong: {wrong}"), file=sys.stderr)
        return 1
    except (Unable, OSError) as unable:
        print(shown(f"could not check: {unable}"), file=sys.stderr)
        return 2
    for line in [f"ok: {size} entries of {origin}, root {base64.b64encode(root).decode()}", *notes]:
        print(shown(line))
    if kept is None:
        print("the key was taken from the directory itself: compare it with one kept elsewhere")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
