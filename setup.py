"""Build of the native kernels and of the two data packages that live at the top of the repository."""

from pathlib import Path

from setuptools import Extension, find_packages, setup

CHAPTERS = sorted(path.as_posix() for path in Path("src").rglob("*.pxi"))

# Optional: without a compiler the plain-Python twin of each kernel gives the same arrays, slowly.
KERNELS = [
    Extension(
        ".".join(path.relative_to("src").with_suffix("").parts),
        [path.as_posix()],
        extra_compile_args=["-O3", "-g0"],
        depends=CHAPTERS,
        optional=True,
    )
    for path in sorted(Path("src").rglob("*.pyx"))
]

setup(
    packages=[*find_packages("src"), "csfgeno.reference", "csfgeno.sample_data"],
    package_dir={"": "src", "csfgeno.reference": "reference", "csfgeno.sample_data": "sample_data"},
    ext_modules=KERNELS,
)
