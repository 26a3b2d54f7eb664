using ModelZoo.Analysis;
using ModelZoo.Layers;
using ModelZoo.Tracing;

namespace ModelZoo.Registry;

/// <summary>
/// What a network would take before it is built: a description in a file, or a flag, asks for any size in a few bytes. The network is traced at its own size,
/// and the wanted one follows by arithmetic (<see cref="ScaledNetwork"/>).
/// </summary>
public static class MemoryNeed
{
    // No architecture of the zoo takes more than a few hundred megabytes for inputs and classes up to these.
    private const long HarmlessInput = 3 * 512 * 512;
    private const int HarmlessClasses = 1 << 14;

    /// <summary>Half of the memory that this process may use, in bytes: what is allowed where nothing else is said.</summary>
    public static long DefaultLimit => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>The size of a network that is not built.</summary>
    /// <param name="info">Its architecture.</param>
    /// <param name="options">What is asked of it.</param>
    /// <returns>Null where that is no more than the architecture was designed for, or harmless.</returns>
    public static NetworkSize? Of(ModelInfo info, ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(options);
        return Pixels(options) <= Math.Max(HarmlessInput, Pixels(info.Defaults)) && options.NumClasses <= Math.Max(HarmlessClasses, info.Classes)
            ? null
            : Estimate(info, options);
    }

    /// <summary>
    /// In float32, for a forward without gradients: the parameters, and of the activations between the most that are needed at one time and all (a block keeps
    /// its own until its end), twice, because convolutions unfold their input. Measured for eight architectures it was 0.8 to 2.3 times what was taken.
    /// </summary>
    public static double Bytes(NetworkSize size) => sizeof(float) * (size.Parameters + (2 * Math.Min(size.Activations, 2 * size.Peak)));

    internal static NetworkSize Estimate(ModelInfo info, ModelOptions options)
    {
        using IDisposable skipped = WeightInit.Skip();
        using ZooModel model = info.Create(info.Defaults with
        {
            Norm = options.Norm,
            OmitAuxiliary = options.OmitAuxiliary,
            TransformInput = options.TransformInput && options.InChannels == info.Input.Channels,
        });
        using Trace trace = Trace.Run(model, 1L, info.Input.Channels, info.Input.Height, info.Input.Width);
        var scaled = new ScaledNetwork(trace, options.InChannels, options.InputHeight, options.InputWidth);
        NetworkSize size = scaled.Size();
        double head = trace.Nodes.Where(n => n.Name == info.Head).Sum(n => scaled.Parameters(n.Index));
        double more = ((double)options.NumClasses / info.Classes) - 1;
        return size with { Parameters = size.Parameters + (head * more) };
    }

    private static double Pixels(ModelOptions o) => (double)o.InChannels * o.InputHeight * o.InputWidth;
}
