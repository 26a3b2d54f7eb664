using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>Shows on standard error how far a verification has come: a bar over the models on a terminal, a line for each in a pipe.</summary>
internal static class VerifyProgress
{
    internal static IReadOnlyList<VerifyResult> Over(Session session, IReadOnlyList<string> specs, Func<string, VerifyResult> verify)
    {
        var results = new List<VerifyResult>();
        if (Console.IsErrorRedirected || specs.Count == 1)
        {
            foreach (string spec in specs)
            {
                session.Cancel.ThrowIfCancellationRequested();
                session.Say($"verifying {spec} …");
                results.Add(verify(spec));
                if (specs.Count > 1)
                {
                    session.Say($"{results.Count}/{specs.Count} {Line(results[^1])}");
                }
            }

            return results;
        }

        session.Log.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask("verifying", maxValue: specs.Count);
                foreach (string spec in specs)
                {
                    session.Cancel.ThrowIfCancellationRequested();
                    task.Description = Markup.Escape($"verifying {spec}");
                    results.Add(verify(spec));
                    task.Increment(1);
                    if (!results[^1].Passed)
                    {
                        session.Say(Line(results[^1]));
                    }
                }
            });
        return results;
    }

    private static string Line(VerifyResult result) => VerificationView.Verdict(result.Spec, result.Report);
}
