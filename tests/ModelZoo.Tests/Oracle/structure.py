#!/usr/bin/python3
"""Holds the zoo's blueprints against torchvision's own networks, as torch.fx sees them (Debian: python3-torch, python3-torchvision 0.14.1).

    structure.py <folder with <model>.blueprint.txt> <model> …     prints a line a model: "<model> ok <layers>", or "<model>: " and the first difference

Both become the same kind of graph: leaves with hyper-parameters and output shapes, functions (relu, add, cat, …) as if they were leaves. A leaf with weights keeps its name, which is
the contract of the checkpoint's keys; of any other only what it does and takes counts. Each node is hashed with the hashes of its inputs, so that equal outputs are equal graphs, edges
included. Torchvision's networks run on the meta device, in training mode, where the auxiliary heads take part.
"""
import hashlib
import operator
import pathlib
import sys

import torch
import torch.fx
import torchvision
from torch.nn import functional

WEIGHTED = ("Conv2d", "BatchNorm2d", "Linear")
ANY_ORDER = ("Add", "Multiply")
FUNCTIONS = {torch.relu: "ReLU", functional.relu: "ReLU", functional.relu_: "ReLU", operator.add: "Add", operator.iadd: "Add", torch.add: "Add", operator.mul: "Multiply", torch.mul: "Multiply",
             torch.cat: "Concat", torch.flatten: "Flatten", functional.adaptive_avg_pool2d: "AdaptiveAvgPool2d", functional.dropout: "Dropout",
             torchvision.ops.stochastic_depth: "StochasticDepth"}


def axes(value):
    value = list(value) if isinstance(value, (tuple, list)) else [value]
    return str(value[0]) if len(set(value)) == 1 else "x".join(map(str, value))


def settings_of(m):
    """The blueprint's names and values of torchvision's module."""
    if isinstance(m, torch.nn.Conv2d):
        return {"in": m.in_channels, "out": m.out_channels, "kernel": axes(m.kernel_size), "stride": axes(m.stride), "padding": axes(m.padding), "dilation": axes(m.dilation),
                "groups": m.groups, "bias": m.bias is not None, "padding_mode": m.padding_mode}
    if isinstance(m, torch.nn.BatchNorm2d):
        return {"features": m.num_features, "eps": m.eps, "momentum": m.momentum, "affine": m.affine, "track_running_stats": m.track_running_stats}
    if isinstance(m, torch.nn.Linear):
        return {"in": m.in_features, "out": m.out_features, "bias": m.bias is not None}
    if isinstance(m, torch.nn.MaxPool2d):
        return {"kernel": axes(m.kernel_size), "stride": axes(m.stride), "padding": axes(m.padding), "ceil_mode": m.ceil_mode, "dilation": axes(m.dilation)}
    if isinstance(m, torch.nn.AvgPool2d):
        return {"kernel": axes(m.kernel_size), "stride": axes(m.stride), "padding": axes(m.padding), "ceil_mode": m.ceil_mode, "count_include_pad": m.count_include_pad}
    if isinstance(m, torch.nn.AdaptiveAvgPool2d):
        return {"to": axes(m.output_size)}
    if isinstance(m, torch.nn.Dropout):
        return {"p": m.p}
    return {}


def comparable(settings):
    def number(value):
        try:
            return float(value)
        except ValueError:
            return str(value).lower()
    return tuple(sorted((k, number(str(v))) for k, v in settings.items() if k not in ("inplace", "divisor") and not (k == "p" and number(str(v)) == 0)))


class Graph:
    def __init__(self):
        self.nodes = []      # (label, hash) in the order of execution; the label names weighted leaves
        self.hashes = {}     # of a value
        self.parts = {}      # what a concatenation joins

    def add(self, key, name, op, settings, inputs, shape):
        if op == "Concat":   # DenseNet's growing concatenation: joined at once or one by one is the same
            flat = [part for i in inputs for part in self.parts.get(i, [i])]
            self.parts[key] = flat
            inputs = flat
            if len(flat) == 1:
                self.hashes[key] = self.hashes[flat[0]]
                return
        hashes = [self.hashes[i] for i in inputs]
        own = (op, name if op in WEIGHTED else "", comparable(settings), tuple(shape))
        text = repr((own, sorted(hashes) if op in ANY_ORDER else hashes))
        self.hashes[key] = hashlib.sha256(text.encode()).hexdigest()
        self.nodes.append((f"{name} {op} {dict(own[2])} {list(shape)}", self.hashes[key]))


