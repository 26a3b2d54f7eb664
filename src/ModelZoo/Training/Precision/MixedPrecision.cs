using System.Runtime.Intrinsics.X86;
using ModelZoo.Runtime;
using ModelZoo.Training.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Training.Precision;

/// <summary>
/// Trains convolutions and linear layers in bfloat16 while their weights are kept, and updated, in float32 (Micikevicius et al., "Mixed Precision Training",
/// 2018, section 3.1; bfloat16 has float32's range, so the loss needs no scaling). Normalization keeps its float32 weights and statistics; local response
/// normalization and layers with weights of their own kind are given float32.
/// <para>Between <see cref="Enter"/> and the end of what it returns the model's convolutions and linear layers hold bfloat16 copies of the
/// <see cref="Parameters"/>; outside, the model is a float32 model like any other, with the updated weights.</para>
/// </summary>
public sealed class MixedPrecision : IDisposable
{
    private readonly (string Name, nn.Module Layer)[] layers;
    private readonly (string Name, nn.Module Layer)[] full;
    private readonly Dictionary<string, Parameter> masters = new(StringComparer.Ordinal);
    private Pair[] pairs = [];
    private Tensor[] trained = [];
    private Tensor[] copies = [];

    /// <summary>Copies the weights of the model's convolutions and linear layers.</summary>
    /// <param name="model">Its weights are float32.</param>
    public MixedPrecision(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        (string name, nn.Module module)[] leaves = model.named_children().Any()
            ? [.. model.named_modules().Where(m => !m.module.named_children().Any())]
            : [("", model)];
        layers = [.. leaves.Where(m => m.module is Convolution or Linear)];
        full = [.. leaves.Where(m =>
            m.module is not (Convolution or Linear or BatchNorm) && (m.module is LocalResponseNorm || m.module.parameters(recurse: false).Any()))];
        foreach ((string name, nn.Module layer) in layers)
        {
            foreach ((string own, Parameter parameter) in layer.named_parameters(recurse: false))
            {
                using Tensor values = parameter.detach();
                var master = new Parameter(values.clone(), parameter.requires_grad);
                master.DetachFromDisposeScope();
                masters.Add(Join(name, own), master);
            }
        }
    }

    /// <summary>What an optimizer trains in place of the model's own parameters: by name, the float32 weights of the layers that compute in bfloat16.</summary>
    public IReadOnlyDictionary<string, Parameter> Parameters => masters;

    /// <summary>Gives the layers bfloat16 copies of the model's present weights, until the end of what it returns.</summary>
    public IDisposable Enter()
    {
        List<Pair> found = [];
        using (no_grad())
        {
            foreach ((string name, nn.Module layer) in layers)
            {
                foreach ((string own, Parameter parameter) in layer.named_parameters(recurse: false))
                {
                    Parameter master = masters[Join(name, own)];
                    master.requires_grad = false;
                    master.copy_(parameter);
                    master.requires_grad = parameter.requires_grad;
                }

                ((nn.Module<Tensor, Tensor>)layer).to(ScalarType.BFloat16);
                found.AddRange(layer.named_parameters(recurse: false).Where(p => p.parameter.requires_grad).Select(p =>
                    new Pair(masters[Join(name, p.name)], p.parameter, zeros_like(masters[Join(name, p.name)]).DetachFromDisposeScope())));
            }
        }

        pairs = [.. found];
        (trained, copies) = ([.. pairs.Select(p => p.Master)], [.. pairs.Select(p => p.Copy)]);
        Action[] removals =
        [
            .. layers.Select(m => Hook(m.Layer, ScalarType.BFloat16)),
            .. full.Select(m => Hook(m.Layer, ScalarType.Float32)),
        ];
        return new Leaving(() => Leave(removals));
    }

