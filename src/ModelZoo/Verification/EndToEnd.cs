using ModelZoo.Reference;
using ModelZoo.Tracing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>How far torch and the reference are apart after a whole pass.</summary>
/// <param name="Name">"output", "loss", "grad input", or a parameter's key ("conv1.weight") for its gradient.</param>
/// <param name="Shape">The shape of the compared array.</param>
/// <param name="RelativeError">max |torch − reference| / max |reference|; 0 where both are all zero.</param>
public sealed record EndToEndDifference(string Name, IReadOnlyList<long> Shape, double RelativeError);

/// <summary>
/// The whole network at once: the reference runs the traced graph in double from the input to the cross-entropy loss and back, and the result is compared with torch's
/// forward and autograd. It shows that the layers are joined rightly, forward and backward.
/// </summary>
/// <remarks>
/// This measure is reported, not judged. No rigorous bound is practical here: layers amplify the roundings before them, and where a rectifier's input is nearly 0 or two
/// values of a pooling window nearly equal, the two sides may take different branches. Verdicts come from <see cref="Verifier"/>, layer by layer.
/// </remarks>
public static class EndToEnd
{
    /// <summary>Compares in evaluation mode, with targets seeded as the verifier's; the model is as before afterwards. Every element is formed: keep the network small.</summary>
    /// <exception cref="ZooException">A leaf has no reference check, or the output is not [N,K].</exception>
    public static IReadOnlyList<EndToEndDifference> Compare(nn.Module<Tensor, Tensor> model, Tensor input, VerifyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(input);
        options ??= new VerifyOptions();
        using var eval = new EvalMode(model);
        using Trace trace = Trace.Run(model, input);
        if (trace.Nodes[trace.Output].OutputShape is not [var samples, var classes])
        {
            throw new ZooException("The end-to-end comparison takes a model whose output is logits, [N,K].");
        }

        int[] targets = LossCheck.Targets((int)samples, (int)classes, options.Seed);
        var pass = new ReferencePass(trace, options);
        pass.Run(input.ToNdArray(), targets);

        using DisposeScope scope = NewDisposeScope();
        (string Name, Parameter Parameter)[] parameters = [.. model.named_parameters().Select(p => (p.name, p.parameter))];
        using var lent = new GradientScope(parameters.Select(p => p.Parameter));
        using IDisposable enabled = enable_grad();
        Tensor x = input.detach().clone().requires_grad_();
        Tensor output = model.call(x);
        Tensor loss = nn.functional.cross_entropy(output, tensor(targets.Select(t => (long)t).ToArray()).to(output.device));
        loss.backward();

        List<EndToEndDifference> differences =
        [
            Difference("output", output, pass.Output),
            Difference("loss", loss, new NdArray([pass.Loss])),
            Difference(Quantity.GradInput, x.grad!, pass.GradInput),
        ];
        differences.AddRange(parameters.Where(p => pass.Gradients.ContainsKey(p.Parameter)).Select(p => Difference(p.Name, p.Parameter.grad!, pass.Gradients[p.Parameter])));
        return differences;
    }

    private static EndToEndDifference Difference(string name, Tensor actual, NdArray expected)
    {
        double largest = expected.Data.Max(Math.Abs);
        double apart = actual.ToNdArray().Data.Zip(expected.Data, (a, b) => Math.Abs(a - b)).Max();
        return new(name, actual.shape, apart == 0 ? 0 : apart / largest);
    }
}
