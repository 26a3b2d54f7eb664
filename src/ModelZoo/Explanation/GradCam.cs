using ModelZoo.Tracing;
using ModelZoo.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Explanation;

/// <summary>
/// Where in an image a network sees a class: Grad-CAM (R. R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
/// Localization", 2017, arXiv 1610.02391, section 3). The map is ReLU(Σₖ αₖ·Aₖ) of a layer's maps Aₖ, αₖ being the mean of ∂(output)/∂Aₖ over its places. Of a
/// network that ends in the average of its maps and a linear layer that is B. Zhou's class activation map (2016), up to its scale.
/// </summary>
/// <remarks>
/// For any model whose forward a <see cref="Trace"/> can follow. It shows where the evidence is, not what it is, and as coarsely as the maps are. Not for
/// several threads at a time.
/// </remarks>
public sealed class GradCam
{
    private readonly nn.Module<Tensor, Tensor> model;
    private readonly ExplainedLayer layer;
    private readonly Device device;

    /// <param name="model">[N,C,H,W] to outputs [N,K]. It stays the caller's, and as it is.</param>
    /// <param name="inputShape">[C,H,W].</param>
    /// <param name="layer">The leaf whose maps are looked at, or a module whose last one is; null: the last before pooling and classifier.</param>
    /// <exception cref="TraceException">A functional call hides in the model's forward.</exception>
    /// <exception cref="ZooException">There is no such layer, or none with maps; the message says which.</exception>
    public GradCam(nn.Module<Tensor, Tensor> model, IReadOnlyList<long> inputShape, string? layer = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(inputShape);
        this.model = model;
        this.layer = ExplainedLayer.Choose(model, inputShape, layer);
        device = model.parameters().FirstOrDefault()?.device ?? CPU;
    }

    /// <summary>The layer, as in the trace.</summary>
    public string Layer => layer.Name;

    /// <summary>Runs the images forward, and the chosen outputs back to the layer. Gradients of parameters are neither made nor changed.</summary>
    /// <param name="inputs">[N,C,H,W] as the model takes them.</param>
    /// <param name="outputs">N: of each image which output is explained, null for its largest.</param>
    /// <returns>N.</returns>
    /// <exception cref="ZooException">The model does not give [N,K] with these outputs.</exception>
    public IReadOnlyList<SaliencyMap> Explain(Tensor inputs, IReadOnlyList<int?> outputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        using DisposeScope scope = NewDisposeScope();
        using ModelMode mode = ModelMode.Eval(model);
        (Tensor logits, Tensor kept) = Forward(inputs.to(device));
        using Tensor maps = kept; // [N,C,h,w]
        if (logits.dim() != 2 || logits.shape[0] != outputs.Count || outputs.Any(o => o < 0 || o >= logits.shape[1]))
        {
            throw new ZooException($"{model.GetName()} gives [{string.Join(",", logits.shape)}] for {outputs.Count} images, which has no output "
                + $"{outputs.FirstOrDefault(o => o is not null)?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "to choose"}.");
        }

        Tensor values = logits.detach().to(ScalarType.Float32).cpu().contiguous(); // [N,K]
        float[] all = values.data<float>().ToArray();
        int classes = (int)logits.shape[1];
        int[] chosen = [.. outputs.Select((output, i) => output ?? Largest(all.AsSpan(i * classes, classes)))];
        Tensor index = tensor([.. chosen.Select(c => (long)c)], device: logits.device).unsqueeze(1); // [N,1]
        using IDisposable enabled = enable_grad();
        Tensor gradient = autograd.grad([logits.gather(1, index).sum()], [maps])[0]; // [N,C,h,w]
        using IDisposable none = no_grad();
        Tensor map = gradient.mean([2, 3], keepdim: true).mul(maps).sum(1L).relu(); // [N,h,w]
        float[] cells = map.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
        int length = layer.Rows.Count * layer.Columns.Count;
        return [.. chosen.Select((output, i) => new SaliencyMap(output, all[(i * classes)..((i + 1) * classes)], layer.Rows, layer.Columns,
            cells[(i * length)..((i + 1) * length)]))];
    }