def blueprint(path):
    lines = path.read_text().splitlines()
    head = dict(line.split(" ", 1) for line in lines[1:8])
    graph, before = Graph(), "@"
    graph.hashes["@"] = "input"
    for line in lines[9:9 + int(lines[8].split()[1])]:
        left, shape = line.split(" : ")
        left, _, inputs = left.partition(" (")
        name, op, *pairs = left.split(" ")
        graph.add(name, name, op, dict(p.split("=") for p in pairs), inputs[:-1].split(" ") if inputs else [before], [int(s) for s in shape.split("x")])
        before = name
    keys = [line.split(" ") for line in lines[10 + len(lines[9:9 + int(lines[8].split()[1])]):]]
    state = [(f"{owner}.{p.split('=')[0]}", p.split("=")[1]) for owner, *pairs in keys for p in pairs]
    return graph, head["outputs"].split(" "), state


def torchvision_graph(name):
    model = getattr(torchvision.models, name)(**({"init_weights": False, "aux_logits": True} if name == "googlenet" else {})).to("meta").train()
    traced = torch.fx.symbolic_trace(model)
    modules, graph, values, outputs = dict(model.named_modules()), Graph(), {}, []

    def value(a):
        return torch.fx.node.map_arg(a, lambda n: values[n.name])

    for node in traced.graph.nodes:
        if node.op == "placeholder":
            values[node.name], graph.hashes[node.name] = torch.zeros(2, 3, 224, 224, device="meta"), "input"
        elif node.op == "output":
            result = node.args[0]
            outputs = [n.name for n in (result.args if isinstance(result.target, type) else [result])]
        elif node.op == "call_module":
            module = modules[node.target]
            values[node.name] = module(*value(node.args))
            op = type(module).__name__
            graph.add(node.name, node.target, op, settings_of(module), [node.args[0].name], values[node.name].shape[1:])
        elif not isinstance(node.target, type):  # a class is the tuple of GoogLeNet's outputs
            op = FUNCTIONS[node.target]
            values[node.name] = values[node.args[0].name] if op == "StochasticDepth" else node.target(*value(node.args), **value(node.kwargs))
            shape = values[node.name].shape[1:]
            inputs = [n.name for n in (node.args[0] if op == "Concat" else node.args) if isinstance(n, torch.fx.Node)]
            settings = {"Concat": lambda: {"dim": node.args[1] if len(node.args) > 1 else node.kwargs["dim"]}, "Flatten": lambda: {"from": node.args[1], "to": -1},
                        "AdaptiveAvgPool2d": lambda: {"to": axes(node.args[1])}, "StochasticDepth": lambda: {"probability": node.args[1]},
                        "Dropout": lambda: {"p": node.kwargs.get("p", 0.5)}}.get(op, dict)()
            graph.add(node.name, node.name, op, settings, inputs, shape)
    return graph, outputs, model


def difference(path, name):
    ours, outputs, state = blueprint(path)
    theirs, their_outputs, model = torchvision_graph(name)
    known = {h for _, h in theirs.nodes}
    for label, h in ours.nodes:
        if h not in known:
            return f"torchvision has no such layer with such inputs: {label}"
    known = {h for _, h in ours.nodes}
    for label, h in theirs.nodes:
        if h not in known:
            return f"the blueprint has no such layer with such inputs: {label}"
    # torchvision 0.14.1 names its auxiliary outputs the other way round: as a set they are the same.
    if ours.hashes[outputs[0]] != theirs.hashes[their_outputs[0]] or {ours.hashes[o] for o in outputs} != {theirs.hashes[o] for o in their_outputs}:
        return "the outputs differ"
    parameters = {n for n, _ in model.named_parameters()}
    full = model.state_dict()
    expected = [(k, "x".join(map(str, full[k].shape))) for k in [*(k for k in full if k in parameters), *(k for k in full if k not in parameters)]]
    for mine, other in zip(state, expected):
        if mine != other:
            return f"key {mine} instead of {other}"
    return f"{len(state)} keys instead of {len(expected)}" if len(state) != len(expected) else None


for name in sys.argv[2:]:
    path = pathlib.Path(sys.argv[1]) / f"{name}.blueprint.txt"
    found = difference(path, name)
    print(f"{name}: {found}" if found else f"{name} ok {len(path.read_text().splitlines())}", flush=True)
