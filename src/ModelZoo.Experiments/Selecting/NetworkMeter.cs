using ModelZoo.Data;
using ModelZoo.Experiments.Comparing;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Runtime;
using ModelZoo.Transfer;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Selecting;

/// <summary>Measures one network once.</summary>
public interface INetworkMeter
{
    /// <summary>One turn.</summary>
    /// <param name="network">What to measure.</param>
    /// <param name="memory">Whether memory is measured instead of time: each thing runs once only.</param>
    NetworkTurn Measure(NetworkAtHand network, bool memory);
}

/// <summary>What one turn measured.</summary>
/// <param name="EagerSeconds">Of a forward of a batch, layer by layer.</param>
/// <param name="CompiledSeconds">Of a forward of the compiled network in float32.</param>
/// <param name="BytesSeconds">Of the compiled network on bytes; null where it is not quantized.</param>
/// <param name="PeakBytes">By how much resident memory rose at most from before the network was read until it had computed; null where not measured.</param>
public sealed record NetworkTurn(double EagerSeconds, double CompiledSeconds, double? BytesSeconds, long? PeakBytes);

/// <summary>
/// Reads the network anew with its own weights, lets it run on random pictures of the size that it takes for the data, and frees it: only one is in memory at a
/// time. Pictures are not decoded: that costs the same with every network.
/// </summary>
/// <param name="data">The pictures, whose size decides how they become the input.</param>
/// <param name="batch">Pictures of a forward.</param>
/// <param name="device">Where to compute; memory is measured on the CPU only.</param>
/// <param name="maxMemory">The most bytes that a network may take.</param>
public sealed class NetworkMeter(LabeledImages data, int batch, Device device, long? maxMemory) : INetworkMeter
{
    /// <inheritdoc/>
    public NetworkTurn Measure(NetworkAtHand network, bool memory)
    {
        ArgumentNullException.ThrowIfNull(network);
        long? before = memory && device.type == DeviceType.CPU ? PeakMemory.Restart() : null;
        using ResolvedModel resolved = NetworkTrials.Open(network, maxMemory);
        resolved.Model.to(device);
        resolved.Model.eval();
        Preprocessing p = TransferLearning.PreprocessingFor(data, resolved.Preprocessing);
        using Tensor images = randn(batch, p.Channels, p.Height, p.Width, device: device);
        using IDisposable off = no_grad();
        double? bytes = null;
        if (resolved.Quantization is not null)
        {
            using CompiledModel quantized = resolved.Compile();
            bytes = ModelMeter.Time(memory, () => Run(quantized.Call));
            if (memory)
            {
                return new(0, 0, bytes, ModelMeter.Rise(before));
            }
        }

        double compiled;
        using (CompiledModel floats = resolved.Model.Compile())
        {
            compiled = ModelMeter.Time(memory, () => Run(floats.Call));
        }

        return memory ? new(0, compiled, null, ModelMeter.Rise(before)) : new(ModelMeter.Time(false, () => Run(resolved.Model.call)), compiled, bytes, null);

        void Run(Func<Tensor, Tensor> forward)
        {
            using DisposeScope scope = NewDisposeScope();
            ModelMeter.Finish(forward(images));
        }
    }
}

/// <summary>What the turns of a network came to, per picture.</summary>
/// <param name="Eager">Milliseconds layer by layer, one value a round.</param>
/// <param name="Compiled">Milliseconds of the compiled network in float32.</param>
/// <param name="Bytes">Milliseconds of the compiled network on bytes; null where it is not quantized.</param>
/// <param name="PeakBytes">Resident memory that it takes, weights and a batch; null where not known.</param>
public sealed record NetworkSpeed(Spread Eager, Spread Compiled, Spread? Bytes, long? PeakBytes)
{
    /// <summary>Milliseconds as it runs in <c>zoo predict</c> and in apps: on bytes where it is quantized, else compiled.</summary>
    public double Milliseconds => (Bytes ?? Compiled).Median;

    /// <summary>Sums up: the first turn gives the memory and no time.</summary>
    internal static NetworkSpeed Of(IReadOnlyList<NetworkTurn> turns, int batch)
    {
        NetworkTurn[] counted = [.. turns.Skip(1)];
        return new(Of(t => t.EagerSeconds), Of(t => t.CompiledSeconds), counted.All(t => t.BytesSeconds is not null) ? Of(t => t.BytesSeconds!.Value) : null,
            turns[0].PeakBytes);

        Spread Of(Func<NetworkTurn, double> seconds) => new([.. counted.Select(t => 1000 * seconds(t) / batch)]);
    }
}
