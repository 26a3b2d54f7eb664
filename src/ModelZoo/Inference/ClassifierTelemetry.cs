using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace ModelZoo.Inference;

/// <summary>
/// What classifiers measure of themselves: activities and instruments of the name <see cref="Name"/>, for OpenTelemetry (<c>AddSource</c>, <c>AddMeter</c>) and
/// <c>dotnet-counters</c>. Without a listener they cost next to nothing.
/// </summary>
/// <remarks>
/// Activities: <c>prepare</c> (pictures are decoded and made inputs) and <c>compute</c> (the network runs), with the tags <c>modelzoo.model</c> and
/// <c>modelzoo.pictures</c>. Instruments, all with the tag <c>modelzoo.model</c>:
/// <list type="table">
/// <item><term>modelzoo.pictures</term><description>Counter; tag <c>modelzoo.answer</c>: <c>known</c>, <c>unknown</c>, <c>failed</c>.</description></item>
/// <item><term>modelzoo.prepare.duration</term><description>Histogram, seconds for each batch.</description></item>
/// <item><term>modelzoo.compute.duration</term><description>Histogram, seconds for each batch.</description></item>
/// <item><term>modelzoo.batch.size</term><description>Histogram, pictures computed together.</description></item>
/// </list>
/// </remarks>
public static class ClassifierTelemetry
{
    /// <summary>Of the <see cref="ActivitySource"/> and of the <see cref="Meter"/>.</summary>
    public const string Name = "ModelZoo";

    private const string ModelTag = "modelzoo.model", PicturesTag = "modelzoo.pictures", AnswerTag = "modelzoo.answer";

    private static readonly string? Version = typeof(ClassifierTelemetry).Assembly.GetName().Version?.ToString(3);
    private static readonly ActivitySource Source = new(Name, Version);
    private static readonly Meter Meter = new(Name, Version);
    private static readonly Counter<long> Pictures = Meter.CreateCounter<long>("modelzoo.pictures", "{picture}", "Pictures that were asked about");
    private static readonly Histogram<double> Prepare = Meter.CreateHistogram<double>("modelzoo.prepare.duration", "s", "Decoding and fitting a batch");
    private static readonly Histogram<double> Compute = Meter.CreateHistogram<double>("modelzoo.compute.duration", "s", "Computing a batch");
    private static readonly Histogram<long> Batch = Meter.CreateHistogram<long>("modelzoo.batch.size", "{picture}", "Pictures computed together");

    /// <summary>One batch on one of its two ways.</summary>
    internal readonly struct Call : IDisposable
    {
        private readonly string model;
        private readonly Activity? activity;
        private readonly Histogram<double> duration;
        private readonly long begin;

        private Call(string name, string model, int pictures, Histogram<double> duration)
        {
            (this.model, this.duration, begin) = (model, duration, Stopwatch.GetTimestamp());
            activity = Source.StartActivity(name);
            activity?.SetTag(ModelTag, model).SetTag(PicturesTag, pictures);
        }

        public static Call Preparing(string model, int pictures) => new("prepare", model, pictures, Prepare);

        public static Call Computing(string model, int pictures)
        {
            Batch.Record(pictures, new KeyValuePair<string, object?>(ModelTag, model));
            return new("compute", model, pictures, Compute);
        }

        /// <summary>A picture that cannot be read. Any thread.</summary>
        public void Failed(Exception error)
        {
            activity?.SetStatus(ActivityStatusCode.Error, error.Message);
            Count(1, "failed");
        }

        /// <summary>What came of it.</summary>
        public Answer[] Done(Answer[] answers)
        {
            int unknown = answers.Count(answer => answer.Unknown is not null);
            Count(answers.Length - unknown, "known");
            Count(unknown, "unknown");
            return answers;
        }

        public void Dispose()
        {
            duration.Record(Stopwatch.GetElapsedTime(begin).TotalSeconds, new KeyValuePair<string, object?>(ModelTag, model));
            activity?.Dispose();
        }

        private void Count(int pictures, string answer)
        {
            if (pictures > 0)
            {
                Pictures.Add(pictures, new KeyValuePair<string, object?>(ModelTag, model), new KeyValuePair<string, object?>(AnswerTag, answer));
            }
        }
    }
}

/// <summary>What a classifier says to the app's log.</summary>
internal static partial class ClassifierLog
{
    [LoggerMessage(1, LogLevel.Information, "{Model} is ready: {Classes} classes, pictures of {Height}×{Width}, computed by {Operators}.")]
    public static partial void Ready(this ILogger logger, string model, int classes, int height, int width, string operators);

    [LoggerMessage(2, LogLevel.Warning, "{Remark}")]
    public static partial void Remark(this ILogger logger, string remark);

    [LoggerMessage(3, LogLevel.Warning, "A picture cannot be read: {Error}")]
    public static partial void Unreadable(this ILogger logger, string error);

    [LoggerMessage(4, LogLevel.Debug, "{Model} is disposed.")]
    public static partial void Disposed(this ILogger logger, string model);
}
