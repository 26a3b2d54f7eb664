using System.Diagnostics;
using ModelZoo.Models;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Bench;

/// <summary>LeNet-5 training steps, batch 64, SGD with momentum 0.9, data in memory: the same work as scripts/bench-peer.py.</summary>
internal sealed class LenetSteps : IDisposable
{
    private readonly ZooModel model;
    private readonly SGD optimizer;
    private readonly CrossEntropyLoss criterion = nn.CrossEntropyLoss();
    private readonly Tensor images;
    private readonly Tensor labels;

    internal LenetSteps()
    {
        manual_seed(1);
        model = Catalog.Models.Find("lenet5").Create();
        optimizer = optim.SGD(model.parameters(), 0.01, momentum: 0.9);
        var pixels = new float[64 * 32 * 32];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = i % 255 / 255f;
        }

        images = tensor(pixels).reshape(64, 1, 32, 32);
        labels = tensor(Enumerable.Range(0, 64).Select(i => (long)(i % 10)).ToArray());
    }

    /// <summary>Runs steps and returns seconds and the last loss.</summary>
    internal (double Seconds, double Loss) Run(int steps, bool scopes = true)
    {
        var clock = Stopwatch.StartNew();
        double last = 0;
        for (int i = 0; i < steps; i++)
        {
            if (scopes)
            {
                using var scope = NewDisposeScope();
                last = Step(i == steps - 1);
            }
            else
            {
                last = Step(i == steps - 1);
            }
        }

        return (clock.Elapsed.TotalSeconds, last);
    }

    public void Dispose()
    {
        images.Dispose();
        labels.Dispose();
        optimizer.Dispose();
        model.Dispose();
        criterion.Dispose();
    }

    private double Step(bool read)
    {
        Tensor loss = criterion.call(model.call(images), labels);
        model.zero_grad(); // to null: optimizer.zero_grad() of 0.105.1 fills zeros
        loss.backward();
        optimizer.step();
        return read ? loss.item<float>() : 0;
    }
}
