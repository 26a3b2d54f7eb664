using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Onnx.Export;
using ModelZoo.Tests.Runtime;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using ModelZoo.Transfer;
using ModelZoo.Trust;
using ModelZoo.Weights;
using TorchSharp;
using Xunit;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Transfer;

[Collection(TorchCollection.Name)]
public class CalibratorTests(ITestOutputHelper log)
{
    private static readonly Lazy<Calibration> Made = new(() =>
    {
        using ResolvedModel model = Lenet();
        return Calibrator.Run(model, Digits.Load(DataSplit.Test), Digits.Load(DataSplit.Train), new() { ErrorRate = 0.05 });
    });

    [Fact]
    public void A_calibrated_classifier_says_what_it_does_not_know_and_its_file_and_the_evaluation_say_the_same()
    {
        Calibration made = Made.Value;
        Assert.Null(made.Fault());
        Assert.NotNull(made.Features);
        using var folder = new TempFolder();
        using ResolvedModel model = Lenet();
        string path = folder.File("sure.safetensors"), onnx = folder.File("sure.onnx");
        CheckpointInfo described = model.Checkpoint! with { Calibration = made, Preprocessing = model.Preprocessing };
        Checkpoint.Save(path, model.Model, described);
        OnnxExport.Write(onnx, model.Model, new() { Input = [1, 32, 32], Description = described });

        ImageDataset digits = Digits.Load(DataSplit.Test).Take(200), noise = Noise(50);
        using ImageClassifier classifier = ImageClassifier.Load(Catalog.Models, path, Catalog.ReadResource);
        using ImageClassifier exported = ImageClassifier.Load(Catalog.Models, onnx, Catalog.ReadResource);
        IReadOnlyList<Answer> answers = classifier.Predict(digits), foreign = classifier.Predict(noise), again = exported.Predict(digits);
        int unknown = answers.Count(a => a.Unknown is not null), foreignUnknown = foreign.Count(a => a.Unknown is not null);
        log.WriteLine($"unknown: {unknown} of 200 digits, {foreignUnknown} of 50 pictures of noise; {made.LeastProbability:F3} {made.Features!.Limit:F3}");
        Assert.InRange(unknown, 1, 60);
        Assert.InRange(foreignUnknown, 45, 50);
        Assert.Contains(foreign, a => a.Unknown == "unlike the pictures it was trained on");
        for (int i = 0; i < answers.Count; i++)
        {
            Answer a = answers[i];
            Assert.Equal(made.Judge(a[0].Probability, a.Distance), a.Doubt);
            Assert.Equal(a.Where(p => p.Probability >= made.SetProbability).Select(p => p.Label), a.MayBe!.Take(5));
            Assert.Equal(a[0].Probability, again[i][0].Probability, 1e-4);
            Assert.Equal(a.Distance!.Value, again[i].Distance!.Value, 1e-3);
        }

        using ResolvedModel opened = ModelResolver.FromFile(Catalog.Models, path);
        using CompiledModel compiled = opened.Model.Compile();
        using var judged = new JudgedModule(opened.Model, compiled, opened.Calibration!);
        using IImageBatches images = ImageBatches.Open(digits, TransferLearning.PreprocessingToMeasure(digits, opened.Preprocessing));
        EvaluationResult measured = Evaluator.Evaluate(judged, images);
        AnsweredResult result = judged.Result(measured.Labels);
        Assert.Equal((200 - unknown, answers.Count(a => a.Doubt == Doubt.Unlike)), (result.Answered, result.Unlike));
        Assert.Equal(answers.Index().Count(a => a.Item.Unknown is null && a.Item[0].Label != digits.Info.ClassNames[digits.Labels[a.Index]]), result.Wrong);
        Assert.Equal(answers.Index().Count(a => a.Item.MayBe!.Contains(digits.Info.ClassNames[digits.Labels[a.Index]])), result.InSet);
    }

    [Fact]
    public void Without_a_calibration_every_answer_counts()
    {
        using ImageClassifier classifier = ImageClassifier.FromResolved(Lenet());
        Assert.All(classifier.Predict(Noise(3)), a => Assert.Equal((Doubt.None, null, null), (a.Doubt, a.Unknown, a.MayBe)));
        Assert.Null(classifier.Calibration);
    }

