"""Makes the files beside it: the same small state dict as PyTorch's two formats and as TorchSharp's.

Run with Debian 12's python3-torch (1.13.1): python3 make.py. The .dat is put together by hand from TorchSharp's description of
its format, so that it is independent of the code that it tests.
"""
import collections

import torch


def state():
    base = torch.arange(12, dtype=torch.float32).reshape(3, 4) / 4
    return collections.OrderedDict(
        weight=torch.nn.Parameter(base.t()), shared=base[1], half=torch.tensor([1.5, -2.0]).half(), brain=torch.tensor([[0.5], [-3.0]]).bfloat16(),
        steps=torch.tensor(7), flags=torch.tensor([True, False, True]))


def leb128(n):
    out = bytearray()
    while True:
        n, low = n >> 7, n & 0x7F
        out.append(low | (0x80 if n else 0))
        if not n:
            return bytes(out)


def dat(tensors):
    numbers = {torch.float32: 6, torch.float16: 5, torch.bfloat16: 15, torch.int64: 4, torch.bool: 11}
    out = bytearray(leb128(len(tensors)))
    for name, t in tensors.items():
        raw = t.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes()
        out += leb128(len(name)) + name.encode() + leb128(numbers[t.dtype]) + leb128(t.dim()) + b''.join(leb128(s) for s in t.shape) + raw
    return bytes(out)


torch.save({'epoch': 3, 'state_dict': {'module.' + k: v for k, v in state().items()}, 'optimizer': {'state': {}, 'lr': 0.1}}, 'zip.pth')
torch.save(state(), 'legacy.pth', _use_new_zipfile_serialization=False)
open('torchsharp.dat', 'wb').write(dat(state()))
