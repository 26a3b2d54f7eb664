using Microsoft.Extensions.Options;

namespace ModelZoo.AspNetCore.Serving;

/// <summary>What a server allows its clients, and how it gathers their pictures.</summary>
public sealed class ClassifierServerOptions
{
    /// <summary>Pictures that are computed together, at most; a batch that is not full is filled up where that is faster than one after another.</summary>
    public int MaxBatch { get; set; } = 16;

    /// <summary>How long a picture waits for others that are being sent, at most. Where there are none it does not wait.</summary>
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Pictures of one model that are decoded, waiting or computed; more are refused with 429.</summary>
    public int QueueLength { get; set; } = 64;

    /// <summary>Pictures in one request, at most, and no more than the queue has room for.</summary>
    public int MaxPictures { get; set; } = 32;

    /// <summary>Bytes of one picture, at most.</summary>
    public long MaxPictureBytes { get; set; } = 20_000_000;

    /// <summary>Bytes of one request's body, at most.</summary>
    public long MaxRequestBytes { get; set; } = 64_000_000;

    /// <summary>Bytes of all bodies that are being read or waited for; more are refused with 503.</summary>
    public long MaxUploadBytes { get; set; } = 512_000_000;

    /// <summary>From the first byte of a request to its answer, at most; then 408 where the body was still coming, else 503.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What clients have to show (<c>X-Api-Key</c>, or <c>Authorization: Bearer</c>); null: nothing.</summary>
    public string? ApiKey { get; set; }
}

/// <summary>Refuses options that cannot be meant, when the app starts.</summary>
internal sealed class ClassifierServerOptionsValidator : IValidateOptions<ClassifierServerOptions>
{
    public ValidateOptionsResult Validate(string? name, ClassifierServerOptions options)
    {
        List<string> wrong = [];
        Check(options.MaxBatch is >= 1 and <= 256, nameof(options.MaxBatch), options.MaxBatch, "1 … 256");
        Check(options.MaxWait >= TimeSpan.Zero && options.MaxWait <= TimeSpan.FromSeconds(10), nameof(options.MaxWait), options.MaxWait, "0 … 10 s");
        Check(options.QueueLength is >= 1 and <= 1_000_000, nameof(options.QueueLength), options.QueueLength, "1 … 1,000,000");
        Check(options.MaxPictures is >= 1 and <= 10_000, nameof(options.MaxPictures), options.MaxPictures, "1 … 10,000");
        Check(options.MaxPictureBytes >= 1, nameof(options.MaxPictureBytes), options.MaxPictureBytes, "1 or more");
        Check(options.MaxRequestBytes >= options.MaxPictureBytes, nameof(options.MaxRequestBytes), options.MaxRequestBytes, "those of one picture or more");
        Check(options.MaxUploadBytes >= options.MaxRequestBytes, nameof(options.MaxUploadBytes), options.MaxUploadBytes, "those of one request or more");
        Check(options.RequestTimeout > TimeSpan.Zero && options.RequestTimeout <= TimeSpan.FromHours(1), nameof(options.RequestTimeout),
            options.RequestTimeout, "up to an hour");
        Check(options.ApiKey is null || options.ApiKey.Length >= 8, nameof(options.ApiKey), "of so few characters", "8 characters or more");
        return wrong.Count > 0 ? ValidateOptionsResult.Fail(wrong) : ValidateOptionsResult.Success;

        void Check(bool holds, string option, object value, string allowed)
        {
            if (!holds)
            {
                wrong.Add(FormattableString.Invariant($"The server's {option} is {value}; it must be {allowed}."));
            }
        }
    }
}
