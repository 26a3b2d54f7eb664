using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Tests.Imaging;
using ModelZoo.Tests.Training;
using ModelZoo.Transfer;
using Xunit;

namespace ModelZoo.Tests.Inference;

/// <summary>What apps await: the answers of the plain calls, in order, within bounds, and none lost at the end.</summary>
[Collection(TorchCollection.Name)]
public class AsyncClassifierTests
{
    private static readonly string[] Files = [.. Directory.GetFiles(GoldenPictureTests.Folder, "*.png").Order(StringComparer.Ordinal)];

    [Fact]
    public async Task A_file_a_stream_pictures_and_prepared_ones_get_the_answers_of_the_plain_call()
    {
        using ImageClassifier classifier = Fresh();
        Answer expected = classifier.Predict(Files[0], top: 3);
        Assert.Equal(expected, await classifier.PredictAsync(Files[0], top: 3));
        using var stream = new AsyncOnly(File.ReadAllBytes(Files[0]));
        Assert.Equal(expected, await classifier.PredictAsync(stream, top: 3, CancellationToken.None));
        Assert.Equal(expected, Assert.Single(await classifier.PredictAsync([ImageDecoder.Decode(Files[0])], top: 3)));
        Assert.Equal(expected, Assert.Single(await classifier.PredictAsync([classifier.Prepare(File.ReadAllBytes(Files[0]))], top: 3)));
        Prediction[] top = await classifier.PredictAsync(Files[0], top: 3, CancellationToken.None);
        Assert.Equal(expected, top);

        using ImageClassifier other = Fresh();
        await Assert.ThrowsAsync<ArgumentException>(() => classifier.PredictAsync([other.Prepare(File.ReadAllBytes(Files[0]))]));
        await Assert.ThrowsAsync<ImageException>(() => classifier.PredictAsync(new MemoryStream([1, 2, 3])));
        await Assert.ThrowsAnyAsync<ZooException>(() => classifier.PredictAsync("none.png"));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => classifier.PredictAsync(Files[0], top: 0));
    }

    [Fact]
    public async Task What_a_calibrated_model_does_not_know_is_said()
    {
        ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
        ImageDataset heldOut = Digits.Load(DataSplit.Test);
        model = model with { Preprocessing = TransferLearning.PreprocessingFor(heldOut, model.Preprocessing) };
        model = model with { Calibration = Calibrator.Run(model, heldOut, training: Digits.Load(DataSplit.Train)) };
        using ImageClassifier classifier = ImageClassifier.FromResolved(model);
        Answer answer = await classifier.PredictAsync(Files[0]);
        Assert.Equal(classifier.Predict(Files[0]).Unknown, answer.Unknown);
        Assert.NotNull(answer.Unknown);
        Assert.NotNull(answer.MayBe);
    }

    [Fact]
    public async Task Many_files_come_in_order_with_their_errors_and_no_more_than_two_batches_are_asked_for()
    {
        const int batch = 256, all = 5 * batch + 7;
        using ImageClassifier classifier = Fresh();
        int asked = 0, answered = 0, ahead = 0;
        string At(int i) => i % 100 == 50 ? $"none{i}.png" : Files[i % 3];
        IEnumerable<string> paths = Enumerable.Range(0, all).Select(i => (At(i), Interlocked.Increment(ref asked)).Item1);
        Answer[] expected = [.. Enumerable.Range(0, 3).Select(i => classifier.Predict(Files[i], top: 1))];
        await foreach (FilePrediction picture in classifier.PredictEachAsync(paths, top: 1))
        {
            Assert.Equal(At(answered), picture.Path);
            Assert.Equal(answered % 100 == 50, picture.Error is not null);
            if (picture.Predictions is { } top)
            {
                Assert.Equal(expected[answered % 3][0].Label, top[0].Label);
            }

            ahead = Math.Max(ahead, asked - answered++);
        }

        Assert.Equal(all, answered);
        Assert.InRange(ahead, batch, 2 * batch);
        await Assert.ThrowsAnyAsync<ZooException>(async () =>
        {
            await foreach ((string path, Prediction[] top) in classifier.PredictManyAsync([Files[0], "none.png"]))
            {
                Assert.Equal((Files[0], 5), (path, top.Length));
            }
        });
    }

    [Fact]
    public async Task Canceling_and_leaving_end_the_work()
    {
        using ImageClassifier classifier = Fresh();
        using var stop = new CancellationTokenSource();
        await foreach (FilePrediction picture in classifier.PredictEachAsync(Enumerable.Repeat(Files[0], 2000)))
        {
            Assert.NotNull(picture.Predictions);
            break;
        }

        int seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (FilePrediction picture in classifier.PredictEachAsync(Enumerable.Repeat(Files[0], 100_000), cancel: stop.Token))
            {
                Assert.NotNull(picture.Predictions);
                if (++seen == 10)
                {
                    await stop.CancelAsync();
                }
            }
        });
        Assert.InRange(seen, 10, 2 * 256);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => classifier.PredictAsync(Files[0], cancel: stop.Token));
        Assert.Equal(classifier.Predict(Files[0]), await classifier.PredictAsync(Files[0]));
    }

    [Fact]
    public async Task Disposing_waits_for_every_call_that_had_come()
    {
        for (int round = 0; round < 5; round++)
        {
            ImageClassifier classifier = Fresh();
            Answer expected = classifier.Predict(Files[0]);
            Task<Answer>[] calls = [.. Enumerable.Range(0, 60).Select(i => i % 2 == 0
                ? classifier.PredictAsync(Files[0])
                : classifier.PredictAsync(new AsyncOnly(File.ReadAllBytes(Files[0]))))];
            await classifier.DisposeAsync();
            Assert.All(calls, call => Assert.True(call.IsCompletedSuccessfully));
            Assert.All(await Task.WhenAll(calls), answer => Assert.Equal(expected, answer));
            await Assert.ThrowsAsync<ObjectDisposedException>(() => classifier.PredictAsync(Files[0]));
            await classifier.DisposeAsync();
        }
    }

    [Fact]
    public async Task One_thread_computes_and_few_pictures_are_decoded_at_a_time()
    {
        using ImageClassifier classifier = Fresh();
        ConcurrentDictionary<int, int> computing = [];
        int preparing = 0, most = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ClassifierTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity =>
            {
                if (activity.OperationName == "compute")
                {
                    computing[Environment.CurrentManagedThreadId] = 0;
                }
                else
                {
                    InterlockedMax(ref most, Interlocked.Increment(ref preparing));
                }
            },
            ActivityStopped = activity => _ = activity.OperationName == "prepare" ? Interlocked.Decrement(ref preparing) : 0,
        };
        ActivitySource.AddActivityListener(listener);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => classifier.PredictAsync(Files[0])));
        Assert.Single(computing);
        Assert.InRange(most, 1, 2 * Environment.ProcessorCount);
    }

    [Fact]
    public async Task What_is_done_is_measured_and_logged()
    {
        ConcurrentQueue<(string Name, double Value, string Tags)> measured = [];
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == ClassifierTelemetry.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => measured.Enqueue((instrument.Name, value, Text(tags))));
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => measured.Enqueue((instrument.Name, value, Text(tags))));
        meters.Start();
        var log = new Lines();
        using (var classifier = ImageClassifier.FromResolved(ModelResolver.Resolve(Catalog.Models, "lenet5", Catalog.ReadResource, seed: 8), logger: log))
        {
            await foreach (FilePrediction _ in classifier.PredictEachAsync([Files[0], "none.png", Files[1]]))
            {
            }
        }

        double Sum(string name, string tags = "lenet5") => measured.Where(m => m.Name == name && m.Tags == tags).Sum(m => m.Value);
        Assert.Equal((2, 1, 2), (Sum("modelzoo.pictures", "lenet5 known"), Sum("modelzoo.pictures", "lenet5 failed"), Sum("modelzoo.batch.size")));
        Assert.True(Sum("modelzoo.prepare.duration") > 0 && Sum("modelzoo.compute.duration") > 0);
        Assert.Equal(3, log.Texts.Count);
        Assert.StartsWith("Information lenet5 is ready: 10 classes, pictures of 32×32, computed by ", log.Texts[0], StringComparison.Ordinal);
        Assert.StartsWith("Warning A picture cannot be read: none.png: no such file", log.Texts[1], StringComparison.Ordinal);
        Assert.Equal("Debug lenet5 is disposed.", log.Texts[2]);

        static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags) => string.Join(' ', tags.ToArray().Select(tag => tag.Value));
    }

    private static ImageClassifier Fresh() =>
        ImageClassifier.FromResolved(ModelResolver.Resolve(Catalog.Models, "lenet5", Catalog.ReadResource, seed: 8));

    private static void InterlockedMax(ref int most, int value)
    {
        for (int seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }

    /// <summary>As the body of a request: without a length, in small pieces, and refusing to hold a thread.</summary>
    private sealed class AsyncOnly(byte[] bytes) : Stream
    {
        private int at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => throw new InvalidOperationException("Synchronous reads are disallowed.");

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            int count = Math.Min(Math.Min(1000, buffer.Length), bytes.Length - at);
            bytes.AsMemory(at, count).CopyTo(buffer);
            at += count;
            return count;
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();
    }

    private sealed class Lines : ILogger
    {
        public List<string> Texts { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Texts.Add($"{logLevel} {formatter(state, exception)}");
    }
}
