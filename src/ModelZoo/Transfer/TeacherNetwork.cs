using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>A trained model as a teacher: compiled, in eval mode, its classes in the order of the student's data.</summary>
public sealed class TeacherNetwork : IDisposable
{
    private readonly CompiledModel compiled;
    private readonly nn.Module<Tensor, Tensor> ordered;
    private readonly Tensor? scale;
    private readonly Tensor? shift;

    private TeacherNetwork(ResolvedModel model, IReadOnlyList<string> classes, Preprocessing own, Preprocessing student, string name)
    {
        compiled = model.Compile();
        ordered = Reordered.By(compiled.AsModule(), model.Labels, classes, name);
        Device device = model.Model.parameters().FirstOrDefault()?.device ?? CPU;
        if (!own.Mean.SequenceEqual(student.Mean) || !own.Std.SequenceEqual(student.Std))
        {
            // (x·s + m − m′) / s′ of what is normalized by m and s.
            scale = PerChannel([.. student.Std.Zip(own.Std, (s, t) => s / t)], device);
            shift = PerChannel([.. student.Mean.Index().Select(m => (m.Item - own.Mean[m.Index]) / own.Std[m.Index])], device);
        }

        Teacher = new Teacher($"{name}, {DigestOf(model)}", Logits);
    }

    /// <summary>What a trainer asks.</summary>
    public Teacher Teacher { get; }

    /// <summary>Makes a teacher of a model.</summary>
    /// <param name="model">It stays the caller's, and must live as long.</param>
    /// <param name="classes">The classes that the student learns, in their order.</param>
    /// <param name="own">How such images become its input.</param>
    /// <param name="student">How they become the student's.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="ZooException">It knows other classes, or takes another part of the image or another size.</exception>
    /// <exception cref="UsageException">It is not trained, or does not choose one of several classes.</exception>
    public static TeacherNetwork Of(ResolvedModel model, IReadOnlyList<string> classes, Preprocessing own, Preprocessing student, string name)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(classes);
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(student);
        model.RequirePredictions("a teacher");
        if (!model.Trained || model.HeadUntrained || model.Task.Kind != TaskKind.Classes)
        {
            string lacking = model.Task.Kind == TaskKind.Classes ? "is not trained" : "predicts something else than classes";
            throw new UsageException($"--teacher {name}: it {lacking}; name a trained classifier of the same classes.");
        }

        string[] missing = [.. classes.Except(model.Labels)], more = [.. model.Labels.Except(classes)];
        if (missing.Length + more.Length > 0)
        {
            throw new ZooException($"--teacher {name}: it tells other classes apart: "
                + string.Join("; ", new[] { Said("it does not know", missing), Said("the data do not have", more) }.Where(s => s.Length > 0))
                + ". A teacher has the classes of the data; `zoo finetune` gives it those.");
        }

        return (own with { Mean = student.Mean, Std = student.Std }).Equals(student with { Mean = student.Mean, Std = student.Std })
            ? new TeacherNetwork(model, classes, own, student, name)
            : throw new ZooException($"--teacher {name}: it sees images otherwise ({Way(own)}) than the student ({Way(student)}), and both must see the same. "
                + "Give the student its size (--size), or train a teacher of this size.");

        static string Said(string what, string[] names) =>
            names.Length == 0 ? ""
                : $"{what} {string.Join(", ", names.Take(5).Select(n => $"'{n}'"))}{(names.Length > 5 ? $" and {names.Length - 5} more" : "")}";

        static string Way(Preprocessing p) => $"{p.Channels}×{p.Height}×{p.Width}, {p.Fit}"
            + (p.Fit == Fit.Crop ? $" of {p.ShorterSide}" : "") + (p.Border > 0 ? $", border {p.Border}" : "");
    }

    /// <summary>Frees what was compiled; the model is its owner's.</summary>
    public void Dispose()
    {
        compiled.Dispose();
        scale?.Dispose();
        shift?.Dispose();
    }

    private Tensor Logits(Tensor inputs)
    {
        using IDisposable off = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor seen = scale is null ? inputs : inputs.mul(scale).add_(shift!);
        return ordered.call(seen).to(ScalarType.Float32).detach().MoveToOuterDisposeScope();
    }

    private static Tensor PerChannel(float[] values, Device device) =>
        tensor(values, [1, values.Length, 1, 1], device: device).DetachFromDisposeScope();

    // The same weights are the same teacher, wherever they lie.
    private static string DigestOf(ResolvedModel model)
    {
        using var hash = new Digest();
        foreach ((string _, Tensor value) in model.Model.state_dict())
        {
            TensorBytes.Write(value, hash);
        }

        return $"sha256 {hash.Text[..16]}";
    }
}
