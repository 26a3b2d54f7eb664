using ModelZoo.Registry;

namespace ModelZoo.Onnx;

/// <summary>
/// The memory that an import may take, asked for before it is taken. A tensor of a file has its bytes there; but a graph may use one in many layers and
/// make constants of a shape or of each other, and a number of one byte takes eight in memory: a small file can ask for more than a machine has.
/// </summary>
/// <param name="file">What the message calls the file.</param>
/// <param name="limit">The most bytes; null: <see cref="MemoryNeed.DefaultLimit"/>.</param>
internal sealed class ImportBudget(string file, long? limit)
{
    private readonly long limit = limit ?? MemoryNeed.DefaultLimit;
    private long taken;

    /// <summary>Asks for memory, which is never given back.</summary>
    /// <exception cref="ZooException">There is not so much left.</exception>
    public void Take(long bytes)
    {
        taken = bytes <= limit - taken
            ? taken + bytes
            : throw new ZooException($"{file}: what it describes takes more than the {MemorySize.Format(limit)} that an import may take. If that is "
                + "meant, raise the limit (--max-memory); else the graph is damaged or hostile.");
    }
}
