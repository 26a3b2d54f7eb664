using System.Globalization;
using System.Text.Json;

namespace ModelZoo.Training.Runs;

/// <summary>
/// Lets one trainer at a time write a run's folder. The lock is the process's, so a run that was killed leaves none; beside it stands who holds it.
/// </summary>
internal sealed class RunLock : IDisposable
{
    private readonly IDisposable held;
    private readonly string owner;

    private RunLock(IDisposable held, string owner) => (this.held, this.owner) = (held, owner);

    /// <summary>Makes a folder with a lock that nobody holds yet.</summary>
    /// <returns>False where another has just made it.</returns>
    /// <exception cref="ZooException">It cannot be made.</exception>
    public static bool Create(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            string path = PathIn(folder);
            if (File.Exists(path))
            {
                return false;
            }

            new FileStream(path, FileMode.CreateNew, FileAccess.Write).Dispose();
            return true;
        }
        catch (IOException) when (File.Exists(PathIn(folder)))
        {
            return false;
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            throw FileAccessError.Writing(folder, error);
        }
    }

    /// <summary>Takes the lock of a folder, which is made if it is not there.</summary>
    /// <exception cref="ZooException">Another holds it, or it cannot be taken.</exception>
    public static RunLock Take(string folder)
    {
        string owner = Path.Combine(folder, ".lock.json");
        try
        {
            Directory.CreateDirectory(folder);
            IDisposable held = FileLock.TryTake(PathIn(folder))
                ?? throw new ZooException($"{folder}: {Describe(owner)} writes this run. Wait until it has ended, or train into another folder.");
            try
            {
                AtomicFile.Write(owner, stream => JsonSerializer.Serialize(stream, Owner.ThisProcess()));
            }
            catch
            {
                held.Dispose();
                throw;
            }

            return new RunLock(held, owner);
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            throw FileAccessError.Writing(folder, error);
        }
    }

    public void Dispose()
    {
        try
        {
            File.Delete(owner);
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            // It says who held the lock last, no more.
        }

        held.Dispose();
    }

    private static string PathIn(string folder) => Path.Combine(folder, ".lock");

    private static string Describe(string owner)
    {
        try
        {
            return JsonSerializer.Deserialize<Owner>(File.ReadAllBytes(owner)) is { } o
                ? string.Create(CultureInfo.InvariantCulture, $"process {o.Pid} on {o.Host}, since {o.Since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC,")
                : "another process";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException || FileAccessError.Covers(e))
        {
            return "another process";
        }
    }

    private sealed record Owner(int Pid, string Host, DateTimeOffset Since)
    {
        public static Owner ThisProcess() => new(Environment.ProcessId, Environment.MachineName, DateTimeOffset.UtcNow);
    }
}
