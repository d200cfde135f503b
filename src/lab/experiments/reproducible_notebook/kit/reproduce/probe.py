"""Runs in the kernel after the notebook's last cell, and prints what the environment was: the proof that it was changed."""


def _facts():
    import ctypes
    import json
    import locale
    import os
    import platform
    import sys
    import time
    from pathlib import Path

    numpy = sys.modules.get("numpy")
    libraries = Path(str(numpy.__file__)).parent.parent / "numpy.libs" if numpy else Path()
    core = sys.modules.get("numpy._core._multiarray_umath") or sys.modules.get("numpy.core._multiarray_umath")
    versions = {name: getattr(sys.modules.get(name), "__version__", None) for name in ("numpy", "pandas")}

    def blas(name, result):
        for path in libraries.glob("*openblas*"):
            library = ctypes.CDLL(str(path))
            for pattern in ("scipy_openblas_%s64_", "openblas_%s64_", "scipy_openblas_%s", "openblas_%s"):
                if hasattr(library, pattern % name):
                    function = getattr(library, pattern % name)
                    function.restype = result
                    return function()
        return None

    kernel = blas("get_corename", ctypes.c_char_p) if numpy else None
    print(
        json.dumps(
            {
                "hash": hash("a"),
                "zone": time.strftime("%z"),
                "encoding": locale.getpreferredencoding(False),
                "folder": Path.cwd().name,
                "home": Path.home().name,
                "user": os.getuid() if hasattr(os, "getuid") else None,
                "threads": blas("get_num_threads", ctypes.c_int) if numpy else None,
                "processors": sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
                "files": next(Path(os.__file__).parent.iterdir()).name,
                "vectors": sorted(name for name, on in core.__cpu_features__.items() if on) if core else None,
                "blas": kernel.decode() if kernel else None,
                "versions": {"python": platform.python_version(), **versions},
            }
        )
    )


_facts()
