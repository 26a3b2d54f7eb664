using System.Runtime.InteropServices;

namespace ModelZoo.Cli;

/// <summary>
/// What a user sees where an exception of C++ reaches no handler. TorchSharp catches libtorch's own errors and <c>std::runtime_error</c>; <c>dnnl::error</c>
/// and <c>std::bad_alloc</c>, which say that memory ran out while oneDNN made a kernel, pass it by and would end the process with a signal and no message.
/// The stack cannot be unwound from there, so the process says what happened and ends.
/// </summary>
internal static unsafe partial class NativeTermination
{
    private const string CxxRuntime = "libstdc++.so.6";
    private static delegate* unmanaged<void> previous;
    private static bool answersJson;

    /// <summary>Takes the place of C++'s own handler, after libtorch was loaded; nothing happens where libtorch is not built on libstdc++.</summary>
    /// <param name="json">Whether the error is a document as well.</param>
    internal static void Explain(bool json)
    {
        if (OperatingSystem.IsLinux() && NativeLibrary.TryLoad(CxxRuntime, out _))
        {
            answersJson = json;
            previous = SetTerminate(&Terminated);
        }
    }

    /// <summary>What to say of an exception's type, as its <c>type_info</c> names it; null for one that says nothing about memory.</summary>
    internal static string? Message(string? type) => type switch
    {
        "St9bad_alloc" => "out of memory: take fewer or smaller images at once, a smaller model, or a machine with more memory.",
        "N4dnnl5errorE" => "out of memory, as far as oneDNN tells (it could not make a kernel): take fewer or smaller images at once, a smaller model, or a "
            + "machine with more memory.",
        _ => null,
    };

    // On the thread that threw, above its frames. Its locks may be held: nothing of libtorch can be asked any more, and no exit handler may run.
    [UnmanagedCallersOnly]
    private static void Terminated()
    {
        try
        {
            nint type = CurrentExceptionType();
            if (Message(type == 0 ? null : Marshal.PtrToStringUTF8(((nint*)type)[1])) is { } message) // type_info: its vtable, then its name
            {
                Exit(Failure.Report(message, 1, answersJson));
            }
        }
        catch (Exception e) when (e is OutOfMemoryException or TypeInitializationException)
        {
        }

        previous(); // prints the type and aborts
    }

    [LibraryImport(CxxRuntime, EntryPoint = "_ZSt13set_terminatePFvvE")]
    private static partial delegate* unmanaged<void> SetTerminate(delegate* unmanaged<void> handler);

    [LibraryImport(CxxRuntime, EntryPoint = "__cxa_current_exception_type")]
    private static partial nint CurrentExceptionType();

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int code);
}
