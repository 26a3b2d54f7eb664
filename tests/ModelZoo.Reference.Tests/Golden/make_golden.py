"""Writes torch-golden.json beside this file: random cases of every operation, computed by PyTorch in float64.

    python3 make_golden.py        (any PyTorch 1.13 or newer; the tests themselves only read the file)

Inputs are rounded to three decimals, so that the file says exactly what went in; ties between equal values happen and are wanted.
Results keep 13 digits.
"""
import json
import pathlib
import random

import torch
import torch.nn.functional as F

torch.manual_seed(0)
random.seed(0)
cases = []


def rnd(*shape):
    return (torch.randn(*shape, dtype=torch.float64) * 1000).round() / 1000


def array(t):
    t = t.detach()
    return {"shape": list(t.shape), "data": [float(f"{v:.13g}") for v in t.reshape(-1).tolist()]}


def case(op, args, inputs, f, grads=None, **extra):
    """Records f(inputs) and, for a random gradient of the output, the gradient of each input (or of those named)."""
    inputs = {k: v for k, v in inputs.items() if v is not None}
    leaves = {k: v.clone().requires_grad_(True) for k, v in inputs.items()}
    y = f(**leaves)
    y, more = y if isinstance(y, tuple) else (y, {})
    seed = torch.ones_like(y) if y.dim() == 0 else rnd(*y.shape)
    y.backward(seed)
    out = {"y": array(y), **{k: array(v) for k, v in more.items()}}
    for k in leaves if grads is None else grads:
        out["grad_" + k] = array(leaves[k].grad)
    cases.append({"op": op, "args": {**args, **extra}, "in": {**{k: array(v) for k, v in inputs.items()}, "gradY": array(seed)}, "out": out})


def r(low, high):
    return random.randint(low, high)


def pair(low, high):
    return [r(low, high), r(low, high)]


for _ in range(12):
    g, c, m, k, s, p, d = r(1, 3), r(1, 2), r(1, 2), pair(1, 3), pair(1, 3), pair(0, 2), pair(1, 2)
    size = [max(1, d[a] * (k[a] - 1) + 1 - 2 * p[a]) + r(0, 4) for a in (0, 1)]
    case("convolution", dict(stride=s, padding=p, dilation=d, groups=g), dict(x=rnd(r(1, 2), g * c, *size), w=rnd(g * m, c, *k), bias=rnd(g * m)),
         lambda x, w, bias: F.conv2d(x, w, bias, s, p, d, g))

for op in ("depthwise convolution", "pointwise convolution", "true convolution"):
    for _ in range(4):
        g, c, m, k, s, p, d = r(1, 3), r(1, 2), r(1, 2), pair(1, 3), pair(1, 2), pair(0, 1), pair(1, 2)
        c = 1 if op == "depthwise convolution" else c
        k = [1, 1] if op == "pointwise convolution" else k
        case(op, dict(stride=s, padding=p, dilation=d, groups=g), dict(x=rnd(r(1, 2), g * c, r(5, 6), r(5, 7)), w=rnd(g * m, c, *k), bias=rnd(g * m)),
             lambda x, w, bias: F.conv2d(x, w.flip(2, 3) if op == "true convolution" else w, bias, s, p, d, g))
for _ in range(3):
    rows, columns, middle = r(1, 4), r(1, 4), r(1, 2)
    case("spatially separable convolution", {}, dict(x=rnd(r(1, 2), 2, 5, 4), column=rnd(middle, 2, rows, 1), row=rnd(3, middle, 1, columns)),
         lambda x, column, row: F.conv2d(F.conv2d(x, column), row))

