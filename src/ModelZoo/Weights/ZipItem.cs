namespace ModelZoo.Weights;

/// <summary>One member of a zip archive.</summary>
/// <param name="Name">Its path in the archive. Nothing is ever written under it.</param>
/// <param name="Deflated">Whether its bytes are compressed; they lie in the file as they are otherwise.</param>
/// <param name="Offset">Where its bytes begin in the file.</param>
/// <param name="StoredLength">How many bytes it has in the file.</param>
/// <param name="Length">How many bytes it has.</param>
internal sealed record ZipItem(string Name, bool Deflated, long Offset, long StoredLength, long Length);
