from csfgeno.io._scan_twin import Columns

class NativeScan:
    def __init__(self, path: str, reference: str | None) -> None: ...
    def contigs(self) -> dict[str, int]: ...
    def scan(
        self,
        tid: int,
        start: int,
        end: int,
        reference: bytes,
        reference_start: int,
        min_mapq: int,
        min_baseq: int,
        want_names: bool,
    ) -> Columns: ...
    def close(self) -> None: ...

def row_sizes() -> tuple[int, int]: ...
def check_htslib(version: str) -> None: ...
