namespace ModelZoo.Training;

/// <summary>Data that can be told from other data of the same size, so that a run is resumed only with its own.</summary>
public interface IFingerprinted
{
    /// <summary>A hash of all that a training sees of the data, in a form for people: "sha256 9f86d081884c7d65".</summary>
    string Fingerprint { get; }
}