for _ in range(10):
    g, c, m, k, s, d = r(1, 2), r(1, 2), r(1, 2), pair(1, 3), pair(1, 3), pair(1, 2)
    p, o = [r(0, (k[a] - 1) // 2) for a in (0, 1)], [r(0, max(s[a], d[a]) - 1) for a in (0, 1)]
    case("transposed convolution", dict(stride=s, padding=p, dilation=d, groups=g, output_padding=o),
         dict(x=rnd(r(1, 2), g * c, r(1, 4), r(1, 4)), w=rnd(g * c, m, *k), bias=rnd(g * m)),
         lambda x, w, bias: F.conv_transpose2d(x, w, bias, s, p, o, g, d))

for i in range(16):
    k, s, ceil = pair(1, 3), pair(1, 3), bool(i % 2)
    p = [r(0, v // 2) for v in k]
    d = pair(1, 2)
    size = [d[a] * (k[a] - 1) + 1 + r(0, 4) for a in (0, 1)]
    coarse = rnd(1, 2, *size).round() if i < 4 else rnd(r(1, 2), 2, *size)  # the coarse ones are full of ties

    def maxpool(x):
        y, indices = F.max_pool2d(x, k, s, p, d, ceil_mode=ceil, return_indices=True)
        return y, {"indices": indices.double()}

    case("max pooling", dict(kernel=k, stride=s, padding=p, dilation=d, ceil=ceil), dict(x=coarse), maxpool)
    include, divisor = bool(r(0, 1)), random.choice([None, r(1, 5)])
    case("average pooling", dict(kernel=k, stride=s, padding=p, ceil=ceil, include_pad=include, divisor=divisor), dict(x=rnd(1, 2, *size)),
         lambda x: F.avg_pool2d(x, k, s, p, ceil, include, divisor))

for i in range(6):  # windows that overhang on the right, without a divisor to hide it
    p = i % 2
    case("average pooling", dict(kernel=[3, 2], stride=[2, 3], padding=[p, p], ceil=True, include_pad=i < 4, divisor=None), dict(x=rnd(1, 1, 4 + i, 6 - i // 2)),
         lambda x: F.avg_pool2d(x, [3, 2], [2, 3], p, True, i < 4))

for width in (2, 3, 4):  # one window that overhangs its input
    case("max pooling", dict(kernel=[3, 3], stride=[2, 2], padding=[0, 0], dilation=[1, 1], ceil=True), dict(x=rnd(1, 2, 2, width)),
         lambda x: (lambda y, i: (y, {"indices": i.double()}))(*F.max_pool2d(x, 3, 2, ceil_mode=True, return_indices=True)))
    case("average pooling", dict(kernel=[3, 3], stride=[2, 2], padding=[0, 0], ceil=True, include_pad=True, divisor=None), dict(x=rnd(1, 2, 2, width)),
         lambda x: F.avg_pool2d(x, 3, 2, 0, True, True))

for size in ([1, 1], [3, 4]):
    case("global average pooling", {}, dict(x=rnd(2, 2, *size)), lambda x: F.adaptive_avg_pool2d(x, 1))
    case("global max pooling", {}, dict(x=rnd(2, 2, *size)),
         lambda x: (lambda y, i: (y, {"indices": i.double()}))(*F.adaptive_max_pool2d(x, 1, return_indices=True)))

for _ in range(5):
    size = pair(1, 7)
    x = rnd(1, 2, r(1, 7), r(1, 7))
    case("adaptive average pooling", dict(size=size), dict(x=x), lambda x: F.adaptive_avg_pool2d(x, size))

    def adaptive_max(x):
        y, indices = F.adaptive_max_pool2d(x, size, return_indices=True)
        return y, {"indices": indices.double()}

    case("adaptive max pooling", dict(size=size), dict(x=x), adaptive_max)

for scale in ([2, 2], [1, 3], [3, 2]):
    case("nearest unpooling", dict(scale=scale), dict(x=rnd(2, 2, 2, 3)), lambda x: F.interpolate(x, scale_factor=[float(v) for v in scale], mode="nearest"))
    h, w = 2 * scale[0], 3 * scale[1]
    nail = torch.zeros(2, 1, *scale, dtype=torch.float64)
    nail[:, :, 0, 0] = 1  # PyTorch has no bed of nails; a transposed convolution with this kernel is one
    case("bed of nails unpooling", dict(scale=scale), dict(x=rnd(2, 2, 2, 3)), lambda x: F.conv_transpose2d(x, nail, stride=scale, groups=2))
    _, indices = F.max_pool2d(rnd(2, 2, h, w), scale, return_indices=True)
    case("max unpooling", dict(size=[h, w], indices=[int(v) for v in indices.reshape(-1)]), dict(x=rnd(2, 2, 2, 3)),
         lambda x: F.max_unpool2d(x, indices, scale, output_size=[h, w]))

case("linear", {}, dict(x=rnd(3, 5), w=rnd(4, 5), bias=rnd(4)), lambda x, w, bias: F.linear(x, w, bias))
case("linear", {}, dict(x=rnd(1, 1), w=rnd(1, 1), bias=rnd(1)), lambda x, w, bias: F.linear(x, w, bias))

functions = {
    "relu": F.relu, "relu6": F.relu6, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "silu": F.silu, "hardsigmoid": F.hardsigmoid,
    "hardswish": F.hardswish, "leaky_relu": lambda x: F.leaky_relu(x, 0.2), "scaled_tanh": lambda x: 1.7159 * torch.tanh(2 / 3 * x),
}
for name, f in functions.items():
    x = torch.cat([rnd(40) * 4, torch.tensor([0, 3, -3, 6, -6, 30, -30], dtype=torch.float64)])  # kinks and far out
    # PyTorch's backward of hardsigmoid multiplies by a float32 sixth, in float64 too.
    tolerance = dict(tolerance=1e-7) if name == "hardsigmoid" else {}
    case(name.replace("_", " "), tolerance, dict(x=x), lambda x: f(x))

for axis in range(3):
    case("softmax", dict(axis=axis), dict(x=rnd(2, 3, 4) * 3), lambda x: F.softmax(x, axis))
    case("log-softmax", dict(axis=axis), dict(x=rnd(2, 3, 4) * 3), lambda x: F.log_softmax(x, axis))

for smoothing in (0.0, 0.1, 1.0):
    targets = [r(0, 5) for _ in range(4)]
    case("cross entropy", dict(targets=targets, smoothing=smoothing), dict(x=rnd(4, 6) * 3),
         lambda x: F.cross_entropy(x, torch.tensor(targets), label_smoothing=smoothing))
target = rnd(3, 4)
case("mean squared error", {}, dict(x=rnd(3, 4), target=target), lambda x, target: F.mse_loss(x, target), grads=["x"])

for shape in ([2, 3, 2, 2], [2, 3, 1, 1], [1, 3, 1, 2], [1, 1, 1, 1]):
    case("add", {}, dict(a=rnd(2, 3, 2, 2), b=rnd(*shape)), lambda a, b: a + b)
    case("multiply", {}, dict(a=rnd(2, 3, 2, 2), b=rnd(*shape)), lambda a, b: a * b)
for axis in range(4):
    shapes = [[2, 3, 2, 2] for _ in range(2)]
    shapes[1][axis] = 4
    case("concatenate", dict(axis=axis), dict(a=rnd(*shapes[0]), b=rnd(*shapes[1])), lambda a, b: torch.cat([a, b], axis))
case("concatenate", dict(axis=1), dict(a=rnd(2, 1, 2, 2), b=rnd(2, 3, 2, 2), c=rnd(2, 2, 2, 2)), lambda a, b, c: torch.cat([a, b, c], 1))
for p in (0.0, 0.25, 0.5):

    def dropout(x):
        torch.manual_seed(7)
        return F.dropout(x, p, training=True)

    mask = (dropout(torch.ones(3, 4, dtype=torch.float64)) != 0).double()
    case("dropout with a given mask", dict(p=p, mask=mask.reshape(-1).tolist()), dict(x=rnd(3, 4)), dropout)
case("flatten", {}, dict(x=rnd(2, 3, 2, 2)), lambda x: torch.flatten(x, 1))

for shape in ([3, 2, 2, 3], [4, 3], [1, 2, 3, 3], [2, 1, 1, 1]):
    c, eps, momentum = shape[1], random.choice([1e-5, 1e-3]), random.choice([0.1, 0.25])
    mean, var = rnd(c), rnd(c).abs() + 0.5

    def batch_train(x, gamma, beta):
        m, v = mean.clone(), var.clone()
        y = F.batch_norm(x, m, v, gamma, beta, True, momentum, eps)
        return y, {"mean": m, "variance": v}

    stats = dict(mean=mean.tolist(), variance=var.tolist(), eps=eps)
    case("batch normalization, training", dict(**stats, momentum=momentum), dict(x=rnd(*shape), gamma=rnd(c), beta=rnd(c)), batch_train)
    case("batch normalization, evaluation", stats, dict(x=rnd(*shape), gamma=rnd(c), beta=rnd(c)), lambda x, gamma, beta: F.batch_norm(x, mean, var, gamma, beta, False, 0.1, eps))

for axes in (1, 2, 3):
    last = [4, 3, 2][3 - axes:]
    case("layer normalization", dict(axes=axes, eps=1e-5), dict(x=rnd(2, 4, 3, 2), gamma=rnd(*last), beta=rnd(*last)),
         lambda x, gamma, beta: F.layer_norm(x, last, gamma, beta, 1e-5))
for groups in (1, 2, 4):
    case("group normalization", dict(groups=groups, eps=1e-5), dict(x=rnd(2, 4, 3, 2), gamma=rnd(4), beta=rnd(4)),
         lambda x, gamma, beta: F.group_norm(x, groups, gamma, beta, 1e-5))
mean, var = rnd(4), rnd(4).abs() + 0.5


def instance(x, gamma, beta):
    m, v = mean.clone(), var.clone()
    return F.instance_norm(x, m, v, gamma, beta, True, 0.25, 1e-5), {"mean": m, "variance": v}


case("instance normalization", dict(eps=1e-5, momentum=0.25, mean=mean.tolist(), variance=var.tolist()), dict(x=rnd(2, 4, 3, 2), gamma=rnd(4), beta=rnd(4)), instance)
for n, alpha, beta, k in ((5, 1e-4, 0.75, 1.0), (5, 2.0, 0.75, 2.0), (2, 1.5, 0.5, 1.0), (4, 3.0, 1.25, 1.5), (9, 1.0, 0.75, 1.0)):
    case("local response normalization", dict(n=n, alpha=alpha, beta=beta, k=k), dict(x=rnd(2, 6, 2, 2)), lambda x: F.local_response_norm(x, n, alpha, beta, k))

TABLE = [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 0], [5, 0, 1], [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [3, 4, 5, 0], [4, 5, 0, 1],
         [5, 0, 1, 2], [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], [0, 1, 2, 3, 4, 5]]
connected = [(m, c) for m, row in enumerate(TABLE) for c in sorted(row)]


def table_convolution(x, w, bias):
    dense = torch.zeros(16, 6, *w.shape[1:], dtype=torch.float64)
    dense = dense.index_put((torch.tensor([m for m, _ in connected]), torch.tensor([c for _, c in connected])), w)
    return F.conv2d(x, dense, bias)


case("LeNet-5: C3's table", {}, dict(x=rnd(1, 6, 3, 4), w=rnd(60, 2, 2), bias=rnd(16)), table_convolution)
case("LeNet-5: trainable subsampling", {}, dict(x=rnd(2, 3, 4, 5), w=rnd(3), bias=rnd(3)),
     lambda x, w, bias: F.avg_pool2d(x, 2, divisor_override=1) * w.view(1, -1, 1, 1) + bias.view(1, -1, 1, 1))
case("LeNet-5: RBF output", {}, dict(x=rnd(3, 7), codes=rnd(4, 7).sign()), lambda x, codes: ((x[:, None] - codes[None]) ** 2).sum(2))

optimizers = [
    ("sgd", dict(lr=0.1)), ("sgd", dict(lr=0.1, weight_decay=0.05)), ("sgd", dict(lr=0.1, momentum=0.9)),
    ("sgd", dict(lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.05)), ("sgd", dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.05)),
    ("sgd", dict(lr=0.1, momentum=0.9, nesterov=True)), ("rmsprop", dict(lr=0.01)), ("rmsprop", dict(lr=0.01, momentum=0.9)),
    ("rmsprop", dict(lr=0.01, centered=True)), ("rmsprop", dict(lr=0.01, alpha=0.9, weight_decay=0.05)),
    ("rmsprop", dict(lr=0.01, alpha=0.9, eps=1e-3, momentum=0.9, centered=True, weight_decay=0.05)),
    ("adam", dict(lr=0.01)), ("adam", dict(lr=0.01, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.05)),
    ("adamw", dict(lr=0.01)), ("adamw", dict(lr=0.01, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.2)),
]
classes = dict(sgd=torch.optim.SGD, rmsprop=torch.optim.RMSprop, adam=torch.optim.Adam, adamw=torch.optim.AdamW)
for name, options in optimizers:
    start, gradients = rnd(4), rnd(8, 4)
    theta = start.clone().requires_grad_(True)
    optimizer, path = classes[name]([theta], **options), []
    for gradient in gradients:
        theta.grad = gradient.clone()
        optimizer.step()
        path.append(theta.detach().clone())
    cases.append({"op": name, "args": {**options}, "in": {"start": array(start), "gradients": array(gradients)}, "out": {"path": array(torch.stack(path))}})

for border in ([1, 0, 2, 1], [-1, 1, 0, -1]):
    case("border of zeros", dict(border=border), dict(x=rnd(2, 2, 3, 4)), lambda x: F.pad(x, border))
for channels, stride in ((3, 1), (5, 2), (2, 3)):
    case("padded shortcut", dict(channels=channels, stride=stride), dict(x=rnd(2, 2, 5, 4)),
         lambda x: F.pad(x[:, :, ::stride, ::stride], [0, 0, 0, 0, 0, channels - 2]))

functions = {
    "exp": torch.exp, "log": torch.log, "sqrt": torch.sqrt, "abs": torch.abs, "reciprocal": torch.reciprocal, "erf": torch.erf, "floor": torch.floor,
    "ceil": torch.ceil, "gelu": F.gelu, "softplus": F.softplus, "softsign": F.softsign, "mish": F.mish, "selu": F.selu, "elu": lambda x: F.elu(x, 0.7),
    "clip": lambda x: x.clamp(-0.4, 1.2), "hard_logistic": lambda x: (0.2 * x + 0.5).clamp(0, 1),
}
for name, f in functions.items():
    x = torch.cat([rnd(40) * 4, torch.tensor([0, 2.5, -2.5, -0.4, 1.2, 19, 21, -30], dtype=torch.float64)])
    x = x.abs() + 0.01 if name in ("log", "sqrt", "reciprocal") else x
    case(name.replace("_", " "), {}, dict(x=x), lambda x: f(x))

joins = {"Add": torch.add, "Subtract": torch.sub, "Multiply": torch.mul, "Divide": torch.div, "Power": torch.pow, "Maximum": torch.maximum,
         "Minimum": torch.minimum}
for how, f in joins.items():
    for a, b in (([2, 3, 2, 2], [2, 3, 2, 2]), ([2, 3, 2, 2], [3, 1, 1]), ([3, 1], [2, 1, 4]), ([2, 3], [1])):
        positive = how in ("Divide", "Power")
        x, z = (rnd(*shape).abs() + 0.2 if positive else rnd(*shape).round() / 2 for shape in (a, b))  # the coarse ones are full of ties
        case("elementwise", dict(how=how), dict(a=x, b=z), lambda a, b: f(a, b))

for shape, slopes in (([3, 4], 1), ([3, 4], 4), ([2, 3, 2, 3], 3), ([2, 3, 2, 3], 1)):
    case("prelu", {}, dict(x=rnd(*shape), slope=rnd(slopes)), lambda x, slope: F.prelu(x, slope))

case("reshape", dict(to=[2, 6, 2]), dict(x=rnd(2, 3, 4)), lambda x: x.reshape(2, 6, 2))
for order in ([0, 2, 1], [2, 0, 1], [2, 1, 0]):
    case("permute", dict(order=order), dict(x=rnd(2, 3, 4)), lambda x: x.permute(order))
for axis, indices in ((0, [1, 0, 1]), (1, [2]), (2, [0, 2, 3, 3])):
    case("select", dict(axis=axis, indices=indices), dict(x=rnd(2, 3, 4)), lambda x: x.index_select(axis, torch.tensor(indices)))
for before, after, value in (([0, 1, -1, 0], [0, 0, 2, -2], 0.5), ([1, 0, 0, 2], [0, 2, 1, 0], -1.5)):
    sides = [n for a in range(3, -1, -1) for n in (before[a], after[a])]
    case("constant border", dict(before=before, after=after, value=value), dict(x=rnd(2, 2, 3, 4)), lambda x: F.pad(x, sides, value=value))
for mode, op in (("reflect", "reflected border"), ("replicate", "repeated border")):
    for before, after in (([0, 0, 1, 2], [0, 0, 2, 0]), ([0, 0, 2, 3], [0, 0, 2, 3])):
        case(op, dict(before=before, after=after), dict(x=rnd(2, 2, 3, 4)), lambda x: F.pad(x, [before[3], after[3], before[2], after[2]], mode=mode))

for axes, keep in (([1], True), ([2, 3], True), ([1, 3], False), ([1, 2, 3], False)):
    case("mean", dict(axes=axes, keep=keep), dict(x=rnd(2, 3, 2, 4)), lambda x: x.mean(axes, keep))

for border in ([0, 1, 0, 1], [1, 0, 2, 1]):

    def bordered(x):
        pool = lambda v: F.avg_pool2d(F.pad(v, border), 3, 2)
        return pool(x) / pool(torch.ones_like(x))

    case("average pooling in a border", dict(border=border, kernel=[3, 3], stride=[2, 2], padding=[0, 0], ceil=False), dict(x=rnd(2, 2, 6, 5)), bordered)

for mode, corners in (("bilinear", False), ("bilinear", True), ("bicubic", False), ("bicubic", True), ("nearest", None)):
    for size in ([5, 3], [7, 9], [2, 4]):
        case("resampling", dict(mode=mode, corners=bool(corners), size=size), dict(x=rnd(2, 2, 4, 5)),
             lambda x: F.interpolate(x, size, mode=mode, align_corners=corners))

for axes, keep in (([1], True), ([2, 3], False), ([1, 2, 3], False)):
    case("total", dict(axes=axes, keep=keep), dict(x=rnd(2, 3, 2, 4)), lambda x: x.sum(axes, keep))

lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
path = pathlib.Path(__file__).with_name("torch-golden.json")
path.write_text(f'{{"torch":"{torch.__version__}","cases":[\n{lines}\n]}}\n')
print(len(cases), "cases,", path.stat().st_size, "bytes")
