"""Prints the rows of PyTorchValues.cs: python3 pytorch_values.py (PyTorch 1.13.1).

Each input is the wave x[i] = sin(0.37 (i + 1) + k) of its shape, k being the number of the input, in double precision. A row holds two weighted sums,
with weights cos(0.71 i): of the output, and of the gradients that this sum has with respect to the inputs, those of input k times k + 1.
"""
import math

import torch
import torch.nn.functional as F


def wave(k, shape):
    n = math.prod(shape)
    return torch.tensor([math.sin(0.37 * (i + 1) + k) for i in range(n)], dtype=torch.float64).reshape(shape).requires_grad_()


def checksum(t):
    weights = torch.tensor([math.cos(0.71 * i) for i in range(t.numel())], dtype=torch.float64)
    return (t.reshape(-1) * weights).sum()


classes = torch.tensor([2, 0, 1, 3])
signs = torch.tensor([1.0, -1.0, 1.0, -1.0], dtype=torch.float64)
mask = torch.tensor([[True, False, True], [True, True, False], [True, True, True], [False, True, True]])
running = lambda: (torch.tensor([0.1, -0.2, 0.3], dtype=torch.float64), torch.tensor([1.5, 0.7, 2.0], dtype=torch.float64))


def unpooled(x, kernel, pool, unpool):
    y, i = pool(x, kernel, return_indices=True)
    return unpool(y, i, kernel)


