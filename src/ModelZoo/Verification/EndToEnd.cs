using ModelZoo.Layers;
using ModelZoo.Reference;
using ModelZoo.Tracing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>
/// The whole network at once: torch and the reference both run the graph in double from the input to the loss and back, and the output, the loss, the gradient
/// of the input and that of every parameter are compared. It shows that the layers are joined rightly, forward and backward.
/// </summary>
/// <remarks>
/// No rigorous bound is practical here, because layers amplify the roundings before them; but in double there is room. A rounding is 1.1·10⁻¹⁶, a sum of n
/// terms √n to n of them, and a network of some hundred layers amplifies to about 10⁻¹² of the largest value; a wrong connection, a lost branch or a swapped
/// pair shows as 10⁻³ and more. The threshold of 10⁻⁹ of the largest value lies amid the two. A gradient that is zero in theory (a bias before a normalization
/// of each image) is the difference of large numbers: 10⁻¹² of the sum of what goes into one element is allowed as well. The probabilities of a softmax have
/// the relative error that the logits have absolutely, so gradients are allowed that much more where logits are large. The input is random and not an image, so
/// that no rectifier sees a value that is nearly zero and no pooling window two that are nearly equal: there the sides could take different branches.
/// </remarks>
public sealed class EndToEnd
{
    private const string Name = "end to end";
    private const double Relative = 1e-9;
    private const double Noise = 1e-12;
    private const double MostRelative = 1e-4;
    private readonly List<LayerCheck> checks = [];
    private readonly VerifyOptions options;
    private readonly string op;
    private double relative = Relative;

    private EndToEnd(VerifyOptions options, string op) => (this.options, this.op) = (options, op);

    /// <summary>
    /// Verifies in evaluation mode and in double, auxiliary classifiers included. The model's element type, its values and its mode are as before afterwards;
    /// its gradients are gone.
    /// </summary>
    /// <param name="model">Any model that <see cref="Verifier"/> takes, in a type that float64 contains.</param>
    /// <param name="inputShape">A small input, [N,C,H,W]: every element of every layer is formed.</param>
    /// <param name="options">The seed, the checks, and how many elements of a parameter's gradient to compare.</param>
    /// <exception cref="ZooException">A leaf has no reference check.</exception>
    public static IReadOnlyList<LayerCheck> Verify(nn.Module<Tensor, Tensor> model, long[] inputShape, VerifyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(inputShape);
        var run = new EndToEnd(options ?? new VerifyOptions(), model.GetName());
        ScalarType type = model.parameters().FirstOrDefault()?.dtype ?? ScalarType.Float32;
        using var eval = new EvalMode(model);
        try
        {
            model.to(ScalarType.Float64);
            run.Run(model, inputShape);
        }
        finally
        {
            model.to(type);
        }

        return run.checks;
    }

    private void Run(nn.Module<Tensor, Tensor> model, long[] inputShape)
    {
        using DisposeScope scope = NewDisposeScope();
        (string Name, Parameter Parameter)[] parameters = [.. model.named_parameters().Select(p => (p.name, p.parameter))];
        using var lent = new GradientScope(parameters.Select(p => p.Parameter));
        NdArray input = Normal(inputShape, options.Seed);
        Tensor x = input.ToTensor(ScalarType.Float64, parameters.Length == 0 ? CPU : parameters[0].Parameter.device);
        using Trace trace = Trace.RunAll(model, x);

        using IDisposable enabled = enable_grad();
        x = x.detach().clone().requires_grad_();
        Tensor[] heads = model is IAuxiliaryHeads { Auxiliary.Count: > 0 } all ? all.ForwardAll(x) : [model.call(x)];
        HeadLoss[] losses = [.. heads.Select((head, i) =>
            new HeadLoss(head.shape, i == 0 ? 1 : ((IAuxiliaryHeads)model).AuxiliaryWeight, options.Seed + (ulong)i))];
        Tensor loss = heads.Zip(losses, (head, l) => l.OfTorch(head)).Aggregate((a, b) => a + b);
        loss.backward();

        var names = parameters.DistinctBy(p => p.Parameter, ReferenceEqualityComparer.Instance)
            .ToDictionary(p => p.Parameter, p => p.Name, (IEqualityComparer<Parameter>)ReferenceEqualityComparer.Instance);
        HashSet<nn.Module> shared = [.. trace.Nodes.GroupBy(n => n.Module).Where(g => g.Count() > 1).Select(g => g.Key)];
        HashSet<Parameter> ofShared = [.. shared.SelectMany(m => m.parameters(recurse: false))];
        Dictionary<Parameter, (Quantity Sum, double Noise)> sums = [];
        List<LayerCheck> ofParameters = [];
        relative = Math.Min(MostRelative, Relative * Math.Max(1, heads.Max(h => h.detach().abs().max().ToDouble())));
        var pass = new ReferencePass(trace, options);
        pass.Run(input, [.. losses.Select(l => (Func<NdArray, (double, NdArray)>)l.OfReference)], (parameter, gradient, noise) =>
        {
            if (ofShared.Contains(parameter))
            {
                (Quantity Sum, double Noise) before = sums.GetValueOrDefault(parameter);
                NdArray sum = ReferencePass.Whole(gradient);
                sum = before.Sum is null ? sum : sum.Zip(ReferencePass.Whole(before.Sum), (a, b) => a + b);
                sums[parameter] = (Quantity.Exact(gradient.Name, sum), noise + before.Noise);
            }
            else
            {
                ofParameters.Add(Parameter(names[parameter], parameter, gradient, noise));
                parameter.grad = null;
            }
        });

        double allowed = relative;
        relative = Relative;
        Add(Quantity.Exact(Quantity.Output, pass.Output), heads[0], 0);
        Add(Quantity.Exact("loss", new NdArray([pass.Loss])), loss, 0);
        relative = allowed;
        ofParameters.AddRange(sums.Select(s => Parameter(names[s.Key], s.Key, s.Value.Sum, s.Value.Noise)));
        checks.AddRange(ofParameters);
        Add(Quantity.Exact(Quantity.GradInput, pass.GradInput), x.grad, 0);
    }

