"""Build of the native kernel and of the two data packages that live at the top of the repository."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages("src"), "csfgeno.reference", "csfgeno.sample_data"],
    package_dir={"": "src", "csfgeno.reference": "reference", "csfgeno.sample_data": "sample_data"},
)