X = [(3, 8)]
cases = {
    "conv1d": ([(2, 4, 9), (6, 2, 3), (6,)], lambda x, w, b: F.conv1d(x, w, b, 2, 1, 1, 2)),
    "conv1d same": ([(2, 4, 9), (6, 4, 3)], lambda x, w: F.conv1d(x, w, None, 1, "same", 2)),
    "conv2d": ([(2, 4, 7, 6), (6, 2, 3, 3), (6,)], lambda x, w, b: F.conv2d(x, w, b, (2, 1), (1, 2), (1, 2), 2)),
    "conv2d defaults": ([(1, 2, 5, 5), (3, 2, 3, 3)], lambda x, w: F.conv2d(x, w)),
    "conv2d same": ([(1, 2, 5, 5), (3, 2, 3, 3)], lambda x, w: F.conv2d(x, w, padding="same")),
    "conv3d": ([(1, 2, 4, 4, 5), (3, 2, 2, 3, 3), (3,)], lambda x, w, b: F.conv3d(x, w, b, 1, 1)),
    "conv_transpose1d": ([(2, 4, 5), (4, 2, 3), (4,)], lambda x, w, b: F.conv_transpose1d(x, w, b, 2, 1, 1, 2, 1)),
    "conv_transpose2d": ([(1, 2, 4, 3), (2, 3, 3, 3), (3,)], lambda x, w, b: F.conv_transpose2d(x, w, b, 2, 1, 1)),
    "conv_transpose3d": ([(1, 2, 2, 3, 2), (2, 2, 2, 2, 2)], lambda x, w: F.conv_transpose3d(x, w)),
    "linear": ([(5, 4), (3, 4), (3,)], F.linear),
    "bilinear": ([(5, 4), (5, 3), (2, 4, 3), (2,)], F.bilinear),
    "max_pool1d": ([(2, 3, 9)], lambda x: F.max_pool1d(x, 3, 2, 1)),
    "max_pool2d": ([(1, 3, 7, 7)], lambda x: F.max_pool2d(x, 3, 2, 1, 1, True)),
    "max_pool2d pair": ([(1, 3, 7, 6)], lambda x: F.max_pool2d(x, (3, 2))),
    "max_pool3d": ([(1, 2, 4, 4, 4)], lambda x: F.max_pool3d(x, 2)),
    "avg_pool1d": ([(2, 3, 9)], lambda x: F.avg_pool1d(x, 3, 2, 1)),
    "avg_pool2d": ([(1, 3, 7, 7)], lambda x: F.avg_pool2d(x, 3, 2, 1, False, False)),
    "avg_pool2d divisor": ([(1, 3, 6, 6)], lambda x: F.avg_pool2d(x, (2, 3), divisor_override=5)),
    "avg_pool3d": ([(1, 2, 4, 4, 4)], lambda x: F.avg_pool3d(x, 2)),
    "lp_pool1d": ([(2, 3, 8)], lambda x: F.lp_pool1d(x, 2, 3, 2)),
    "lp_pool2d": ([(1, 2, 6, 6)], lambda x: F.lp_pool2d(x, 2, 3, 1)),
    "adaptive_avg_pool1d": ([(2, 3, 9)], lambda x: F.adaptive_avg_pool1d(x, 4)),
    "adaptive_avg_pool2d": ([(1, 3, 7, 5)], lambda x: F.adaptive_avg_pool2d(x, (3, 2))),
    "adaptive_avg_pool3d": ([(1, 2, 4, 5, 6)], lambda x: F.adaptive_avg_pool3d(x, 3)),
    "adaptive_max_pool1d": ([(2, 3, 9)], lambda x: F.adaptive_max_pool1d(x, 4)),
    "adaptive_max_pool2d": ([(1, 3, 7, 5)], lambda x: F.adaptive_max_pool2d(x, (3, 2))),
    "max_unpool1d": ([(2, 3, 8)], lambda x: unpooled(x, 2, F.max_pool1d, F.max_unpool1d)),
    "max_unpool2d": ([(1, 3, 6, 6)], lambda x: unpooled(x, 2, F.max_pool2d, F.max_unpool2d)),
    "max_unpool3d": ([(1, 2, 4, 4, 4)], lambda x: unpooled(x, 2, F.max_pool3d, F.max_unpool3d)),
    "batch_norm training": ([(4, 3, 5, 5), (3,), (3,)], lambda x, w, b: F.batch_norm(x, *running(), w, b, True)),
    "batch_norm": ([(4, 3, 5, 5), (3,), (3,)], lambda x, w, b: F.batch_norm(x, *running(), w, b, eps=1e-3)),
    "instance_norm": ([(2, 3, 5, 5), (3,), (3,)], lambda x, w, b: F.instance_norm(x, None, None, w, b)),
    "group_norm": ([(2, 6, 4, 4), (6,), (6,)], lambda x, w, b: F.group_norm(x, 3, w, b)),
    "layer_norm": ([(3, 4, 5), (4, 5), (4, 5)], lambda x, w, b: F.layer_norm(x, (4, 5), w, b)),
    "local_response_norm 3": ([(2, 7, 5)], lambda x: F.local_response_norm(x, 3, 0.1, 0.6, 1.5)),
    "local_response_norm 4": ([(2, 7, 3, 4)], lambda x: F.local_response_norm(x, 5, 0.1)),
    "local_response_norm 5": ([(1, 7, 2, 3, 2)], lambda x: F.local_response_norm(x, 4, 0.1)),
    "normalize": ([(3, 4, 5)], F.normalize),
    "normalize p3": ([(3, 4, 5)], lambda x: F.normalize(x, 3.0, 2)),
    "relu": (X, F.relu),
    "relu6": (X, lambda x: F.relu6(x * 8)),
    "leaky_relu": (X, lambda x: F.leaky_relu(x, 0.2)),
    "elu": (X, lambda x: F.elu(x, 0.7)),
    "selu": (X, F.selu),
    "celu": (X, lambda x: F.celu(x, 0.7)),
    "gelu": (X, F.gelu),
    "silu": (X, F.silu),
    "mish": (X, F.mish),
    "hardswish": (X, lambda x: F.hardswish(x * 4)),
    "prelu": ([(2, 3, 4), (3,)], F.prelu),
    "rrelu": (X, F.rrelu),
    "threshold": (X, lambda x: F.threshold(x, 0.2, -3.0)),
    "sigmoid": (X, torch.sigmoid),
    "tanh": (X, torch.tanh),
    "logsigmoid": (X, F.logsigmoid),
    "hardsigmoid": (X, lambda x: F.hardsigmoid(x * 4)),
    "hardtanh": (X, lambda x: F.hardtanh(x, -0.4, 0.6)),
    "hardshrink": (X, lambda x: F.hardshrink(x, 0.3)),
    "softshrink": (X, lambda x: F.softshrink(x, 0.3)),
    "softplus": (X, lambda x: F.softplus(x, 2.0, 1.0)),
    "softsign": (X, F.softsign),
    "tanhshrink": (X, F.tanhshrink),
    "glu": (X, F.glu),
    "softmax": (X, lambda x: F.softmax(x, 1)),
    "softmax2d": ([(2, 3, 2, 2)], lambda x: F.softmax(x, 1)),
    "softmin": (X, lambda x: F.softmin(x, 0)),
    "log_softmax": (X, lambda x: F.log_softmax(x, -1)),
    "dropout in evaluation": (X, lambda x: F.dropout(x, 0.5, False)),
    "pad constant": ([(1, 2, 3, 4)], lambda x: F.pad(x, (1, 2, 0, 1), value=0.5)),
    "pad reflect": ([(1, 2, 3, 4)], lambda x: F.pad(x, (1, 2, 2, 1), "reflect")),
    "pad replicate": ([(1, 2, 3, 4)], lambda x: F.pad(x, (1, 2, 2, 1), "replicate")),
    "pad circular": ([(1, 2, 3, 4)], lambda x: F.pad(x, (1, 2, 2, 1), "circular")),
    "interpolate nearest": ([(1, 2, 3, 4)], lambda x: F.interpolate(x, scale_factor=(2.0, 1.5))),
    "interpolate linear": ([(1, 2, 5)], lambda x: F.interpolate(x, 8, mode="linear")),
    "interpolate bilinear": ([(1, 2, 3, 4)], lambda x: F.interpolate(x, (5, 7), mode="bilinear", align_corners=True)),
    "interpolate bilinear scaled": ([(1, 2, 3, 4)], lambda x: F.interpolate(x, scale_factor=(1.7, 2.0), mode="bilinear", align_corners=False)),
    "interpolate bicubic": ([(1, 2, 4, 4)], lambda x: F.interpolate(x, (6, 7), mode="bicubic", align_corners=False)),
    "interpolate trilinear": ([(1, 1, 2, 3, 3)], lambda x: F.interpolate(x, (3, 4, 5), mode="trilinear", align_corners=True)),
    "interpolate area": ([(1, 2, 6, 4)], lambda x: F.interpolate(x, (3, 3), mode="area")),
    "upsample nearest": ([(1, 2, 3, 4)], lambda x: F.interpolate(x, scale_factor=(2.0, 2.0))),
    "affine grid and grid_sample": ([(1, 2, 4, 4), (1, 2, 3)], lambda x, t: F.grid_sample(x, F.affine_grid(t, (1, 2, 3, 3), align_corners=False), "bilinear", "border", False)),
    "pixel_shuffle": ([(1, 8, 2, 3)], lambda x: F.pixel_shuffle(x, 2)),
    "pixel_unshuffle": ([(1, 2, 4, 6)], lambda x: F.pixel_unshuffle(x, 2)),
    "unfold": ([(1, 2, 5, 6)], lambda x: F.unfold(x, (2, 3), (1, 2), 1, (2, 1))),
    "fold": ([(1, 8, 20)], lambda x: F.fold(x, (5, 6), 2)),
    "cross_entropy": ([(4, 5)], lambda x: F.cross_entropy(x, classes)),
    "cross_entropy options": ([(4, 5), (5,)], lambda x, w: F.cross_entropy(x, classes, w.detach().abs(), ignore_index=0, reduction="sum", label_smoothing=0.1)),
    "cross_entropy of probabilities": ([(4, 5), (4, 5)], lambda x, y: F.cross_entropy(x, y.softmax(1), reduction="none")),
    "nll_loss": ([(4, 5)], lambda x: F.nll_loss(x, classes, reduction="none")),
    "binary_cross_entropy": ([(4, 5), (4, 5)], lambda x, y: F.binary_cross_entropy(x.sigmoid(), y.detach().sigmoid())),
    "binary_cross_entropy_with_logits": ([(4, 5), (4, 5), (5,)], lambda x, y, p: F.binary_cross_entropy_with_logits(x, y.sigmoid(), pos_weight=p.detach().abs())),
    "mse_loss": ([(4, 5), (4, 5)], F.mse_loss),
    "l1_loss": ([(4, 5), (4, 5)], lambda x, y: F.l1_loss(x, y, reduction="sum")),
    "smooth_l1_loss": ([(4, 5), (4, 5)], lambda x, y: F.smooth_l1_loss(x, y, beta=0.5)),
    "huber_loss": ([(4, 5), (4, 5)], lambda x, y: F.huber_loss(x, y, delta=0.5)),
    "kl_div": ([(4, 5), (4, 5)], lambda x, y: F.kl_div(x.log_softmax(1), y.log_softmax(1), log_target=True)),
    "kl_div of probabilities": ([(4, 5), (4, 5)], lambda x, y: F.kl_div(x.log_softmax(1), y.softmax(1), reduction="sum", log_target=False)),
    "poisson_nll_loss": ([(4, 5), (4, 5)], lambda x, y: F.poisson_nll_loss(x, y)),
    "gaussian_nll_loss": ([(4, 5), (4, 5), (4, 5)], lambda x, y, v: F.gaussian_nll_loss(x, y, v.detach().sigmoid())),
    "hinge_embedding_loss": ([(4,)], lambda x: F.hinge_embedding_loss(x, signs, margin=1.0)),
    "cosine_embedding_loss": ([(4, 5), (4, 5)], lambda x, y: F.cosine_embedding_loss(x, y, signs, margin=0.1)),
    "margin_ranking_loss": ([(4,), (4,)], lambda x, y: F.margin_ranking_loss(x, y, signs, margin=0.1)),
    "multi_label_margin_loss": ([(2, 4)], lambda x: F.multilabel_margin_loss(x, torch.tensor([[3, 0, -1, 1], [1, -1, 0, 2]]))),
    "multi_margin_loss": ([(4, 5)], lambda x: F.multi_margin_loss(x, classes, 2, 0.8)),
    "multilabel_soft_margin_loss": ([(4, 5), (4, 5)], lambda x, y: F.multilabel_soft_margin_loss(x, y.sigmoid())),
    "soft_margin_loss": ([(4,)], lambda x: F.soft_margin_loss(x, signs)),
    "triplet_margin_loss": ([(4, 5), (4, 5), (4, 5)], lambda a, p, n: F.triplet_margin_loss(a, p, n, swap=True)),
    "triplet_margin_with_distance_loss": ([(4, 5), (4, 5), (4, 5)], lambda a, p, n: F.triplet_margin_with_distance_loss(a, p, n, margin=0.5)),
    "ctc_loss": ([(6, 2, 4)], lambda x: F.ctc_loss(x.log_softmax(2), torch.tensor([[1, 2, 3], [2, 2, 1]]), torch.tensor([6, 5]), torch.tensor([3, 2]))),
    "cosine_similarity": ([(3, 4, 5), (3, 4, 5)], F.cosine_similarity),
    "pairwise_distance": ([(4, 5), (4, 5)], lambda x, y: F.pairwise_distance(x, y, 3.0)),
    "attention": ([(2, 4, 3), (2, 3, 3), (2, 3, 5)], lambda q, k, v: F._scaled_dot_product_attention(q, k, v)[0]),
    "attention causal": ([(2, 4, 3), (2, 4, 3), (2, 4, 5)], lambda q, k, v: F._scaled_dot_product_attention(q, k, v, is_causal=True)[0]),
    "attention masked": ([(2, 4, 3), (2, 3, 3), (2, 3, 5)], lambda q, k, v: F._scaled_dot_product_attention(q, k, v, mask)[0]),
}

for name, (shapes, f) in cases.items():
    inputs = [wave(k, s) for k, s in enumerate(shapes)]
    value = checksum(f(*inputs))
    value.backward()
    gradient = sum((k + 1) * checksum(x.grad) for k, x in enumerate(inputs) if x.grad is not None)
    print(f'        ["{name}"] = ({float(value)!r}, {float(gradient)!r}),')
