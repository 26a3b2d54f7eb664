namespace ModelZoo.Weights;

/// <summary>An attempt that ended early in a way that another one may not.</summary>
internal sealed class BrokenOffException(string message, Exception? cause = null, TimeSpan? retryAfter = null) : Exception(message, cause)
{
    /// <summary>How long the server asks to be left alone.</summary>
    internal TimeSpan? RetryAfter { get; } = retryAfter;
}
