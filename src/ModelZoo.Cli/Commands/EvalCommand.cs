using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Training;
using ModelZoo.Trust;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo eval</c>: accuracy, loss, precision and recall on a data set.</summary>
internal static class EvalCommand
{
    internal static Command Create()
    {
        var model = new Argument<string[]>("model")
        {
            Description = "A model (lenet5), a model with weights (lenet5:mnist), or a checkpoint file; of several, the average of their probabilities",
            Arity = ArgumentArity.OneOrMore,
        };
        var weights = new WeightsArgument();
        var program = new ProgramArgument();
        var data = new DataArgument();
        var split = DataArgument.CreateSplit();
        var tta = TtaArgument.Create();
        var tenCrop = new Option<bool>("--ten-crop") { Description = "The same as --tta crops" };
        var top = new Option<int>("--top")
        {
            Description = "How many of the most probable classes the label may be among",
            HelpName = "k",
            DefaultValueFactory = _ => 5
        };
        var paired = new Option<bool>("--paired") { Description = "Of two models: whether the second is better than the first, on the same images" };
        var command = new Command("eval",
            "Measure a trained model's accuracy on a data set; several models vote as an ensemble.\n\nExample: zoo eval lenet5:mnist --data "
            + "mnist:data/mnist") { model, split, tta, tenCrop, top, paired };
        data.AddTo(command);
        weights.AddTo(command);
        program.AddTo(command);
        command.Add(RankRun.Option);
        command.OnRun((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            WeightsChoice choice = weights.Read(parsed);
            string[] specs = parsed.GetRequiredValue(model);
            if (specs.Length > 1 && choice.File is not null)
            {
                throw new UsageException("--weights goes with one model; name checkpoints to average several.");
            }

            int k = parsed.GetValue(top);
            if (k < 1)
            {
                throw new UsageException($"--top {k}: it must be 1 or more.");
            }

            if (parsed.GetValue(paired) && specs.Length != 2)
            {
                throw new UsageException($"--paired compares two models; {(specs.Length == 1 ? "one is" : $"{specs.Length} are")} named.");
            }

            using var set = EvalSet.Open(session, specs, Open, data.Read(parsed), parsed.GetValue(split)!,
                TtaArgument.Read(parsed, tta, parsed.GetValue(tenCrop)));
            set.Warn(session);
            return parsed.GetValue(paired) ? PairedEvaluation.Run(session, specs, set, k) : Run(session, specs, set, k);

            ResolvedModel Open(string spec) => Resolve(session, spec, program.Resolve(session, parsed, spec, choice));
        });
        return command;
    }

    private static int Run(Session session, string[] specs, EvalSet set, int top)
    {
        string name = string.Join(" + ", specs);
        if (set.IsCalibrated && session.Ranks is not null)
        {
            session.Say($"{name} is calibrated: what its doubts are worth is measured by rank 0 alone.");
        }

        if (set.IsCalibrated && !session.Speaks)
        {
            set.Report(session);
            return 0;
        }

        (Measurement measured, AnsweredResult? answered) = set.IsCalibrated ? set.Judged(top)
            : set.Models[0].Task.Kind == TaskKind.Classes ? (set.Together(top), null)
            : (Evaluator.Measure(set.Network.AsModule(), set.Images, set.Models[0].Task, ranks: session.Ranks), (AnsweredResult?)null);
        set.Report(session);
        MustBeFinite(name, set.Data, measured);
        EvalView.Show(session, name, set, measured, answered);
        return 0;
    }

    /// <summary>Refuses a measurement that says nothing.</summary>
    internal static void MustBeFinite(string name, LabeledImages data, Measurement measured)
    {
        if (!double.IsFinite(measured.Loss))
        {
            throw new ZooException($"{name} on {data.Name}: the loss is {measured.Loss}, because the network's output is not finite.");
        }
    }

    private static ResolvedModel Resolve(Session session, string spec, ResolvedModel resolved)
    {
        resolved.RequirePredictions("zoo eval");
        if (!resolved.Trained)
        {
            session.Say($"{spec} has fresh weights, not trained ones: expect the accuracy of guessing. Trained: "
                + $"{string.Join(" ", Session.Catalog.Models.SelectMany(m => m.Weights.Select(w => $"{m.Name}:{w.Name}")))}, or a checkpoint.");
        }

        return resolved;
    }
}
