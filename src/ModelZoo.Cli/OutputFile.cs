namespace ModelZoo.Cli;

/// <summary>Where results go: checked before the work, not after it.</summary>
internal static class OutputFile
{
    /// <summary>What a checkpoint's name ends in.</summary>
    internal const string Checkpoint = ".safetensors";

    /// <summary>Where other formats are made.</summary>
    internal const string OtherFormats = "For PyTorch's and others there is `zoo export`.";

    /// <summary>Checks that nothing is replaced that was not meant to be, and that a file can be written there.</summary>
    /// <exception cref="ZooException">It is there already, or can't be written.</exception>
    internal static void MustBeNew(string path, bool force)
    {
        if (File.Exists(path) && !force)
        {
            throw new UsageException($"--output {path} is there already; choose another name, or replace it with --force.");
        }

        MustBeWritable(path);
    }

    /// <summary>Checks that a name says what is written there: whoever reads it takes it at its word.</summary>
    /// <param name="path">The file; a device such as /dev/stdout may be called anything.</param>
    /// <param name="ending">".safetensors".</param>
    /// <param name="what">"a checkpoint".</param>
    /// <param name="option">The flag that named it.</param>
    /// <param name="advice">What to do for another format.</param>
    /// <exception cref="UsageException">It says something else.</exception>
    internal static void MustEndIn(string path, string ending, string what, string option = "--output", string advice = "")
    {
        if (Directory.Exists(path))
        {
            throw new UsageException($"{option} {path} is a folder; give a file name in it.");
        }

        if (!path.EndsWith(ending, StringComparison.OrdinalIgnoreCase) && !path.StartsWith("/dev/", StringComparison.Ordinal))
        {
            throw new UsageException($"{option} {path}: {what}'s name ends in {ending}.{(advice.Length > 0 ? " " + advice : "")}");
        }
    }

    /// <summary>"a.safetensors" and "last": "a.last.safetensors".</summary>
    internal static string Beside(string path, string word) =>
        Path.Combine(Path.GetDirectoryName(path) ?? "", $"{Path.GetFileNameWithoutExtension(path)}.{word}{Path.GetExtension(path)}");

    /// <summary>Makes the folder of <paramref name="path"/> and checks that a file can be written there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="option">The flag that named it.</param>
    /// <exception cref="ZooException">It can't.</exception>
    internal static void MustBeWritable(string path, string option = "--output")
    {
        try
        {
            string full = Path.GetFullPath(path);
            if (Directory.Exists(full))
            {
                throw new ZooException($"{option} {path} is a folder; give a file name in it.");
            }

            string folder = Path.GetDirectoryName(full)!;
            Directory.CreateDirectory(folder);
            string probe = Path.Combine(folder, $".zoo-{Guid.NewGuid():N}.tmp");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ZooException($"{option} {path} can't be written: {e.Message}", e);
        }
    }
}