    // What a head takes in, read on the way of the compiled network, is what the feature reader computes: of a Linear or a 1×1 convolution.
    [Theory]
    [InlineData("lenet5")]
    [InlineData("small_cnn")]
    [InlineData("resnet20")]
    [InlineData("squeezenet1_1")]
    [InlineData("mobilenet_v2")]
    [InlineData("densenet121")]
    public void Features_are_read_on_the_way_of_one_forward(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, name, Catalog.ReadResource, seed: 3);
        model.Model.eval();
        Tensor input = randn([2, model.Options.InChannels, model.Options.InputHeight, model.Options.InputWidth]);
        using CompiledModel compiled = model.Model.Compile();
        ReadOutputs read = new OutputReader(model.Model, compiled, features: true).Read(input);
        using var reader = new FeatureReader(model.Model, model.Model.Head, before: true, input);
        Tensor features = reader.Run(input), expected = features.dim() > 2 ? features.flatten(2).mean([2]) : features;
        Assert.Equal([.. expected.shape], new long[] { 2, read.Dimensions });
        float[] wanted = expected.contiguous().data<float>().ToArray(), logits = compiled.Call(input).data<float>().ToArray();
        Assert.All(read.Features.Zip(wanted), pair => Assert.Equal(pair.Second, pair.First, 1e-4f * (1 + Math.Abs(pair.Second))));
        Assert.All(read.Logits.Zip(logits), pair => Assert.Equal(pair.Second, pair.First, 1e-4f * (1 + Math.Abs(pair.Second))));
    }

    [Fact]
    public void Nothing_is_left_of_reading()
    {
        using ResolvedModel model = Lenet();
        using CompiledModel compiled = model.Model.Compile();
        var reader = new OutputReader(model.Model, compiled, features: true);
        using Tensor input = randn([2, 1, 32, 32]);
        reader.Read(input);
        Assert.Equal(0, LiveTensors.Left(() => reader.Read(input)));
    }

    [Fact]
    public void Another_network_than_the_calibrated_one_is_refused_and_another_head_forgets_it()
    {
        using var folder = new TempFolder();
        using ResolvedModel model = Lenet();
        FeatureNeighbors kept = Made.Value.Features!;
        Calibration foreign = Made.Value with
        {
            Features = kept with { Dimensions = kept.Dimensions / 2, Pictures = 1, Neighbors = 1, Directions = kept.Directions[..(kept.Dimensions / 2)] },
        };
        Checkpoint.Save(folder.File("x.safetensors"), model.Model, model.Checkpoint! with { Calibration = foreign });
        using (ImageClassifier classifier = ImageClassifier.Load(Catalog.Models, folder.File("x.safetensors"), Catalog.ReadResource))
        {
            string message = Assert.Throws<ZooException>(() => classifier.Predict(Noise(1))).Message;
            Assert.Contains("calibrate it anew with `zoo calibrate`", message, StringComparison.Ordinal);
        }

        using ResolvedModel other = ModelResolver.Resolve(Catalog.Models, folder.File("x.safetensors"), Catalog.ReadResource,
            load: new LoadOptions { Head = HeadFit.Reinitialize }, change: o => o with { NumClasses = 3 });
        Assert.Null(other.Calibration);
    }

    [Theory]
    [InlineData("\"temperature\":1", "\"temperature\":0", "temperature")]
    [InlineData("\"temperature\":1", "\"temperature\":1e300", "temperature")]
    [InlineData("\"error_rate\":0.05", "\"error_rate\":1.5", "error rate")]
    [InlineData("\"least_probability\":0.5", "\"least_probability\":-1", "probabilities")]
    [InlineData("\"limit\":0.5", "\"limit\":-0.1", "distance")]
    [InlineData("\"neighbors\":2", "\"neighbors\":3", "neighbors")]
    [InlineData("\"dimensions\":2", "\"dimensions\":2000000000", "cannot be")]
    [InlineData("\"pictures\":2", "\"pictures\":-2", "cannot be")]
    [InlineData("\"directions\":\"AQIDBA==\"", "\"directions\":\"AQID\"", "3 bytes")]
    [InlineData("\"directions\":\"AQIDBA==\"", "\"directions\":\"?\"", "cannot be read")]
    [InlineData("\"hashes\":[\"00000000000000ff\"]", "\"hashes\":[\"; rm\"]", "fingerprint")]
    [InlineData("\"hashes\":[\"00000000000000ff\"]", "\"hashes\":[]", "fingerprint")]
    public void What_a_file_cannot_mean_is_refused_in_one_line(string good, string bad, string said)
    {
        using ResolvedModel model = Lenet();
        string json = CheckpointJson.Write(model.Checkpoint! with
        {
            Calibration = new()
            {
                Temperature = 1,
                ErrorRate = 0.05,
                LeastProbability = 0.5,
                SetProbability = 0.1,
                Data = "d",
                Pictures = 90,
                Answered = 1,
                Wrong = 0,
                CalibrationErrorBefore = 0,
                CalibrationErrorAfter = 0,
                HeldOut = PictureSketch.Of("d", [255]),
                Features = new() { Dimensions = 2, Pictures = 2, Neighbors = 2, Directions = new byte[] { 1, 2, 3, 4 }, Limit = 0.5, Rate = 0.05 },
            },
        });
        Assert.NotNull(CheckpointJson.Parse(json, "x").Calibration);
        Assert.Contains(good, json, StringComparison.Ordinal);
        string message = Assert.Throws<ZooException>(() => CheckpointJson.Parse(json.Replace(good, bad, StringComparison.Ordinal), "x")).Message;
        Assert.Contains(said, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    // As `zoo predict --data digits` shows it the digits: enlarged, with a margin.
    private static ResolvedModel Lenet()
    {
        ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
        return model with { Preprocessing = TransferLearning.PreprocessingFor(Digits.Load(DataSplit.Test), model.Preprocessing) };
    }

    private static ImageDataset Noise(int count)
    {
        var random = new SeededRandom(31);
        float[] pixels = [.. Enumerable.Range(0, count * 64).Select(_ => (float)random.NextDouble())];
        return ImageDataset.FromFloats(new("noise", "", "", ["?"]), new ImageShape(1, 8, 8), pixels, new int[count]);
    }
}
