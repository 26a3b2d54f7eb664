using System.Runtime.InteropServices;

namespace ModelZoo;

/// <summary>Recognizes errors that mean that memory ran out: .NET's own, the processor's in libtorch, a GPU's.</summary>
public static class OutOfMemory
{
    // Of libtorch's allocators on the processor (Linux and macOS, Windows), of a GPU, and of C++.
    private static readonly string[] Signs = ["can't allocate memory", "not enough memory", "out of memory", "bad_alloc"];

    /// <summary>Whether an exception, or one within it, says that memory ran out.</summary>
    public static bool Caused(Exception? error) => error switch
    {
        null => false,
        OutOfMemoryException => true,
        ExternalException when Array.Exists(Signs, sign => error.Message.Contains(sign, StringComparison.OrdinalIgnoreCase)) => true,
        AggregateException several => several.InnerExceptions.Any(Caused),
        _ => Caused(error.InnerException),
    };
}
