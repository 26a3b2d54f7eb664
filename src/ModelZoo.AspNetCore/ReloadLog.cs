using Microsoft.Extensions.Logging;

namespace ModelZoo.AspNetCore;

/// <summary>What is said of loading and reloading to the app's log.</summary>
internal static partial class ReloadLog
{
    [LoggerMessage(10, LogLevel.Information, "{Classifier}: version {Number}, {Model}, answers from now on.")]
    public static partial void Placed(this ILogger logger, string classifier, int number, string model);

    [LoggerMessage(11, LogLevel.Error, "{Classifier} answers as before: {Error}")]
    public static partial void Refused(this ILogger logger, string classifier, string error);
}
