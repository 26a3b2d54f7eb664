using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Runtime;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Inference;

/// <summary>A compiled network computes what the network computes, whatever happens to it meanwhile.</summary>
[Collection(TorchCollection.Name)]
public class CompiledModelTests
{
    // One network of every kind of block; with ZOO_WHOLE_CATALOG=1, as scripts/test --full sets it, all others, too.
    private static readonly (string Name, int Size)[] Networks =
    [
        ("lenet5", 32), ("lenet5_classic", 32), ("small_cnn", 28), ("alexnet", 64), ("zfnet", 63), ("vgg11_bn", 32), ("googlenet", 32), ("resnet18", 48),
        ("resnet50", 32), ("resnet20", 32), ("preact_resnet18", 32), ("wrn_16_8", 16), ("se_resnet18", 32), ("densenet121", 32), ("mobilenet_v1_050", 32),
        ("mobilenet_v2", 32), ("efficientnet_b0", 32), ("nasnet_mobile", 32), ("squeezenet1_1", 48), ("encdec_unpool", 32), ("conv_dilated", 16),
    ];

    public static TheoryData<string, int> Representatives
    {
        get
        {
            TheoryData<string, int> data = [];
            Array.ForEach(Networks, n => data.Add(n.Name, n.Size));
            if (Environment.GetEnvironmentVariable("ZOO_WHOLE_CATALOG") == "1")
            {
                foreach (ModelInfo info in Catalog.Models.Models.Where(m => Networks.All(n => n.Name != m.Name)))
                {
                    data.Add(info.Name, Math.Max(info.MinimumSize, 32));
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Representatives))]
    public void Every_operation_computes_what_its_layers_do_within_its_rounding_bound(string name, int size)
    {
        using ZooModel model = Adapted(name, size, out Tensor images);
        using Tensor input = images;
        using CompiledModel compiled = model.Compile();
        IReadOnlyList<LayerCheck> checks = CompiledVerifier.Verify(model, compiled, input, Quick);
        Assert.All(checks, check => Assert.True(check.Passed, $"{check}"));
        Assert.Equal(2 * (compiled.Operations(input.shape).Count + 1), checks.Count);
    }

    [Theory]
    [MemberData(nameof(Representatives))]
    public void Without_the_fused_operators_and_without_each_fusion_it_computes_the_same(string name, int size)
    {
        using ZooModel model = Adapted(name, size, out Tensor images);
        using Tensor input = images, expected = Eager(model, input);
        CompileOptions[] ways = [new() { FusedOperators = false }, .. Enum.GetValues<Fusions>().Select(f => new CompileOptions { Fusions = Fusions.All & ~f })];
        Assert.All(ways, options =>
        {
            using CompiledModel compiled = model.Compile(options);
            using Tensor output = compiled.Call(input);
            Close(expected, output);
        });
    }

    [Fact]
    public void It_says_whether_it_runs_on_fused_operators()
    {
        using ZooModel model = Samples.Fresh("lenet5");
        using CompiledModel compiled = model.Compile(), plain = model.Compile(new() { FusedOperators = false });
        Assert.Equal(CompiledModel.Unavailable, compiled.Fallback);
        Assert.Equal("fused operators are not wanted", plain.Fallback);
        model.to(ScalarType.Float64);
        Assert.Contains("float32 on the CPU", compiled.Fallback, StringComparison.Ordinal);
        using Tensor input = randn([2, 1, 32, 32], ScalarType.Float64), expected = Eager(model, input), output = compiled.Call(input);
        Assert.Equal(ScalarType.Float64, output.dtype);
        Assert.True((expected - output).abs().max().item<double>() < 1e-12);
    }

    [Fact]
    public void Layers_that_are_computed_as_one_are_named()
    {
        using ZooModel model = Samples.Fresh("resnet18");
        using CompiledModel compiled = model.Compile();
        IReadOnlyList<CompiledOperation> operations = compiled.Operations(1, 3, 64, 64);
        Assert.Equal(["conv1", "bn1", "relu"], operations[0].Layers);
        Assert.Contains(operations, o => o.Layers.SequenceEqual(["layer1.0.conv2", "layer1.0.bn2", "layer1.0.add", "layer1.0.relu#2"])
            || o.Layers is ["layer1.0.conv2", "layer1.0.bn2", _, _]);
        Assert.DoesNotContain(operations, o => o.Kind.StartsWith("normalization", StringComparison.Ordinal) || o.Kind == "relu");
    }

    [Fact]
    public void Weights_that_change_are_noticed_however_they_change()
    {
        using ZooModel model = Adapted("resnet18", 32, out Tensor images), other = Adapted("resnet18", 32, out Tensor more);
        using Tensor input = images;
        more.Dispose();
        using CompiledModel compiled = model.Compile();
        (string What, Action Change)[] changes =
        [
            ("nothing", () => { }),
            ("in place", () => model.named_parameters().First(p => p.name == "layer1.0.conv1.weight").parameter.mul_(1.5f)),
            ("statistics", () => model.modules().OfType<BatchNorm2d>().First().running_var!.mul_(2f)),
            ("loaded", () => model.load_state_dict(other.state_dict())),
            ("a step", () =>
            {
                using IDisposable on = enable_grad();
                using var optimizer = optim.SGD(model.parameters(), 0.05);
                using Tensor loss = model.call(input).square().sum();
                loss.backward();
                optimizer.step();
            }),
            ("another tensor", () => model.modules().OfType<Linear>().First().weight = new Parameter(randn(1000, 512))),
            ("in place, behind", () => model.modules().OfType<Linear>().First().weight.mul_(0.5f)),
        ];
        foreach ((string what, Action change) in changes)
        {
            using IDisposable none = no_grad();
            using DisposeScope scope = NewDisposeScope();
            using Tensor before = compiled.Call(input);
            change();
            using Tensor expected = Eager(model, input), output = compiled.Call(input);
            Close(expected, output);
            Assert.True(what == "nothing" || (before - output).abs().max().item<float>() > 1e-3f * before.abs().max().item<float>(), what);
        }
    }

    [Fact]
    public void Batches_of_any_size_in_any_order_and_images_of_several_sizes()
    {
        using ZooModel model = Adapted("resnet18", 40, out Tensor images);
        using Tensor input = images;
        using CompiledModel compiled = model.Compile(new() { PackedBatchSizes = 2, ImageSizes = 2 });
        foreach ((int batch, int size) in ((int, int)[])[(1, 40), (4, 40), (2, 40), (1, 40), (3, 48), (9, 40), (1, 56), (4, 40), (1, 48)])
        {
            using Tensor x = randn(batch, 3, size, size), expected = Eager(model, x), output = compiled.Call(x);
            Close(expected, output);
        }
    }

    [Fact]
    public void The_input_stays_as_it_is_and_answers_do_not_share_memory()
    {
        using var model = new Odd();
        model.eval();
        using Tensor plain = randn(2, 4, 6, 6), last = ModelZoo.Training.Precision.ChannelsLast.Of(randn(2, 4, 6, 6));
        using CompiledModel compiled = model.Compile();
        foreach (Tensor input in new[] { plain, last })
        {
            using Tensor before = input.clone(), first = compiled.Call(input), kept = first.clone(), second = compiled.Call(input);
            using Tensor expected = Eager(model, before);
            Assert.True(before.equal(input).all().item<bool>());
            second.zero_();
            Assert.True(kept.equal(first).all().item<bool>());
            Close(expected, first);
        }

        Assert.All(CompiledVerifier.Verify(model, compiled, plain, Quick).Where(c => c.Verdict != Verdict.Unverified), c => Assert.True(c.Passed, $"{c}"));
    }

    [Fact]
    public void A_model_put_into_training_mode_is_refused_where_that_would_matter()
    {
        using var model = new Odd();
        using CompiledModel compiled = model.Compile();
        using Tensor input = randn(2, 4, 6, 6);
        compiled.Call(input).Dispose();
        model.train();
        Assert.Contains("was put into training mode", Assert.Throws<InvalidOperationException>(() => compiled.Call(input)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_that_is_attached_to_the_model_ends_a_call()
    {
        using ZooModel model = Adapted("resnet18", 32, out Tensor images);
        using Tensor input = images;
        using CompiledModel compiled = model.Compile();
        compiled.Call(input).Dispose();
        using var stop = new CancellationTokenSource();
        Action release = ModelZoo.Tracing.ForwardCancellation.Attach(model, stop.Token);
        compiled.Call(input).Dispose();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => compiled.Call(input));
        release();
        compiled.Call(input).Dispose();
    }

    [Fact]
    public async Task Eight_threads_may_call_while_weights_are_loaded()
    {
        using ZooModel model = Adapted("resnet20", 32, out Tensor images), other = Adapted("resnet20", 32, out Tensor more);
        using Tensor input = images;
        more.Dispose();
        using (no_grad())
        {
            foreach (Parameter p in other.parameters())
            {
                p.mul_(0.5f);
            }
        }

        var first = model.state_dict().ToDictionary(e => e.Key, e => e.Value.clone());
        using CompiledModel compiled = model.Compile(new() { PackedBatchSizes = 1 });
        using var stop = new CancellationTokenSource();
        Task[] callers = [.. Enumerable.Range(0, 8).Select(i => Task.Factory.StartNew(() =>
        {
            using Tensor mine = input.narrow(0, 0, 1 + (i % 2));
            do
            {
                compiled.Call(mine).Dispose(); // while weights are loaded an answer may be of both
            }
            while (!stop.IsCancellationRequested);
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        for (int round = 0; round < 6; round++)
        {
            model.load_state_dict(round % 2 == 0 ? other.state_dict() : first);
            using Tensor output = compiled.Call(input), expected = Eager(model, input);
            Close(expected, output);
        }

        await stop.CancelAsync();
        await Task.WhenAll(callers);
        foreach (Tensor tensor in first.Values)
        {
            tensor.Dispose();
        }
    }

    [Fact]
    public async Task Who_calls_while_another_disposes_gets_an_answer_or_ObjectDisposedException()
    {
        using ZooModel model = Adapted("resnet20", 32, out Tensor images);
        using Tensor input = images, expected = Eager(model, input);
        for (int round = 0; round < 5; round++)
        {
            CompiledModel compiled = model.Compile();
            using var start = new Barrier(4);
            Task[] callers = [.. Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(() =>
            {
                start.SignalAndWait();
                while (true)
                {
                    try
                    {
                        using Tensor output = compiled.Call(input);
                        Close(expected, output);
                    }
                    catch (ObjectDisposedException)
                    {
                        return;
                    }
                }
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            start.SignalAndWait();
            await Task.Delay(20 * round);
            compiled.Dispose();
            compiled.Dispose();
            await Task.WhenAll(callers);
            Assert.Throws<ObjectDisposedException>(() => compiled.Call(input));
            Assert.Throws<ObjectDisposedException>(() => compiled.Operations(1, 3, 32, 32));
        }
    }

    [Theory]
    [InlineData("resnet18")]
    [InlineData("densenet121")]
    [InlineData("mobilenet_v2")]
    public void Of_no_images_there_are_no_answers(string name)
    {
        using ZooModel model = Adapted(name, 32, out Tensor images);
        using Tensor input = images, none = zeros(0, 3, 32, 32);
        using CompiledModel compiled = model.Compile();
        using Tensor some = compiled.Call(input), output = compiled.Call(none);
        Assert.Equal([0, some.shape[1]], output.shape);
    }

    [Theory]
    [InlineData("resnet18")]
    [InlineData("densenet121")]
    [InlineData("efficientnet_b0")]
    [InlineData("lenet5_classic")]
    public void No_tensor_stays(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = Adapted(name, 32, out Tensor images);
        using Tensor input = images;
        foreach (bool fused in new[] { true, false })
        {
            Use();
            Assert.True(LiveTensors.Added(Use) <= 0, $"fused: {fused}");

            void Use()
            {
                using CompiledModel compiled = model.Compile(new() { FusedOperators = fused, PackedBatchSizes = 1 });
                compiled.Call(input).Dispose();
                using (Tensor one = input.narrow(0, 0, 1))
                {
                    compiled.Call(one).Dispose();
                }

                using (no_grad())
                {
                    model.parameters().First().mul_(1);
                }

                compiled.Call(input).Dispose();
            }
        }
    }

    private static VerifyOptions Quick { get; } = new() { MaxElements = 2048, MaxTerms = 200_000 };

    // In eval mode with statistics of its own input, so that values stay near one.
    internal static ZooModel Adapted(string name, int size, out Tensor images)
    {
        random.manual_seed(3);
        ModelInfo info = Catalog.Models.Find(name);
        ZooModel model = info.Create(info.Defaults with { InputHeight = size, InputWidth = size });
        images = randn(2, info.Input.Channels, size, size);
        foreach (BatchNorm norm in model.modules().OfType<BatchNorm>())
        {
            norm.momentum = 0.5;
        }

        model.train();
        using IDisposable none = no_grad();
        model.call(images).Dispose();
        model.eval();
        return model;
    }

    internal static void Close(Tensor expected, Tensor actual)
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        float scale = expected.abs().max().item<float>(), difference = (expected - actual).abs().max().item<float>();
        Assert.True(difference <= 1e-3f * scale, $"{difference} of {scale}");
    }

    private static Tensor Eager(nn.Module<Tensor, Tensor> model, Tensor input)
    {
        using IDisposable none = no_grad();
        return model.call(input);
    }

    // What catalog models do not have: a rectifier in place whose input others read, a layer that hands its input on, one of the user's own with weights, sums
    // of a value with itself and of a convolution with its own input, and an activation that nothing takes in.
    private sealed class Odd : nn.Module<Tensor, Tensor>
    {
#pragma warning disable IDE1006
        private readonly Conv2d conv1 = nn.Conv2d(4, 4, 3, padding: 1);
        private readonly Conv2d conv2 = nn.Conv2d(4, 4, 1);
        private readonly Layers.Add add1 = new();
        private readonly Layers.Add add2 = new();
        private readonly Layers.Add add3 = new();
        private readonly Own own = new();
        private readonly Tanh tanh = nn.Tanh();
        private readonly Flatten flatten = nn.Flatten();
        private readonly Flatten again = nn.Flatten();
        private readonly Linear fc = nn.Linear(144, 3);
        private readonly Dropout drop = nn.Dropout();
#pragma warning restore IDE1006

        public Odd() : base(nameof(Odd)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor x = add1.call(conv1.call(input), input);     // reads the caller's own tensor
            Tensor y = add2.call(conv2.call(x), x);             // what is added is what the convolution reads
            y = tanh.call(own.call(add3.call(y, y)));
            return fc.call(drop.call(again.call(flatten.call(y)))).MoveToOuterDisposeScope();
        }
    }

    private sealed class Own : nn.Module<Tensor, Tensor>
    {
        private readonly Parameter scale = new(ones(1) * 1.5f);

        public Own() : base(nameof(Own)) => RegisterComponents();

        public override Tensor forward(Tensor input) => input.mul(scale);
    }
}
