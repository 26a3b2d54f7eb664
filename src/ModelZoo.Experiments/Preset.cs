namespace ModelZoo.Experiments;

/// <summary>How large experiments are.</summary>
/// <param name="Name">"quick" or "full".</param>
/// <param name="ImageSize">Rows and columns that images of training experiments have at most, in pixels.</param>
/// <param name="Epochs">Of training experiments that name no other number.</param>
/// <param name="Seeds">Of experiments that are repeated, where <c>--seeds</c> is not given.</param>
public sealed record Preset(string Name, int ImageSize, int Epochs, int Seeds)
{
    /// <summary>Minutes on two cores.</summary>
    public static Preset Quick { get; } = new("quick", ImageSize: 16, Epochs: 5, Seeds: 5);

    /// <summary>As the papers, for a GPU.</summary>
    public static Preset Full { get; } = new("full", ImageSize: 32, Epochs: 160, Seeds: 5);
}
