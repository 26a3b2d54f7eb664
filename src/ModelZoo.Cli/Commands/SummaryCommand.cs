using System.CommandLine;
using System.Globalization;
using ModelZoo.Analysis;
using ModelZoo.Cli.Inputs;
using ModelZoo.Inference;
using ModelZoo.Registry;
using ModelZoo.Transfer;
using ModelZoo.Weights;
using Spectre.Console;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo summary</c>: shapes, parameters, multiply-accumulates and receptive fields, layer by layer, from the trace.</summary>
internal static class SummaryCommand
{
    internal static Command Create()
    {
        var model = ModelArgument.Create();
        var command = new Command("summary",
            "Shapes, parameters, MACs and receptive field of every layer, read from one traced forward.\n\nExample: zoo summary lenet5_classic") { model };
        var architecture = new ArchitectureArgument();
        architecture.AddTo(command);
        command.OnRun((parsed, cancel) => Run(Session.Open(parsed, cancel), parsed.GetRequiredValue(model), architecture.Read(parsed)));
        return command;
    }

    private static int Run(Session session, string spec, Func<ModelOptions, ModelOptions> change)
    {
        using ResolvedModel resolved = ModelArgument.Resolve(session, spec, new WeightsChoice(null, new LoadOptions(), change));
        ModelOptions o = resolved.Options;
        ModelSummary summary = ModelSummary.Of(resolved.Model, o.InChannels, o.InputHeight, o.InputWidth);
        IReadOnlyList<FeatureMap> features = FeatureExtractor.Describe(resolved.Model, o);
        var result = new
        {
            name = resolved.Info.Name,
            input = summary.Input,
            parameters = summary.Parameters,
            trainable = summary.Trainable,
            auxiliaryParameters = summary.AuxiliaryParameters,
            macs = summary.Macs,
            head = resolved.Model.Head,
            stem = resolved.Model.Stem,
            features,
            layers = summary.Layers.Select(l => new
            {
                l.Name,
                l.Op,
                output = l.OutputShape,
                l.Parameters,
                l.Macs,
                receptiveField = l.ReceptiveField?.Size,
                jump = l.ReceptiveField?.Jump,
            }),
        };
        session.Show(result, console =>
        {
            var table = Tables.New("layer", "op", "output", ">parameters", ">MACs", "?>receptive field", "?>jump");
            foreach (LayerSummary l in summary.Layers)
            {
                table.Row(l.Name, l.Op, Tables.Shape(l.OutputShape), Tables.Count(l.Parameters), Tables.Count(l.Macs), Field(l.ReceptiveField?.Size),
                    Field(l.ReceptiveField?.Jump));
            }

            console.Write(table);
            console.WriteLine($"{resolved.Info.Name}: input {Tables.Shape(summary.Input)}, {Tables.Count(summary.Parameters)} parameters "
                + $"({Tables.Count(summary.Trainable)} trainable), " +
                (summary.AuxiliaryParameters > 0 ? $"{Tables.Count(summary.AuxiliaryParameters)} more in auxiliary classifiers, " : "") +
                $"{Tables.Count(summary.Macs)} MACs (convolutions and linear layers only)");
            console.WriteLine($"head {resolved.Model.Head}, stem {resolved.Model.Stem}, features "
                + $"{string.Join(", ", features.Select(f => $"{f.Layer} {Tables.Shape(f.Shape)} (stride {Field(f.Stride)})"))}");
        });
        return 0;
    }

    private static string Field(double? value) => value?.ToString("0.#", CultureInfo.InvariantCulture) ?? "";
}
