using System.Globalization;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Transfer;
using ModelZoo.Weights;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Oracle;

/// <summary>
/// Every model that torchvision has: weights that torchvision made and torch.save wrote load without any renaming, and the network computes what torchvision
/// computes, forward and backward. Measured as max |difference| / max |expected| of each tensor; the table is in the test's output.
/// </summary>
[Collection(TorchCollection.Name)]
public class ParityTests(Torchvision torchvision, ITestOutputHelper log) : IClassFixture<Torchvision>
{
    private const double EvalTolerance = 1e-5;
    private const double TrainTolerance = 1e-4;

    // Rows and columns of the pictures: every stage of every network still has more than one pixel, and VGG's 512 channels are computed in seconds.
    private const int EvalSize = 128, TrainSize = 64;

    // The step is computed in double on both sides, so that what is compared is the formulas and not the rounding of two libraries; ZOO_PARITY_DTYPE=float32
    // measures that too.
    private static readonly string StepType = Environment.GetEnvironmentVariable("ZOO_PARITY_DTYPE") ?? "float64";

    public static TheoryData<string> Models() => [.. Catalog.Models.Models.Where(m => m.Torchvision is not null).Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Models))]
    public void A_model_computes_what_torchvision_computes(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using var folder = new TempFolder();
        const int Seed = 1;
        WriteInputs(folder.Path);
        torchvision.Answer(info.Torchvision!, folder.Path, Seed, StepType);

        using ZooModel model = info.Create();
        Checkpoint.LoadInto(model, Path.Combine(folder.Path, "weights.pth"));
        double eval = Eval(model, folder.Path);
        (double loss, double gradient, string worst, double buffer) = Step(model, folder.Path);
        log.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {eval:0.0e+0} | {loss:0.0e+0} | {gradient:0.0e+0} ({worst}) | {buffer:0.0e+0} |"));
        Assert.True(eval <= EvalTolerance, $"logits differ by {eval}");
        Assert.True(loss <= TrainTolerance, $"the loss differs by {loss}");
        Assert.True(gradient <= TrainTolerance, $"the gradient of {worst} differs by {gradient}");
        Assert.True(buffer <= TrainTolerance, $"a buffer differs by {buffer}");
    }

    [Fact]
    public void A_wrong_stride_eps_padding_or_weight_is_seen()
    {
        using var folder = new TempFolder();
        WriteInputs(folder.Path);
        torchvision.Answer("resnet18", folder.Path, 1, StepType);
        double EvalWith(Action<ZooModel> fault)
        {
            using ZooModel model = Catalog.Models.Find("resnet18").Create();
            Checkpoint.LoadInto(model, Path.Combine(folder.Path, "weights.pth"));
            using (no_grad())
            {
                fault(model);
            }

            return Eval(model, folder.Path);
        }

        Conv2d Conv(ZooModel model, string path) => (Conv2d)TransferLearning.Find(model, path);
        Assert.InRange(EvalWith(_ => { }), 0, EvalTolerance);
        Assert.True(EvalWith(m => Conv(m, "layer2.0.conv2").weight[3, 5, 1, 1].mul_(-1)) > EvalTolerance);
        Assert.True(EvalWith(m => ((BatchNorm2d)TransferLearning.Find(m, "layer3.1.bn1")).running_var!.add_(1e-3)) > EvalTolerance);
        Assert.True(EvalWith(m => Conv(m, "layer4.0.downsample.0").weight.copy_(Conv(m, "layer4.0.downsample.0").weight.flip(0))) > EvalTolerance);
    }

    // Two images of noise and two real ones: scanned digits, enlarged.
    private static void WriteInputs(string folder)
    {
        using Generator generator = new Generator().manual_seed(5);
        using Tensor noise = randn(2, 3, EvalSize, EvalSize, generator: generator);
        using Tensor train = randn(4, 3, TrainSize, TrainSize, generator: generator);
        const int Image = 3 * EvalSize * EvalSize;
        var digits = new float[2 * Image];
        Preprocessing preprocessing = Preprocessing.ImageNet() with { Fit = Fit.Resize, Height = EvalSize, Width = EvalSize };
        ImageDataset images = Digits.Load(DataSplit.Test).Take(2).Apply(preprocessing);
        for (int i = 0; i < 2; i++)
        {
            images.CopyImage(i, digits.AsSpan(i * Image, Image));
        }

        for (int i = 0; i < digits.Length; i++)
        {
            int channel = i / (EvalSize * EvalSize) % 3;
            digits[i] = (digits[i] - preprocessing.Mean[channel]) / preprocessing.Std[channel];
        }

        Npy.Write(Path.Combine(folder, "x.npy"), [4, 3, EvalSize, EvalSize], noise.data<float>().ToArray().Concat(digits).ToArray());
        Npy.Write(Path.Combine(folder, "train.npy"), train.shape, train.data<float>().ToArray());
    }

    private static Tensor Input(string folder, string name)
    {
        NpyArray array = Npy.Read(Path.Combine(folder, name));
        return tensor(array.Data, array.Shape);
    }

    // The worst image counts: the digits must not hide behind the noise, nor the other way round.
    private static double Eval(ZooModel model, string folder)
    {
        model.eval();
        using IDisposable none = no_grad();
        using Tensor x = Input(folder, "x.npy");
        using Tensor logits = model.call(x);
        float[] expected = Npy.Read(Path.Combine(folder, "logits.npy")).Data, actual = logits.data<float>().ToArray();
        int classes = expected.Length / 4;
        return Enumerable.Range(0, 4).Max(i => Difference.Relative(expected.AsSpan(i * classes, classes), actual.AsSpan(i * classes, classes)));
    }

    private static (double Loss, double Gradient, string Worst, double Buffer) Step(ZooModel model, string folder)
    {
        using WeightsFile expected = WeightsFile.Open(Path.Combine(folder, "step.pth"));
        float[] Expected(string key)
        {
            var values = new float[expected[key].ByteLength / sizeof(float)];
            expected.CopyTo(key, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
            return values;
        }

        ScalarType type = StepType == "float32" ? ScalarType.Float32 : ScalarType.Float64;
        model.to(type);
        using Tensor train = Input(folder, "train.npy");
        using Tensor x = train.to(type);
        using Tensor labels = tensor(new long[] { 0, 7, 14, 21 });
        double loss = TrainStep.Run(model, x, labels);
        double expectedLoss = Expected("loss")[0];
        (double Gradient, string Worst, double Buffer) found = (0, "", 0);

        // A gradient this far below the largest is rounding alone: that of a convolution's bias before batch normalization, which takes it out again, is 0.
        double floor = 1e-6 * model.named_parameters().Max(p => Difference.Largest(Expected("gradient." + p.name)));
        foreach ((string key, Parameter parameter) in model.named_parameters())
        {
            using Tensor single = parameter.grad!.to(ScalarType.Float32);
            double difference = Difference.Relative(Expected("gradient." + key), single.data<float>().ToArray(), floor);
            if (!(difference <= found.Gradient))
            {
                found = (difference, key, found.Buffer);
            }
        }

        foreach ((string key, Tensor buffer) in model.named_buffers())
        {
            using Tensor single = buffer.to(ScalarType.Float32);
            found.Buffer = Math.Max(found.Buffer, Difference.Relative(Expected("buffer." + key), single.data<float>().ToArray()));
        }

        return (Math.Abs(loss - expectedLoss) / Math.Abs(expectedLoss), found.Gradient, found.Worst, found.Buffer);
    }
}
