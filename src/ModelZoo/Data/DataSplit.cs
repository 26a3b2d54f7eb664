namespace ModelZoo.Data;

/// <summary>The two fixed parts of a dataset.</summary>
public enum DataSplit
{
    Train,
    Test,
}
