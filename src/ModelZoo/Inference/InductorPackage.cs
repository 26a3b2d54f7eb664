using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;
using ModelZoo.Registry;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Inference;

/// <summary>
/// AOTInductor packages (<c>.pt2</c>, torch._inductor.aoti_compile_and_package) for inference. They hold a network as machine code: they can be neither
/// trained, traced nor verified, and make no checkpoints.
/// </summary>
/// <remarks>
/// libtorch unpacks the package to <c>/tmp</c> and loads its library, which can do all that whoever loads it can do. Run only what comes from somebody you
/// trust. It is for one kind of processor and the versions of libtorch that have its interface; where it does not fit it may end the process. The loader is in
/// TorchSharp from 0.107 on.
/// </remarks>
public static partial class InductorPackage
{
    private const string Folder = "data/aotinductor/";
    private const string Model = Folder + "model/"; // the name that libtorch's loader asks for
    private const int MostMetadata = 1 << 20; // bytes
    private const int AtOnce = 16; // images, where any number goes

    /// <summary>The input that is assumed, since no size is in the file's own words; its classes are not known.</summary>
    public static ModelOptions AssumedInput => ForeignProgram.AssumedInput;

    /// <summary>Whether a file is such a package; nothing of it is run. What torch.export.save writes is none: it holds a graph and no machine code.</summary>
    public static bool IsOne(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Members(path).Exists(m => At(m, Folder));
    }

    /// <summary>Loads a package and runs it once, on zeros, to learn how many logits it gives.</summary>
    /// <param name="path">The file.</param>
    /// <param name="labels">Class names, in the order of the logits; null for numbers.</param>
    /// <param name="change">Changes <see cref="AssumedInput"/>: other channels, another size. Not the classes.</param>
    /// <param name="batch">The number of images that it takes at once, where it was compiled for one; the last of them are zeros then where there are fewer
    /// images. Null where it takes any number.</param>
    /// <param name="device">Where it is to run, which must be what it was compiled for; null for the CPU.</param>
    /// <returns>Three channels are prepared as ImageNet's are, which is said in <see cref="ResolvedModel.Loading"/>.</returns>
    /// <exception cref="ZooException">The file is none, is damaged, cannot take such an input or does not give [1,classes], or this TorchSharp has no loader;
    /// the message says which. What the package itself says goes to standard error.</exception>
    public static ResolvedModel Load(
        string path, IReadOnlyList<string>? labels = null, Func<ModelOptions, ModelOptions>? change = null, int? batch = null, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (batch is < 1)
        {
            throw new UsageException($"batch {batch}: it must be 1 or more.");
        }

        Check(path, device ?? CPU);
        CheckInputs();
        (IDisposable package, Func<Tensor[], Tensor[]> run) = Open(path, typeof(torch).GetNestedType("export"));
        return ForeignProgram.Resolve(path, new Program(path, package, run, batch), "an AOTInductor package", "aotinductor", labels, change, device);
    }

    /// <summary>Opens a package by TorchSharp's loader, which is looked up: 0.105.1 does not have it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="export">TorchSharp.torch.export; null where it lacks.</param>
    internal static (IDisposable Package, Func<Tensor[], Tensor[]> Run) Open(string path, Type? export)
    {
        Func<string, IDisposable> load = export?.GetMethod("load", 0, [typeof(string)])?.CreateDelegate<Func<string, IDisposable>>()
            ?? throw new ZooException($"{path}: TorchSharp {typeof(torch).Assembly.GetName().Version} cannot load AOTInductor packages (.pt2); 0.107 can.");
        try
        {
            IDisposable package = load(path);
            return (package, package.GetType().GetMethod("run", [typeof(Tensor[])])!.CreateDelegate<Func<Tensor[], Tensor[]>>(package));
        }
        catch (ExternalException error) when (!OutOfMemory.Caused(error))
        {
            throw new ZooException($"{path}: libtorch does not load this package: {TorchError.Summary(error)}", error);
        }
    }

