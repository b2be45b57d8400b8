import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from ilab_torch.cuda_stubs import NoCompiler, make_stubs

CUDART = "int cudaMalloc(void) { return 0; }\nconst char *cudaGetErrorString(void) { return 0; }\n"
TORCH = """
int cudaMalloc(void); const char *cudaGetErrorString(void); int ncclInit(void);
int tell(void) { return cudaMalloc(); }
const char *say(void) { return cudaGetErrorString(); }
int unused(void) { return ncclInit(); }
"""


@unittest.skipUnless(shutil.which("gcc") and shutil.which("readelf"), "SKIPPED: gcc and readelf are not here")
class CudaStubs(unittest.TestCase):
    def setUp(self) -> None:
        self.site = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.lib = self.site / "torch" / "lib"
        self.lib.mkdir(parents=True)

    def compile(self, name: str, code: str, *arguments: str) -> Path:
        target = self.lib / name
        command = ["gcc", "-shared", "-fPIC", "-nostdlib", "-w", "-xc", "-", "-o", str(target), *arguments]
        subprocess.run(command, input=code, text=True, check=True)
        return target

    def torch(self) -> Path:
        """Linked as torch is: to names with versions, found beside it; and then they are gone."""
        (self.lib / "map").write_text("libcudart.so.13 { global: *; };\n")
        cudart = self.compile(
            "libcudart.so.13", CUDART, "-Wl,-soname,libcudart.so.13", f"-Wl,--version-script={self.lib}/map"
        )
        nccl = self.compile("libnccl.so.2", "int ncclInit(void) { return 0; }", "-Wl,-soname,libnccl.so.2")
        torch = self.compile(
            "libtorch_cuda.so", TORCH, "-xnone", str(cudart), str(nccl), "-Wl,-rpath,$ORIGIN", "-Wl,-z,now"
        )
        for file in (cudart, nccl, self.lib / "map"):
            file.unlink()
        return torch

    def test_torch_loads_and_every_call_fails(self) -> None:
        torch = self.torch()
        with self.assertRaisesRegex(OSError, "libcudart.so.13"):
            ctypes.CDLL(str(torch))
        self.assertEqual(make_stubs(self.site), ["libcudart.so.13", "libnccl.so.2"])
        loaded = ctypes.CDLL(str(torch))
        loaded.say.restype = ctypes.c_char_p
        self.assertEqual((loaded.tell(), loaded.say()), (100, b"no CUDA"))
        self.assertEqual(sorted(os.listdir(self.lib)), ["libcudart.so.13", "libnccl.so.2", "libtorch_cuda.so"])

    def test_nothing_is_made_where_nothing_is_missing(self) -> None:
        self.assertEqual(make_stubs(self.site), [])
        self.compile("libtorch_cpu.so", "int x;")
        self.assertEqual(make_stubs(self.site), [])
        self.torch()
        (self.site / "nvidia").mkdir()
        self.assertEqual(make_stubs(self.site), [])
        self.assertEqual(make_stubs(self.site / "no torch here"), [])

    def test_a_missing_compiler_is_named(self) -> None:
        self.torch()
        path = os.environ["PATH"]
        self.addCleanup(os.environ.__setitem__, "PATH", path)
        os.environ["PATH"] = str(self.site)
        with self.assertRaisesRegex(NoCompiler, r"needs gcc and readelf \(Debian: apt install gcc binutils\)"):
            make_stubs(self.site)


if __name__ == "__main__":
    unittest.main()
