using System.CommandLine;
using ModelZoo.Cli.Commands;

namespace ModelZoo.Cli;

/// <summary>The commands of <c>zoo</c> and the flags that all of them take.</summary>
internal static class ZooCommandLine
{
    internal static RootCommand Create()
    {
        var root = new RootCommand("zoo: convolutional networks for .NET, verified layer by layer.\n\nExample: zoo quickstart")
        {
            QuickstartCommand.Create(),
            ListCommand.Create(),
            InfoCommand.Create(),
            SummaryCommand.Create(),
            PullCommand.Create(),
            DataCommand.Create(),
            TrainCommand.Create(),
            FinetuneCommand.Create(),
            FeaturesCommand.Create(),
            EvalCommand.Create(),
            PredictCommand.Create(),
            VerifyCommand.Create(),
            CompareCommand.Create(),
            ReproduceCommand.Create(),
            ForwardCommand.Create(),
            ImportCommand.Create(),
            ExportCommand.Create(),
            CatalogCommand.Create(),
        };
        foreach (Option option in GlobalOptions.All)
        {
            root.Add(option);
        }

        ExampleHelp.AddTo(root);
        return root;
    }
}
