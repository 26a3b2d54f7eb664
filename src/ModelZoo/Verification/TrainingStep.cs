using ModelZoo.Reference;
using ModelZoo.Registry;
using ModelZoo.Transfer;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>
/// One step of gradient descent of the whole model in training mode, the backbone frozen where the model has a head: every batch normalization's statistics
/// move as its own check says, frozen parameters keep their bytes, and the others become w − rate·gradient. Parameters, buffers, gradients, modes and the
/// default generator are as before afterwards, whatever happens.
/// </summary>
internal sealed class TrainingStep : IDisposable
{
    private const string Model = "model";
    private const double Rate = 0.125; // a power of two: it needs no rounding of its own
    private readonly nn.Module<Tensor, Tensor> model;
    private readonly VerifyOptions options;
    private readonly List<Action> removals = [];
    private readonly List<LayerCheck> statistics = [];

    private TrainingStep(nn.Module<Tensor, Tensor> model, VerifyOptions options)
    {
        this.model = model;
        this.options = options;
        foreach ((string name, nn.Module module) in model.named_modules())
        {
            if (module is nn.Module<Tensor, Tensor> leaf && !leaf.children().Any() && options.Checks.TryFind(leaf, out ILayerCheck? check, out _)
                && check.Training is { ByChannel: true })
            {
                Listen(name, leaf);
            }
        }
    }

    /// <summary>The checks of one step; the model must be in evaluation mode and is so again afterwards.</summary>
    public static IReadOnlyList<LayerCheck> Of(nn.Module<Tensor, Tensor> model, Tensor input, VerifyOptions options)
    {
        using DisposeScope scope = NewDisposeScope();
        using var state = new ModuleState(model, parameters: true);
        using var lent = new GradientScope(model.parameters());
        using var random = new GeneratorScope((long)(options.Seed % long.MaxValue));
        using var step = new TrainingStep(model, options);
        model.train();
        try
        {
            return [.. step.Run(input, state)];
        }
        finally
        {
            model.eval();
        }
    }

    public void Dispose() => removals.ForEach(static remove => remove());

    private List<LayerCheck> Run(Tensor input, ModuleState before)
    {
        (string Name, Parameter Parameter)[] parameters = [.. model.named_parameters().Select(p => (p.name, p.parameter))];
        string? head = model is ZooModel zoo && parameters.Any(p => p.Name.StartsWith(zoo.Head + ".", StringComparison.Ordinal)) ? zoo.Head : null;
        if (head is not null)
        {
            TransferLearning.FreezeBackbone(model, head);
        }

        List<LayerCheck> checks = [];
        using IDisposable enabled = enable_grad();
        Tensor output = model.call(input.detach().clone());
        if (statistics.Count > 0)
        {
            LayerCheck worst = statistics.MaxBy(c => c.WorstRatio)!;
            checks.AddRange(statistics.Where(c => !c.Passed));
            checks.Add(Of("statistics after a step", worst) with
            {
                CheckedCount = statistics.Sum(c => c.CheckedCount),
                TotalCount = statistics.Sum(c => c.TotalCount)
            });
        }

        if (!output.requires_grad)
        {
            return head is null ? checks : [.. checks, Trained([], head)];
        }

        Loss(output).backward();
        var rounding = Rounding.Of(output.dtype, options.WideAccumulation);
        (string Name, Parameter Parameter, Tensor Gradient)[] trained = [.. parameters.Where(p => p.Parameter.requires_grad && p.Parameter.grad is not null)
            .Select(p => (p.Name, p.Parameter, p.Parameter.grad!.detach().clone()))];
        using (optim.Optimizer optimizer = optim.SGD(parameters.Select(p => p.Parameter), Rate))
        {
            optimizer.step();
        }

        checks.AddRange(trained.Select(t => Moved(t.Name, before[t.Name], t.Gradient, t.Parameter, rounding)));
        if (head is not null)
        {
            checks.Add(Frozen([.. parameters.Where(p => !p.Name.StartsWith(head + ".", StringComparison.Ordinal))
                .Where(p => !SameBytes(p.Parameter, before[p.Name])).Select(p => p.Name)], parameters.Length));
            checks.Add(Trained([.. trained.Where(t => !AllZero(t.Gradient)).Select(t => (t.Name, SameBytes(t.Parameter, before[t.Name])))], head));
        }

        return checks;
    }

    private Tensor Loss(Tensor output)
    {
        if (output.shape is [var samples, > 1 and var classes]) // of one class the loss is always 0
        {
            int[] targets = LossCheck.Targets((int)samples, (int)classes, options.Seed);
            return nn.functional.cross_entropy(output, tensor(Array.ConvertAll(targets, t => (long)t)).to(output.device));
        }

        return nn.functional.mse_loss(output, output.detach() + 1);
    }

