using ModelZoo.Weights;

namespace ModelZoo.Cli;

/// <summary><c>zoo verify --checkpoint</c>: what no training leaves in a weights file, whatever its architecture.</summary>
internal static class WeightsScanView
{
    /// <summary>Scans a file, shows what was found, and gives the exit code.</summary>
    internal static int Run(Session session, string path)
    {
        using WeightsFile file = WeightsFile.Open(path);
        session.Say($"reading {path} …");
        IReadOnlyList<Finding> findings = WeightsScan.Run(file);
        session.Show(new { file = path, format = file.Format, tensors = file.Entries.Count, passed = findings.Count == 0, findings }, console =>
        {
            if (findings.Count > 0)
            {
                var table = Tables.New("tensor", "finding", "detail");
                foreach (Finding f in findings)
                {
                    table.Row(f.Tensor, Words(f.Kind), f.Detail);
                }

                console.Write(table);
            }

            console.WriteLine(findings.Count == 0
                ? $"{path}: {Tables.Count(file.Entries.Count)} tensors; no NaN, infinity, weight of zeros, copy or negative variance"
                : $"{path}: {Tables.Count(findings.Count)} findings in {Tables.Count(file.Entries.Count)} tensors");
        });
        return findings.Count == 0 ? 0 : 1;
    }

    /// <summary>The same for a file that is verified as a model: what is wrong with it goes to standard error.</summary>
    /// <returns>Whether nothing was found.</returns>
    internal static bool Sound(Session session, string path)
    {
        using WeightsFile file = WeightsFile.Open(path);
        IReadOnlyList<Finding> findings = WeightsScan.Run(file);
        foreach (Finding f in findings)
        {
            session.Say($"{path}: {f.Tensor}: {Words(f.Kind)}: {f.Detail}");
        }

        return findings.Count == 0;
    }

    private static string Words(FindingKind kind) => kind switch
    {
        FindingKind.NaN => "not a number",
        FindingKind.Infinite => "infinite",
        FindingKind.AllZero => "all zero",
        FindingKind.Duplicate => "a copy",
        _ => "negative variance",
    };
}
