using System.Runtime.InteropServices;
using System.Text;
using ModelZoo.Drawing;
using ModelZoo.Inference;
using ModelZoo.Verification;
using TorchSharp;

namespace ModelZoo.Cli;

/// <summary>Where <c>zoo verify --html</c> writes: one page for one model; for several a page each and an index beside them.</summary>
internal sealed class VerificationPages
{
    private readonly string index;
    private readonly bool several;
    private readonly string command;
    private readonly List<IndexEntry> entries = [];

    private VerificationPages(string path, bool several, string command)
    {
        bool file = Path.GetExtension(path).ToUpperInvariant() is ".HTML" or ".HTM";
        if (!file && !several)
        {
            OutputFile.MustEndIn(path, ".html", "a page", "--html");
        }

        index = file || !several ? path : Path.Combine(path, "index.html");
        this.several = several;
        this.command = command;
    }

    /// <summary>Checks, before the work, that the pages can be written.</summary>
    /// <param name="path">A file; for several models a folder, or the index's file.</param>
    /// <param name="several">Whether there is more than one model.</param>
    /// <param name="arguments">The command line.</param>
    internal static VerificationPages Open(string path, bool several, IEnumerable<string> arguments)
    {
        var pages = new VerificationPages(path, several, CommandLineText.Of(arguments));
        OutputFile.MustBeWritable(pages.index, "--html");
        return pages;
    }

    /// <summary>Adds a model's page.</summary>
    internal void Add(Session session, string spec, ResolvedModel resolved, string? weights, int batch, VerificationReport report,
        IReadOnlyList<string> cardDifferences)
    {
        string from = weights is not null ? $"weights of {weights}" : resolved.Trained ? $"weights of {spec}" : $"fresh weights, seed {session.Seed}";
        (string, string)[] versions = [("ModelZoo", Version()), ("libtorch", torch.__version__), (".NET", Environment.Version.ToString()),
            ("on", RuntimeInformation.RuntimeIdentifier)];
        var facts = new PageFacts(spec, $"{resolved.Info.Name}, {from}; {batch} digits of the zoo's own, fitted to its input", command, session.Seed, versions)
        {
            Problems = [.. cardDifferences.Select(difference => $"the card is not true: {difference}")],
        };
        var entry = new IndexEntry(several ? FileName(spec) : Path.GetFileName(index), facts, report);
        Write(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(index))!, entry.File), VerificationPage.Write(facts, report));
        entries.Add(entry);
    }

    /// <summary>Writes the index, where there is one. Returns the page to open.</summary>
    internal string Finish()
    {
        if (several)
        {
            Write(index, VerificationIndex.Write(entries, command));
        }

        return index;
    }

    // Beside an index of another name the pages carry that name, so that two runs may share a folder.
    private string FileName(string spec)
    {
        string stem = Path.GetFileNameWithoutExtension(index),
            name = string.Concat(spec.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' ? c : '-'));
        return stem == "index" ? $"{name}.html" : $"{stem}-{name}.html";
    }

    private static void Write(string path, string page)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(page);
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    private static string Version() => typeof(VerificationPages).Assembly.GetName().Version?.ToString(3) ?? "";
}
