namespace ModelZoo.Cli;

/// <summary>Where results go: checked before the work, not after it.</summary>
internal static class OutputFile
{
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
