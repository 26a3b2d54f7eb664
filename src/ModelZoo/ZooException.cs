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
