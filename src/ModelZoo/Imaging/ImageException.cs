namespace ModelZoo.Imaging;

/// <summary>A file is no picture that can be decoded here. The message names the file and the cause.</summary>
/// <param name="name">The file.</param>
/// <param name="problem">What is wrong with it, a sentence.</param>
/// <param name="innerException">What showed it.</param>
public sealed class ImageException(string name, string problem, Exception? innerException = null) : ZooException($"{name}: {problem}", innerException)
{
    /// <summary>The file, as it was named to the decoder.</summary>
    public string ImageName { get; } = name;

    /// <summary>What is wrong with it, without the name.</summary>
    public string Problem { get; } = problem;
}
