using System.Security.Cryptography;
using ModelZoo.Inference;

namespace ModelZoo.AspNetCore;

/// <summary>What answers, and since when.</summary>
/// <param name="Number">1 for the first that was loaded, then one more for each.</param>
/// <param name="Model">The checkpoint or name.</param>
/// <param name="Architecture">The network's name.</param>
/// <param name="LoadedAt">When it began to answer.</param>
public sealed record ClassifierVersion(int Number, string Model, string Architecture, DateTimeOffset LoadedAt)
{
    /// <summary>Of the checkpoint's bytes, hexadecimal; null where the weights come with the zoo.</summary>
    public string? Sha256 { get; init; }

    internal FileStamp? Stamp { get; init; }
}

/// <summary>A classifier that is kept loaded until this is disposed.</summary>
public readonly struct ClassifierLease : IDisposable, IEquatable<ClassifierLease>
{
    private readonly ClassifierSlot slot;

    internal ClassifierLease(ClassifierSlot slot) => this.slot = slot;

    /// <summary>The classifier; it is not the caller's to dispose.</summary>
    public ImageClassifier Classifier => slot.Classifier;

    /// <summary>Which it is.</summary>
    public ClassifierVersion Version => slot.Version;

    /// <summary>Gives it back, once.</summary>
    public void Dispose() => slot.Return();

    /// <inheritdoc/>
    public bool Equals(ClassifierLease other) => slot == other.slot;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ClassifierLease other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => slot.GetHashCode();

    /// <summary>Whether both are of the same loaded classifier.</summary>
    public static bool operator ==(ClassifierLease left, ClassifierLease right) => left.Equals(right);

    /// <summary>Whether they are of two.</summary>
    public static bool operator !=(ClassifierLease left, ClassifierLease right) => !left.Equals(right);
}

/// <summary>A loaded classifier and who uses it; it is freed when it was retired and the last has given it back.</summary>
internal sealed class ClassifierSlot(ImageClassifier classifier, ClassifierVersion version)
{
    private readonly Lock sync = new();
    private readonly TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int users;
    private bool retired;

    public ImageClassifier Classifier => classifier;

    public ClassifierVersion Version => version;

    /// <summary>Ends when it is freed.</summary>
    public Task Gone => gone.Task;

    public ClassifierLease Rent()
    {
        lock (sync)
        {
            users++;
            return new(this);
        }
    }

    public void Return() => Leave(() => users--);

    public void Retire() => Leave(() => retired = true);

    private void Leave(Action change)
    {
        lock (sync)
        {
            change();
            if (!retired || users > 0 || gone.Task.IsCompleted)
            {
                return;
            }

            classifier.Dispose();
            gone.SetResult();
        }
    }
}

/// <summary>By what a changed file is known: where a link leads, when it was written, how long it is.</summary>
/// <param name="Path">The file itself, behind any links: containers swap mounted files by them.</param>
/// <param name="Written">Universal time.</param>
/// <param name="Length">Bytes; −1 where there is no file.</param>
internal sealed record FileStamp(string Path, DateTime Written, long Length)
{
    /// <summary>Of a checkpoint; null where it is the name of a model.</summary>
    public static FileStamp? Of(string model)
    {
        if (!File.Exists(model) && System.IO.Path.GetExtension(model).Length == 0)
        {
            return null;
        }

        var file = new FileInfo(model);
        FileInfo target = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return target.Exists ? new(target.FullName, target.LastWriteTimeUtc, target.Length) : new(target.FullName, default, -1);
    }

    public string? Hash()
    {
        if (Length < 0)
        {
            return null;
        }

        using FileStream file = File.OpenRead(Path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
