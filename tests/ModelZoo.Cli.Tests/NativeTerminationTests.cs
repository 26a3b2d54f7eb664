using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary>An exception of C++ that TorchSharp does not catch: thrown in a process of its own, as it ends it.</summary>
public class NativeTerminationTests
{
    [Fact]
    public void Memory_that_ran_out_in_native_code_is_one_line_and_a_document()
    {
        if (OperatingSystem.IsLinux())
        {
            (int exitCode, string output, string errors) = Throw("bad_alloc", explained: true);
            Assert.Equal(1, exitCode);
            Assert.StartsWith("zoo: out of memory: take fewer or smaller images", errors, StringComparison.Ordinal);
            Assert.StartsWith("out of memory", JsonDocument.Parse(output).RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
            Assert.DoesNotContain("terminate called", errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("bad_alloc", false, "std::bad_alloc")]
    [InlineData("out_of_range", true, "std::out_of_range")]
    public void Anything_else_still_aborts_with_its_type(string exception, bool explained, string type)
    {
        if (OperatingSystem.IsLinux())
        {
            (int exitCode, string output, string errors) = Throw(exception, explained);
            Assert.Equal(134, exitCode);
            Assert.Equal("", output);
            Assert.Contains($"terminate called after throwing an instance of '{type}'", errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void OneDnn_is_named() => Assert.Contains("as far as oneDNN tells", NativeTermination.Message("N4dnnl5errorE"), StringComparison.Ordinal);

    private static (int ExitCode, string Output, string Errors) Throw(string exception, bool explained)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(NativeTerminationTests).Assembly.Location, exception, explained ? "explained" : "plain"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.Result, errors);
    }
}

/// <summary>What the process does that ends so.</summary>
internal static unsafe partial class NativeThrow
{
    private static void Main(string[] arguments)
    {
        if (arguments[1] == "explained")
        {
            NativeTermination.Explain(json: true);
        }

        if (arguments[0] == "bad_alloc")
        {
            BadAllocation();
        }
        else
        {
            OutOfRange("thrown by a test");
        }
    }

    [LibraryImport("libstdc++.so.6", EntryPoint = "_ZSt17__throw_bad_allocv")]
    private static partial void BadAllocation();

    [LibraryImport("libstdc++.so.6", EntryPoint = "_ZSt20__throw_out_of_rangePKc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void OutOfRange(string what);
}
