"""Writes training_values.json: what PyTorch's optimizers make of a small network step by step, and its schedulers' learning rates. Run with torch 1.13: python3 training_values.py"""
import json
from pathlib import Path

import torch
from torch import nn, optim
from torch.optim import lr_scheduler as sched

STEPS = 8
inputs = torch.sin(torch.arange(12 * 5).double()).reshape(12, 5) * 1.5
labels = torch.arange(12) * 7 % 3


def network():
    net = nn.Sequential(nn.Linear(5, 9), nn.Tanh(), nn.Linear(9, 3)).double()
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.cos(torch.arange(p.numel()).double() * 0.7 + p.numel()).reshape(p.shape) * 0.5)
    return net


def flat(net):
    return [round(x, 9) for p in net.parameters() for x in p.flatten().tolist()]


def trajectory(make, smoothing=0.0, clip_norm=0.0, clip_value=0.0, decay_split=None):
    net = network()
    if decay_split is None:
        opt = make(net.parameters())
    else:
        opt = make([{"params": [p for p in net.parameters() if p.dim() > 1], "weight_decay": decay_split}, {"params": [p for p in net.parameters() if p.dim() <= 1], "weight_decay": 0.0}])
    values = []
    for _ in range(STEPS):
        opt.zero_grad()
        nn.functional.cross_entropy(net(inputs), labels, label_smoothing=smoothing).backward()
        if clip_value:
            nn.utils.clip_grad_value_(net.parameters(), clip_value)
        if clip_norm:
            nn.utils.clip_grad_norm_(net.parameters(), clip_norm)
        opt.step()
        values.append(flat(net))
    return values


def sgd(lr, **more):
    return lambda p: optim.SGD(p, lr, **more)


cases = []


def case(name, recipe, make, **more):
    cases.append({"name": name, "recipe": recipe, "values": trajectory(make, **more)})


lr = {"learning_rate": 0.3}
case("gd", {"optimizer": "gd", **lr}, sgd(0.3))
case("sgd with decay", {"optimizer": "sgd", "weight_decay": 0.05, **lr}, sgd(0.3, weight_decay=0.05))
case("sgd, momentum by key", {"optimizer": "sgd", "momentum": 0.8, **lr}, sgd(0.3, momentum=0.8))
case("momentum", {"optimizer": "momentum", "weight_decay": 0.01, **lr}, sgd(0.3, momentum=0.9, weight_decay=0.01))
case("nesterov", {"optimizer": "nesterov", "momentum": 0.7, "weight_decay": 0.01, **lr}, sgd(0.3, momentum=0.7, nesterov=True, weight_decay=0.01))
case("rmsprop", {"optimizer": "rmsprop", "learning_rate": 0.01, "weight_decay": 0.02}, lambda p: optim.RMSprop(p, 0.01, weight_decay=0.02))
case("rmsprop with momentum", {"optimizer": "rmsprop", "learning_rate": 0.01, "momentum": 0.9, "alpha": 0.9, "epsilon": 0.001}, lambda p: optim.RMSprop(p, 0.01, alpha=0.9, eps=1e-3, momentum=0.9))
case("adam", {"optimizer": "adam", "learning_rate": 0.05}, lambda p: optim.Adam(p, 0.05))
case("adam with decay and betas", {"optimizer": "adam", "learning_rate": 0.05, "weight_decay": 0.1, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4}, lambda p: optim.Adam(p, 0.05, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1))
case("adamw", {"optimizer": "adamw", "learning_rate": 0.05, "weight_decay": 0.1}, lambda p: optim.AdamW(p, 0.05, weight_decay=0.1))
case("no decay of biases", {"optimizer": "momentum", "weight_decay": 0.1, "decay_norm_and_bias": False, **lr}, sgd(0.3, momentum=0.9), decay_split=0.1)
case("label smoothing", {"optimizer": "sgd", "label_smoothing": 0.2, **lr}, sgd(0.3), smoothing=0.2)
case("clip by norm", {"optimizer": "momentum", "clip_norm": 0.05, **lr}, sgd(0.3, momentum=0.9), clip_norm=0.05)
case("clip by value", {"optimizer": "sgd", "clip_value": 0.01, **lr}, sgd(0.3), clip_value=0.01)

