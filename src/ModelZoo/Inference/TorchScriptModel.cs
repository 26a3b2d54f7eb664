using System.Runtime.InteropServices;
using ModelZoo.Registry;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Inference;

/// <summary>
/// TorchScript programs (torch.jit.script or torch.jit.trace, then save) for inference. libtorch runs them as they are: they can be neither trained, traced nor
/// verified, and make no checkpoints.
/// </summary>
/// <remarks>
/// Such a file is a program and not only weights: what it does when it is run, with the rights of whoever runs it, can include writing files. Run only what
/// comes from somebody you trust. Everything else of the zoo refuses these files. A program that libtorch cannot compile, one of a newer PyTorch for instance,
/// ends the process: TorchSharp 0.107 does not catch that error.
/// </remarks>
public static class TorchScriptModel
{
    /// <summary>The input that is assumed, since the file does not say it; its classes are not known.</summary>
    public static ModelOptions AssumedInput => ForeignProgram.AssumedInput;

    /// <summary>Whether a file holds such a program; nothing of it is run.</summary>
    public static bool IsOne(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!File.Exists(path))
        {
            return false;
        }

        try
        {
            using var source = new FileSource(path);
            byte[] head = new byte[Math.Min(2, source.Length)];
            source.CopyTo(0, head);
            return head.AsSpan().SequenceEqual("PK"u8) && ZipDirectory.Read(source, path) is var items
                && items.Exists(i => i.Name.EndsWith("/constants.pkl", StringComparison.Ordinal))
                && items.Exists(i => i.Name.Contains("/code/", StringComparison.Ordinal));
        }
        catch (ZooException)
        {
            return false; // another kind of file, or a damaged one: whoever reads it says what is wrong
        }
    }

    /// <summary>Loads a program and runs it once, on an image of zeros, to learn how many logits it gives.</summary>
    /// <param name="path">The file.</param>
    /// <param name="labels">Class names, in the order of the logits; null for numbers.</param>
    /// <param name="change">Changes <see cref="AssumedInput"/>: other channels, another size. Not the classes.</param>
    /// <param name="device">Where it is to run; null for the CPU.</param>
    /// <returns>Three channels are prepared as ImageNet's are, which is said in <see cref="ResolvedModel.Loading"/>.</returns>
    /// <exception cref="ZooException">The file is none, is damaged, cannot take such an input or does not give [1,classes]; the message says which.</exception>
    public static ResolvedModel Load(string path, IReadOnlyList<string>? labels = null, Func<ModelOptions, ModelOptions>? change = null, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!IsOne(path))
        {
            throw new ZooException($"{path}: is no TorchScript program, or a damaged one.");
        }

        return ForeignProgram.Resolve(
            path, new Program(Path.GetFileNameWithoutExtension(path), Open(path, device ?? CPU)), "a TorchScript program", "torchscript", labels, change, device);
    }

    private static jit.ScriptModule<Tensor, Tensor> Open(string path, Device device)
    {
        try
        {
            jit.ScriptModule<Tensor, Tensor> program = jit.load<Tensor, Tensor>(path, device.type, Math.Max(0, device.index));
            program.eval();
            return program;
        }
        catch (ExternalException error) when (!OutOfMemory.Caused(error))
        {
            throw new ZooException($"{path}: libtorch does not load this program: {TorchError.Summary(error)}", error);
        }
    }

    /// <summary>
    /// The program as a network. It is not registered as a part: TorchSharp 0.107 ends the process when it is asked for a program's children.
    /// </summary>
    private sealed class Program(string name, jit.ScriptModule<Tensor, Tensor> script) : ZooModel(name)
    {
        public override string Head => "";

        public override string Stem => "";

        public override IReadOnlyList<string> Stages => [];

        public override Tensor forward(Tensor input) => script.call(input);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                script.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