    // What comes before the layer needs no gradients, and what comes after it starts from a copy that has them.
    private (Tensor Logits, Tensor Maps) Forward(Tensor inputs)
    {
        Tensor? maps = null;
        int call = 0;
        using IDisposable none = no_grad();
        IDisposable? enabled = null;
        Action remove = ModuleHooks.Replace(layer.Module, output =>
        {
            if (++call != layer.Call)
            {
                return output;
            }

            enabled = enable_grad();
            maps = output.detach().requires_grad_().DetachFromDisposeScope(); // it outlives the model's own scopes
            return maps.clone(); // a layer behind it may work in place
        })!;
        try
        {
            return (model.call(inputs), maps ?? throw new ZooException($"{model.GetName()}: '{layer.Name}' did not run."));
        }
        catch
        {
            maps?.Dispose();
            throw;
        }
        finally
        {
            remove();
            enabled?.Dispose();
        }
    }

    private static int Largest(ReadOnlySpan<float> values)
    {
        int largest = 0;
        for (int i = 1; i < values.Length; i++)
        {
            largest = values[i] > values[largest] ? i : largest;
        }

        return largest;
    }
}

/// <summary>Where an image speaks for one of a network's outputs.</summary>
/// <param name="output">Which output.</param>
/// <param name="outputs">[K] what the network gave.</param>
/// <param name="rows">Where the map's rows lie in the input.</param>
/// <param name="columns">Where its columns lie.</param>
/// <param name="values">[h,w], row by row.</param>
public sealed class SaliencyMap(int output, IReadOnlyList<float> outputs, MapAxis rows, MapAxis columns, IReadOnlyList<float> values)
{
    /// <summary>Which output.</summary>
    public int Output { get; } = output;

    /// <summary>[K] what the network gave: logits, or a number.</summary>
    public IReadOnlyList<float> Outputs { get; } = outputs;

    /// <summary>Where the map's rows lie in the input.</summary>
    public MapAxis Rows { get; } = rows;

    /// <summary>Where its columns lie.</summary>
    public MapAxis Columns { get; } = columns;

    /// <summary>[h,w], 0 and more: as computed, in no unit.</summary>
    public IReadOnlyList<float> Values { get; } = values;

    /// <summary>The largest value; 0 where nothing in the image speaks for the output.</summary>
    public double Greatest { get; } = values.Where(float.IsFinite).DefaultIfEmpty().Max();

    /// <summary>The share of the greatest value, in [0,1], at a pixel of the input: between four elements, each in the middle of what it sees.</summary>
    /// <param name="x">Columns from the center of the first.</param>
    /// <param name="y">Rows from the center of the first.</param>
    public double At(double x, double y)
    {
        if (!(Greatest > 0))
        {
            return 0;
        }

        (double row, double column) = (Rows.At(y), Columns.At(x));
        (int top, int left) = ((int)row, (int)column);
        (int bottom, int right) = (Math.Min(top + 1, Rows.Count - 1), Math.Min(left + 1, Columns.Count - 1));
        double upper = Cell(top, left) + ((column - left) * (Cell(top, right) - Cell(top, left)));
        double lower = Cell(bottom, left) + ((column - left) * (Cell(bottom, right) - Cell(bottom, left)));
        return Math.Clamp((upper + ((row - top) * (lower - upper))) / Greatest, 0, 1);
    }

    /// <summary>The middle of the strongest element, in pixels of the input.</summary>
    public (double X, double Y) Peak
    {
        get
        {
            int at = Enumerable.Range(0, Values.Count).MaxBy(i => Values[i]);
            return (Columns.First + (at % Columns.Count * Columns.Step), Rows.First + (at / Columns.Count * Rows.Step));
        }
    }

    private double Cell(int row, int column) => Values[(row * Columns.Count) + column] is var v && float.IsFinite(v) ? v : 0;
}