    private LayerCheck Moved(string name, Tensor before, Tensor gradient, Tensor after, Rounding rounding)
    {
        (NdArray w, NdArray g) = (before.ToNdArray(), gradient.ToNdArray());
        var expected = new Quantity($"{name} after a step", [.. w.Shape], i =>
            rounding.Minus(Bounded.Exact(w.Data[i]), rounding.Times(Bounded.Exact(Rate), Bounded.Exact(g.Data[i]))), 1);
        return Comparison.Of(Model, model.GetName(), expected, ActualValues.Of(after), options.SampleOf(expected), options.Seed);
    }

    private LayerCheck Frozen(string[] changed, int parameters) => Count("frozen parameters that changed", changed.Length, 0, parameters) with
    {
        Note = changed.Length == 0 ? null : $"a step changed {string.Join(", ", changed.Take(3))} although frozen",
    };

    private LayerCheck Trained((string Name, bool Same)[] trained, string head)
    {
        string[] same = [.. trained.Where(t => t.Same).Select(t => t.Name)];
        return Count("parameters of the head that did not change", same.Length, 0, trained.Length) with
        {
            Verdict = trained.Length > 0 && same.Length == 0 ? Verdict.Passed : Verdict.Failed,
            WorstRatio = trained.Length > 0 && same.Length == 0 ? 0 : double.PositiveInfinity,
            Note = trained.Length == 0 ? $"no gradient reaches the head '{head}'" : same.Length > 0 ? $"a step left {string.Join(", ", same)} as before" : null,
        };
    }

    private LayerCheck Count(string quantity, int actual, int expected, int of) => Of(quantity, null) with
    {
        CheckedCount = of,
        TotalCount = of,
        Expected = expected,
        Actual = actual,
        MaxError = Math.Abs(actual - expected),
        WorstRatio = actual == expected ? 0 : double.PositiveInfinity,
        Verdict = actual == expected ? Verdict.Passed : Verdict.Failed,
    };

    private LayerCheck Of(string quantity, LayerCheck? worst) => (worst ?? new() { Name = Model, Op = "", Quantity = quantity, Verdict = Verdict.Passed }) with
    {
        Name = Model,
        Op = model.GetName(),
        Quantity = quantity,
        Note = worst is null ? null : $"worst in {worst.Name} ({worst.Quantity})",
    };

    // Before: what the statistics must become, from the layer's input; after: what they became.
    private void Listen(string name, nn.Module<Tensor, Tensor> leaf)
    {
        List<(Quantity Expected, int[]? Channels)> promised = [];
        var before = leaf.register_forward_pre_hook((module, x) =>
        {
            promised.Clear();
            if (x.numel() > x.shape[1] && options.Checks.TryFind(module, out ILayerCheck? check, out _) && check.Training is { } training)
            {
                using DisposeScope scope = NewDisposeScope();
                int[]? channels = TrainingComparison.Channels(x, training, options, options.Seed);
                NdArray values = (channels is null ? x : x.detach().index_select(1, TrainingComparison.Index(channels, x.device))).ToNdArray();
                training = channels is null ? training : training.OfChannels(channels);
                promised.AddRange(training.Buffers(values, Rounding.Of(x.dtype, options.WideAccumulation)).Select(q => (q, channels)));
            }

            return x;
        });
        var after = leaf.register_forward_hook((module, _, y) =>
        {
            using DisposeScope scope = NewDisposeScope();
            Dictionary<string, Tensor> buffers = module.named_buffers(recurse: false).ToDictionary(b => b.Item1, b => b.Item2);
            foreach ((Quantity expected, int[]? channels) in promised)
            {
                Tensor buffer = buffers[expected.Name];
                buffer = channels is null || buffer.shape.Length == 0 ? buffer : buffer.index_select(0, TrainingComparison.Index(channels, buffer.device));
                LayerCheck check = Comparison.Of(name, module.GetType().Name, expected, ActualValues.Of(buffer), options.SampleOf(expected), options.Seed);
                statistics.Add(check with { Quantity = $"{expected.Name} after a step" });
            }

            return y;
        });
        removals.Add(before.remove);
        removals.Add(after.remove);
    }

    private static bool AllZero(Tensor tensor) => tensor.abs().max().ToDouble() == 0;

    private static bool SameBytes(Tensor a, Tensor b)
    {
        using DisposeScope scope = NewDisposeScope();
        return a.detach().to(CPU).contiguous().bytes.SequenceEqual(b.to(CPU).contiguous().bytes);
    }
}
