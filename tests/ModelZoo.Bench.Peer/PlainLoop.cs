using System.Diagnostics;
using ModelZoo.Layers;
using ModelZoo.Models;
using ModelZoo.Registry;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace ModelZoo.PlainTorchSharp;

/// <summary>
/// The training loop that a user of TorchSharp writes after its examples: the same network as ours, TorchSharp's optimizer, and every step's loss and accuracy
/// read back. One batch, on the device already, over and over.
/// </summary>
internal sealed class PlainLoop : IDisposable
{
    private readonly Device device;
    private readonly ZooModel model;
    private readonly optim.Optimizer optimizer;
    private readonly Tensor images;
    private readonly Tensor labels;

    /// <param name="name">Of the catalog.</param>
    /// <param name="batch">Images a step.</param>
    /// <param name="size">Pixels a side.</param>
    /// <param name="deviceName">"cpu" or "cuda".</param>
    internal PlainLoop(string name, int batch, int size, string deviceName)
    {
        manual_seed(1);
        device = device(deviceName);
        ModelInfo info = Catalog.Models.Find(name);
        model = info.Create();
        model.to(device);
        model.train();
        optimizer = optim.SGD(model.parameters(), 0.001, momentum: 0.9, weight_decay: 1e-4);
        images = randn([batch, info.Input.Channels, size, size], device: device); // [B,C,S,S]
        labels = arange(batch, ScalarType.Int64, device: device).remainder(info.Classes); // [B]
    }

    /// <summary>Of the last block.</summary>
    internal double Accuracy { get; private set; }

    /// <summary>Runs steps and returns their seconds, by when the device is done, and the mean loss.</summary>
    internal (double Seconds, double Loss) Run(int steps)
    {
        Synchronize();
        var clock = Stopwatch.StartNew();
        double total = 0;
        long right = 0;
        for (int i = 0; i < steps; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            optimizer.zero_grad();
            (Tensor logits, Tensor loss) = Forward(); // [B,classes], []
            loss.backward();
            optimizer.step();
            total += loss.item<float>();
            right += logits.argmax(1).eq(labels).sum().item<long>();
        }

        Synchronize();
        double seconds = clock.Elapsed.TotalSeconds;
        Accuracy = (double)right / (steps * labels.shape[0]);
        return (seconds, total / steps);
    }

    public void Dispose()
    {
        images.Dispose();
        labels.Dispose();
        optimizer.Dispose();
        model.Dispose();
    }

    private (Tensor Logits, Tensor Loss) Forward()
    {
        if (model is not IAuxiliaryHeads heads)
        {
            Tensor logits = model.call(images);
            return (logits, cross_entropy(logits, labels));
        }

        Tensor[] all = heads.ForwardAll(images);
        Tensor loss = cross_entropy(all[0], labels);
        foreach (Tensor auxiliary in all[1..])
        {
            loss = loss + heads.AuxiliaryWeight * cross_entropy(auxiliary, labels);
        }

        return (all[0], loss);
    }

    private void Synchronize()
    {
        if (device.type == DeviceType.CUDA)
        {
            cuda.synchronize(device);
        }
    }
}