    /// <summary>After a backward: moves the copies' gradients to the float32 weights, adding to what is there.</summary>
    public void GatherGradients()
    {
        using IDisposable frozen = no_grad();
        using DisposeScope scope = NewDisposeScope();
        (List<Tensor> Sums, List<Tensor> Gradients) first = ([], []), further = ([], []);
        foreach (Pair pair in pairs)
        {
            if (pair.Copy.grad is not { } gradient)
            {
                continue;
            }

            (List<Tensor> sums, List<Tensor> gradients) = pair.Master.grad is null ? first : further;
            sums.Add(pair.Sum);
            gradients.Add(gradient);
            pair.Copy.grad = null;
            pair.Master.grad = pair.Sum;
        }

        if (first.Sums.Count > 0)
        {
            TensorLists.Copy([.. first.Sums], [.. first.Gradients]);
        }

        if (further.Sums.Count > 0)
        {
            TensorLists.Add([.. further.Sums], [.. further.Gradients]);
        }
    }

    /// <summary>After the optimizer's step: rounds the float32 weights to the copies.</summary>
    public void Publish()
    {
        using IDisposable frozen = no_grad();
        TensorLists.Copy(copies, trained);
    }

    /// <summary>Frees the float32 weights; the model has its own.</summary>
    public void Dispose()
    {
        foreach (Parameter master in masters.Values)
        {
            master.Dispose();
        }
    }

    private static Action Hook(nn.Module layer, ScalarType type)
    {
        var hook = ((nn.Module<Tensor, Tensor>)layer)
            .register_forward_pre_hook((_, input) => input.dtype == type || !input.is_floating_point() ? input : input.to(type));
        return hook.remove;
    }

    private void Leave(Action[] removals)
    {
        foreach (Action remove in removals)
        {
            remove();
        }

        Array.ForEach(pairs, p => p.Sum.Dispose());
        (pairs, trained, copies) = ([], [], []);
        using IDisposable frozen = no_grad();
        foreach ((string name, nn.Module layer) in layers)
        {
            layer.zero_grad();
            ((nn.Module<Tensor, Tensor>)layer).to(ScalarType.Float32);
            foreach ((string own, Parameter parameter) in layer.named_parameters(recurse: false))
            {
                parameter.copy_(masters[Join(name, own)]);
            }
        }
    }

    private static string Join(string module, string parameter) => module.Length == 0 ? parameter : $"{module}.{parameter}";

    // Sum is where the gradients of the copy are added up in float32.
    private sealed record Pair(Parameter Master, Parameter Copy, Tensor Sum);

    private sealed class Leaving(Action leave) : IDisposable
    {
        public void Dispose() => leave();
    }
}

/// <summary>Whether bfloat16 is computed by the machine itself; elsewhere it is emulated, slower than float32.</summary>
public static class Bfloat16
{
    // Intel's manual, volume 2A, CPUID: leaf 7, subleaf 1, EAX bit 5: AVX512_BF16; leaf 7, subleaf 0, EDX bit 22: AMX-BF16.
    private const int Avx512Bf16 = 1 << 5;
    private const int AmxBf16 = 1 << 22;

    private static readonly bool Supported = Detect();

    /// <summary>Whether this processor multiplies bfloat16 (AVX-512-BF16 or AMX-BF16), and oneDNN, which does it, may be used.</summary>
    public static bool OnProcessor => Supported && !ProcessSettings.AvoidsOneDnn;

    /// <summary>
    /// Whether a device computes in bfloat16: a processor with AVX-512-BF16 or AMX-BF16, or a CUDA device, all of which that libtorch 2.5 still supports take
    /// it.
    /// </summary>
    public static bool IsFastOn(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.type == DeviceType.CUDA || (device.type == DeviceType.CPU && OnProcessor);
    }

    private static bool Detect()
    {
        if (!X86Base.IsSupported || !Avx512F.IsSupported || X86Base.CpuId(0, 0).Eax < 7)
        {
            return false;
        }

        (int subleaves, _, _, int edx) = X86Base.CpuId(7, 0);
        return (edx & AmxBf16) != 0 || (subleaves >= 1 && (X86Base.CpuId(7, 1).Eax & Avx512Bf16) != 0);
    }
}