    private LayerCheck Parameter(string key, Parameter parameter, Quantity gradient, double noise) =>
        Compare(gradient with { Name = Quantity.Grad + key }, parameter.grad, noise);

    private void Add(Quantity expected, Tensor? actual, double noise) => checks.Add(Compare(expected, actual, noise));

    // "The largest value" is that of what is compared.
    private LayerCheck Compare(Quantity expected, Tensor? actual, double noise)
    {
        if (actual is null)
        {
            return new()
            {
                Name = Name,
                Op = op,
                Quantity = expected.Name,
                Verdict = Verdict.Failed,
                WorstRatio = double.PositiveInfinity,
                Note = "autograd gave no such gradient"
            };
        }

        double largest = actual.detach().abs().max().ToDouble(), bound = (relative * largest) + (Noise * noise);
        return Comparison.Of(Name, op, expected with { At = i => new Bounded(expected.At(i).Value, bound) }, ActualValues.Of(actual),
            options.SampleOf(expected), options.Seed);
    }

    private static NdArray Normal(long[] shape, ulong seed)
    {
        var random = new SeededRandom(seed);
        var values = new double[shape.Aggregate(1L, (a, b) => checked(a * b))];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        }

        return new NdArray(values, Array.ConvertAll(shape, size => checked((int)size)));
    }
}

/// <summary>
/// The loss of one head, on both sides: the cross entropy of logits [N,K] against seeded classes, for anything else the mean squared error against seeded
/// values in [−1, 1).
/// </summary>
internal sealed class HeadLoss
{
    private readonly double weight;
    private readonly int[] classes = [];
    private readonly NdArray? values;

    /// <param name="shape">Of what the head gives.</param>
    /// <param name="weight">The loss is multiplied by it.</param>
    /// <param name="seed">Decides the targets.</param>
    public HeadLoss(long[] shape, double weight, ulong seed)
    {
        this.weight = weight;
        if (shape is [var samples, var classes])
        {
            this.classes = LossCheck.Targets((int)samples, (int)classes, seed);
            return;
        }

        var random = new SeededRandom(seed);
        values = NdArray.Zeros(Array.ConvertAll(shape, size => (int)size)).Map(_ => (2 * random.NextDouble()) - 1);
    }

    /// <summary>A scalar.</summary>
    public Tensor OfTorch(Tensor head) => weight * (values is null
        ? nn.functional.cross_entropy(head, tensor(Array.ConvertAll(classes, c => (long)c)).to(head.device))
        : nn.functional.mse_loss(head, values.ToTensor(head.dtype, head.device)));

    /// <summary>The value and the gradient.</summary>
    public (double Value, NdArray Gradient) OfReference(NdArray head)
    {
        (double value, NdArray gradient) = values is null
            ? (CrossEntropy.Forward(head, classes), CrossEntropy.Backward(head, classes))
            : (MeanSquaredError.Forward(head, values), MeanSquaredError.Backward(head, values));
        return (weight * value, gradient.Map(g => weight * g));
    }
}
