"""Prints the rows of OptimizerTests.cs and SchedulerTests.cs: python3 pytorch_values.py (PyTorch 1.13.1)."""
import warnings

import torch
from torch import optim
from torch.optim import lr_scheduler as lrs

warnings.simplefilter("ignore")


def after(make, steps=5):
    w = torch.tensor([0.5, -1.2, 2.0], dtype=torch.float64, requires_grad=True)
    b = torch.tensor([[0.3, -0.7], [1.1, 0.2]], dtype=torch.float64, requires_grad=True)
    optimizer = make([w, b])
    for _ in range(steps):
        optimizer.zero_grad()
        loss = (w * w * torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)).sum() / 2 + (b.sin() * b).sum()
        loss.backward()
        optimizer.step()
    return torch.cat([w.detach(), b.detach().reshape(-1)]).tolist()


class NAdam(optim.Optimizer):
    """torch.optim.NAdam of PyTorch 2: that of 1.13 multiplies mu into mu_product_next twice."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, momentum_decay=4e-3):
        super().__init__(params, dict(lr=lr))
        self.lr, self.betas, self.eps, self.weight_decay, self.momentum_decay = lr, betas, eps, weight_decay, momentum_decay
        self.steps, self.product = 0, 1.0
        self.means = [torch.zeros_like(p) for p in params]
        self.squares = [torch.zeros_like(p) for p in params]

    @torch.no_grad()
    def step(self):
        (beta1, beta2), decay = self.betas, self.momentum_decay
        self.steps += 1
        mu = beta1 * (1 - 0.5 * 0.96 ** (self.steps * decay))
        following = beta1 * (1 - 0.5 * 0.96 ** ((self.steps + 1) * decay))
        self.product *= mu
        for p, m, v in zip(self.param_groups[0]["params"], self.means, self.squares):
            g = p.grad + self.weight_decay * p
            m.mul_(beta1).add_(g, alpha=1 - beta1)
            v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
            denominator = (v / (1 - beta2**self.steps)).sqrt() + self.eps
            p.addcdiv_(g, denominator, value=-self.lr * (1 - mu) / (1 - self.product))
            p.addcdiv_(m, denominator, value=-self.lr * following / (1 - self.product * following))


optimizers = {
    "SGD": lambda p: optim.SGD(p, 0.1),
    "SGD momentum": lambda p: optim.SGD(p, 0.1, momentum=0.9),
    "SGD dampening": lambda p: optim.SGD(p, 0.1, momentum=0.9, dampening=0.3),
    "SGD weight decay": lambda p: optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.05),
    "SGD nesterov": lambda p: optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.05, nesterov=True),
    "SGD maximize": lambda p: optim.SGD(p, 0.01, momentum=0.9, maximize=True),
    "Adam": lambda p: optim.Adam(p, 0.1),
    "Adam weight decay": lambda p: optim.Adam(p, 0.1, (0.8, 0.95), 1e-6, 0.1),
    "Adam amsgrad": lambda p: optim.Adam(p, 0.4, (0.5, 0.6), amsgrad=True),
    "Adam maximize": lambda p: optim.Adam(p, 0.1, maximize=True),
    "AdamW": lambda p: optim.AdamW(p, 0.1, weight_decay=0.2),
    "AdamW amsgrad": lambda p: optim.AdamW(p, 0.4, (0.5, 0.6), weight_decay=0.1, amsgrad=True),
    "AdamW maximize": lambda p: optim.AdamW(p, 0.1, weight_decay=0.2, maximize=True),
    "RMSProp": lambda p: optim.RMSprop(p, 0.05),
    "RMSProp momentum": lambda p: optim.RMSprop(p, 0.01, 0.9, momentum=0.8, weight_decay=0.1),
    "RMSProp centered": lambda p: optim.RMSprop(p, 0.01, 0.9, centered=True, momentum=0.5),
    "RMSProp maximize": lambda p: optim.RMSprop(p, 0.01, maximize=True),
    "Adagrad": lambda p: optim.Adagrad(p, 0.5),
    "Adagrad options": lambda p: optim.Adagrad(p, 0.5, lr_decay=0.1, weight_decay=0.2, initial_accumulator_value=0.3),
    "Adadelta": lambda p: optim.Adadelta(p, 1.0),
    "Adadelta options": lambda p: optim.Adadelta(p, 0.8, 0.7, 1e-4, 0.1),
    "Adadelta maximize": lambda p: optim.Adadelta(p, maximize=True),
    "Adamax": lambda p: optim.Adamax(p, 0.1),
    "Adamax weight decay": lambda p: optim.Adamax(p, 0.1, (0.7, 0.9), weight_decay=0.3),
    "NAdam": lambda p: NAdam(p, 0.1),
    "NAdam options": lambda p: NAdam(p, 0.05, (0.8, 0.9), weight_decay=0.1, momentum_decay=0.01),
    "RAdam": lambda p: optim.RAdam(p, 0.1),
    "RAdam weight decay": lambda p: optim.RAdam(p, 0.1, (0.8, 0.99), weight_decay=0.1),
    "ASGD": lambda p: optim.ASGD(p, 0.1, weight_decay=0.05),
    "ASGD averaging": lambda p: optim.ASGD(p, 0.1, lambd=0.1, t0=1.0),
    "Rprop": lambda p: optim.Rprop(p, 0.1),
    "Rprop options": lambda p: optim.Rprop(p, 0.9, (0.4, 1.5), (1e-3, 0.8)),
}

print("// OptimizerTests.cs")
for name, make in optimizers.items():
    print(f'        ["{name}"] = [{", ".join(repr(v) for v in after(make))}],')
print("// OptimizerTests.Rectified_adam")
print(after(lambda p: optim.RAdam(p, 0.1), 9))


def rates(make, steps, momentum=0.0, read="lr"):
    optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], 0.5, momentum=momentum)
    scheduler = make(optimizer)
    values = []
    for i in range(steps):
        values.append(optimizer.param_groups[0][read])
        optimizer.step()
        if isinstance(scheduler, lrs.ReduceLROnPlateau):
            scheduler.step([1.0, 0.5, 0.5, 0.6, 0.5, 0.4, 0.4, 0.4, 0.4, 0.4, 0.3, 0.3][i])
        else:
            scheduler.step()
    return values


schedulers = {
    "LambdaLR": (lambda o: lrs.LambdaLR(o, lambda e: 0.9 ** e), 6),
    "MultiplicativeLR": (lambda o: lrs.MultiplicativeLR(o, lambda e: 1 / (1 + e)), 6),
    "StepLR": (lambda o: lrs.StepLR(o, 3, 0.2), 8),
    "MultiStepLR": (lambda o: lrs.MultiStepLR(o, [2, 5], 0.5), 8),
    "ExponentialLR": (lambda o: lrs.ExponentialLR(o, 0.8), 6),
    "ConstantLR": (lambda o: lrs.ConstantLR(o, 0.25, 3), 6),
    "LinearLR": (lambda o: lrs.LinearLR(o, 0.2, 0.8, 4), 7),
    "PolynomialLR": (lambda o: lrs.PolynomialLR(o, 5, 2.0), 8),
    "CosineAnnealingLR": (lambda o: lrs.CosineAnnealingLR(o, 4, 0.1), 12),
    "ChainedLR": (lambda o: lrs.ChainedScheduler([lrs.ConstantLR(o, 0.1, 2), lrs.ExponentialLR(o, 0.9)]), 6),
    "SequentialLR": (lambda o: lrs.SequentialLR(o, [lrs.ConstantLR(o, 0.1, 2), lrs.ExponentialLR(o, 0.9)], [3]), 7),
    "ReduceLROnPlateau": (lambda o: lrs.ReduceLROnPlateau(o, factor=0.5, patience=1, cooldown=1, min_lr=0.1), 12),
    "CyclicLR": (lambda o: lrs.CyclicLR(o, 0.1, 0.5, 3, 2, cycle_momentum=False), 11),
    "CyclicLR halving": (lambda o: lrs.CyclicLR(o, 0.1, 0.5, 2, mode="triangular2", cycle_momentum=False), 11),
    "CyclicLR decaying": (lambda o: lrs.CyclicLR(o, 0.1, 0.5, 2, mode="exp_range", gamma=0.9, cycle_momentum=False), 11),
    "OneCycleLR": (lambda o: lrs.OneCycleLR(o, 1.0, 10, cycle_momentum=False), 10),
    "OneCycleLR three phases": (lambda o: lrs.OneCycleLR(o, 1.0, epochs=2, steps_per_epoch=6, anneal_strategy="linear", three_phase=True, cycle_momentum=False), 12),
}

print("// SchedulerTests.cs")
for name, (make, steps) in schedulers.items():
    print(f'        ["{name}"] = [{", ".join(repr(v) for v in rates(make, steps))}],')
momenta = {
    "OneCycleLR": lambda o: lrs.OneCycleLR(o, 1.0, 8),
}
print("// momentum")
for name, make in momenta.items():
    print(f'        ["{name}"] = [{", ".join(repr(v) for v in rates(make, 8, 0.9, "momentum"))}],')
