using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Tests.Data;
using ModelZoo.Tests.Training;
using Xunit;

namespace ModelZoo.Tests.Inference;

/// <summary>A classifier that is disposed refuses calls, and never under a call.</summary>
[Collection(TorchCollection.Name)]
public class DisposalTests
{
    [Fact]
    public void Every_call_after_the_end_throws_ObjectDisposedException()
    {
        ImageClassifier classifier = Fresh();
        classifier.Dispose();
        classifier.Dispose();
        PixelImage picture = Pictures.Smooth(28, 28);
        Assert.Throws<ObjectDisposedException>(() => classifier.Predict(new float[28 * 28], 1, 28, 28));
        Assert.Throws<ObjectDisposedException>(() => classifier.Predict(Samples.Digits(2)));
        Assert.Throws<ObjectDisposedException>(() => classifier.Predict(picture));
        Assert.Throws<ObjectDisposedException>(() => classifier.Predict([picture]));
        Assert.Throws<ObjectDisposedException>(() => classifier.Predict("there is no such file.jpg"));
        Assert.Throws<ObjectDisposedException>(() => classifier.Predict(["there is no such file.jpg"]));
        Assert.Throws<ObjectDisposedException>(() => classifier.Predict(new MemoryStream()));
    }

    [Fact]
    public async Task Threads_that_call_while_another_disposes_get_answers_or_ObjectDisposedException()
    {
        for (int round = 0; round < 10; round++)
        {
            ImageClassifier classifier = Fresh();
            double expected = classifier.Predict(Samples.Digits(1), 1)[0][0].Probability;
            using var start = new Barrier(4);
            Task<int>[] callers = [.. Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(() =>
            {
                start.SignalAndWait();
                for (int answers = 0; ; answers++)
                {
                    try
                    {
                        Assert.Equal(expected, classifier.Predict(Samples.Digits(1), 1)[0][0].Probability, 1e-6);
                    }
                    catch (ObjectDisposedException)
                    {
                        return answers;
                    }
                }
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
            start.SignalAndWait();
            await Task.Delay(10 * round);
            classifier.Dispose();
            Assert.All(await Task.WhenAll(callers), answers => Assert.True(answers >= 0));
        }
    }

    [Fact]
    public async Task Disposing_waits_for_the_call_under_way()
    {
        var gate = new DisposalGate(this);
        DisposalGate.Call call = gate.Enter();
        Task<bool> closed = Task.Run(gate.Close);
        Assert.NotSame(closed, await Task.WhenAny(closed, Task.Delay(200)));
        Assert.Throws<ObjectDisposedException>(() => gate.Enter());
        call.Dispose();
        Assert.True(await closed);
        Assert.False(gate.Close());
    }

    private static ImageClassifier Fresh() => ImageClassifier.FromResolved(ModelResolver.Resolve(Catalog.Models, "lenet5", Catalog.ReadResource, seed: 8));
}
