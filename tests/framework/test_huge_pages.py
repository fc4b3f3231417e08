"""Large tensors ask the system for huge pages, unless the user has said otherwise."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
# The flags of the mapping that holds the middle of a tensor of 8 MiB; "hg" is what madvise has set.
LOOK = """
import fw, torch
values = torch.ones(2**21)
middle, here = values.data_ptr() + 2**22, False
for line in open("/proc/self/smaps"):
    words = line.split()
    if "-" in words[0]:
        start, stop = (int(end, 16) for end in words[0].split("-"))
        here = start <= middle < stop
    elif here and words[0] == "VmFlags:":
        print("hg" in words[1:])
"""


@pytest.mark.skipif(
    not os.path.exists("/sys/kernel/mm/transparent_hugepage"), reason="a system without huge pages"
)
@pytest.mark.parametrize(
    ("said", "expected"), [({}, "True\n"), ({"THP_MEM_ALLOC_ENABLE": "0"}, "False\n")]
)
def test_memory_of_a_large_tensor_asks_for_huge_pages(said, expected):
    kept = {k: v for k, v in os.environ.items() if k != "THP_MEM_ALLOC_ENABLE"}
    words = [sys.executable, "-c", LOOK]
    found = subprocess.run(words, env={**kept, **said}, capture_output=True, text=True, check=True)
    assert found.stdout == expected
