#!/usr/bin/python3
"""torchvision as the oracle of the zoo's models (Debian: python3-torch, python3-torchvision 0.14.1).

    oracle.py serve            for the parity tests: reads a request a line on stdin, answers a line on stdout
    oracle.py golden <folder of this file> <model> <builder>
                               writes Golden/<model>.safetensors, for machines without torchvision, and ../Models/Manifests/<model>.txt: a line "key [shape]" per
                               parameter and per buffer, and a head line with the parameters and multiply-accumulates of convolutions and linear layers, counted
                               here with hooks. <builder> is the function of torchvision.models. `zoo catalog add` calls this.

A request is JSON: {"model": …, "folder": …, "seed": …, "dtype": "float64"}. folder/x.npy and folder/train.npy are the inputs of the eval forward (float32) and of
the training step. The answer's files: folder/weights.pth (what torch.save writes), folder/logits.npy, folder/step.pth (loss, gradients, buffers after one step).
"""
import json
import pathlib
import struct
import sys

import numpy
import torch
import torchvision

STOCHASTIC = (torch.nn.Dropout, torchvision.ops.StochasticDepth)


def build(name):
    return getattr(torchvision.models, name)(**({"init_weights": True, "aux_logits": True} if name == "googlenet" else {}))


def perturb(model):
    """Makes every scale, shift and running statistic tell: fresh ones are all 0 or 1, and swapping them would go unseen."""
    with torch.no_grad():
        for key, t in model.state_dict().items():
            if t.dim() == 1 and key.endswith(("weight", "running_var")):
                t.mul_(torch.empty_like(t).uniform_(0.6, 1.4))
            elif t.dim() == 1:
                t.add_(torch.empty_like(t).uniform_(-0.1, 0.1))


def train_step(model, x, labels):
    """One forward and backward in training mode without drop-out; loss = cross entropy + 0.3 · that of the auxiliary heads."""
    model.train()
    for module in model.modules():
        if isinstance(module, STOCHASTIC):
            module.eval()
    output = model(x)
    loss_of = torch.nn.functional.cross_entropy
    if isinstance(output, torch.Tensor):
        loss = loss_of(output, labels)
    else:
        loss = loss_of(output.logits, labels) + 0.3 * (loss_of(output.aux_logits2, labels) + loss_of(output.aux_logits1, labels))
    loss.backward()
    return loss


def answer(request):
    torch.manual_seed(request["seed"])
    folder = pathlib.Path(request["folder"])
    model = build(request["model"])
    perturb(model)
    torch.save(model.state_dict(), folder / "weights.pth")
    with torch.no_grad():
        numpy.save(folder / "logits.npy", model.eval()(torch.from_numpy(numpy.load(folder / "x.npy"))).numpy())
    dtype = getattr(torch, request["dtype"])
    model.to(dtype)
    x = torch.from_numpy(numpy.load(folder / "train.npy")).to(dtype)
    loss = train_step(model, x, torch.arange(len(x)) * 7 % 1000)
    step = {"loss": loss.detach().reshape(1).float()}
    step.update({"gradient." + k: p.grad.float() for k, p in model.named_parameters()})
    step.update({"buffer." + k: b.float() for k, b in model.named_buffers()})
    torch.save(step, folder / "step.pth")


def serve():
    torch.set_num_threads(2)
    for line in sys.stdin:
        try:
            answer(json.loads(line))
            print("ok", flush=True)
        except Exception as error:  # the test shows it
            print("error " + repr(error).replace("\n", " "), flush=True)


def numbers(key, count):
    """Pseudo-random numbers in [-0.5, 0.5) that any language makes alike: a 32-bit finalizer on a hash of the key plus the position."""
    h = 2166136261
    for byte in key.encode():
        h = (h ^ byte) * 16777619 & 0xFFFFFFFF
    x = numpy.arange(count, dtype=numpy.uint32) + numpy.uint32(h)
    x ^= x >> numpy.uint32(16)
    x *= numpy.uint32(0x7FEB352D)
    x ^= x >> numpy.uint32(15)
    x *= numpy.uint32(0x846CA68B)
    x ^= x >> numpy.uint32(16)
    return (x >> numpy.uint32(8)).astype(numpy.float32) / numpy.float32(1 << 24) - numpy.float32(0.5)


def fill(model):
    with torch.no_grad():
        for key, t in model.state_dict().items():
            if not t.is_floating_point():
                continue
            u = torch.from_numpy(numbers(key, t.numel())).reshape(t.shape)
            if t.dim() > 1:
                t.copy_(u * (24.0 / t[0].numel()) ** 0.5)  # variance 2 / fan-in
            elif key.endswith(("weight", "running_var")):
                t.copy_(1 + 0.5 * u)
            else:
                t.copy_(0.2 * u)


def macs_of(model):
    total = [0]

    def count(module, _, output):
        if isinstance(module, torch.nn.Conv2d):
            k = module.kernel_size
            total[0] += output[0].numel() * module.in_channels // module.groups * k[0] * k[1]
        elif isinstance(module, torch.nn.Linear):
            total[0] += output[0].numel() * module.in_features

    handles = [module.register_forward_hook(count) for module in model.modules()]
    with torch.no_grad():
        model.eval()(torch.zeros(1, 3, 224, 224))
    for handle in handles:
        handle.remove()
    return total[0]


def manifest(model):
    inference = sum(p.numel() for n, p in model.named_parameters() if not n.startswith("aux"))
    lines = [f"# {inference} parameters, {macs_of(model)} MACs"]
    parameters = dict(model.named_parameters())
    state = model.state_dict()
    for key in [*(k for k in state if k in parameters), *(k for k in state if k not in parameters)]:
        lines.append(f"{key} [{','.join(map(str, state[key].shape))}]")
    return "\n".join(lines) + "\n"


def golden(folder, name, builder):
    model = build(builder)
    (pathlib.Path(folder).parent / "Models" / "Manifests" / f"{name}.txt").write_text(manifest(model))
    fill(model)
    model.double()
    x = torch.from_numpy(numbers("input", 2 * 3 * 64 * 64)).reshape(2, 3, 64, 64).double() * 4
    with torch.no_grad():
        logits = model.eval()(x)
    model.train()
    loss = train_step(model, x, torch.tensor([3, 141]))
    gradients = [p.grad.flatten() for p in model.parameters()]
    buffers = [b.flatten().double() for b in model.buffers()]
    pick = lambda t: t[(torch.arange(4) * (len(t) - 1)) // 3]
    tensors = {
        "logits": logits,
        "loss": loss.detach().reshape(1),
        "gradient_norms": torch.stack([g.norm() for g in gradients]),
        "gradient_samples": torch.stack([pick(g) for g in gradients]),
    }
    if buffers:
        tensors["buffer_norms"] = torch.stack([b.norm() for b in buffers])
    write(pathlib.Path(folder) / "Golden" / f"{name}.safetensors", tensors)
    print(name, float(loss), float(logits.abs().max()), flush=True)


def write(path, tensors):
    header, data = {}, b""
    for key, t in tensors.items():
        raw = t.detach().float().contiguous().numpy().tobytes()
        header[key] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


if sys.argv[1:] == ["serve"]:
    serve()
elif len(sys.argv) == 5 and sys.argv[1] == "golden":
    golden(*sys.argv[2:])
else:
    sys.exit(__doc__)