schedules = []


def schedule(recipe, epochs, per_epoch, make, every_step=True):
    p = nn.Parameter(torch.zeros(1))
    opt = optim.SGD([p], recipe["learning_rate"])
    s = make(opt)
    rates = []
    for _ in range(epochs):
        for _ in range(per_epoch):
            rates.append(opt.param_groups[0]["lr"])
            opt.step()
            if every_step:
                s.step()
        if not every_step:
            s.step()
    schedules.append({"recipe": {"epochs": epochs, **recipe}, "steps_per_epoch": per_epoch, "rates": rates})


one = {"learning_rate": 0.4}
schedule({**one, "schedule": "constant"}, 3, 4, lambda o: sched.ConstantLR(o, factor=1.0))
schedule({**one, "schedule": "step", "step_size": 2, "gamma": 0.3}, 7, 3, lambda o: sched.StepLR(o, 2, 0.3), every_step=False)
schedule({**one, "schedule": "step", "step_size": 5, "gamma": 0.3, "schedule_unit": "steps"}, 4, 4, lambda o: sched.StepLR(o, 5, 0.3))
schedule({**one, "schedule": "multistep", "milestones": [2, 3, 5], "gamma": 0.1}, 7, 3, lambda o: sched.MultiStepLR(o, [2, 3, 5], 0.1), every_step=False)
schedule({**one, "schedule": "multistep", "milestones": [2, 7], "gamma": 0.2, "schedule_unit": "steps"}, 3, 4, lambda o: sched.MultiStepLR(o, [2, 7], 0.2))
schedule({**one, "schedule": "exponential", "gamma": 0.9}, 6, 2, lambda o: sched.ExponentialLR(o, 0.9), every_step=False)
schedule({**one, "schedule": "cosine", "min_learning_rate": 0.05}, 4, 5, lambda o: sched.CosineAnnealingLR(o, 20, eta_min=0.05))
schedule({**one, "schedule": "polynomial", "power": 2.0}, 3, 4, lambda o: sched.PolynomialLR(o, total_iters=12, power=2.0))
p = nn.Parameter(torch.zeros(1))
opt = optim.SGD([p], 0.4)
cycle = sched.OneCycleLR(opt, 0.4, total_steps=20, cycle_momentum=False)
rates = [opt.param_groups[0]["lr"]]
for _ in range(19):
    opt.step()
    cycle.step()
    rates.append(opt.param_groups[0]["lr"])
schedules.append({"recipe": {"epochs": 4, **one, "schedule": "onecycle"}, "steps_per_epoch": 5, "rates": rates})
schedule({**one, "schedule": "constant", "warmup_epochs": 2}, 4, 4, lambda o: sched.LinearLR(o, start_factor=1 / 8, total_iters=7))
schedule({**one, "schedule": "constant", "warmup_steps": 5}, 3, 4, lambda o: sched.LinearLR(o, start_factor=1 / 5, total_iters=4))

plateaus = []
for recipe, arguments in [({"gamma": 0.1, "plateau_patience": 2}, {"factor": 0.1, "patience": 2}), ({"gamma": 0.5, "plateau_patience": 0, "plateau_threshold": 0.1, "min_learning_rate": 0.03}, {"factor": 0.5, "patience": 0, "threshold": 0.1, "min_lr": 0.03})]:
    opt = optim.SGD([nn.Parameter(torch.zeros(1))], 0.4)
    s = sched.ReduceLROnPlateau(opt, **arguments)
    errors = [0.9, 0.8, 0.81, 0.805, 0.82, 0.79, 0.79, 0.7899, 0.79, 0.79, 0.5, 0.48, 0.46, 0.7, 0.6, 0.5, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4]
    rates = []
    for error in errors:
        s.step(error)
        rates.append(opt.param_groups[0]["lr"])
    plateaus.append({"recipe": {"learning_rate": 0.4, "schedule": "plateau", **recipe}, "errors": errors, "rates": rates})

Path(__file__).with_name("training_values.json").write_text(json.dumps({
    "inputs": inputs.flatten().tolist(), "labels": labels.tolist(), "weights": flat(network()), "cases": cases, "schedules": schedules, "plateaus": plateaus}) + "\n")
