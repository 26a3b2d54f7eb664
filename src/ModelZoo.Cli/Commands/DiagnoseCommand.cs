using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Diagnosis;
using ModelZoo.Inference;
using ModelZoo.Verification.Engines;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo diagnose</c>: the same weights, the same pictures, other numbers: what do the others do?</summary>
internal static class DiagnoseCommand
{
    private const int Shown = 5;

    internal static Command Create()
    {
        var model = ModelArgument.Create();
        var against = new Option<string>("--against")
        {
            Description = "The others: their outputs (.npy, [pictures,classes], a row for each picture in the order of their names); an ONNX file, which "
                + "ONNX Runtime runs, on the pictures themselves where it takes pictures, else on the right input; or the address of a server, to which each "
                + "picture is sent as the body of a POST, and which answers with a JSON array of numbers or an object with one under 'logits'",
            HelpName = "logits.npy|x.onnx|url",
            Required = true
        };
        var images = new Option<string[]>("--images") { Description = "The pictures, or their folder", HelpName = "folder", Required = true };
        var command = new Command("diagnose",
            "Name the mistake that makes another program's outputs differ.\n\nExample: zoo diagnose resnet20:cifar10 --against logits.npy --images pictures")
        {
            model, against, images
        };
        var weights = new WeightsArgument();
        weights.AddTo(command);
        command.OnRun((parsed, cancel) => Run(Session.Open(parsed, cancel), parsed.GetRequiredValue(model), weights.Read(parsed),
            parsed.GetRequiredValue(against), parsed.GetRequiredValue(images)));
        return command;
    }

    private static int Run(Session session, string spec, WeightsChoice weights, string against, string[] images)
    {
        (string[] files, _) = PictureArgument.Expand(images);
        using ResolvedModel resolved = ModelArgument.Resolve(session, spec, weights);
        resolved.RequirePredictions("zoo diagnose");
        resolved.Model.eval();
        NpyArray foreign = ForeignOutputs.Of(against, files, resolved, session.Cancel);
        DiagnosisReport report = Diagnoser.Run(resolved.Model, resolved.Preprocessing, resolved.Labels, files, foreign, session.Cancel);
        LayerDifference? layer = report.Same || report.Explanation is not null ? null : ForeignOutputs.FirstDifference(against, files[0], resolved);
        session.Show(new
        {
            model = resolved.Info.Name,
            pictures = files.Length,
            report.Difference,
            report.Same,
            explanation = report.Explanation is { } e ? Row(e) : null,
            layer,
            tried = report.Tried.Select(Row),
        }, console =>
        {
            console.WriteLine($"{against} and {spec} on {Tables.Count(files.Length)} pictures: the largest difference is {Share(report.Difference)} of the "
                + "largest value");
            if (report.Same)
            {
                console.WriteLine("That is rounding: both do the same.");
                return;
            }

            console.WriteLine(report.Explanation is { } found
                ? $"The others {found.Meaning}: then the difference is {Share(found.Difference)}."
                : $"None of {Tables.Count(report.Tried.Count)} usual mistakes, and no two of them, give these numbers. The nearest:");
            if (layer is not null)
            {
                console.WriteLine($"The first layer that differs is '{layer.Layer}' ({layer.Op}), by {Share(layer.Difference)} of its largest value"
                    + $"{(layer.Nearest is { } near ? $" from '{near}'" : "")}; {Tables.Count(layer.Agreeing)} before it agree.");
            }

            var table = Tables.New("what the others might do", ">difference");
            foreach (DiagnosedMistake t in report.Tried.Take(Shown))
            {
                table.Row(t.Meaning, Share(t.Difference));
            }

            console.Write(table);
        });
        return report.Same || report.Explanation is not null ? 0 : 1;
    }

    private static object Row(DiagnosedMistake t) => new { mistakes = t.Mistakes.Select(m => m.Name), t.Meaning, t.Difference };

    private static string Share(double difference) => Tables.Number(difference);
}
