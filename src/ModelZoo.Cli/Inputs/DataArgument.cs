using System.CommandLine;
using ModelZoo.Data;

namespace ModelZoo.Cli.Inputs;

/// <summary>The data that a command works on.</summary>
internal static class DataArgument
{
    internal static Option<string> Create() => new("--data")
    {
        Description = $"The data: {string.Join(", ", DataSource.Forms)}",
        HelpName = "data",
        DefaultValueFactory = _ => "digits",
    };

    internal static Option<int> Limit() => new("--limit")
    {
        Description = "Use only the first n images",
        HelpName = "n",
    };

    internal static ImageDataset Load(string source, DataSplit split, int limit = 0)
    {
        ImageDataset data = DataSource.Parse(source).Load(split);
        return limit > 0 ? data.Take(limit) : data;
    }

    /// <summary>Labels that a model knows must be the data's: a model of ten digits says nothing about a thousand animals.</summary>
    internal static void MustMatch(ImageDataset data, ResolvedModel model)
    {
        if (data.Info.ClassNames.Count != model.Options.NumClasses)
        {
            throw new UsageException($"{data.Name} has {data.Info.ClassNames.Count} classes and the model has {model.Options.NumClasses}. Give the model a new head with `zoo finetune`.");
        }
    }
}
