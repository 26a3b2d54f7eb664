namespace ModelZoo;

/// <summary>
/// An error that the user can act on. Its message names the file, key or flag at fault, says what is wrong with it and what to do;
/// a program shows the message alone, without a stack trace.
/// </summary>
public class ZooException : Exception
{
    public ZooException()
    {
    }

    public ZooException(string message)
        : base(message)
    {
    }

    public ZooException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>What was asked for does not exist or does not fit together: a name, a flag, a combination. Programs exit with 2 for it.</summary>
public sealed class UsageException(string message) : ZooException(message);

/// <summary>Turns what the operating system says about a file into one sentence that names the file and says what to do.</summary>
internal static class FileAccessError
{
    private const int DiskFull = 28; // ENOSPC
    private const int DiskFullOnWindows = unchecked((int)0x80070070); // ERROR_DISK_FULL

    /// <summary>True for the exceptions that mean "this path cannot be used", as opposed to a mistake in the program.</summary>
    public static bool Covers(Exception exception) => exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    /// <summary>
    /// Whether a file or folder is only seen and cannot be opened: bytes of a name that are not UTF-8 become U+FFFD, and no such name is there.
    /// </summary>
    public static bool HasNoName(string path) =>
        path.Contains('\uFFFD', StringComparison.Ordinal) && !Path.Exists(path) && new FileInfo(path).LinkTarget is null;

    public static ZooException Reading(string path, Exception cause) => new(cause switch
    {
        FileNotFoundException or DirectoryNotFoundException when HasNoName(path) =>
            $"{path}: its name is not in UTF-8, so that it cannot be opened. Rename it.",
        FileNotFoundException => $"{path}: no such file. Check the path.",
        DirectoryNotFoundException => $"{path}: its folder does not exist. Check the path.",
        UnauthorizedAccessException when Directory.Exists(path) => $"{path}: is a folder, but a file is needed here.",
        UnauthorizedAccessException => $"{path}: permission to read it was denied. Check who owns the file and its mode.",
        ArgumentException => $"'{path}': not a usable path ({cause.Message}).",
        _ => $"{path}: cannot be read ({cause.Message}).",
    }, cause);

    public static ZooException Writing(string path, Exception cause) => new(cause switch
    {
        DirectoryNotFoundException => $"{path}: its folder does not exist. Create the folder first, or choose another path.",
        UnauthorizedAccessException when Directory.Exists(path) => $"{path}: is a folder; give the name of a file to write.",
        UnauthorizedAccessException => $"{path}: permission to write there was denied. Choose another path.",
        ArgumentException => $"'{path}': not a usable path ({cause.Message}).",
        IOException { HResult: DiskFull or DiskFullOnWindows } =>
            $"{path}: the disk is full; whatever was there before is unchanged. Free some space or choose another path.",
        _ => $"{path}: cannot be written ({cause.Message}); whatever was there before is unchanged. Choose another path.",
    }, cause);
}

/// <summary>What libtorch says of an error, for people.</summary>
public static class TorchError
{
    private static readonly string[] Frames = ["\nException raised from", "\nframe #", "\nC++ CapturedTraceback", "\nCUDA kernel errors might"];

    /// <summary>Its message on one line, without the C++ frames and the debugging hints that follow it.</summary>
    public static string Summary(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        int end = Frames.Select(frame => error.Message.IndexOf(frame, StringComparison.Ordinal)).Where(at => at > 0).DefaultIfEmpty(error.Message.Length).Min();
        return string.Join(' ', error.Message[..end].Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }
}
