namespace ModelZoo.Data;

/// <summary>What a dataset is called, where it comes from and on what terms.</summary>
/// <param name="Name">Short name with the split, such as "digits/train".</param>
/// <param name="Source">Authors, title, year and address.</param>
/// <param name="Licence">The licence's name, or who holds the rights.</param>
/// <param name="ClassNames">One name for each label, from label 0 on.</param>
public sealed record DatasetInfo(string Name, string Source, string Licence, IReadOnlyList<string> ClassNames);
