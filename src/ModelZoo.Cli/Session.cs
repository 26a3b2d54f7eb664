using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModelZoo.Distributed;
using ModelZoo.Loading;
using ModelZoo.Registry;
using Spectre.Console;
using Spectre.Console.Rendering;
using static TorchSharp.torch;

namespace ModelZoo.Cli;

/// <summary>One run of a command: the common flags applied, and where its results, its progress and its tables go.</summary>
internal sealed class Session
{
    internal static readonly JsonSerializerOptions JsonOptions = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private readonly HashSet<string> said = new(StringComparer.Ordinal);

    private Session(ParseResult parsed, CancellationToken cancel)
    {
        Json = parsed.GetValue(GlobalOptions.Json);
        Seed = parsed.GetValue(GlobalOptions.Seed);
        MaxMemory = GlobalOptions.ReadMaxMemory(parsed);
        Cancel = cancel;
        RankRun.Join(parsed);
        bool silent = RankRun.IsSilent;
        (Ranks, Speaks) = (RankRun.Group is { Size: > 1 } several ? several : null, !silent);
        Out = Create(silent ? TextWriter.Null : Console.Out, silent || Console.IsOutputRedirected);
        Log = Create(silent ? TextWriter.Null : Console.Error, silent || Console.IsErrorRedirected);
        int threads = parsed.GetValue(GlobalOptions.Threads);
        set_num_threads(threads > 0 ? threads : Processors);
        if (Runtime.TorchRuntime.Remark is { } remark)
        {
            Say($"remark: {remark}");
        }

        Device = ChooseDevice(parsed.GetValue(GlobalOptions.Device)!);
        manual_seed(Seed);
        RankRun.Introduce(this);
    }

    /// <summary>The processes that share the command's work; null where this one is alone.</summary>
    internal RankGroup? Ranks { get; }

    /// <summary>Whether this is the process that speaks and writes files.</summary>
    internal bool Speaks { get; }

    /// <summary>How many processors there are for this process, where several of a machine share them.</summary>
    internal static int Processors => Math.Max(1, Environment.ProcessorCount / (RankRun.Group?.Sharing ?? 1));

    /// <summary>Whether the result is one JSON document.</summary>
    internal bool Json { get; }

    internal long Seed { get; }

    /// <summary>What a network may take for one image, in bytes; null for the library's own limit.</summary>
    internal long? MaxMemory { get; }

    internal Device Device { get; }

    internal CancellationToken Cancel { get; }

    /// <summary>Standard output: results for people.</summary>
    internal IAnsiConsole Out { get; }

    /// <summary>Standard error: progress and remarks.</summary>
    internal IAnsiConsole Log { get; }

    internal static ModelCatalog Catalog => Models.Catalog.Models;

    internal static Session Open(ParseResult parsed, CancellationToken cancel) => new(parsed, cancel);

    /// <summary>Prints the result: as JSON where that was asked for, else by <paramref name="render"/>.</summary>
    internal void Show(object result, Action<IAnsiConsole> render)
    {
        if (!Speaks)
        {
            return;
        }

        try
        {
            if (Json)
            {
                Console.Out.WriteLine(Printable.Json(JsonSerializer.Serialize(result, result.GetType(), JsonOptions)));
            }
            else
            {
                render(Out);
            }
        }
        catch (IOException e)
        {
            throw new ZooException($"standard output cannot be written ({e.Message.TrimEnd('.')}).", e);
        }
    }

    /// <summary>How images are read here: onto the device, by as many threads as there are processors for them.</summary>
    internal LoaderOptions Loader(LoaderOptions chosen) =>
        chosen with { Device = Device, Workers = chosen.Workers == 0 && Ranks is not null ? Processors : chosen.Workers };

    /// <summary>Everybody's part of a list, by rank; of one process its own.</summary>
    internal T[] Gather<T>(IReadOnlyList<T> own) => Ranks is null
        ? [.. own]
        : [.. Ranks.Gather(JsonSerializer.SerializeToUtf8Bytes(own, JsonOptions)).SelectMany(part => JsonSerializer.Deserialize<T[]>(part, JsonOptions)!)];

    /// <summary>Says something on the way: on standard error.</summary>
    internal void Say(string text) => Log.WriteLine(text);

    /// <summary>The same for what several parts of the work would say.</summary>
    internal void SayOnce(string text)
    {
        if (said.Add(text))
        {
            Say(text);
        }
    }

    private static Device ChooseDevice(string name)
    {
        if (name == "cpu" || (name == "auto" && !cuda.is_available()))
        {
            return CPU;
        }

        return cuda.is_available()
            ? CUDA
            : throw new UsageException("--device cuda: this machine's libtorch finds no CUDA device. Use --device cpu, or install a CUDA build "
                + "(docs/torchsharp.md).");
    }

    // A pipe has no width of its own: tables keep their columns whole there, and no line breaks.
    private static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected)
        {
            console.Profile.Width = 10_000;
        }

        console.Pipeline.Attach(new PrintableText());
        return console;
    }

    /// <summary>The edge of the console: whatever is written passes here, so that no text from a file moves the cursor or turns a line's direction.</summary>
    private sealed class PrintableText : IRenderHook
    {
        public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) =>
            renderables.Select(inner => new Cleaned(inner));

        private sealed class Cleaned(IRenderable inner) : IRenderable
        {
            public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

            public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => inner.Render(options, maxWidth).Select(segment =>
                segment.IsControlCode || segment.IsLineBreak ? segment : new Segment(Printable.Text(segment.Text), segment.Style));
        }
    }
}
