using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Weights;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Oracle;

/// <summary>
/// The same against small files, for machines without torchvision: `oracle.py golden` filled torchvision's models with numbers made by a formula and wrote
/// logits, loss, the norm and four elements of every gradient, and the norm of every updated buffer. Everything in double.
/// </summary>
[Collection(TorchCollection.Name)]
public class GoldenTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<string> Models() => ParityTests.Models();

    [Theory]
    [MemberData(nameof(Models))]
    public void A_model_computes_what_torchvision_computed(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        using WeightsFile golden = WeightsFile.Open(GoldenOf(name));
        float[] Expected(string key)
        {
            var values = new float[golden[key].ByteLength / sizeof(float)];
            golden.CopyTo(key, MemoryMarshal.AsBytes(values.AsSpan()));
            return values;
        }

        using ZooModel model = Catalog.Models.Find(name).Create();
        Fill(model);
        model.to(ScalarType.Float64);
        Tensor x = tensor(Numbers("input", 2 * 3 * 64 * 64)).reshape(2, 3, 64, 64).to(ScalarType.Float64).mul(4);
        using (no_grad())
        {
            model.eval();
            Assert.InRange(Difference.Relative(Expected("logits"), Floats(model.call(x))), 0, Tolerance);
        }

        double loss = TrainStep.Run(model, x, tensor(new long[] { 3, 141 }));
        Assert.InRange(Math.Abs(loss - Expected("loss")[0]) / loss, 0, Tolerance);
        float[] norms = Expected("gradient_norms"), samples = Expected("gradient_samples");
        double floor = 1e-6 * norms.Max(); // below it is rounding alone
        int index = 0;
        foreach ((string key, TorchSharp.Modules.Parameter parameter) in model.named_parameters())
        {
            using DisposeScope inner = NewDisposeScope();
            Tensor flat = parameter.grad!.flatten();
            double norm = Floats(flat.norm())[0];
            Assert.True(Math.Abs(norm - norms[index]) <= Tolerance * Math.Max(norms[index], floor),
                $"the gradient of {key} has norm {norm}, not {norms[index]}");
            double largest = Floats(flat.abs().max())[0];
            for (int k = 0; k < 4; k++)
            {
                double value = flat[(flat.numel() - 1) * k / 3].to(ScalarType.Float64).item<double>();
                Assert.True(Math.Abs(value - samples[4 * index + k]) <= Tolerance * Math.Max(largest, floor),
                    $"an element of the gradient of {key} is {value}, not {samples[4 * index + k]}");
            }

            index++;
        }

        Assert.Equal(norms.Length, index);
        float[] buffers = golden.Contains("buffer_norms") ? Expected("buffer_norms") : [];
        index = 0;
        foreach ((string key, Tensor buffer) in model.named_buffers())
        {
            double norm = Floats(buffer.to(ScalarType.Float64).flatten().norm())[0];
            Assert.True(Math.Abs(norm - buffers[index]) <= Tolerance * buffers[index], $"the buffer {key} has norm {norm}, not {buffers[index]}");
            index++;
        }

        Assert.Equal(buffers.Length, index);
    }

    private static float[] Floats(Tensor t) => t.to(ScalarType.Float32).contiguous().data<float>().ToArray();

    private static void Fill(ZooModel model)
    {
        using IDisposable none = no_grad();
        foreach ((string key, Tensor t) in model.state_dict())
        {
            if (t.dtype != ScalarType.Float32)
            {
                continue;
            }

            using DisposeScope scope = NewDisposeScope();
            bool scale = key.EndsWith("weight", StringComparison.Ordinal) || key.EndsWith("running_var", StringComparison.Ordinal);
            Tensor u = tensor(Numbers(key, t.numel())).reshape(t.shape);
            t.copy_(t.Dimensions > 1 ? u.mul((float)Math.Sqrt(24.0 / (t.numel() / t.shape[0]))) : scale ? u.mul(0.5f).add(1) : u.mul(0.2f));
        }
    }

    // oracle.py's `numbers`.
    private static float[] Numbers(string key, long count)
    {
        uint hash = 2166136261;
        foreach (char c in key)
        {
            hash = (hash ^ c) * 16777619;
        }

        var values = new float[count];
        for (long i = 0; i < count; i++)
        {
            uint x = (uint)i + hash;
            x ^= x >> 16;
            x *= 0x7FEB352D;
            x ^= x >> 15;
            x *= 0x846CA68B;
            x ^= x >> 16;
            values[i] = (x >> 8) / 16777216f - 0.5f;
        }

        return values;
    }

    private static string GoldenOf(string model, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "Golden", $"{model}.safetensors");
}