    private static List<string> Members(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            using var source = new FileSource(path);
            byte[] head = new byte[Math.Min(2, source.Length)];
            source.CopyTo(0, head);
            return head.AsSpan().SequenceEqual("PK"u8) ? [.. ZipDirectory.Read(source, path).Select(i => i.Name)] : [];
        }
        catch (ZooException)
        {
            return []; // another kind of file, or a damaged one: whoever reads it says what is wrong
        }
    }

    // In the archive's root, or in the one folder that PyTorch's writer puts everything into.
    private static bool At(string member, string folder) => member.StartsWith(folder, StringComparison.Ordinal)
        || member[(member.IndexOf('/', StringComparison.Ordinal) + 1)..].StartsWith(folder, StringComparison.Ordinal);

    // What libtorch's loader would say in words that help nobody.
    private static void Check(string path, Device device)
    {
        List<string> members = Members(path);
        if (!members.Exists(m => At(m, Folder)))
        {
            throw new ZooException($"{path}: is no AOTInductor package, or a damaged one.");
        }

        string[] files = [.. members.Where(m => At(m, Model))];
        if (files.Length == 0)
        {
            throw new ZooException($"{path}: is a package without a model named 'model', which is the one that is run. Package it alone, in Python: "
                + "torch._inductor.aoti_compile_and_package(…).");
        }

        if (!Array.Exists(files, f => f.EndsWith(OperatingSystem.IsWindows() ? ".pyd" : ".so", StringComparison.Ordinal)))
        {
            throw new ZooException($"{path}: is a package without machine code for this system. It was compiled for another one, or holds sources, for which "
                + "zoo starts no compiler. Compile it here, without package_cpp_only.");
        }

        string key = DeviceKey(path, Array.Find(files, f => f.EndsWith("_metadata.json", StringComparison.Ordinal)));
        if (!key.Equals(device.type.ToString(), StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException($"{path}: was compiled for {Printable.Name(key)} and is to run on {device.type.ToString().ToLowerInvariant()}. It runs "
                + "only on what it was compiled for; --device chooses.");
        }
    }

    private static string DeviceKey(string path, string? member)
    {
        try
        {
            using ZipArchive archive = ZipFile.OpenRead(path);
            if (member is null || archive.GetEntry(member) is not { Length: <= MostMetadata } entry)
            {
                throw new ZooException($"{path}: is a package without metadata, and so says not what it was compiled for. Write it again.");
            }

            using Stream stream = entry.Open();
            using JsonDocument json = JsonDocument.Parse(stream);
            return json.RootElement.GetProperty("AOTI_DEVICE_KEY").GetString() ?? "";
        }
        catch (Exception error) when (error is InvalidDataException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ZooException($"{path}: {member} does not say what the package was compiled for. Write it again.", error);
        }
    }

    /// <summary>
    /// Has packages check the images that they get against what they were compiled for. They do so only where this variable is set when they first run; without
    /// it they read beyond images that are too small.
    /// </summary>
    private static void CheckInputs()
    {
        const string name = "AOTI_RUNTIME_CHECK_INPUTS";
        _ = OperatingSystem.IsWindows() ? PutEnvironment(name, "1") : SetEnvironment(name, "1", 1); // .NET's own is seen by .NET alone
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("ucrtbase", EntryPoint = "_putenv_s", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int PutEnvironment(string name, string value);

    private sealed class Program(string path, IDisposable package, Func<Tensor[], Tensor[]> run, int? batch) : ZooModel(Path.GetFileNameWithoutExtension(path))
    {
        public override string Head => "";

        public override string Stem => "";

        public override IReadOnlyList<string> Stages => [];

        public override Tensor forward(Tensor input)
        {
            int most = batch ?? AtOnce;
            using DisposeScope scope = NewDisposeScope();
            var logits = new List<Tensor>();
            for (long from = 0; from < input.shape[0]; from += most)
            {
                long count = Math.Min(most, input.shape[0] - from);
                Tensor part = input.narrow(0, from, count);
                Tensor whole = batch is null || count == most
                    ? part
                    : cat(new List<Tensor> { part, zeros([most - count, .. input.shape[1..]], dtype: input.dtype, device: input.device) }, 0);
                Tensor[] outputs = run([whole.contiguous()]);
                Tensor output = outputs is [var one] ? one : throw ForeignProgram.NoLogits(path, $"it gives {outputs.Length} tensors");
                logits.Add(output.dim() > 0 && output.shape[0] > count ? output.narrow(0, 0, count) : output);
            }

            return (logits is [var all] ? all : cat(logits, 0)).MoveToOuterDisposeScope();
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                package.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
