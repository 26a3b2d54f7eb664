using ModelZoo.Analysis;
using ModelZoo.Tracing;
using ModelZoo.Verification;

namespace ModelZoo.Tests.Drawing;

/// <summary>Graphs of well-known shapes without a model behind them, and reports on them.</summary>
internal static class SampleGraphs
{
    /// <summary>A residual network of bottlenecks: 4 leaves, then blocks of 10 (12 where the shortcut is projected), then 3.</summary>
    public static NetworkGraph Residual(params int[] blocks)
    {
        var b = new Builder();
        int x = b.Add("conv1", "Conv2d", Trace.ModelInput);
        x = b.Add("maxpool", "MaxPool2d", b.Add("relu", "ReLU", b.Add("bn1", "BatchNorm2d", x)));
        for (int stage = 0; stage < blocks.Length; stage++)
        {
            for (int block = 0; block < blocks[stage]; block++)
            {
                string path = $"layer{stage + 1}.{block}";
                int y = x;
                for (int i = 1; i <= 3; i++)
                {
                    y = b.Add($"{path}.bn{i}", "BatchNorm2d", b.Add($"{path}.conv{i}", "Conv2d", y));
                    y = i < 3 ? b.Add($"{path}.relu{i}", "ReLU", y) : y;
                }

                int shortcut = block > 0 ? x : b.Add($"{path}.downsample.1", "BatchNorm2d", b.Add($"{path}.downsample.0", "Conv2d", x));
                x = b.Add($"{path}.relu", "ReLU", b.Add($"{path}.add", "Add", y, shortcut));
            }
        }

        b.Add("fc", "Linear", b.Add("flatten", "Flatten", b.Add("avgpool", "AdaptiveAvgPool2d", x)));
        return b.Build();
    }

    /// <summary>Dense blocks in which every layer takes all that came before it in its block.</summary>
    public static NetworkGraph Dense(params int[] blocks)
    {
        var b = new Builder();
        int x = b.Add("features.pool0", "MaxPool2d", b.Add("features.conv0", "Conv2d", Trace.ModelInput));
        for (int block = 1; block <= blocks.Length; block++)
        {
            List<int> all = [x];
            for (int layer = 1; layer <= blocks[block - 1]; layer++)
            {
                string path = $"features.denseblock{block}.denselayer{layer}";
                int y = b.Add($"{path}.concat", "Concat", [.. all]);
                foreach (int i in (int[])[1, 2])
                {
                    y = b.Add($"{path}.conv{i}", "Conv2d", b.Add($"{path}.relu{i}", "ReLU", b.Add($"{path}.norm{i}", "BatchNorm2d", y)));
                }

                all.Add(y);
            }

            x = b.Add($"features.denseblock{block}.concat", "Concat", [.. all]);
            x = b.Add($"features.transition{block}.pool", "AvgPool2d", b.Add($"features.transition{block}.conv", "Conv2d", x));
        }

        b.Add("classifier", "Linear", x);
        return b.Build();
    }

    /// <summary>Modules of four branches that are joined again.</summary>
    public static NetworkGraph Inception(int modules)
    {
        var b = new Builder();
        int x = b.Add("conv1.bn", "BatchNorm2d", b.Add("conv1.conv", "Conv2d", Trace.ModelInput));
        for (int m = 0; m < modules; m++)
        {
            string path = $"inception{m + 3}";
            int one = b.Unit($"{path}.branch1", x);
            int two = b.Unit($"{path}.branch2.1", b.Unit($"{path}.branch2.0", x));
            int three = b.Unit($"{path}.branch3.2", b.Unit($"{path}.branch3.1", b.Unit($"{path}.branch3.0", x)));
            int four = b.Unit($"{path}.branch4.1", b.Add($"{path}.branch4.0", "MaxPool2d", x));
            x = b.Add($"{path}.concat", "Concat", one, two, three, four);
        }

        b.Add("fc", "Linear", x);
        return b.Build();
    }

    /// <summary>So many nodes, each with up to three inputs from anywhere before it.</summary>
    public static NetworkGraph Random(int seed, int count)
    {
        var random = new Random(seed);
        var b = new Builder();
        for (int i = 0; i < count; i++)
        {
            b.Add($"m{i / 9}.n{i}", "Add", [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(Math.Max(-1, i - 12), i))]);
        }

        return b.Build();
    }

    /// <summary>A report in which every layer passed, but for those named.</summary>
    public static VerificationReport Report(NetworkGraph graph, params string[] failing)
    {
        LayerCheck[] checks =
        [
            .. graph.Nodes.SelectMany((node, i) => ((string[])["output", "grad input", "grad weight", "grad bias"]).Select((quantity, q) => new LayerCheck
            {
                Name = node.Name,
                Op = node.Op,
                Quantity = quantity,
                Shape = node.OutputShape,
                CheckedCount = 4096,
                TotalCount = 100352,
                MaxError = 1e-6,
                BoundThere = 1e-4,
                WorstRatio = failing.Contains(node.Name) ? 1234.5 : Math.Pow(10, -(1 + (((i * 7) + (q * 3)) % 20) / 10.0)),
                WorstIndex = [0, 1, 2, 3],
                Verdict = failing.Contains(node.Name) ? Verdict.Failed : Verdict.Passed,
                LikelyCause = failing.Contains(node.Name) ? "stride 2 instead of 1" : null,
            })),
        ];
        return new(checks, new HashSet<string>(), TimeSpan.FromSeconds(12.3)) { Graph = graph };
    }

    private sealed class Builder
    {
        private readonly List<GraphNode> nodes = [];

        public int Add(string name, string op, params int[] inputs)
        {
            nodes.Add(new GraphNode(name, op, op is "Conv2d" ? "k3 s2 p1" : "", inputs, [2, 256, 56, 56]));
            return nodes.Count - 1;
        }

        public int Unit(string path, int x) => Add($"{path}.relu", "ReLU", Add($"{path}.bn", "BatchNorm2d", Add($"{path}.conv", "Conv2d", x)));

        public NetworkGraph Build() => new(nodes, [2, 3, 224, 224]);
    }
}
